"""Phone numbers of contact persons: how they are kept, read and looked for."""

from __future__ import annotations

from typing import Final

import phonenumbers
from django.conf import settings
from django.db.models import Q

MOBILE_LENGTH: Final = 11
_FEWEST_DIGITS: Final = 7
_MOST_DIGITS: Final = 16  # an E.164 number and the two zeros before it


_HOME: Final = "CN"


class PhoneRefused(Exception):
    """A text that is no phone number; `has_form`: it looks like one, but no such number can exist."""

    def __init__(self, *, has_form: bool) -> None:
        super().__init__()
        self.has_form = has_form


def kept_phone(text: str) -> str:
    """A number that exists in its country's plan, as digits with the country code; without one it is a Chinese number.

    Raises PhoneRefused.
    """
    try:
        number = phonenumbers.parse(text if not text.startswith("86") else f"+{text}", _HOME)
    except phonenumbers.NumberParseException as error:
        raise PhoneRefused(has_form=False) from error
    if not phonenumbers.is_valid_number(number):
        raise PhoneRefused(has_form=True)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")


def readable_phone(stored: str) -> str:
    """A kept number as people write it: without the home country's code, fixed lines with their zero, foreign numbers with a plus."""
    code = settings.NUMBER_COUNTRY_CODE
    if len(stored) <= MOBILE_LENGTH and not (stored.startswith(code) and len(stored) > MOBILE_LENGTH - 1):
        return stored
    if not stored.startswith(code):
        return f"+{stored}"
    national = stored.removeprefix(code)
    return national if len(national) == MOBILE_LENGTH and national.startswith("1") else f"0{national}"


def is_number(text: str) -> Q | None:
    """The condition for a phone number that is `text`, with or without country code; None where `text` is no number."""
    readings = _readings(text)
    return Q(phone__in=readings) if readings else None


def begins_with(text: str) -> Q | None:
    """The condition for a phone number that begins with `text`, with or without country code; None where `text` is no number."""
    readings = _readings(text)
    return Q(phone__startswith=readings[0]) | Q(phone__startswith=readings[1]) if readings else None


def _readings(text: str) -> list[str]:
    """What `text` can be a part of as numbers are kept: without and with the home country's code; empty where it is no number."""
    if not text or set(text) - set("0123456789+-() "):
        return []
    digits = "".join(sign for sign in text if sign.isdigit())
    if not _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS:
        return []
    code = settings.NUMBER_COUNTRY_CODE
    national = digits.removeprefix("00").removeprefix("0")
    return [national, f"{code}{national}"]
