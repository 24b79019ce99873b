"""What the list of to-dos and that of the team can be filtered by."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Final

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.choices import staff_in_reach, units_in_reach
from access.models import OrgUnit, User
from common.lists import ChoicesFilter, DatesFilter, Filters, ModelChoicesFilter
from workflow.models import TaskPriority, TaskState
from workflow.querysets import MODULE, TaskQuerySet, is_late

WHOSE: Final = (("mine", _("mine")), ("made", _("made by me")), ("team", _("of others")))
WHEN: Final = (("overdue", _("overdue")), ("today", _("today")), ("week", _("this week")), ("later", _("later")), ("never", _("no date")))


def _user(request: HttpRequest | None) -> User | AnonymousUser:
    return request.user if request is not None else AnonymousUser()


def people(request: HttpRequest | None) -> QuerySet[User]:
    """The people whose to-dos the user may see."""
    return staff_in_reach(_user(request), MODULE)


def units(request: HttpRequest | None) -> QuerySet[OrgUnit]:
    """The units whose people's to-dos the user may see."""
    return units_in_reach(_user(request), MODULE)


def due_when(when: str, now: datetime.datetime) -> Q:
    """The to-dos of one of `WHEN`, each of which is in one of them; this week goes to its Sunday, and begins tomorrow."""
    today = timezone.localtime(now).date()
    sunday = today + datetime.timedelta(days=6 - today.weekday())
    match when:
        case "overdue":
            return is_late(now)
        case "today":
            return Q(due_on=today) & ~is_late(now)
        case "week":
            return Q(due_on__gt=today, due_on__lte=sunday)
        case "later":
            return Q(due_on__gt=max(today, sunday))
    return Q(due_on=None)


class TaskFilters(Filters):
    """Filters of to-dos."""

    whose = ChoicesFilter(label=_("Whose"), choices=WHOSE, method="filter_whose")
    state = ChoicesFilter(label=_("State"), choices=TaskState.choices)
    when = ChoicesFilter(label=_("Due"), choices=WHEN, method="filter_when")
    priority = ChoicesFilter(label=_("Priority"), choices=TaskPriority.choices)
    assignee = ModelChoicesFilter(label=_("Who does it"), queryset=people)
    due_on = DatesFilter(label=_("Due on"))

    def filter_whose(self, queryset: TaskQuerySet, _name: str, value: Iterable[str]) -> TaskQuerySet:
        """Those that the user has to do, that the user made for others, or those of other people."""
        user = _user(self.request).pk
        meant = {"mine": Q(assignee=user), "made": Q(creator=user) & ~Q(assignee=user), "team": ~Q(assignee=user) & ~Q(creator=user)}
        return _any_of(queryset, [meant[one] for one in value])

    def filter_when(self, queryset: TaskQuerySet, _name: str, value: Iterable[str]) -> TaskQuerySet:
        """Those due in one of the spans."""
        now = timezone.now()
        return _any_of(queryset, [due_when(one, now) for one in value])


def _any_of(queryset: TaskQuerySet, conditions: list[Q]) -> TaskQuerySet:
    found = Q()
    for condition in conditions:
        found |= condition
    return queryset.filter(found)


class TeamFilters(Filters):
    """Filters of the team."""

    org_unit = ModelChoicesFilter(label=_("Org unit"), queryset=units)
