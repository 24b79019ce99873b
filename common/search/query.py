"""What somebody typed into the search."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

LONGEST: Final = 100
_DIGITS: Final = re.compile(r"\+?[\d\s()-]+", re.ASCII)
_LATIN: Final = re.compile(r"[A-Za-z]{3}")


@dataclass(frozen=True)
class Query:
    """A text to look for, without blanks around it and with single ones inside; at most `LONGEST` characters.

    `kept` is where a provider keeps what others ask it for too.
    """

    text: str
    kept: dict[str, Any] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, typed: str) -> Query:
        """The query that `typed` means."""
        return cls(" ".join(typed.replace("\x00", "").split())[:LONGEST].strip())

    @cached_property
    def plain(self) -> str:
        """The text with full-width letters and digits as ordinary ones."""
        return unicodedata.normalize("NFKC", self.text).strip()

    @cached_property
    def digits(self) -> str:
        """The digits, where the text is written like a number or a part of one (138 0013-8000, +86 …); else nothing."""
        return re.sub(r"\D", "", self.plain) if _DIGITS.fullmatch(self.plain) else ""

    @cached_property
    def ending(self) -> str:
        """The digits after `*`: an end of a number; else nothing."""
        rest = self.plain[1:].strip()
        return re.sub(r"\D", "", rest) if self.plain.startswith("*") and _DIGITS.fullmatch(rest) else ""

    @property
    def is_latin(self) -> bool:
        """Whether there is a Latin word in it, in which a letter may be wrong."""
        return bool(_LATIN.search(self.plain))

    def __bool__(self) -> bool:
        return bool(self.text)
