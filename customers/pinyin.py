"""Pinyin of customer names: what lists sort by and what the search for initials looks in."""

from __future__ import annotations

from typing import Final

from pypinyin import Style, lazy_pinyin

LONGEST: Final = 300
LONGEST_INITIALS: Final = 120


def pinyin_of(name: str) -> str:
    """All syllables in small letters without spaces, so that what people type is a prefix; other characters stay as they are."""
    return "".join("".join(lazy_pinyin(name.lower())).split())[:LONGEST]


def initials_of(name: str) -> str:
    """The first letter of each Chinese character; letters and digits stay, everything else is left out."""
    text = "".join(lazy_pinyin(name.lower(), style=Style.FIRST_LETTER))
    return "".join(character for character in text if character.isalnum())[:LONGEST_INITIALS]
