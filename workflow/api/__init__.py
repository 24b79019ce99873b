"""To-dos, notices and the cards of the home page over HTTP."""
