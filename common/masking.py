"""How personal data look to whoever has not asked to see all of them. Pure functions: who may see more is `access.reveals`'s business."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from django.conf import settings

STARS: Final = "****"
SHOWN_AT_START: Final = 3
SHOWN_AT_END: Final = 4
_FEWEST_HIDDEN: Final = 3
_ID_LENGTH: Final = 18

# Signs that people write between the digits of a number, and those that nobody sees: all that reading a number passes over, however many.
_BETWEEN: Final = r"[\s\-_.()\[\]'\u00ad\u00b7\u2010-\u2015\u2018\u2019\u2212\u3010\u3011\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
# A day is no number of a person; the rest of the alternatives is any run of digits.
_DIGITS_IN_TEXT: Final = re.compile(
    r"(?P<day>(?<!\d)(?:19|20)\d{2}([-./_]?)(?:0?[1-9]|1[0-2])\2(?:0?[1-9]|[12]\d|3[01])(?!\d))"
    rf"|\+?\d(?:{_BETWEEN}*+\d){{6,}}[Xx]?"
)
_PERSONAL_IN_LOG: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:"
    r"(?:\+?86|0086)?1[3-9]\d{9}"  # mobile
    r"|(?:\+?86|0086)?1[04]\d{11}"  # IoT card
    r"|(?:\+?86|0086)0?(?:10|2\d|[3-9]\d{2})\d{7,8}|0(?:10|2\d)\d{8}|0[3-9]\d{2}\d{7,8}"  # fixed line
    r"|[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]"  # identity card
    r"|\d{16,}"  # bank account
    r")(?![0-9A-Za-z])"
)


def mask_number(digits: str) -> str:
    """A phone number, IoT card or fixed line as 138****5678; E.164 digits of the home country lose their country code.

    A short number keeps only its last two digits. An empty text stays empty.
    """
    shown = SHOWN_AT_START + SHOWN_AT_END
    code = settings.NUMBER_COUNTRY_CODE
    national = digits.removeprefix("+")
    national = national.removeprefix(code) if len(national) > len(code) + shown else national
    if len(national) < shown + _FEWEST_HIDDEN:
        return f"{STARS}{national[-2:]}" if national else ""
    return f"{national[:SHOWN_AT_START]}{STARS}{national[-SHOWN_AT_END:]}"


def mask_id_number(text: str) -> str:
    """A certificate's number: of an identity card the region and the last four (440****1234), of others the first and the last two."""
    if not text:
        return ""
    if len(text) >= _ID_LENGTH:
        return f"{text[:3]}{STARS}{text[-4:]}"
    return f"{text[0]}{STARS}{text[-2:]}" if len(text) > SHOWN_AT_START + _FEWEST_HIDDEN else STARS


def mask_account(text: str) -> str:
    """A bank account: the last four digits, as banks themselves print it."""
    if not text:
        return ""
    return f"{STARS} {text[-4:]}" if len(text) > 2 * SHOWN_AT_END else STARS


def mask_email(address: str) -> str:
    """An e-mail address: the first letter and the whole host (l****@example.cn)."""
    name, at, host = address.rpartition("@")
    return f"{name[:1]}{STARS}{at}{host}" if at else (STARS if address else "")


def mask_digits(text: str) -> str:
    """A text with every run of seven and more digits masked, however the digits are written and grouped.

    For texts of which nobody knows what they hold: cells of an uploaded file, its name, its headings.
    """
    plain = unicodedata.normalize("NFKC", text)
    masked = _DIGITS_IN_TEXT.sub(_masked_run, plain)
    return text if masked == plain else masked


def _masked_run(found: re.Match[str]) -> str:
    run = found[0]
    if found.groupdict().get("day"):
        return run
    if run[-1] in "xX" and sum(character.isdigit() for character in run) != _ID_LENGTH - 1:
        return _masked_digits(run[:-1]) + run[-1]
    return _masked_digits(run)


def _masked_digits(run: str) -> str:
    digits = "".join(character for character in run if character.isdigit() or character in "xX")
    if len(digits) >= _ID_LENGTH - 2:
        return mask_id_number(digits) if len(digits) >= _ID_LENGTH else mask_account(digits)
    return mask_number(digits)


def mask_log(text: str) -> str:
    """A log line without numbers of people: mobile and fixed lines, IoT cards, identity cards, bank accounts.

    Other digits (ports, moments, keys of rows) stay: a log that tells nothing finds no error.
    """
    return _PERSONAL_IN_LOG.sub(_masked_run, text)
