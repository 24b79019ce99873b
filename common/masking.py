"""How personal data looks to those who need not know all of it."""

from __future__ import annotations

from typing import Final

from django.conf import settings

_SHOWN_AT_START: Final = 3
_SHOWN_AT_END: Final = 4


def mask_number(digits: str) -> str:
    """A phone number as 138****5678; `digits` may carry the home country's code, which is left out. A short number keeps only its end."""
    shown = _SHOWN_AT_START + _SHOWN_AT_END
    code = settings.NUMBER_COUNTRY_CODE
    national = digits.removeprefix(code) if len(digits) > len(code) + shown else digits
    if len(national) <= shown:
        return f"****{national[-2:]}" if national else ""
    return f"{national[:_SHOWN_AT_START]}****{national[-_SHOWN_AT_END:]}"
