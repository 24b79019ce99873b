"""Commands for the message catalogues."""
