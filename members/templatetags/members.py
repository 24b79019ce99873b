"""Template filters for number lists."""

from __future__ import annotations

from django import template
from django.utils import timezone

from members.models import Member
from members.roster import stage_label

register = template.Library()


@register.filter
def member_stage(member: Member) -> str:
    """The state of a membership today, in words."""
    return stage_label(member.stage(timezone.localdate()))
