"""Writes of this app, one module for each use case."""
