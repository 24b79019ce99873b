"""Reading a list of people from a spreadsheet or a text file: bounded in bytes, rows and columns, with headings in either language."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any, Final
from xml.etree.ElementTree import ParseError  # nosec B405 - the name of an error; openpyxl parses

import openpyxl
from django.utils.translation import gettext as _
from openpyxl.utils.exceptions import InvalidFileException

MOST_BYTES: Final = 5 * 1024 * 1024
MOST_ROWS: Final = 10_000
MOST_COLUMNS: Final = 40
MOST_UNPACKED_BYTES: Final = 64 * 1024 * 1024
LONGEST_CELL: Final = 300
"""Characters; longer than any field may be, so that what is cut off is an error anyway."""
_LAST_LINE: Final = 1_048_576
FORMULA: Final = "\x00formula"
"""Stands in place of a formula, of which nobody knows what it would show."""

_HEADINGS: Final = {
    "username": ("login", "username", "account", "登录名", "用户名", "账号", "帐号", "工号"),
    "name": ("name", "fullname", "姓名", "名字"),
    "email": ("email", "mail", "emailaddress", "电子邮箱", "邮箱", "电子邮件"),
    "phone": ("phone", "telephone", "mobile", "电话", "手机", "手机号", "联系电话"),
    "org_unit": (
        "orgunit",
        "orgunitcode",
        "unit",
        "unitcode",
        "组织",
        "组织代码",
        "组织机构",
        "组织机构代码",
        "部门",
        "部门代码",
        "单位代码",
    ),
    "role": ("role", "rolecode", "角色", "角色代码", "角色编码"),
    "locale": ("language", "locale", "语言", "界面语言"),
    "is_active": ("active", "enabled", "启用", "是否启用", "在用", "有效"),
}
_FIELDS: Final = {spelling: name for name, spellings in _HEADINGS.items() for spelling in spellings}


class PeopleFileRefused(Exception):
    """A file that cannot be taken; the text says why."""


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A row of the file: its number there, and the texts of the columns that the file has, by the names of `_HEADINGS`."""

    line: int
    texts: dict[str, str]


def read_people(file: IO[bytes], size: int) -> list[PersonRow]:
    """The rows of `file`, which has `size` bytes. Raises PeopleFileRefused."""
    if size > MOST_BYTES:
        raise PeopleFileRefused(_("The file is larger than %(limit)d MB.") % {"limit": MOST_BYTES // 1024**2})
    content = file.read(MOST_BYTES)
    lines = _xlsx_lines(content) if content.startswith(b"PK\x03\x04") else _csv_lines(_text(content))
    columns: list[str] = []
    people: list[PersonRow] = []
    for line, cells in lines:
        if line > _LAST_LINE:
            raise PeopleFileRefused(_too_many())
        if not any(cells):
            continue
        if not columns:
            columns = _columns(cells)
            continue
        if len(people) == MOST_ROWS:
            raise PeopleFileRefused(_too_many())
        people.append(PersonRow(line, {name: cell for name, cell in zip(columns, cells, strict=False) if name}))
    if not people:
        raise PeopleFileRefused(_("The file holds no people."))
    return people


def _too_many() -> str:
    return _("The file has more than %(limit)s rows.") % {"limit": f"{MOST_ROWS:,}"}


def _columns(cells: Sequence[str]) -> list[str]:
    columns = [_FIELDS.get("".join(filter(str.isalnum, cell.casefold())), "") for cell in cells]
    if "username" not in columns:
        raise PeopleFileRefused(_("The first row must hold the headings, the login among them."))
    known = [name for name in columns if name]
    if len(known) != len(set(known)):
        raise PeopleFileRefused(_("Two columns have the same meaning."))
    return columns


def _xlsx_lines(content: bytes) -> Iterator[tuple[int, list[str]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            # zipfile unpacks no more of an entry than its header claims, so the claims are what the parser can get.
            if sum(entry.file_size for entry in package.infolist()) > MOST_UNPACKED_BYTES:
                raise PeopleFileRefused(_too_many())
        workbook = openpyxl.load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
        sheet = workbook.worksheets[0]
        sheet.reset_dimensions()  # what the file claims of its size may be wrong
        for line, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS), start=1):
            yield line, [_cell_text(cell) for cell in cells]
    except (zipfile.BadZipFile, InvalidFileException, ParseError, LookupError, ValueError, TypeError, OSError, AttributeError) as error:
        raise PeopleFileRefused(_("This is not a spreadsheet that can be read.")) from error


def _cell_text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        return FORMULA
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value)[:LONGEST_CELL].strip()


def _text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
        break
    raise PeopleFileRefused(_("This is neither a spreadsheet nor a text in UTF-8 or GB18030."))


def _csv_lines(text: str) -> Iterator[tuple[int, list[str]]]:
    first = text.lstrip().split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        reader: Iterable[list[str]] = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        for line, cells in enumerate(reader, start=1):
            yield line, [cell[:LONGEST_CELL].strip() for cell in cells[:MOST_COLUMNS]]
    except csv.Error as error:
        raise PeopleFileRefused(_("A row of the file cannot be read: are all quotation marks closed?")) from error
