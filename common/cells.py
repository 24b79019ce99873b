"""Cells of files that spreadsheets open."""

from __future__ import annotations

from typing import Final

_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


def neutralised(text: str) -> str:
    """`text` as a spreadsheet shows it and never runs it (OWASP, CSV injection): what begins like a formula gets an apostrophe in front."""
    return "'" + text if text.startswith(_FORMULA_STARTS) else text
