"""What the people below a director have on their hands: figures that upper apps register, shown on the home page and in a list."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from django.db.models import Count, F, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from access.choices import staff_in_reach
from access.models import User
from access.scope import scope_of
from workflow.figures import figures_of
from workflow.models import Figure, Task, TaskState
from workflow.querysets import MODULE, sees_others

LATE: Final = "late"
WARNED: Final = "warned"


@dataclass(frozen=True, slots=True)
class TeamColumn:
    """A figure of each person.

    Attributes:
        key, label: its name, and its heading.
        values: the figure of each of the people with these keys; one query. Who is missing has none.
        url: the list that the figure is counted from, for one person.
        order: its place.
        bad: a figure above zero calls for attention.
    """

    key: str
    label: str | Promise
    values: Callable[[Sequence[int]], Mapping[int, int]]
    url: Callable[[int], str]
    order: int = 100
    bad: bool = False


_columns: Final[dict[str, TeamColumn]] = {}


def register_team_column(column: TeamColumn) -> None:
    """Add a figure; called in `AppConfig.ready`."""
    _columns[column.key] = column


def team_columns() -> list[TeamColumn]:
    """All figures, in order."""
    return sorted(_columns.values(), key=lambda column: (column.order, column.key))


def counted(code: str) -> Callable[[Sequence[int]], Mapping[int, int]]:
    """The values of a column that is counted now and then (`workflow.figures`)."""
    return partial(_counted, code)


def _counted(code: str, users: Sequence[int]) -> Mapping[int, int]:
    return {user: found[code] for user, found in figures_of(users, [code]).items() if code in found}


def _late(users: Sequence[int]) -> Mapping[int, int]:
    rows = Task.objects.late().filter(assignee__any_of=list(users)).order_by().values_list("assignee")
    return dict(rows.annotate(count=Count("pk")))


def late_url(user: int) -> str:
    """The late to-dos of one person."""
    query: dict[str, str | int] = {"assignee": user, "when": "overdue", "state": TaskState.OPEN.value}
    return f"{reverse('workflow:task_list')}?{urlencode(query)}"


def register_own_columns() -> None:
    """Called once, when Django is ready."""
    register_team_column(TeamColumn(LATE, _("Overdue to-dos"), _late, late_url, order=30, bad=True))


def leads(user: User) -> bool:
    """Whether `user` directs other people: a role reaches the to-dos of units, and not simply everybody's."""
    reach = scope_of(user).role_reach(MODULE, "view")
    return bool(reach.unit_ids) and not reach.everything


def team_of(user: User) -> QuerySet[User]:
    """The people whom `user` directs, with how many to-dos are late and how many customers are warned: what the list sorts by."""
    return with_load(staff_in_reach(user, MODULE).exclude(pk=user.pk))


def with_load(people: QuerySet[User]) -> QuerySet[User]:
    """`people`, with the two figures that call for attention as `late` and `warned`, and `customers`."""
    late = Task.objects.late().filter(assignee=OuterRef("pk")).order_by().values("assignee").annotate(count=Count("pk")).values("count")
    return people.annotate(late=_or_zero(late), warned=_figure(WARNED), customer_count=_figure("customers"))


def _figure(code: str) -> Coalesce:
    return _or_zero(Figure.objects.filter(user=OuterRef("pk"), code=code).values("value"))


def _or_zero(rows: QuerySet[Any, Any]) -> Coalesce:
    return Coalesce(Subquery(rows[:1], output_field=IntegerField()), 0)


def most_loaded(user: User, limit: int) -> list[User]:
    """The people whom `user` directs, those first who are late or whose customers are warned.

    Only those who lead in one of the three are compared by all of them: for thousands of people that would be as many look-ups.
    """
    staff = staff_in_reach(user, MODULE).exclude(pk=user.pk).order_by()
    late = Task.objects.late().filter(assignee__in=staff.values("pk")).order_by().values_list("assignee")
    leading = {person for person, _count in late.annotate(count=Count("pk")).order_by("-count", "assignee")[:limit]}
    for code in (WARNED, "customers"):
        figures = Figure.objects.filter(code=code, user__in=staff.values("pk"))
        leading.update(figures.order_by("-value", "user").values_list("user", flat=True)[:limit])
    people = with_load(User.objects.filter(pk__any_of=leading))
    found = list(people.order_by(F("late").desc(), F("warned").desc(), F("customer_count").desc(), "pk")[:limit])
    return found or list(staff.order_by("name", "pk")[:limit])


def figures_of_team(keys: Collection[int], user: User) -> dict[int, dict[str, int]]:
    """All figures of those of the people with these `keys` whom `user` directs; a query for each column."""
    if not sees_others(user):
        return {}
    team = staff_in_reach(user, MODULE).exclude(pk=user.pk).filter(pk__in=keys).order_by()
    reached = list(team.values_list("pk", flat=True))
    columns = [(column.key, column.values(reached)) for column in team_columns()] if reached else []
    return {key: {name: values.get(key, 0) for name, values in columns} for key in reached}


def load_of(people: Sequence[User]) -> list[dict[str, Any]]:
    """Each of `people` with the figures of all columns; a query for each column."""
    keys = [person.pk for person in people]
    columns = [(column, column.values(keys)) for column in team_columns()]
    return [
        {
            "person": person,
            "figures": [
                {
                    "column": column,
                    "value": found.get(person.pk, 0),
                    "url": column.url(person.pk),
                    "bad": column.bad and found.get(person.pk),
                }
                for column, found in columns
            ],
        }
        for person in people
    ]
