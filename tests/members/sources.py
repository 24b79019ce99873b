# ruff: noqa: E501  (the names of schemas are long)
"""Sources for tests: workbooks as spreadsheet programs write them and as nobody should, and what the reader makes of them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from common.reading.cells import CELL_SEPARATOR
from common.reading.sources import Limits, open_source
from jobs.models import SourceFile
from jobs.services.files import keep_source
from members.services.reading import read_rows
from members.verdict_codes import codes_of

LIMITS = Limits(unpacked_bytes=64 << 20, columns=100)

COLUMNS = (
    "line",
    "number",
    "kind",
    "faults",
    "holder_name",
    "employee_no",
    "department",
    "short_number",
    "effective_on",
    "expires_on",
    "tariff_code",
    "offer_code",
    "cells",
)


def workbook(rows: Iterable[Sequence[Any]]) -> bytes:
    """A workbook of one sheet, as openpyxl writes it: texts in the cells, formulas without results."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("名单")
    for row in rows:
        sheet.append(list(row))
    return saved(book)


def sheet_of(book: Workbook) -> Worksheet:
    """The first sheet."""
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    return sheet


def saved(book: Workbook) -> bytes:
    """The bytes of a workbook."""
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


CONTENT_TYPES = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>
<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>
<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>
</Types>"""
RELATIONS = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/>
</Relationships>"""
WORKBOOK = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"
 xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">
{properties}<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>"""
WORKBOOK_RELATIONS = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/>
<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/>
<Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/>
</Relationships>"""
STYLES = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">
<fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>
<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>"""
SHEET = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{}</worksheet>'


def package(sheet_data: str | bytes, strings: Sequence[str] = (), *, after: str = "", properties: str = "") -> dict[str, bytes]:
    """The parts of a workbook by name, as a spreadsheet program writes them: texts in a table of shared strings, style 1 is a date."""
    if isinstance(sheet_data, str):
        sheet_data = SHEET.format(f"<sheetData>{sheet_data}</sheetData>{after}").encode()
    shared = "".join(f'<si><t xml:space="preserve">{text}</t></si>' for text in strings)
    return {
        "[Content_Types].xml": CONTENT_TYPES.encode(),
        "_rels/.rels": RELATIONS.encode(),
        "xl/workbook.xml": WORKBOOK.format(properties=properties).encode(),
        "xl/_rels/workbook.xml.rels": WORKBOOK_RELATIONS.encode(),
        "xl/styles.xml": STYLES.encode(),
        "xl/sharedStrings.xml": f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{shared}</sst>'.encode(),
        "xl/worksheets/sheet1.xml": sheet_data,
    }


def zipped(parts: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """The parts as one file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def rows_of(content: bytes, form: str, folder: Path, limits: Limits = LIMITS) -> list[tuple[int, list[str]]]:
    """All rows of a source, read in this process."""
    path = folder / f"source.{form}"
    path.write_bytes(content)
    return list(open_source(path, form, limits).rows)


def kept(content: bytes, form: str) -> SourceFile:
    """The source as an upload keeps it."""
    return keep_source(io.BytesIO(content), form)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader's process wrote and answered."""

    rows: list[dict[str, Any]]
    answer: dict[str, Any]

    @property
    def numbers(self) -> list[str | None]:
        """The numbers, in the order of the source."""
        return [row["number"] for row in self.rows]


def read(source: SourceFile, mapping: dict[str, int] | None = None) -> Reading:
    """Read a kept source through the reader's process. Faults come as codes, cells as a list, an absent value as None."""
    with read_rows(source, mapping) as run:
        written = run.rows.read().decode()
    return Reading([_row(line) for line in written.splitlines()], run.answer)


_ESCAPED = re.compile(r"\\(.)")
_MEANT = {"t": "\t", "n": "\n", "r": "\r", "\\": "\\"}


def _row(line: str) -> dict[str, Any]:
    row: dict[str, Any] = {name: None if text == "\\N" else _unescaped(text) for name, text in zip(COLUMNS, line.split("\t"), strict=True)}
    row["line"] = int(row["line"])
    row["faults"] = codes_of(int(row["faults"]))
    row["cells"] = row["cells"].split(CELL_SEPARATOR)
    return row


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: _MEANT[found[1]], text)
