"""Template filters for numbers. Every page shows numbers through `national`, so that what people see of them is decided in one place."""

from __future__ import annotations

from django import template
from django.utils import timezone

from members.models import Member
from members.reading.normalise import national as national_form
from members.roster import stage_label

register = template.Library()


@register.filter
def national(msisdn: str | None) -> str:
    """A number as people in its country write it; an em dash for none."""
    return national_form(msisdn) if msisdn else "—"


@register.filter
def member_stage(member: Member) -> str:
    """The state of a membership today, in words."""
    return stage_label(member.stage(timezone.localdate()))
