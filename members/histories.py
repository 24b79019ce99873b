"""What of members has a history page, and which old values may be put back there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from access.history import Subject, register_subject
from access.history.restoring import with_values
from access.models import User
from members.models import Member
from members.services.members import FIELDS, change_member


def register_histories() -> None:
    """Called once, when Django is ready. Joining, leaving and subscribing belong to batches, and are undone there."""
    register_subject(
        Subject(
            model=Member,
            page=lambda row: reverse("members:number_detail", args=[row.pk]),
            history_url="members:member_history",
            restore_url="members:member_restore",
            restorable=frozenset(FIELDS),
            write=_write_member,
        )
    )


def _write_member(row: Member, values: Mapping[str, Any], actor: User, seen: str) -> None:
    with_values(row, values)
    change_member(member_id=row.pk, values=values, seen=seen, actor=actor)
