"""The rows of a list as a file: a workbook with a second sheet that says what it is, or CSV that begins with the same as a comment.

Rows are read in chunks by a cursor of the server and written as they come, so that memory does not grow with them. No cell is a formula:
in a workbook such a text is marked as text, in CSV it gets an apostrophe in front.
"""

from __future__ import annotations

import csv
import datetime
import decimal
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO, Final

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from common.cells import neutralised
from common.lists.columns import Column
from common.lists.definition import ListDefinition
from common.masking import mask_digits

CHUNK_ROWS: Final = 2_000
SHEET_ROWS: Final = 1_000_000
XLSX: Final = "xlsx"
CSV: Final = "csv"
CONTENT_TYPES: Final = {
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    CSV: "text/csv; charset=utf-8",
}
_TITLE_LENGTH: Final = 28
_WIDTH: Final = 18
_LONGEST_CELL: Final = 32_767
_FORBIDDEN_IN_TITLES: Final = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))

Note = tuple[str, str]
Told = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Table:
    """What is written.

    Attributes:
        title: of the sheet.
        columns: in order.
        rows: ordered.
        user: for whom; decides what is masked.
        notes: pairs of a word and its text: which list, how it was filtered, by whom, when.
        told: called with the number of rows written after each chunk.
    """

    title: str
    columns: Sequence[Column]
    rows: QuerySet[Any]
    user: Any
    notes: Sequence[Note]
    told: Told = lambda _count: None

    @property
    def headings(self) -> list[str]:
        """The headings in the current language."""
        return [str(column.label) for column in self.columns]

    def records(self) -> Iterator[list[Any]]:
        """The rows as lists of values, chunk by chunk."""
        written = 0
        found = iter(self.rows.iterator(chunk_size=CHUNK_ROWS))
        while chunk := list(islice(found, CHUNK_ROWS)):
            fetched = [_fetch(column, chunk, self.user) for column in self.columns]
            readers = list(zip([column.plain for column in self.columns], fetched, strict=True))
            for row in chunk:
                yield [plain(row, values) for plain, values in readers]
            written += len(chunk)
            self.told(written)


def _fetch(column: Column, rows: Sequence[Any], user: Any) -> Any:
    fetch = column.export_values or column.values
    return fetch(rows, user) if fetch is not None else None


def notes_on(definition: ListDefinition, *, chosen: str) -> list[Note]:
    """What a file says of itself: the list, its filters and search, which rows (`chosen`), the order, the person and the moment.

    Long digits in what was searched for are masked.
    """
    state = definition.state
    notes = [(_("List"), str(definition.title))]
    scope = {name: row for name, row in definition.scope.items() if name in definition.scope_models}
    notes += [(capfirst(str(definition.scope_models[name]._meta.verbose_name)), str(row)) for name, row in scope.items()]
    notes += [
        (entry.label, mask_digits(f"{entry.operator} {entry.sentence}".strip()))
        for entry in state.filters
        if entry.is_set and not entry.errors
    ]
    if state.search_text.strip():
        notes.append((_("Search"), mask_digits(state.search_text.strip())))
    notes.append((_("Rows"), chosen))
    person = f"{definition.user} ({definition.user.username})"
    return [*notes, (_("Exported by"), person), (_("Exported at"), f"{timezone.localtime():%Y-%m-%d %H:%M:%S %Z}")]


def write(table: Table, form: str, file: BinaryIO) -> int:
    """Write `table` to `file` in the form `XLSX` or `CSV`; returns how many rows there were."""
    return _write_xlsx(table, file) if form == XLSX else _write_csv(table, file)


# --- CSV -------------------------------------------------------------------------------------------------------------------------------


def _write_csv(table: Table, file: BinaryIO) -> int:
    """UTF-8 with a byte order mark, which spreadsheets need; the notes come first, in lines that begin with a number sign."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=False)
    writer = csv.writer(text)
    writer.writerows([f"# {word}: {value}"] for word, value in table.notes)
    writer.writerow(map(neutralised, table.headings))
    count = 0
    for count, record in enumerate(table.records(), start=1):  # noqa: B007  (the last one is the number of rows)
        writer.writerow([neutralised(value) if value.__class__ is str else _text(value) for value in record])
    text.flush()
    text.detach()
    return count


def _text(value: Any) -> str:
    """A number or a day as programs read it; a negative number is no formula."""
    match value:
        case str():
            return neutralised(value)
        case datetime.datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
        case datetime.date():
            return value.isoformat()
        case decimal.Decimal():
            return f"{value:f}"
    return str(value)


# --- workbooks -------------------------------------------------------------------------------------------------------------------------


def _write_xlsx(table: Table, file: BinaryIO) -> int:
    """Further sheets where there are more rows than one sheet takes, and the notes on the last one."""
    workbook = Workbook(write_only=True)
    title = str(table.title).translate(_FORBIDDEN_IN_TITLES)[:_TITLE_LENGTH]
    records = table.records()
    count, number = 0, 0
    while True:
        number += 1
        sheet = _sheet(workbook, title if number == 1 else f"{title} {number}", table.headings)
        written = 0
        for written, record in enumerate(islice(records, SHEET_ROWS), start=1):  # noqa: B007  (the last one is the number of rows)
            sheet.append([_cell(sheet, value) if value.__class__ is str else _typed(value) for value in record])
        count += written
        if written < SHEET_ROWS:
            break
    notes = workbook.create_sheet(_("About this file"))
    notes.column_dimensions["A"].width, notes.column_dimensions["B"].width = _WIDTH, 4 * _WIDTH
    for word, value in table.notes:
        notes.append([_bold(notes, word), _cell(notes, value)])
    workbook.save(file)
    return count


def _sheet(workbook: Any, title: str, headings: Sequence[str]) -> Any:
    sheet = workbook.create_sheet(title)
    sheet.freeze_panes = "A2"
    for number in range(1, len(headings) + 1):
        sheet.column_dimensions[get_column_letter(number)].width = _WIDTH
    sheet.append([_bold(sheet, heading) for heading in headings])
    return sheet


def _bold(sheet: Any, text: str) -> Any:
    cell = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("", text))
    cell.font = Font(bold=True)
    cell.data_type = "s"
    return cell


def _cell(sheet: Any, text: str) -> Any:
    """The text where a spreadsheet takes it for text; else a cell that says that it is text, as an apostrophe typed before it does."""
    text = ILLEGAL_CHARACTERS_RE.sub("", text)[:_LONGEST_CELL]
    if neutralised(text) == text:
        return text
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    cell.quotePrefix = True
    return cell


def _typed(value: Any) -> Any:
    return value if isinstance(value, int | float | decimal.Decimal | datetime.date) else str(value)
