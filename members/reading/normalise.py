"""What people type into number and text cells, brought to one form.

The number plan is China's: mobile `1[3-9]` and nine digits; fixed lines with their area code (0, then 9 to 11 digits); IoT cards with 13
digits that begin with 10 or 14. Other plans replace `PLAN`.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from members.verdict_codes import BIT

COUNTRY_CODE: Final = "86"
PLAN: Final = (
    ("mobile", re.compile(r"1[3-9]\d{9}", re.ASCII)),
    ("iot", re.compile(r"1[04]\d{11}", re.ASCII)),
    ("fixed", re.compile(r"0(?:10|2\d)\d{8}|0[3-9]\d{2}\d{7,8}", re.ASCII)),
)
_PUNCTUATION: Final = re.compile(r"[\s\-\u2010-\u2015\u2212_()\[\]\u3010\u3011\u00b7\ufeff\u200b-\u200f\u202a-\u202e'\u2018\u2019]+")
_TRAILING_ZERO: Final = re.compile(r"(?<=\d)\.0+$")
_SHORT: Final = re.compile(r"6[1-9]\d{1,4}", re.ASCII)

MISSING: Final = BIT["number_missing"]
MALFORMED: Final = BIT["number_malformed"]
SHORT_MALFORMED: Final = BIT["short_number_malformed"]
TOO_LONG: Final = BIT["text_too_long"]
CONTROL: Final = BIT["text_control"]


is_plain_mobile: Final = PLAN[0][1].fullmatch
"""Whether a text is a mobile number already, as nearly all are: the country code is all that `normalise_number` would add."""


def normalise_number(text: str) -> tuple[str | None, str | None, int]:
    """Bring a number to E.164 digits without the plus.

    Full-width digits, spaces, hyphens, brackets, `+86`, `0086`, `86` and a spreadsheet's trailing `.0` are removed.

    Returns (number, kind, fault): the number and its kind, or None and the bit of `number_missing` or `number_malformed`.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    plain = _PUNCTUATION.sub("", _TRAILING_ZERO.sub("", plain))
    if not plain:
        return None, None, MISSING
    for candidate in _without_country_code(plain):
        for kind, pattern in PLAN:
            if pattern.fullmatch(candidate):
                national = candidate[1:] if kind == "fixed" else candidate
                return COUNTRY_CODE + national, kind, 0
    return None, None, MALFORMED


def _without_country_code(plain: str) -> list[str]:
    """The readings of `plain` to try, in order: as it stands, and without a country code (which drops the zero of an area code)."""
    for prefix in ("+86", "0086", "86"):
        if plain.startswith(prefix):
            rest = plain[len(prefix) :]
            readings = [rest, "0" + rest]
            return readings if prefix != "86" else [plain, *readings]
    return [plain]


def national(msisdn: str) -> str:
    """The number as people in its country write it: E.164 digits without the country code, fixed lines with their leading zero."""
    if not msisdn.startswith(COUNTRY_CODE):
        return msisdn
    rest = msisdn[len(COUNTRY_CODE) :]
    return rest if (rest.startswith("1") and not rest.startswith("10")) or len(rest) == 13 else "0" + rest


def normalise_short_number(text: str) -> tuple[str | None, int]:
    """A short number (3 to 6 digits that begin with 61 to 69), or None and its fault bit. An empty text is no short number and no fault."""
    plain = _TRAILING_ZERO.sub("", unicodedata.normalize("NFKC", text).strip())
    if not plain:
        return None, 0
    return (plain, 0) if _SHORT.fullmatch(plain) else (None, SHORT_MALFORMED)


def clean_text(text: str, limit: int) -> tuple[str | None, int]:
    """A name or department without surrounding blanks.

    Returns (text, fault): None for an empty text, or with the bit of `text_too_long` (more than `limit` characters) or `text_control`.
    """
    plain = text.strip()
    if not plain:
        return None, 0
    if len(plain) > limit:
        return None, TOO_LONG
    if not plain.isprintable() and any(unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") for character in plain):
        return None, CONTROL
    return plain, 0
