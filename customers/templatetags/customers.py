"""Template tags of customers."""

from __future__ import annotations

from typing import Final

from django import template

from customers.models import Attitude

register = template.Library()

_TONES: Final = {
    Attitude.CHAMPION: "ok",
    Attitude.FRIENDLY: "run",
    Attitude.SCEPTICAL: "warn",
    Attitude.OPPOSED: "bad",
}


@register.filter
def attitude_tone(attitude: str) -> str:
    """The tone of the dot that stands for an attitude."""
    return next((tone for kind, tone in _TONES.items() if kind == attitude), "idle")
