"""What this app shows on the home page: one's to-dos by urgency, and what the people below have on their hands."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import Count, Max, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from access.choices import staff_in_reach
from access.requests import signed_in
from workflow.filters import due_when
from workflow.models import Figure, Task, TaskState
from workflow.querysets import MODULE
from workflow.subjects import subjects_of
from workflow.tables import due_words
from workflow.team import load_of, most_loaded, team_columns

ROWS: Final = 5
PEOPLE: Final = 8
GROUPS: Final = (("overdue", _("Overdue"), "bad"), ("today", _("Today"), "warn"), ("week", _("This week"), "idle"))


def tasks_card(request: HttpRequest) -> dict[str, Any]:
    """The user's open to-dos that are late, due today or due this week, and how many come later or on no day."""
    user, now = signed_in(request), timezone.now()
    own = Task.objects.filter(assignee=user).is_open()
    whens = {key: due_when(key, now) for key, _label, _tone in GROUPS}
    counts = own.aggregate(everything=Count("pk"), **{key: Count("pk", filter=when) for key, when in whens.items()})
    groups: list[dict[str, Any]] = []
    for key, label, tone in GROUPS:
        if counts[key]:
            rows = own.filter(whens[key]).order_by("due_on", "priority", "due_time", "pk")[:ROWS]
            groups.append({"label": label, "tone": tone, "count": counts[key], "url": _list_url(when=key), "rows": list(rows)})
    subjects = subjects_of([task for group in groups for task in group["rows"]], user)
    for group in groups:
        group["rows"] = [{"task": task, "due": due_words(task), "subject": subjects.get(task.pk)} for task in group["rows"]]
    return {"groups": groups, "later": counts["everything"] - sum(counts[key] for key in whens), "url": _list_url()}


def _list_url(**filters: str) -> str:
    return f"{reverse('workflow:task_list')}?{urlencode({'whose': 'mine', 'state': TaskState.OPEN.value, **filters})}"


def team_card(request: HttpRequest) -> dict[str, Any]:
    """The people whom the user directs, the most pressed first, and the sums of all of them."""
    user = signed_in(request)
    people = most_loaded(user, PEOPLE + 1)
    totals = Figure.objects.filter(
        user__in=staff_in_reach(user, MODULE).exclude(pk=user.pk).order_by().values("pk"), code__in=[c.key for c in team_columns()]
    )
    sums = {code: (value, counted_at) for code, value, counted_at in totals.values_list("code").annotate(Sum("value"), Max("counted_at"))}
    return {
        "rows": load_of(people[:PEOPLE]),
        "columns": team_columns(),
        "more": len(people) > PEOPLE,
        "totals": [{"label": column.label, "value": sums[column.key][0]} for column in team_columns() if column.key in sums],
        "counted_at": min((counted_at for _value, counted_at in sums.values()), default=None),
    }
