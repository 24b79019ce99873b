"""Who wrote a row last, as its history knows it."""

from __future__ import annotations

import datetime
from typing import Any

from access.history.subjects import event_model_of
from access.models import User
from common.tracking import DELETE


def last_changer(row: Any) -> tuple[str, datetime.datetime] | None:
    """The person behind the last change of `row`, and when; None where no person is known. Two queries."""
    try:
        events: Any = event_model_of(type(row))
    except LookupError:
        return None
    found = events._default_manager.filter(pgh_obj_id=row.pk).exclude(pgh_label=DELETE).order_by("-pgh_id")
    last = found.values_list("pgh_actor", "pgh_created_at").first()
    person = User.objects.filter(pk=last[0]).first() if last is not None and last[0] is not None else None
    return (str(person), last[1]) if last is not None and person is not None else None
