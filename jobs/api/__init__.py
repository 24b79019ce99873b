"""Jobs, and what is done to many rows of a list, over HTTP."""
