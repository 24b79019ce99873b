"""The notices that this app sends."""

from __future__ import annotations

from typing import Final

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from common.notices import NoticeKind, Parameters, register_kind

ASSIGNED: Final = "task_assigned"
DUE: Final = "task_due"
REMINDED: Final = "task_reminder"


def _task_url(parameters: Parameters) -> str:
    return reverse("workflow:task_detail", args=[parameters["task"]])


def register_kinds() -> None:
    """Called once, when Django is ready."""
    register_kind(
        NoticeKind(
            ASSIGNED,
            _("A to-do is given to you"),
            _("%(actor_name)s gave you a to-do: %(title)s"),
            icon="checkbox",
            url=_task_url,
            tone="run",
        )
    )
    register_kind(NoticeKind(DUE, _("A to-do is due"), _("Due: %(title)s"), icon="clock-exclamation", url=_task_url, tone="warn"))
    register_kind(NoticeKind(REMINDED, _("A reminder of a to-do"), _("Reminder: %(title)s"), icon="bell-ringing", url=_task_url))
