"""Reading spreadsheets that strangers upload: pure Python without Django, run in a child process with memory and time limits."""
