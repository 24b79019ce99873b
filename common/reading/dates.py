"""Dates as people and spreadsheets write them."""

from __future__ import annotations

import datetime
import re
import unicodedata
from typing import Final

_TIME: Final = r"(?:[T\s]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
_SEPARATED: Final = re.compile(rf"(\d{{4}})\s*[-/.年]\s*(\d{{1,2}})\s*[-/.月]\s*(\d{{1,2}})\s*[日号]?{_TIME}", re.ASCII)
_COMPACT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\.0+)?", re.ASCII)
_SERIAL: Final = re.compile(r"(\d{5})(?:\.\d+)?", re.ASCII)
_SERIAL_EPOCH: Final = datetime.date(1899, 12, 30)
_FIRST_YEAR: Final = 1980


def parse_date(text: str, first_year: int = _FIRST_YEAR) -> datetime.date | None:
    """Read `2026-12-01`, `2026/12/1`, `2026.12.1`, `2026年12月1日`, `20261201` (each with an optional time) or a spreadsheet's day number.

    Returns None when the text is not a day from `first_year` on. A day number counts from 1899-12-30, as spreadsheets do. Orders with the
    year last are not read: 03/04/2026 has two meanings.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    for pattern in (_SEPARATED, _COMPACT):
        match = pattern.fullmatch(plain)
        if match:
            return _day(*(int(part) for part in match.groups()), first_year=first_year)
    serial = _SERIAL.fullmatch(plain)
    if serial:
        day = _SERIAL_EPOCH + datetime.timedelta(days=int(serial[1]))
        return day if day.year >= first_year else None
    return None


def _day(year: int, month: int, day: int, *, first_year: int) -> datetime.date | None:
    try:
        return datetime.date(year, month, day) if year >= first_year else None
    except ValueError:
        return None
