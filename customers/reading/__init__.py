"""Reading spreadsheets of customers and contact persons: pure Python without Django, run in a child process (`common.reading`)."""
