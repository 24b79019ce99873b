"""What the cells of a batch's row say, in plain Python."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tests.oracle.world import Day


def half_width(text: str) -> str:
    """The text with full-width signs and the ideographic blank brought to ASCII."""
    return "".join(chr(ord(sign) - 0xFEE0) if "！" <= sign <= "～" else " " if sign == "\u3000" else sign for sign in text)


def kind_of(national: str) -> str | None:
    """The kind of a national number of the plan, None when it is none."""
    if not national.isascii() or not national.isdigit():
        return None
    if len(national) == 11 and national[0] == "1" and national[1] in "3456789":
        return "mobile"
    if len(national) == 13 and national[:2] in ("10", "14"):
        return "iot"
    if national.startswith(("010", "02")):
        return "fixed" if len(national) == 11 else None
    if national[0:1] == "0" and national[1:2] in tuple("3456789"):
        return "fixed" if len(national) in (11, 12) else None
    return None


def read_number(text: str) -> tuple[str | None, str | None, str | None]:
    """(E.164 digits, kind, None), or (None, None, the verdict)."""
    plain = half_width(text).strip()
    plain = re.sub(r"\.0+$", "", plain)
    plain = "".join(sign for sign in plain if sign not in " \t-()[]–")
    if not plain:
        return None, None, "number_missing"
    candidates = [plain]
    for code in ("+86", "0086", "86"):
        if plain.startswith(code):
            candidates += [plain.removeprefix(code), "0" + plain.removeprefix(code)]
            break
    for candidate in candidates:
        if kind := kind_of(candidate):
            return "86" + (candidate[1:] if kind == "fixed" else candidate), kind, None
    return None, None, "number_malformed"


def read_day(text: str) -> tuple[Day | None, bool]:
    """(day, whether it could be read). A blank cell reads as no day."""
    plain = half_width(text).strip()
    if not plain:
        return None, True
    day: Day | None = None
    if re.fullmatch(r"[0-9]{5}", plain):
        day = Day(1899, 12, 30) + datetime.timedelta(days=int(plain))
    else:
        plain = re.sub(r"(?<=\d)[ T]\d{1,2}:\d\d(:\d\d)?$", "", plain)
        compact = re.fullmatch(r"[0-9]{8}", plain) is not None
        for form in ("%Y%m%d",) if compact else ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日"):
            try:
                day = datetime.datetime.strptime(plain, form).date()  # noqa: DTZ007  (only the day is taken)
            except ValueError:
                continue
            break
    return (day, True) if day is not None and day.year >= 1980 else (None, False)


def read_text(text: str, limit: int) -> tuple[str | None, str | None]:
    """(text, None) or (None, the verdict); a blank text is (None, None)."""
    plain = text.strip()
    if not plain:
        return None, None
    if len(plain) > limit:
        return None, "text_too_long"
    if any(unicodedata.category(sign) in ("Cc", "Cf", "Zl", "Zp") for sign in plain):
        return None, "text_control"
    return plain, None


def read_short(text: str) -> tuple[str | None, str | None]:
    """(short number, None) or (None, the verdict)."""
    plain = half_width(text).strip()
    if not plain:
        return None, None
    good = plain.isascii() and plain.isdigit() and 3 <= len(plain) <= 6 and plain[0] == "6" and plain[1] != "0"
    return (plain, None) if good else (None, "short_number_malformed")


@dataclass(slots=True)
class Reading:
    """The cells of a row, understood."""

    line: int
    number: str | None
    kind: str | None
    effective: Day | None
    expires: Day | None
    short: str | None
    holder: str | None
    employee_no: str | None
    department: str | None
    tariff: str | None
    offer: str | None
    codes: set[str]


def read_row(line: int, cells: Mapping[str, str], segments: Iterable[str]) -> Reading:
    """Read the cells of one row, by field name."""
    number, kind, wrong = read_number(cells.get("number", ""))
    codes = {wrong}
    if number and not any(number.startswith(prefix) for prefix in segments):
        codes.add("number_unassigned")
    effective, readable = read_day(cells.get("effective_on", ""))
    expires, readable_too = read_day(cells.get("expires_on", ""))
    if not (readable and readable_too):
        codes.add("date_unreadable")
    short, wrong = read_short(cells.get("short_number", ""))
    codes.add(wrong)
    texts: dict[str, str | None] = {}
    for name, limit in (("holder_name", 64), ("employee_no", 32), ("department", 64), ("tariff_code", 32), ("offer_code", 32)):
        texts[name], wrong = read_text(cells.get(name, ""), limit)
        codes.add(wrong)
    return Reading(
        line,
        number,
        kind,
        effective,
        expires,
        short,
        texts["holder_name"],
        texts["employee_no"],
        texts["department"],
        texts["tariff_code"],
        texts["offer_code"],
        {code for code in codes if code},
    )
