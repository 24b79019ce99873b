"""Killing what the product runs on, in the middle of its work."""
