"""Which column of a source holds what: known headings in English and Chinese, and a guess from the cells where there is no heading."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from members.reading.normalise import normalise_number

FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "number": (
        "number", "msisdn", "phone", "phonenumber", "mobile", "mobilenumber", "cell", "cellphone", "tel", "telephone", "servicenumber",
        "号码", "手机", "手机号", "手机号码", "电话", "电话号码", "联系电话", "移动电话", "业务号码", "成员号码", "用户号码", "服务号码", "计费号码", "物联网卡号",
    ),
    "holder_name": ("holder", "holdername", "name", "member", "membername", "user", "username", "fullname", "姓名", "名字", "机主", "机主姓名", "成员姓名", "用户姓名", "使用人", "员工姓名"),
    "employee_no": ("employeeno", "employeenumber", "employeeid", "staffno", "staffid", "工号", "员工号", "员工编号", "职工号"),
    "department": ("department", "dept", "unit", "team", "部门", "科室", "所属部门", "单位", "处室", "班组"),
    "short_number": ("shortnumber", "short", "extension", "shortcode", "短号", "集团短号", "小号", "v网短号"),
    "effective_on": ("effective", "effectivedate", "effectiveon", "start", "startdate", "from", "生效", "生效日期", "生效时间", "开始日期", "起始日期"),
    "expires_on": ("expiry", "expirydate", "expires", "expireson", "end", "enddate", "until", "到期", "到期日期", "失效日期", "失效时间", "结束日期", "截止日期", "到期时间"),
    "tariff_code": ("tariff", "tariffcode", "plan", "资费", "资费编码", "资费代码", "套餐", "套餐编码"),
    "offer_code": ("offer", "offercode", "方案", "专属方案", "方案编码", "优惠方案"),
}  # fmt: skip
_BY_HEADING: Final = {heading: name for name, headings in FIELDS.items() for heading in headings}
_NOT_LETTERS: Final = re.compile(r"[\W_]+")
HEADER_SEARCH_ROWS: Final = 20


@dataclass(slots=True)
class Layout:
    """How a source is laid out.

    Attributes:
        header_line: the line of the headings as the file counts (first line: 1), 0 where there are none.
        headings: the heading of each column; without headings, the column letters.
        mapping: column index (from 0) by field name.
    """

    header_line: int
    headings: list[str]
    mapping: dict[str, int] = field(default_factory=dict)


def fold(heading: str) -> str:
    """A heading without case, width, blanks, punctuation and remarks in brackets, to look it up."""
    plain = unicodedata.normalize("NFKC", heading)
    plain = re.sub(r"[(\[【（].*?[)\]】）]", "", plain)
    return _NOT_LETTERS.sub("", plain).casefold()


def guess_mapping(headings: Sequence[str]) -> dict[str, int]:
    """Field to column for each known heading; the first column of two with one meaning wins."""
    mapping: dict[str, int] = {}
    for column, heading in enumerate(headings):
        name = _BY_HEADING.get(fold(heading))
        if name is not None:
            mapping.setdefault(name, column)
    return mapping


def column_letters(count: int) -> list[str]:
    """A, B … Z, AA … for `count` columns."""
    letters = []
    for index in range(count):
        name, rest = "", index
        while rest >= 0:
            name = chr(ord("A") + rest % 26) + name
            rest = rest // 26 - 1
        letters.append(name)
    return letters


def find_layout(rows: Sequence[tuple[int, Sequence[str]]]) -> Layout:
    """Find the headings among the first rows of a source.

    Arguments:
        rows: (line, cells) of the first rows, at most `HEADER_SEARCH_ROWS` are looked at.

    The row with the most known headings is the header (titles above it are passed over). Where none is known, the first row is taken for
    headings unless a cell of it reads as a number of the plan; then the source has no header and the column with the most numbers is theirs.
    """
    filled = [(line, cells) for line, cells in rows[:HEADER_SEARCH_ROWS] if any(cell.strip() for cell in cells)]
    if not filled:
        return Layout(0, [])
    line, cells = max(filled, key=lambda row: len(guess_mapping(row[1])))
    mapping = guess_mapping(cells)
    if mapping:
        return Layout(line, [cell.strip() for cell in cells], _with_number_column(mapping, filled, line))
    first_line, first_cells = filled[0]
    has_header = not any(normalise_number(cell)[0] for cell in first_cells)
    width = max(len(cells) for _, cells in filled)
    if has_header and len(filled) > 1:
        return Layout(first_line, [cell.strip() for cell in first_cells], _with_number_column({}, filled, first_line))
    return Layout(0, column_letters(width), _with_number_column({}, filled, 0))


def _with_number_column(mapping: dict[str, int], rows: list[tuple[int, Sequence[str]]], header_line: int) -> dict[str, int]:
    """Add the column with the most numbers of the plan, where no heading named one."""
    if "number" in mapping:
        return mapping
    votes: dict[int, int] = {}
    for line, cells in rows:
        if line > header_line:
            for column, cell in enumerate(cells):
                if column not in mapping.values() and normalise_number(cell)[0]:
                    votes[column] = votes.get(column, 0) + 1
    if votes:
        mapping = {"number": max(votes, key=lambda column: votes[column]), **mapping}
    return mapping
