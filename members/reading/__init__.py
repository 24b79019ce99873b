"""Reading spreadsheets of numbers: pure Python without Django, run in a child process with memory and time limits."""
