"""What is asked of an ID number and of a bank account before it is kept."""

from __future__ import annotations

import datetime
import re
from typing import Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from common.encryption import comparable
from customers.models import CertificateType

_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK: Final = "10X98765432"
_ID_CARD: Final = re.compile(r"[1-9]\d{16}[\dX]", re.ASCII)
_OTHER: Final = re.compile(r"[A-Z0-9]{5,40}", re.ASCII)
_ACCOUNT: Final = re.compile(r"\d{8,30}", re.ASCII)


def clean_id_number(text: str, kind: str) -> str:
    """An ID number in the form that is kept: capitals, without blanks and hyphens. Raises ValidationError.

    An identity card's number has a day of birth and a check character (GB 11643); other papers differ by country.
    """
    number = comparable(text)
    if kind == CertificateType.ID_CARD and not _is_id_card(number):
        raise ValidationError(_("This is no identity card's number: 18 characters, with a day of birth and a check character."), code="id")
    if not _OTHER.fullmatch(number):
        raise ValidationError(_("A certificate's number has 5 to 40 letters and digits."), code="id")
    return number


def clean_bank_account(text: str) -> str:
    """A bank account in the form that is kept: digits alone. Raises ValidationError."""
    number = comparable(text)
    if not _ACCOUNT.fullmatch(number):
        raise ValidationError(_("A bank account has 8 to 30 digits."), code="account")
    return number


def _is_id_card(number: str) -> bool:
    if not _ID_CARD.fullmatch(number):
        return False
    try:
        datetime.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    return check_character(number[:17]) == number[17]


def check_character(body: str) -> str:
    """The last character of an identity card's number (GB 11643, ISO 7064 MOD 11-2) for the 17 digits before it."""
    return _CHECK[sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, body, strict=True)) % 11]
