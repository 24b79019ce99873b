"""Reads of to-dos and notices."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, ClassVar, Final, Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils import timezone

from access.models import Action, User
from access.policy import PolicyQuerySet
from access.scope import Reach, scope_of

if TYPE_CHECKING:
    from workflow.models import Notice, Task  # noqa: F401  (names of the type parameters)

MODULE: Final = "workflow"


def is_late(now: datetime.datetime) -> Q:
    """To-dos whose day or moment is over."""
    local = timezone.localtime(now)
    # The first condition is implied by the others: by it the index of open to-dos is read no further than today.
    return Q(due_on__lte=local.date()) & (Q(due_on__lt=local.date()) | Q(due_time__lte=local.time()))


class TaskQuerySet(PolicyQuerySet["Task"]):
    """To-dos: one's own and those that one made for others, whatever the role; a director's also those of the people in reach.

    While somebody is on leave, who covers reaches that person's too.
    """

    module: ClassVar[str] = MODULE
    manager_lookup: ClassVar[str] = "assignee"
    unit_lookup: ClassVar[str] = "assignee__org_unit"

    def visible_to(self, user: User | AnonymousUser, action: str = Action.VIEW) -> Self:
        """The to-dos on which `user` may do `action`: one's own take no role."""
        if not isinstance(user, User) or not user.is_active:
            return self.none()
        reach = scope_of(user).reach(self.module, action)
        if reach.everything:
            return self.all()
        own = Q(assignee=user.pk) | Q(creator=user.pk)
        return self.filter(own | of_others(reach))

    def is_open(self) -> Self:
        """Those that are still to be done."""
        return self.filter(state="open")

    def late(self) -> Self:
        """Those that should have been done already."""
        return self.is_open().filter(is_late(timezone.now()))


def of_others(reach: Reach) -> Q:
    """The to-dos of the people whom a role or a loan opens, their own units' or lenders'."""
    found = Q(pk__in=())
    if units := reach.unit_ids:
        found |= Q(assignee__org_unit__any_of=units)
    if reach.lender_ids:
        found |= Q(assignee__any_of=reach.lender_ids)
    return found


def sees_others(user: User | AnonymousUser) -> bool:
    """Whether `user` sees the to-dos of other people because of a role or a loan."""
    reach = scope_of(user).reach(MODULE, Action.VIEW)
    return reach.everything or bool(reach.unit_ids or reach.lender_ids)


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Notices: everybody sees the own, and nobody else's."""

    def visible_to(self, user: User | AnonymousUser, action: str = Action.VIEW) -> Self:  # noqa: ARG002  (as in the policy)
        """Those that are shown to `user`."""
        return self.filter(recipient=user.pk, in_app=True) if user.pk else self.none()

    def unread(self) -> Self:
        """Those not read yet."""
        return self.filter(read_at=None)
