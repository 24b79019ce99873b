"""Writes of this app: one use case in each module."""
