"""What goes wrong with the embedded servers, in words for the person who ran the command."""


class EmbeddedServerError(Exception):
    """An embedded server cannot be found, started or reached; the text says what to do."""
