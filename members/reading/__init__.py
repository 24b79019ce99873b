"""Reading spreadsheets of numbers: pure Python without Django, run in a child process (`common.reading`)."""
