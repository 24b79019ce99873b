"""How a source is laid out: where its headings stand, and which known heading each of them is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

_NOT_LETTERS: Final = re.compile(r"[\W_]+")
_REMARK: Final = re.compile(r"[(\[【（].*?[)\]】）]", re.DOTALL)
_HEADING_LENGTH: Final = 100
HEADER_SEARCH_ROWS: Final = 20

HeadedRow: TypeAlias = tuple[int, Sequence[str]]


@dataclass(slots=True)
class Layout:
    """How a source is laid out.

    Attributes:
        header_line: the line of the headings as the file counts (first line: 1), 0 where there are none.
        headings: the heading of each column; without headings, the column letters.
        mapping: column index (from 0) by field name.
    """

    header_line: int
    headings: list[str]
    mapping: dict[str, int] = field(default_factory=dict)


FindLayout: TypeAlias = Callable[[Sequence[HeadedRow]], Layout]


def fold(heading: str) -> str:
    """A heading without case, width, blanks, punctuation and remarks in brackets, to look it up."""
    plain = unicodedata.normalize("NFKC", heading)
    plain = _REMARK.sub("", plain)
    return _NOT_LETTERS.sub("", plain).casefold()


def by_heading(fields: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Field name by each of its folded headings."""
    return {heading: name for name, headings in fields.items() for heading in headings}


def guess_columns(known: Mapping[str, str], headings: Sequence[str]) -> dict[str, int]:
    """Field to column for each heading in `known` (see `by_heading`); the first column of two with one meaning wins."""
    mapping: dict[str, int] = {}
    for column, heading in enumerate(headings):
        name = known.get(fold(heading))
        if name is not None:
            mapping.setdefault(name, column)
    return mapping


def column_letters(count: int) -> list[str]:
    """A, B … Z, AA … for `count` columns."""
    letters = []
    for index in range(count):
        name, rest = "", index
        while rest >= 0:
            name = chr(ord("A") + rest % 26) + name
            rest = rest // 26 - 1
        letters.append(name)
    return letters


def filled_rows(rows: Sequence[HeadedRow]) -> list[HeadedRow]:
    """Those of the first `HEADER_SEARCH_ROWS` rows that hold anything."""
    return [(line, cells) for line, cells in rows[:HEADER_SEARCH_ROWS] if any(cell.strip() for cell in cells)]


def width_of(rows: Sequence[HeadedRow]) -> int:
    """How many columns the rows have, blank ones at the end not counted."""
    return max((len(without_blank_end(cells)) for _, cells in rows), default=0)


def headings_of(cells: Sequence[str], width: int) -> list[str]:
    """The headings of `width` columns, each on one line and of bounded length."""
    shown = [" ".join(heading.replace("\0", " ").split())[:_HEADING_LENGTH] for heading in cells[:width]]
    return shown + [""] * (width - len(cells))


def without_blank_end(cells: Sequence[str]) -> Sequence[str]:
    """`cells` without the blank ones at the end."""
    end = len(cells)
    while end and not cells[end - 1].strip():
        end -= 1
    return cells[:end]
