"""Customers and the people at them over HTTP."""
