"""The reader's process: `python -m members.reading.child`, a request as JSON on standard input.

It parses what strangers upload, so it runs apart, with limits on memory and processor time, and without a database. `inspect` answers
with the layout and the first rows; `rows` writes every row below the header to standard output in PostgreSQL's COPY text format, and then
answers.
The answer is one JSON object, the last line on standard error: `{"ok": …}` or `{"refused": code, "figures": {…}}`.
"""

from __future__ import annotations

import itertools
import json
import re
import resource
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, TextIO

from members.cells import CELL_SEPARATOR
from members.reading.dates import parse_date
from members.reading.headings import HEADER_SEARCH_ROWS, Layout, find_layout
from members.reading.normalise import MISSING, clean_text, normalise_number, normalise_short_number
from members.reading.sources import Limits, OpenSource, Row, SourceRefused, open_source
from members.verdict_codes import BIT

TAB: Final = "\t"
SAMPLE_ROWS: Final = 8
_CELL_LIMIT: Final = 1_000
_SAMPLE_LENGTH: Final = 200
_LENGTHS: Final = {"holder_name": 64, "department": 64, "employee_no": 32, "tariff_code": 32, "offer_code": 32}
_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": "\ufffd"})
_SPECIAL: Final = re.compile(r"[\\\t\n\r\0]")
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
_REMEMBERED: Final = 100_000
_Reader = tuple[int, Callable[[str, str], tuple[str, int]], str]
_UNREADABLE: Final = BIT["date_unreadable"]
_UNASSIGNED: Final = BIT["number_unassigned"]


def main() -> int:
    """Answer the one request on standard input. Exit code 0 when answered, refusals included; anything else is a crash."""
    request = json.load(sys.stdin)
    _limit_resources(request["memory_bytes"], request["seconds"])
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


def _body(source: OpenSource, head: list[Row], layout: Layout, max_rows: int) -> Iterator[Row]:
    """The rows below the headings."""
    below = [row for row in head if row[0] > layout.header_line]
    for count, row in enumerate(itertools.chain(below, source.rows), start=1):
        if count > max_rows:
            raise SourceRefused("too_many_rows", limit=max_rows)
        yield row


def _inspect(request: dict[str, Any]) -> dict[str, Any]:
    source, head, layout = _open(request)
    body = _body(source, head, layout, request["max_rows"])
    sample = list(itertools.islice(body, SAMPLE_ROWS))
    if not sample:
        raise SourceRefused("only_headings")
    rows = len(sample) + sum(1 for _ in body)
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
    out.writelines("".join(texts) for texts in _batched(map(writer.copy_line, _body(source, head, layout, request["max_rows"])), 2_000))
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


def _batched(texts: Iterator[str], size: int) -> Iterator[list[str]]:
    while block := list(itertools.islice(texts, size)):
        yield block


class RowWriter:
    """Turns rows into COPY lines: line, number, kind, faults, holder, employee no, department, short number, dates, tariff, offer, cells.

    A million rows pass through `copy_line`, so each distinct date, department and segment is worked out once and remembered, and only
    columns that the source has cost anything.
    """

    def __init__(self, mapping: dict[str, int], segments: frozenset[str]) -> None:
        """Take the column of each field, and the prefixes of the number plan that are in use (E.164 digits)."""
        self.number_column = mapping["number"]
        self.width = max(mapping.values()) + 1
        self.readers = [self._reader(name, mapping.get(name)) for name in _FIELD_ORDER]
        self.segments = segments
        self.lengths = sorted({len(prefix) for prefix in segments})
        self.head = max(self.lengths, default=0)
        self.known: dict[str, bool] = {}
        self.remembered: dict[str, dict[str, tuple[str, int]]] = {name: {} for name in _FIELD_ORDER}
        self.filled: set[str] = set()
        self.first_day: str | None = None
        self.rows = 0
        self.without_number = 0

    def copy_line(self, row: tuple[int, list[str]]) -> str:
        """One row of the source as one line of COPY text."""
        line, cells = row
        self.rows += 1
        padded = cells if len(cells) >= self.width else cells + [""] * (self.width - len(cells))
        number, kind, faults = normalise_number(padded[self.number_column])
        if number is None:
            number = kind = "\\N"
            self.without_number += faults == MISSING
        elif not (self.known.get(number[: self.head]) or self._is_assigned(number)):
            faults |= _UNASSIGNED
        texts = []
        for reader in self.readers:
            if reader is None:
                texts.append("\\N")
                continue
            column, read, name = reader
            cell = padded[column]
            if not cell:
                texts.append("\\N")
                continue
            known = self.remembered[name].get(cell) or read(name, cell)
            texts.append(known[0])
            faults |= known[1]
        return f"{line}\t{number}\t{kind}\t{faults}\t{TAB.join(texts)}\t{_raw(cells)}\n"

    def _reader(self, name: str, column: int | None) -> _Reader | None:
        if column is None:
            return None
        if name in ("effective_on", "expires_on"):
            return column, self._date, name
        return column, self._short_number if name == "short_number" else self._text, name

    def _is_assigned(self, number: str) -> bool:
        answer = any(number[:length] in self.segments for length in self.lengths)
        self.known[number[: self.head]] = answer
        return answer

    def _text(self, name: str, cell: str) -> tuple[str, int]:
        text, fault = clean_text(cell, _LENGTHS[name])
        self.filled.add(name)
        if text is None:
            return "\\N", fault
        known = (_escaped(text), 0)
        if name != "holder_name" and len(self.remembered[name]) < _REMEMBERED:
            self.remembered[name][cell] = known
        return known

    def _short_number(self, name: str, cell: str) -> tuple[str, int]:
        self.filled.add(name)
        short, fault = normalise_short_number(cell)
        return short or "\\N", fault

    def _date(self, name: str, cell: str) -> tuple[str, int]:
        if cell.isspace():
            return "\\N", 0
        self.filled.add(name)
        day = parse_date(cell)
        known = ("\\N", _UNREADABLE) if day is None else (day.isoformat(), 0)
        if len(self.remembered[name]) < _REMEMBERED:
            self.remembered[name][cell] = known
        if day is not None and name == "effective_on":
            self.first_day = min(self.first_day or known[0], known[0])
        return known


def _raw(cells: list[str]) -> str:
    joined = CELL_SEPARATOR.join(cells)
    if len(joined) > _CELL_LIMIT or joined.count(CELL_SEPARATOR) >= len(cells):
        joined = CELL_SEPARATOR.join([cell[:_CELL_LIMIT].replace(CELL_SEPARATOR, " ") for cell in cells])
    return _escaped(joined)


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES) if _SPECIAL.search(text) else text


if __name__ == "__main__":
    sys.exit(main())
