"""Keep notices, mark them as read, remind of to-dos, and keep how a person wants to be told."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Sequence
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from access.models import User
from common.notices import Entry, notice_kinds
from common.saving import save_valid
from workflow import bulk
from workflow.kinds import DUE, REMINDED
from workflow.models import Notice, NoticeSettings

MORNING: Final = datetime.time(8)
"""When a to-do that is due on a day, at no time of it, is told of."""
CATCH_UP: Final = datetime.timedelta(days=2)
"""So long ago a to-do may have become due and still be told of: what the scheduler missed."""
KEEP: Final = datetime.timedelta(days=180)
VIEWS_KEPT: Final = 30


def deliver(kind: str, entries: Sequence[Entry]) -> int:
    """Keep a notice for each of `entries`; `common.notices` calls it."""
    return bulk.insert_notices(kind, entries, timezone.now())


def remind(now: datetime.datetime | None = None) -> int:
    """Tell of every to-do that has become due, and of the reminders whose moment has come; how many notices."""
    now = now or timezone.now()
    return bulk.insert_reminders(DUE, REMINDED, now, now - CATCH_UP, settings.TIME_ZONE, MORNING)


def mark_read(*, user: User, notice_ids: Collection[int] | None = None) -> int:
    """Mark these notices of `user`, or all of them, as read; how many were not."""
    unread = Notice.objects.visible_to(user).unread()
    if notice_ids is not None:
        unread = unread.filter(pk__in=notice_ids)
    return unread.update(read_at=timezone.now())


@transaction.atomic
def save_settings(*, user: User, rhythm: str, hour: int, weekday: int, shown: Collection[str], mailed: Collection[str]) -> NoticeSettings:
    """Keep what `user` wants to be told in the product (`shown`) and by e-mail (`mailed`), as codes of kinds. Raises ValidationError."""
    codes = [kind.code for kind in notice_kinds()]
    wishes = NoticeSettings(
        user=user,
        rhythm=rhythm,
        hour=hour,
        weekday=weekday,
        hidden=[code for code in codes if code not in shown],
        unmailed=[code for code in codes if code not in mailed],
    )
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # two windows of one person: the later wish stands
    NoticeSettings.objects.filter(user=user).delete()
    save_valid(wishes)
    return wishes


def forget_old() -> int:
    """Drop old notices, and what somebody looked at long ago; how many rows."""
    return bulk.forget_old(timezone.now() - KEEP, VIEWS_KEPT)
