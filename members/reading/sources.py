"""Opening a source: its format, encoding and limits, and its rows as lists of texts with the file's own line numbers."""

from __future__ import annotations

import codecs
import csv
import datetime
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from python_calamine import CalamineError, CalamineWorkbook

_BLOCK: Final = 1 << 20
_MAX_ENTRIES: Final = 2_000
_SHEET_PART: Final = "xl/worksheets/"


class SourceRefused(Exception):
    """A source that cannot be taken. `code` names why; `figures` holds what the message shows."""

    def __init__(self, code: str, **figures: Any) -> None:
        super().__init__(code)
        self.code = code
        self.figures = figures


@dataclass(slots=True)
class Limits:
    """What a source may need: bytes unpacked, rows, columns."""

    unpacked_bytes: int
    rows: int
    columns: int


@dataclass(slots=True)
class OpenSource:
    """A source ready to be read once. `rows` yields (line, cells), lines counted as the file does, from 1; blank rows are left out."""

    rows: Iterator[tuple[int, list[str]]]
    encoding: str = ""
    sheet: str = ""
    notes: list[str] = field(default_factory=list)


def open_source(path: Path, form: str, limits: Limits) -> OpenSource:
    """Open the file at `path`, of `form` "xlsx" or "csv".

    Raises SourceRefused: not_a_spreadsheet, file_encrypted, zip_too_large, too_many_entries, too_many_columns, empty_file, encoding_unknown; while rows are
    drawn also too_many_rows.
    """
    return _open_xlsx(path, limits) if form == "xlsx" else _open_csv(path, limits)


def _bounded(rows: Iterator[tuple[int, list[str]]], limits: Limits) -> Iterator[tuple[int, list[str]]]:
    count = 0
    for line, cells in rows:
        if not any(cells) or not "".join(cells).strip():
            continue
        count += 1
        if count > limits.rows + 1:
            raise SourceRefused("too_many_rows", limit=limits.rows)
        if len(cells) > limits.columns:
            cells = _trimmed(cells)
            if len(cells) > limits.columns:
                raise SourceRefused("too_many_columns", columns=len(cells), limit=limits.columns)
        yield line, cells


def _trimmed(cells: list[str]) -> list[str]:
    end = len(cells)
    while end and not cells[end - 1].strip():
        end -= 1
    return cells[:end]


# --- XLSX ------------------------------------------------------------------------------------------------------------------------------


def _open_xlsx(path: Path, limits: Limits) -> OpenSource:
    notes = _inspect_package(path, limits)
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        name = next((meta.name for meta in workbook.sheets_metadata if str(meta.visible).endswith("Visible")), workbook.sheet_names[0])
        sheet = workbook.get_sheet_by_name(name)
    except (CalamineError, IndexError, OSError, ValueError) as error:
        raise SourceRefused("not_a_spreadsheet") from error
    if sheet.total_width > max(limits.columns * 100, 16_384):
        raise SourceRefused("too_many_columns", columns=sheet.total_width, limit=limits.columns)
    if len(workbook.sheet_names) > 1:
        notes.append("several_sheets")
    return OpenSource(_bounded(_sheet_rows(sheet), limits), sheet=name, notes=notes)


def _sheet_rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    start = sheet.start or (0, 0)
    before = [""] * start[1]
    for offset, cells in enumerate(sheet.iter_rows()):
        texts = [cell if type(cell) is str else cell_text(cell) for cell in cells]
        yield start[0] + offset + 1, before + texts if before else texts


def cell_text(value: Any) -> str:
    """The text of a spreadsheet's value: a whole number without `.0`, a date in ISO form."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e16 else repr(value)
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time(0) else value.isoformat(" ")
    return value.isoformat() if isinstance(value, datetime.date) else str(value)


def _inspect_package(path: Path, limits: Limits) -> list[str]:
    """Unpack every part to nowhere, counting what really comes out, before the parser may see it. Returns notes on formulas and merged cells."""
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise SourceRefused("old_or_encrypted_workbook")
    try:
        with zipfile.ZipFile(path) as package:
            entries = package.infolist()
            if len(entries) > _MAX_ENTRIES:
                raise SourceRefused("too_many_entries", entries=len(entries), limit=_MAX_ENTRIES)
            if "[Content_Types].xml" not in package.namelist():
                raise SourceRefused("not_a_spreadsheet")
            return _count_unpacked(package, entries, limits)
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise SourceRefused("not_a_spreadsheet") from error
    except Exception as error:
        if type(error).__name__ == "error":  # zlib.error: a damaged part
            raise SourceRefused("not_a_spreadsheet") from error
        raise


def _count_unpacked(package: zipfile.ZipFile, entries: list[zipfile.ZipInfo], limits: Limits) -> list[str]:
    total = 0
    found: set[str] = set()
    for entry in entries:
        is_sheet = entry.filename.startswith(_SHEET_PART)
        with package.open(entry) as part:
            tail = b""
            while block := part.read(_BLOCK):
                total += len(block)
                if total > limits.unpacked_bytes:
                    raise SourceRefused("zip_too_large", limit=limits.unpacked_bytes)
                if is_sheet:
                    seen = tail + block
                    found |= {note for mark, note in _MARKS if mark in seen}
                    tail = seen[-16:]
    return sorted(found)


_MARKS: Final = ((b"<f>", "formulas"), (b"<f ", "formulas"), (b"<mergeCell ", "merged_cells"))


# --- CSV -------------------------------------------------------------------------------------------------------------------------------


def _open_csv(path: Path, limits: Limits) -> OpenSource:
    size = path.stat().st_size
    if size == 0:
        raise SourceRefused("empty_file")
    if size > limits.unpacked_bytes:
        raise SourceRefused("zip_too_large", limit=limits.unpacked_bytes)
    encoding = detect_encoding(path)
    with path.open(encoding=encoding, errors="strict", newline="") as file:
        delimiter = detect_delimiter(file.read(64 * 1024))
    return OpenSource(_bounded(_csv_rows(path, encoding, delimiter), limits), encoding=encoding)


def _csv_rows(path: Path, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(1 << 20)
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter)
        line = 0
        try:
            for line, cells in enumerate(reader, start=1):
                yield line, cells
        except csv.Error as error:
            raise SourceRefused("broken_row", line=line + 1) from error


def detect_encoding(path: Path) -> str:
    """The encoding of a text file: by its byte order mark, else UTF-8 if all of it is, else GB18030 if all of it is.

    Raises SourceRefused with not_a_spreadsheet for binary data, encoding_unknown otherwise.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(codecs.BOM_UTF8):
        return _first_that_decodes(path, ("utf-8-sig",))
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _first_that_decodes(path, ("utf-16",))
    if b"\0" in head or head.startswith((b"PK\x03\x04", b"%PDF", b"\xd0\xcf\x11\xe0")):
        raise SourceRefused("not_a_spreadsheet")
    return _first_that_decodes(path, ("utf-8", "gb18030"))


def _first_that_decodes(path: Path, encodings: tuple[str, ...]) -> str:
    for encoding in encodings:
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            with path.open("rb") as file:
                while block := file.read(_BLOCK):
                    decoder.decode(block)
                decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    raise SourceRefused("encoding_unknown")


def detect_delimiter(sample: str) -> str:
    """Tab, comma, semicolon or vertical bar: whichever is the most frequent in the first lines; a comma where there is none."""
    lines = sample.splitlines()[:20]
    counts = {delimiter: sum(line.count(delimiter) for line in lines) for delimiter in "\t,;|"}
    best = max(counts, key=lambda delimiter: counts[delimiter])
    return best if counts[best] else ","
