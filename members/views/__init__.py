"""The browser face of the app."""
