"""What this app shows on the home page: one's to-dos by urgency, and what the people below have on their hands."""

from __future__ import annotations

import datetime
from typing import Any, Final

from django.db.models import Max, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from access.choices import staff_in_reach
from access.requests import signed_in
from workflow.models import Figure, Task, TaskState
from workflow.querysets import MODULE
from workflow.subjects import subjects_of
from workflow.tables import due_words
from workflow.team import load_of, most_loaded, team_columns

ROWS: Final = 5
READ: Final = 200
PEOPLE: Final = 8
GROUPS: Final = (("overdue", _("Overdue"), "bad"), ("today", _("Today"), "warn"), ("week", _("This week"), "idle"))


def tasks_card(request: HttpRequest) -> dict[str, Any]:
    """The user's open to-dos that are late, due today or due this week, and how many come later."""
    user, now = signed_in(request), timezone.localtime()
    sunday = now.date() + datetime.timedelta(days=6 - now.weekday())
    own = Task.objects.filter(assignee=user).is_open()
    due = list(own.filter(due_on__lte=sunday).order_by("due_on", "priority", "due_time", "pk")[:READ])
    later = own.exclude(due_on__lte=sunday)[: READ + 1].count()
    groups: list[dict[str, Any]] = []
    for key, label, tone in GROUPS:
        rows = [task for task in due if _urgency(task, now.date()) == key]
        if rows:
            groups.append({"label": label, "tone": tone, "count": len(rows), "url": _list_url(when=key), "rows": rows[:ROWS]})
    subjects = subjects_of([task for group in groups for task in group["rows"]], user)
    for group in groups:
        group["rows"] = [{"task": task, "due": due_words(task), "subject": subjects.get(task.pk)} for task in group["rows"]]
    return {"groups": groups, "later": min(later, READ), "more": later > READ, "url": _list_url()}


def _urgency(task: Task, today: datetime.date) -> str:
    if task.is_late:
        return "overdue"
    return "today" if task.due_on == today else "week"


def _list_url(**filters: str) -> str:
    return f"{reverse('workflow:task_list')}?{urlencode({'whose': 'mine', 'state': TaskState.OPEN.value, **filters})}"


def team_card(request: HttpRequest) -> dict[str, Any]:
    """The people whom the user directs, the most pressed first, and the sums of all of them."""
    user = signed_in(request)
    people = most_loaded(user, PEOPLE + 1)
    totals = Figure.objects.filter(user__in=staff_in_reach(user, MODULE).order_by().values("pk"), code__in=[c.key for c in team_columns()])
    sums = {code: (value, counted_at) for code, value, counted_at in totals.values_list("code").annotate(Sum("value"), Max("counted_at"))}
    return {
        "rows": load_of(people[:PEOPLE]),
        "columns": team_columns(),
        "more": len(people) > PEOPLE,
        "totals": [{"label": column.label, "value": sums[column.key][0]} for column in team_columns() if column.key in sums],
        "counted_at": min((counted_at for _value, counted_at in sums.values()), default=None),
    }
