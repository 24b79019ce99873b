"""Measures what the product promises, each figure against its rival in the same run."""
