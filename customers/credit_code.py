"""The unified social credit code (统一社会信用代码) of Chinese organisations, GB 32100-2015."""

from __future__ import annotations

from typing import Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS: Final = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def check_character(body: str) -> str:
    """The 18th character for the first 17.

    Raises ValueError for a character outside the code's alphabet (it has no I, O, S, V or Z).
    """
    total = sum(ALPHABET.index(character) * weight for character, weight in zip(body, WEIGHTS, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


def validate_credit_code(code: str) -> None:
    """Raise ValidationError unless `code` has 18 characters of the alphabet and a right check character."""
    if len(code) != 18 or any(character not in ALPHABET for character in code):
        message = _("A unified social credit code has 18 digits and capital letters (no I, O, S, V, Z).")
        raise ValidationError(message, code="credit_code_form")
    if check_character(code[:17]) != code[17]:
        raise ValidationError(_("The check character of this unified social credit code is wrong."), code="credit_code_check")
