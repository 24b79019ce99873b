"""The reader's process: `python -m members.reading.child`, a request as JSON on standard input.

It parses what strangers upload, so it runs apart, with limits on memory and processor time, and without a database. `inspect` answers
with the layout and the first rows; `rows` writes every row below the header to standard output in PostgreSQL's COPY text format, and then
answers.
The answer is one JSON object, the last line on standard error: `{"ok": …}` or `{"refused": code, "figures": {…}}`.
"""

from __future__ import annotations

import gc
import itertools
import json
import resource
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, TextIO

from members.cells import CELL_SEPARATOR
from members.reading.dates import parse_date
from members.reading.headings import HEADER_SEARCH_ROWS, Layout, find_layout
from members.reading.normalise import COUNTRY_CODE, MISSING, clean_text, is_plain_mobile, normalise_number, normalise_short_number
from members.reading.sources import Limits, OpenSource, Row, SourceRefused, open_source
from members.verdict_codes import BIT

TAB: Final = "\t"
SAMPLE_ROWS: Final = 8
_CELL_LIMIT: Final = 1_000
_SAMPLE_LENGTH: Final = 200
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
_BLOCK_ROWS: Final = 1_000
NULL: Final = "\\N"
_NOTHING: Final = itertools.repeat(NULL)
_Column = Sequence[str]
_UNREADABLE: Final = BIT["date_unreadable"]
_UNASSIGNED: Final = BIT["number_unassigned"]


def main() -> int:
    """Answer the one request on standard input. Exit code 0 when answered, refusals included; anything else is a crash."""
    request = json.load(sys.stdin)
    _limit_resources(request["memory_bytes"], request["seconds"])
    gc.disable()  # millions of short lists and no cycles among them: the collector would find nothing, over and over
    try:
        answer: dict[str, Any] = {"ok": _inspect(request) if request["task"] == "inspect" else _write_rows(request, sys.stdout)}
    except SourceRefused as refusal:
        answer = {"refused": refusal.code, "figures": refusal.figures}
    except MemoryError:
        answer = {"refused": "source_too_demanding", "figures": {}}
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # what a defect of the parser, which is written in Rust, looks like here
            raise
        answer = {"refused": "not_a_spreadsheet", "figures": {}}
    sys.stderr.write("\n" + json.dumps(answer))
    return 0


def _limit_resources(memory_bytes: int, seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _open(request: dict[str, Any]) -> tuple[OpenSource, list[Row], Layout]:
    """The source with its first rows drawn, and how it is laid out."""
    limits = Limits(request["unpacked_bytes"], request["max_columns"])
    source = open_source(Path(request["path"]), request["format"], limits)
    head = list(itertools.islice(source.rows, HEADER_SEARCH_ROWS + SAMPLE_ROWS))
    if not head:
        raise SourceRefused("empty_file")
    return source, head, find_layout(head)


def _body(source: OpenSource, head: list[Row], layout: Layout) -> Iterator[Row]:
    """The rows below the headings."""
    return itertools.chain([row for row in head if row[0] > layout.header_line], source.rows)


def _ensure_few(rows: int, request: dict[str, Any]) -> None:
    if rows > request["max_rows"]:
        raise SourceRefused("too_many_rows", limit=request["max_rows"])


def _inspect(request: dict[str, Any]) -> dict[str, Any]:
    source, head, layout = _open(request)
    body = _body(source, head, layout)
    sample = list(itertools.islice(body, SAMPLE_ROWS))
    if not sample:
        raise SourceRefused("only_headings")
    rows = len(sample) + sum(1 for _ in itertools.islice(body, request["max_rows"]))
    _ensure_few(rows, request)
    return _described(source, layout) | {"sample": [[line, *map(_shown, cells)] for line, cells in sample], "rows": rows}


def _described(source: OpenSource, layout: Layout) -> dict[str, Any]:
    return asdict(layout) | {"encoding": source.encoding, "sheet": _shown(source.sheet), "notes": source.notes}


def _shown(cell: str) -> str:
    """A cell for the first look: of bounded length, and without the character that PostgreSQL cannot hold."""
    return cell[:_SAMPLE_LENGTH].replace("\0", "\ufffd")


def _write_rows(request: dict[str, Any], out: TextIO) -> dict[str, Any]:
    source, head, layout = _open(request)
    if request["mapping"]:
        layout.mapping = request["mapping"]
        _check_columns(layout, head)
    if "number" not in layout.mapping:
        raise SourceRefused("number_column_unknown")
    writer = RowWriter(layout.mapping, frozenset(request["segments"]))
    for block in _blocks(_body(source, head, layout)):
        out.write(writer.copy_text(block))
        _ensure_few(writer.rows, request)
    out.flush()
    if not writer.rows:
        raise SourceRefused("only_headings")
    if writer.without_number == writer.rows and "formulas_without_values" in source.notes:
        raise SourceRefused("formulas_without_values")
    return _described(source, layout) | {"rows": writer.rows, "filled": sorted(writer.filled), "first_day": writer.first_day}


def _check_columns(layout: Layout, head: list[Row]) -> None:
    width = max(len(layout.headings), *(len(cells) for _, cells in head))
    for column in layout.mapping.values():
        if not 0 <= column < width:
            raise SourceRefused("no_such_column", column=column + 1, columns=width)


def _blocks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while block := list(itertools.islice(rows, _BLOCK_ROWS)):
        yield block


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
