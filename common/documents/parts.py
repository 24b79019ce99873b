"""What a document is made of. All texts are plain: whoever shows them escapes them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from django.utils.functional import Promise

Text: TypeAlias = str | Promise


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels with values; an empty value stands as a dash."""

    rows: Sequence[tuple[Text, Text]]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows below headings.

    Attributes:
        title: what it lists; empty where the section says so.
        numeric: the places of the columns that are aligned to the right.
        note: what is to be said below it, such as that it is cut.
    """

    headings: Sequence[Text]
    rows: Sequence[Sequence[Text]]
    title: Text = ""
    numeric: Collection[int] = field(default_factory=frozenset)
    note: Text = ""


Part: TypeAlias = Facts | Table


@dataclass(frozen=True, slots=True)
class Section:
    """A chapter; it stands in the outline of a PDF."""

    title: Text
    parts: Sequence[Part]

    @property
    def shown(self) -> list[tuple[str, Part]]:
        """The parts with their kinds, for templates."""
        return [("facts" if isinstance(part, Facts) else "table", part) for part in self.parts]


@dataclass(frozen=True, slots=True)
class Document:
    """A title, a line below it, chapters, and what stands at the foot of each page."""

    title: str
    subtitle: str
    sections: Sequence[Section]
    foot: str
    language: str
