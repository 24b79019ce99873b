"""Documents for paper: said once, in plain parts, and shown as a page to print or written as a PDF."""

from common.documents.parts import Document, Facts, Part, Section, Table

__all__ = ["Document", "Facts", "Part", "Section", "Table"]
