"""The reader's process: `python -m members.reading.child`, a request as JSON on standard input.

`inspect` answers with the layout and the first rows; `rows` writes every row below the header to standard output in PostgreSQL's COPY text
format, and then answers. See `common.reading.child`.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TextIO

from common.reading.cells import CELL_SEPARATOR
from common.reading.child import LaidOutSource, inspect, serve
from common.reading.dates import parse_date
from common.reading.sources import Row, SourceRefused
from members.reading.headings import find_layout
from members.reading.normalise import COUNTRY_CODE, MISSING, clean_text, is_plain_mobile, normalise_number, normalise_short_number
from members.verdict_codes import BIT

TAB: Final = "\t"
_CELL_LIMIT: Final = 1_000
_LENGTHS: Final = {"holder_name": 64, "department": 64, "employee_no": 32, "tariff_code": 32, "offer_code": 32}
_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": "\ufffd"})
_SPECIAL: Final = ("\\", "\t", "\n", "\r", "\0")
_FIELD_ORDER: Final = (
    "holder_name",
    "employee_no",
    "department",
    "short_number",
    "effective_on",
    "expires_on",
    "tariff_code",
    "offer_code",
)
NULL: Final = "\\N"
_NOTHING: Final = itertools.repeat(NULL)
_Column = Sequence[str]
_UNREADABLE: Final = BIT["date_unreadable"]
_UNASSIGNED: Final = BIT["number_unassigned"]


def main() -> int:
    """Answer the one request on standard input."""
    return serve({"inspect": lambda request: inspect(request, find_layout), "rows": lambda request: _write_rows(request, sys.stdout)})


def _write_rows(request: dict[str, Any], out: TextIO) -> dict[str, Any]:
    laid_out = LaidOutSource(request, find_layout)
    mapping = laid_out.layout.mapping
    if "number" not in mapping:
        raise SourceRefused("number_column_unknown")
    writer = RowWriter(mapping, frozenset(request["segments"]))
    out.writelines(writer.copy_text(block) for block in laid_out.blocks())
    out.flush()
    if writer.without_number == writer.rows and "formulas_without_values" in laid_out.source.notes:
        raise SourceRefused("formulas_without_values")
    return laid_out.described() | {"rows": writer.rows, "filled": sorted(writer.filled), "first_day": writer.first_day}


class RowWriter:
    """Turns rows into COPY lines: line, number, kind, faults, holder, employee no, department, short number, dates, tariff, offer, cells.

    A million rows pass through here, so a block of them is worked column by column: what nearly every cell of a column is takes a handful
    of operations for the whole column, each distinct other value is worked out once, and columns that the source lacks cost nothing.
    """

    def __init__(self, mapping: dict[str, int], segments: frozenset[str]) -> None:
        """Take the column of each field, and the prefixes of the number plan that are in use (E.164 digits)."""
        self.number_column = mapping["number"]
        self.width = max(mapping.values()) + 1
        self.fields = [(name, mapping.get(name)) for name in _FIELD_ORDER]
        self.segments = segments
        self.lengths = sorted({len(prefix) for prefix in segments})
        self.head = max(self.lengths, default=0)
        self.assigned: dict[str, bool] = {}
        self.filled: set[str] = set()
        self.first_day: str | None = None
        self.rows = 0
        self.without_number = 0

    def copy_text(self, rows: list[Row]) -> str:
        """A block of rows of the source as lines of COPY text."""
        self.rows += len(rows)
        cells = [row[1] for row in rows]
        columns = list(itertools.zip_longest(*cells, fillvalue=""))
        columns += [("",) * len(rows)] * (self.width - len(columns))
        faults = [0] * len(rows)
        numbers, kinds = self._numbers(columns[self.number_column], faults)
        values = [_NOTHING if column is None else self._values(name, columns[column], faults) for name, column in self.fields]
        lines = zip((str(row[0]) for row in rows), numbers, kinds, map(str, faults), *values, _raw_cells(cells), strict=False)
        return "\n".join(map(TAB.join, lines)) + "\n"

    def _numbers(self, column: _Column, faults: list[int]) -> tuple[list[str], list[str]]:
        """The numbers and their kinds; what is wrong with them is added to `faults`."""
        numbers = [COUNTRY_CODE + cell if is_plain_mobile(cell) else "" for cell in column]
        kinds = ["mobile"] * len(column)
        for place in [place for place, number in enumerate(numbers) if not number]:
            number, kind, fault = normalise_number(column[place])
            numbers[place], kinds[place] = number or NULL, kind or NULL
            faults[place] = fault
            self.without_number += fault == MISSING
        heads = {number[: self.head] for number in numbers if number != NULL}
        for head in heads.difference(self.assigned):
            self.assigned[head] = any(head[:length] in self.segments for length in self.lengths)
        if not all(self.assigned[head] for head in heads):
            for place, number in enumerate(numbers):
                if number != NULL and not self.assigned[number[: self.head]]:
                    faults[place] |= _UNASSIGNED
        return numbers, kinds

    def _values(self, name: str, column: _Column, faults: list[int]) -> Iterable[str]:
        """The column of the field `name` in COPY's form; what is wrong with its cells is added to `faults`."""
        if not any(column):
            return _NOTHING
        if name in ("effective_on", "expires_on"):
            return self._by_value(column, faults, lambda cell: self._date(name, cell))
        self.filled.add(name)
        if name == "short_number":
            return self._by_value(column, faults, _short_number)
        limit = _LENGTHS[name]
        stripped = [cell.strip() for cell in column]
        joined = "".join(stripped)
        if joined.isprintable() and "\\" not in joined and max(map(len, stripped)) <= limit:
            return [cell or NULL for cell in stripped] if "" in stripped else stripped
        return self._by_value(column, faults, lambda cell: _text(cell, limit))

    def _by_value(self, column: _Column, faults: list[int], read: Callable[[str], tuple[str, int]]) -> list[str]:
        known = {cell: read(cell) for cell in set(column)}
        if any(fault for _, fault in known.values()):
            for place, cell in enumerate(column):
                faults[place] |= known[cell][1]
        return [known[cell][0] for cell in column]

    def _date(self, name: str, cell: str) -> tuple[str, int]:
        if not cell or cell.isspace():
            return NULL, 0
        self.filled.add(name)
        day = parse_date(cell)
        if day is None:
            return NULL, _UNREADABLE
        text = day.isoformat()
        if name == "effective_on":
            self.first_day = min(self.first_day or text, text)
        return text, 0


def _text(cell: str, limit: int) -> tuple[str, int]:
    text, fault = clean_text(cell, limit)
    return (NULL if text is None else _escaped(text)), fault


def _short_number(cell: str) -> tuple[str, int]:
    short, fault = normalise_short_number(cell)
    return short or NULL, fault


def _raw_cells(rows: list[list[str]]) -> list[str]:
    """The rows' cells as they came, each row one text."""
    joined = [CELL_SEPARATOR.join(cells) for cells in rows]
    whole = CELL_SEPARATOR.join(joined)
    as_they_are = whole.count(CELL_SEPARATOR) < sum(map(len, rows)) and max(map(len, joined)) <= _CELL_LIMIT
    if as_they_are and not any(special in whole for special in _SPECIAL):
        return joined
    return [_raw(cells) for cells in rows]


def _raw(cells: list[str]) -> str:
    joined = CELL_SEPARATOR.join(cells)
    if len(joined) > _CELL_LIMIT or joined.count(CELL_SEPARATOR) >= len(cells):
        joined = CELL_SEPARATOR.join([cell[:_CELL_LIMIT].replace(CELL_SEPARATOR, " ") for cell in cells])
    return _escaped(joined)


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)


if __name__ == "__main__":
    sys.exit(main())
