"""Tests of the history of rows and of the audit."""
