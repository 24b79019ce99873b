"""Workbooks whose cells are all text, so that no number loses digits and no cell is a formula."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, BinaryIO, Final

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import IllegalCharacterError

XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WIDTH: Final = 18
_TEXT_FORMAT: Final = "@"


def write_records(file: BinaryIO, title: str, records: Iterable[Sequence[str]]) -> None:
    """Write `records` to `file` as a workbook of one sheet."""
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet(title)
    for record in records:
        sheet.append([_text_cell(sheet, cell) for cell in record])
    workbook.save(file)


def _text_cell(sheet: Any, text: str) -> Cell:
    try:
        cell = WriteOnlyCell(sheet, value=text)
    except IllegalCharacterError:
        cell = WriteOnlyCell(sheet, value="".join(character for character in text if character.isprintable()))
    cell.data_type = "s"
    return cell


def write_template(file: BinaryIO, title: str, headings: Sequence[str], more: Mapping[str, Iterable[Sequence[str]]] | None = None) -> None:
    """Write a workbook to fill in to `file`: a sheet with `headings` and columns of text, and behind it sheets with rows to look up."""
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = title
    for column, label in enumerate(headings, start=1):
        sheet.cell(1, column, label).font = Font(bold=True)
        dimension = sheet.column_dimensions[get_column_letter(column)]
        dimension.width = _WIDTH
        dimension.number_format = _TEXT_FORMAT
    sheet.freeze_panes = "A2"
    for name, rows in (more or {}).items():
        behind = workbook.create_sheet(name)
        for line, row in enumerate(rows, start=1):
            for column, text in enumerate(row, start=1):
                cell = behind.cell(line, column, text)
                cell.data_type = "s"
                if line == 1:
                    cell.font = Font(bold=True)
                    behind.column_dimensions[get_column_letter(column)].width = _WIDTH
        behind.freeze_panes = "A2"
    workbook.save(file)
