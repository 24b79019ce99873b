"""Which column of a source holds what: known headings in English and Chinese, and a guess from the cells where there is no heading."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from common.reading.dates import parse_date
from common.reading.layout import HeadedRow, Layout, by_heading, column_letters, filled_rows, guess_columns, headings_of, width_of
from members.reading.normalise import normalise_number

FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "number": (
        "number", "msisdn", "phone", "phonenumber", "mobile", "mobilenumber", "cell", "cellphone", "tel", "telephone", "servicenumber",
        "号码", "手机", "手机号", "手机号码", "电话", "电话号码", "联系电话", "移动电话", "业务号码", "成员号码", "用户号码", "服务号码",
        "计费号码", "物联网卡号",
    ),
    "holder_name": (
        "holder", "holdername", "name", "member", "membername", "user", "username", "fullname",
        "姓名", "名字", "机主", "机主姓名", "成员姓名", "用户姓名", "使用人", "员工姓名",
    ),
    "employee_no": ("employeeno", "employeenumber", "employeeid", "staffno", "staffid", "工号", "员工号", "员工编号", "职工号"),
    "department": ("department", "dept", "unit", "team", "部门", "科室", "所属部门", "单位", "处室", "班组"),
    "short_number": ("shortnumber", "short", "extension", "shortcode", "短号", "集团短号", "小号", "v网短号"),
    "effective_on": (
        "effective", "effectivedate", "effectiveon", "start", "startdate", "from", "生效", "生效日期", "生效时间", "开始日期", "起始日期",
    ),
    "expires_on": (
        "expiry", "expirydate", "expires", "expireson", "end", "enddate", "until",
        "到期", "到期日期", "失效日期", "失效时间", "结束日期", "截止日期", "到期时间",
    ),
    "tariff_code": ("tariff", "tariffcode", "plan", "资费", "资费编码", "资费代码", "套餐", "套餐编码"),
    "offer_code": ("offer", "offercode", "方案", "专属方案", "方案编码", "优惠方案"),
}  # fmt: skip
_BY_HEADING: Final = by_heading(FIELDS)
_NUMBER_LIKE: Final = re.compile(r"[\d\s+().eE\-\u2010-\u2015\uff08\uff09\uff0b\uff0d]{7,64}")
_SCIENTIFIC: Final = re.compile(r"\s*\d(?:\.\d{1,20})?[eE]\+?\d{2}\s*")


def guess_mapping(headings: Sequence[str]) -> dict[str, int]:
    """Field to column for each known heading; the first column of two with one meaning wins."""
    return guess_columns(_BY_HEADING, headings)


def find_layout(rows: Sequence[HeadedRow]) -> Layout:
    """Find the headings among the first rows of a source.

    Arguments:
        rows: (line, cells) of the first rows, at most `HEADER_SEARCH_ROWS` are looked at.
    """
    filled = filled_rows(rows)
    if not filled:
        return Layout(0, [])
    width = width_of(filled)
    header = _find_header(filled)
    if header is None:
        return Layout(0, column_letters(width), _with_number_column({}, filled, 0))
    line, cells = header
    return Layout(line, headings_of(cells, width), _with_number_column(guess_mapping(cells), filled, line))


def _find_header(filled: list[HeadedRow]) -> HeadedRow | None:
    """The row of the headings; None where the source begins with its data.

    They stand above the first row with a cell that looks like a number, be it a good or a bad one, so that no row of data is ever taken for
    them: the row there with the most known headings (titles are passed over), or where none is known the first. A title may hold a phone
    number; so where that found no column of numbers, a row further down counts that names one and another field besides.
    """
    has_number = [any(map(looks_like_number, cells)) for _, cells in filled]
    above = filled[: has_number.index(True)] if any(has_number) else filled
    best = max(above, key=lambda row: len(guess_mapping(row[1])), default=None)
    if best is None or "number" not in guess_mapping(best[1]):
        for row, holds_one in zip(filled, has_number, strict=True):
            mapping = {} if holds_one else guess_mapping(row[1])
            if "number" in mapping and len(mapping) > 1:
                return row
    only_row = len(filled) == 1 and best is not None and not guess_mapping(best[1])
    return None if only_row else best


def looks_like_number(cell: str) -> bool:
    """Whether a cell was meant for a number of the plan: it is one, or lost digits, or is 7 to 15 digits with punctuation and no date."""
    if _SCIENTIFIC.fullmatch(cell):
        return True
    if _NUMBER_LIKE.fullmatch(cell) and 7 <= sum(character.isdigit() for character in cell) <= 15:
        return parse_date(cell) is None
    return normalise_number(cell)[0] is not None


def _with_number_column(mapping: dict[str, int], rows: list[HeadedRow], header_line: int) -> dict[str, int]:
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
