"""The guard against lost updates: a form remembers which version of a row it showed, and a write refuses another one.

A row's version is its `updated_at`, written into the form as text and sent back with it.
"""

from __future__ import annotations

import datetime
from typing import Protocol

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


class Versioned(Protocol):
    """A row that knows when it was last written."""

    updated_at: datetime.datetime


def version_of(row: Versioned) -> str:
    """The version of `row` as text for a hidden field."""
    return row.updated_at.isoformat()


def ensure_version(row: Versioned, seen: str) -> None:
    """Refuse when `row`, read under a lock, is not the version `seen` in the form.

    Raises ValidationError with code `stale`.
    """
    if version_of(row) != seen:
        message = _("Somebody else changed this meanwhile. Open it again to see the present values, then make your change.")
        raise ValidationError(message, code="stale")
