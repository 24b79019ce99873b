"""Imports of customers and contact persons: which fields there are, how cells are read, and what each row comes to."""
