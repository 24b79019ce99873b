"""Statements of this app that the ORM cannot say."""
