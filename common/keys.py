"""Keys of rows as people and addresses write them."""

from __future__ import annotations

from typing import Final

_MOST_DIGITS: Final = 18
"""As many as always fit into a key, which has 64 bits."""


def key_in(text: str) -> int | None:
    """The key that `text` writes, in plain digits; None where it is none, so that the database is never asked for what it cannot hold."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None
