"""Opening a source: its format, encoding and limits, and its rows as lists of texts with the file's own row numbers."""

from __future__ import annotations

import codecs
import csv
import datetime
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TextIO

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

_BLOCK: Final = 1 << 20
_MAX_ENTRIES: Final = 2_000
_MAX_CELL: Final = 1 << 20
_SHEET_PART: Final = "xl/worksheets/"
_OLE: Final = b"\xd0\xcf\x11\xe0"

Row = tuple[int, list[str]]


class SourceRefused(Exception):
    """A source that cannot be taken. `code` names why; `figures` holds what the message shows."""

    def __init__(self, code: str, **figures: Any) -> None:
        super().__init__(code)
        self.code = code
        self.figures = figures


@dataclass(slots=True)
class Limits:
    """What a source may need: bytes unpacked, columns."""

    unpacked_bytes: int
    columns: int


@dataclass(slots=True)
class OpenSource:
    """A source ready to be read once. `rows` yields (line, cells), lines counted from 1 as the file's rows are, blank rows left out."""

    rows: Iterator[Row]
    encoding: str = ""
    sheet: str = ""
    notes: list[str] = field(default_factory=list)


def open_source(path: Path, form: str, limits: Limits) -> OpenSource:
    """Open the file at `path`, of `form` "xlsx" or "csv".

    Raises SourceRefused: not_a_spreadsheet, old_or_encrypted_workbook, zip_too_large, file_too_large, too_many_entries, empty_file,
    encoding_unknown; while rows are drawn also too_many_columns and broken_row.
    """
    return _open_xlsx(path, limits) if form == "xlsx" else _open_csv(path, limits)


def _bounded(rows: Iterator[Row], limits: Limits) -> Iterator[Row]:
    for line, cells in rows:
        if not any(map(str.strip, cells)):
            continue
        if len(cells) > limits.columns:
            cells = trimmed(cells)
            if len(cells) > limits.columns:
                raise SourceRefused("too_many_columns", columns=len(cells), limit=limits.columns)
        yield line, cells


def trimmed(cells: list[str]) -> list[str]:
    """`cells` without the blank ones at the end."""
    end = len(cells)
    while end and not cells[end - 1].strip():
        end -= 1
    return cells[:end]


# --- XLSX ------------------------------------------------------------------------------------------------------------------------------


def _open_xlsx(path: Path, limits: Limits) -> OpenSource:
    notes = _inspect_package(path, limits)
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        name, sheet, several = _first_sheet(workbook)
    except PasswordError as error:
        raise SourceRefused("old_or_encrypted_workbook") from error
    except (CalamineError, OSError, ValueError) as error:
        raise SourceRefused("not_a_spreadsheet") from error
    if several:
        notes.append("several_sheets")
    return OpenSource(_bounded(_sheet_rows(sheet), limits), sheet=name, notes=notes)


def _first_sheet(workbook: CalamineWorkbook) -> tuple[str, Any, bool]:
    """The name and cells of the first visible sheet that holds any, and whether there are other sheets."""
    sheets = [meta for meta in workbook.sheets_metadata if meta.typ == SheetTypeEnum.WorkSheet]
    names = [meta.name for meta in sheets if meta.visible == SheetVisibleEnum.Visible] or [meta.name for meta in sheets]
    for name in names:
        sheet = workbook.get_sheet_by_name(name)
        if sheet.height:
            return name, sheet, len(sheets) > 1
    raise SourceRefused("empty_file" if sheets else "not_a_spreadsheet")


def _sheet_rows(sheet: Any) -> Iterator[Row]:
    """Rows from the sheet's first on: calamine leaves out the empty columns at the left, but not the empty rows at the top."""
    before = [""] * sheet.start[1]
    for line, cells in enumerate(sheet.iter_rows(), start=1):
        texts = [cell if type(cell) is str else cell_text(cell) for cell in cells]
        yield line, before + texts if before else texts


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
    """Unpack every part to nowhere, counting what really comes out, before the parser may see it. Returns notes for `NOTES`."""
    with path.open("rb") as file:
        if file.read(4) == _OLE:
            raise SourceRefused("old_or_encrypted_workbook")
    try:
        with zipfile.ZipFile(path) as package:
            entries = package.infolist()
            if len(entries) > _MAX_ENTRIES:
                raise SourceRefused("too_many_entries", entries=len(entries), limit=_MAX_ENTRIES)
            if "[Content_Types].xml" not in package.namelist():
                raise SourceRefused("not_a_spreadsheet")
            return _count_unpacked(package, entries, limits)
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as error:
        raise SourceRefused("not_a_spreadsheet") from error


def _count_unpacked(package: zipfile.ZipFile, entries: list[zipfile.ZipInfo], limits: Limits) -> list[str]:
    total = 0
    found: set[str] = set()
    for entry in entries:
        if entry.flag_bits & 1:
            raise SourceRefused("old_or_encrypted_workbook")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise SourceRefused("not_a_spreadsheet")
        claimed, before = entry.file_size, total
        entry.file_size = 1 << 62  # zipfile stops at the size the header claims, the parser may not: so let it come to its real end
        with package.open(entry) as part:
            tail = b""
            while block := part.read(_BLOCK):
                total += len(block)
                if total > limits.unpacked_bytes:
                    raise SourceRefused("zip_too_large", limit=limits.unpacked_bytes)
                if entry.filename.startswith(_SHEET_PART):
                    seen = tail + block
                    _take_notes(seen, found)
                    tail = seen[-256:]
        if total - before != claimed:
            raise SourceRefused("not_a_spreadsheet")
    return sorted(found)


_EMPTY_FORMULA: Final = re.compile(rb"(?:</f>|<f [^<>]{0,200}/>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>")


def _take_notes(xml: bytes, found: set[str]) -> None:
    """Note what a piece of a sheet shows that its cells do not tell."""
    if b"<mergeCell " in xml:
        found.add("merged_cells")
    if b"<f>" in xml or b"<f " in xml:
        found.add("formulas")
        if "formulas_without_values" not in found and _EMPTY_FORMULA.search(xml):
            found.add("formulas_without_values")


# --- CSV -------------------------------------------------------------------------------------------------------------------------------


def _open_csv(path: Path, limits: Limits) -> OpenSource:
    size = path.stat().st_size
    if size == 0:
        raise SourceRefused("empty_file")
    if size > limits.unpacked_bytes:
        raise SourceRefused("file_too_large", size=size, limit=limits.unpacked_bytes)
    encoding = detect_encoding(path)
    with path.open(encoding=encoding, errors="strict", newline="") as file:
        delimiter = detect_delimiter(file.read(64 * 1024))
    return OpenSource(_bounded(_csv_rows(path, encoding, delimiter), limits), encoding=encoding)


def _csv_rows(path: Path, encoding: str, delimiter: str) -> Iterator[Row]:
    csv.field_size_limit(_MAX_CELL)
    with path.open(encoding=encoding, newline="") as file:
        physical: list[str] = []
        line = 0
        try:
            for line, cells in enumerate(csv.reader(_remembered(file, physical), delimiter=delimiter), start=1):
                if len(physical) > 1 and not _quotes_match(physical, delimiter):
                    raise SourceRefused("broken_row", line=line)
                physical.clear()
                if line > 1 or not _is_delimiter_hint(cells):
                    yield line, cells
        except csv.Error as error:
            raise SourceRefused("broken_row", line=line + 1) from error


def _remembered(file: TextIO, physical: list[str]) -> Iterator[str]:
    for text in file:
        physical.append(text)
        yield text


def _quotes_match(physical: list[str], delimiter: str) -> bool:
    """Whether a row of several lines reads strictly too: a quotation mark that is never closed would swallow the rows below it unseen."""
    try:
        list(csv.reader(physical, delimiter=delimiter, strict=True))
    except csv.Error:
        return False
    return True


def _is_delimiter_hint(cells: list[str]) -> bool:
    """Whether the first row is `sep=;`, by which a spreadsheet program was told the delimiter."""
    return bool(cells) and re.fullmatch(r"sep=.?", cells[0]) is not None and not any(cells[1:])


_SIGNATURES: Final = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"%PDF",
    _OLE,
    b"\x1f\x8b",
    b"7z\xbc\xaf",
    b"Rar!",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"BZh",
)
_MARKUP: Final = (b"<!doctype", b"<html", b"<?xml", b"<table", b"<head", b"<body", b"{\\rtf", b"<meta")
_CONTROLS: Final = bytes(code for code in range(32) if code not in b"\t\n\v\f\r\x1a\x1b\x1c\x1d\x1e\x1f") + b"\x7f"


def detect_encoding(path: Path) -> str:
    """The encoding of a text file: by its byte order mark, else UTF-8 if all of it is, else GB18030 if all of it is.

    Raises SourceRefused with not_a_spreadsheet for binary data and web pages, encoding_unknown otherwise.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(codecs.BOM_UTF8):
        return _first_that_decodes(path, ("utf-8-sig",))
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _first_that_decodes(path, ("utf-16",))
    controls = len(head) - len(head.translate(None, _CONTROLS))
    # A stray control character is the matter of its row; many of them mean that this is no text.
    if head.startswith(_SIGNATURES) or head.lstrip().lower().startswith(_MARKUP) or controls > 2 + len(head) // 50:
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
    """Tab, comma, semicolon or bar: the one a `sep=` line names, else whichever is the most frequent in the first lines, else a comma."""
    lines = sample.splitlines()[:20]
    if lines and (hint := re.fullmatch(r"\ufeff?sep=([\t,;|])", lines[0])):
        return hint[1]
    counts = {delimiter: sum(line.count(delimiter) for line in lines) for delimiter in "\t,;|"}
    best = max(counts, key=lambda delimiter: counts[delimiter])
    return best if counts[best] else ","
