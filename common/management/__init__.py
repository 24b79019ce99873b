"""Management commands of the common app."""
