"""How the cells of a source's row are kept in one text. Free of Django, because the reader's child process writes it."""

from __future__ import annotations

from typing import Final

CELL_SEPARATOR: Final = "\x1f"
