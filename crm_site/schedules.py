"""What runs by itself and when, in words: the page of schedules in the administration."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any, Final

from celery.schedules import crontab
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from access.administration import may_administer
from access.models import Action

WORK: Final[dict[str, Promise]] = {
    "jobs.dispatch": gettext_lazy("Start waiting jobs, and take up those whose worker died"),
    "jobs.drop_expired": gettext_lazy("Remove the files of jobs whose time is over"),
    "access.seal_audit": gettext_lazy("Seal the audit"),
    "workflow.remind": gettext_lazy("Tell of to-dos that have become due"),
    "workflow.send_digests": gettext_lazy("Mail what happened to those whose hour has come"),
    "workflow.count_figures": gettext_lazy("Count customers and members of each portfolio"),
    "workflow.forget_old": gettext_lazy("Forget old notices"),
    "access.forget_ended_sessions": gettext_lazy("Forget sessions that have ended"),
    "members.drop_old_rows": gettext_lazy("Drop the rows of old batches"),
    "customers.drop_old_rows": gettext_lazy("Drop the rows of old imports"),
    "customers.tend_hand_overs": gettext_lazy("Carry out the hand-overs of the day, and end offers that nobody answered"),
    "customers.apply_lifecycle_rules": gettext_lazy("Move customers along their lifecycle by the rules"),
    "customers.find_duplicates": gettext_lazy("Look for customers that may be entered twice"),
    "customers.score_all": gettext_lazy("Score all customers by the rules"),
}
"""What each scheduled task does; a task without words fails a test."""

_DAYS: Final = (
    gettext_lazy("Sunday"),
    gettext_lazy("Monday"),
    gettext_lazy("Tuesday"),
    gettext_lazy("Wednesday"),
    gettext_lazy("Thursday"),
    gettext_lazy("Friday"),
    gettext_lazy("Saturday"),
)


@dataclass(frozen=True, slots=True)
class Schedule:
    """A line of the page."""

    work: str
    task: str
    when: str


def schedules() -> list[Schedule]:
    """Everything that runs by itself, in the order of the settings."""
    entries: list[dict[str, Any]] = list(settings.CELERY_BEAT_SCHEDULE.values())
    return [Schedule(str(WORK.get(entry["task"], entry["task"])), entry["task"], in_words(entry["schedule"])) for entry in entries]


def in_words(when: float | datetime.timedelta | crontab) -> str:
    """When something runs: seconds, an interval or a crontab, in the language of the request."""
    if isinstance(when, crontab):
        return _crontab_in_words(when)
    seconds = round(when.total_seconds() if isinstance(when, datetime.timedelta) else when)
    if seconds % 3600 == 0:
        return ngettext("every hour", "every %(count)d hours", seconds // 3600) % {"count": seconds // 3600}
    if seconds % 60 == 0:
        return ngettext("every minute", "every %(count)d minutes", seconds // 60) % {"count": seconds // 60}
    return ngettext("every second", "every %(count)d seconds", seconds) % {"count": seconds}


def _crontab_in_words(when: Any) -> str:
    """Of the usual kinds; any other is shown in the five fields of a crontab."""
    plain = len(when.minute) == 1 and len(when.month_of_year) == 12
    whole_month, whole_week, whole_day = len(when.day_of_month) == 31, len(when.day_of_week) == 7, len(when.hour) == 24
    minute = min(when.minute)
    if plain and whole_month and whole_week and whole_day:
        return _("every hour at minute %(minute)02d") % {"minute": minute}
    if plain and len(when.hour) == 1:
        time = f"{min(when.hour):02d}:{minute:02d}"
        if whole_month and whole_week:
            return _("every day at %(time)s") % {"time": time}
        if whole_month:
            days = _(", ").join(str(_DAYS[day]) for day in sorted(when.day_of_week))
            return _("on %(days)s at %(time)s") % {"days": days, "time": time}
        if whole_week and len(when.day_of_month) == 1:
            return _("on day %(day)d of each month at %(time)s") % {"day": min(when.day_of_month), "time": time}
    return _("by the crontab %(fields)s") % {"fields": _fields(when)}


def _fields(when: Any) -> str:
    return f"{when._orig_minute} {when._orig_hour} {when._orig_day_of_month} {when._orig_month_of_year} {when._orig_day_of_week}"


def may_see_schedules(request: HttpRequest) -> bool:
    """Whether the page is open: to whoever looks after jobs."""
    return may_administer(request, "jobs", Action.VIEW)


@require_safe
def schedule_page(request: HttpRequest) -> HttpResponse:
    """The page. Raises PermissionDenied for others."""
    if not may_see_schedules(request):
        raise PermissionDenied
    context = {**admin.site.each_context(request), "title": _("Schedules"), "schedules": schedules(), "zone": settings.TIME_ZONE}
    return TemplateResponse(request, "administration/schedules.html", context)
