"""Which values of number lists and batches are masked, and how."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from access.models import Action, User
from access.reveals import SensitiveField, register_sensitive
from access.scope import scope_of
from common.masking import mask_digits, mask_number
from members.models import BatchRow, BlacklistedNumber, Member
from members.reading.normalise import national

NUMBER: Final = "number"
_DIGITS: Final = 18


def register_masked() -> None:
    """Called when the app is ready."""
    number = SensitiveField(NUMBER, _("Number"), lambda row: national(row.msisdn), mask_number)
    register_sensitive(Member, number, kind="member", module="members")
    register_sensitive(BlacklistedNumber, number, kind="blacklisted", module="members", find=_blacklisted)
    cells = [SensitiveField(cell_name(column), _("Cell"), _cell(column), mask_digits) for column in range(settings.BATCH_MAX_COLUMNS)]
    register_sensitive(BatchRow, *cells, kind="row", module="jobs", find=_batch_rows, key=lambda row: f"{row.job_id}-{row.line}")


def cell_name(column: int) -> str:
    """The name of the cell in `column` (from 0) of a batch's source."""
    return f"c{column}"


def _cell(column: int) -> Any:
    return lambda row: row.cells[column] if column < len(row.cells) else ""


def _blacklisted(user: User, keys: Collection[str]) -> Sequence[BlacklistedNumber]:
    """The blacklist belongs to no customer: whoever may reveal members without a limit sees it."""
    if not scope_of(user).reach("members", Action.REVEAL).everything:
        return []
    return list(BlacklistedNumber.objects.filter(pk__in=[int(key) for key in keys if _is_key(key)]))


def _batch_rows(user: User, keys: Collection[str]) -> Sequence[BatchRow]:
    lines: dict[int, list[int]] = {}
    for key in keys:
        job, _dash, line = key.partition("-")
        if _is_key(job) and _is_key(line):
            lines.setdefault(int(job), []).append(int(line))
    condition = Q(pk__in=[])
    for job_id, wanted in lines.items():
        condition |= Q(job=job_id, line__in=wanted)
    return list(BatchRow.objects.visible_to(user, Action.REVEAL).filter(condition)) if lines else []


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _DIGITS
