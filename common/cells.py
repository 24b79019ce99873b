"""Cells of files that spreadsheets open."""

from __future__ import annotations

from typing import Final

# Spreadsheets of Chinese and Japanese offices take the full-width signs for the plain ones.
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def neutralised(text: str) -> str:
    """`text` as a spreadsheet shows it and never runs it (OWASP, CSV injection): what begins like a formula gets an apostrophe in front."""
    return "'" + text if text.startswith(_FORMULA_STARTS) else text
