"""The one access policy: every list, detail, export, search, job, admin page and API call asks here and nowhere else.

A model joins the policy by a `PolicyQuerySet` subclass that names its module and, where its rows hang from a customer, the lookups of
the two scope columns. Grants of single records and delegations widen `_reach_condition`; they come with the administration of access.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db import models
from django.db.models import Q
from django.http import Http404

from access.models import Action, User
from access.scope import Reach, allowed, scope_of

ModelT = TypeVar("ModelT", bound=models.Model, covariant=True)


class PolicyQuerySet(models.QuerySet[ModelT]):
    """A queryset that knows which of its rows a user may reach.

    Class attributes:
        module: the app label whose role permissions count.
        manager_lookup, unit_lookup: paths to the customer's manager id and org unit id; both empty for rows that belong to no
            customer (a catalogue), which are reached whole or not at all.
    """

    module: ClassVar[str]
    manager_lookup: ClassVar[str] = ""
    unit_lookup: ClassVar[str] = ""

    def visible_to(self, user: User | AnonymousUser, action: str = Action.VIEW) -> Self:
        """The rows on which `user` may do `action`."""
        return self.within(scope_of(user).reach(self.module, action), user)

    def within(self, reach: Reach, user: User | AnonymousUser) -> Self:
        """The rows in `reach`, which may be that of another module: the customers whose members `user` may change."""
        if reach.is_empty:
            return self.none()
        if reach.everything or not self.manager_lookup:
            return self.all()
        return self.filter(self._reach_condition(reach, user))

    def get_visible(self, user: User | AnonymousUser, pk: Any, action: str = Action.VIEW) -> ModelT:
        """The row with key `pk`.

        Raises Http404 when it is missing, not a key at all, or hidden from `user` for `action`: the three look alike.
        """
        try:
            return self.visible_to(user, action).get(pk=pk)
        except (ObjectDoesNotExist, ValueError, TypeError, OverflowError) as error:
            raise Http404 from error

    def _reach_condition(self, reach: Reach, user: User | AnonymousUser) -> Q:
        condition = Q()
        if reach.own:
            condition |= Q(**{self.manager_lookup: user.pk})
        if reach.unit_ids:
            condition |= Q(**{f"{self.unit_lookup}__in": sorted(reach.unit_ids)})
        return condition


def require(user: User | AnonymousUser, module: str, action: str = Action.VIEW) -> None:
    """Raise PermissionDenied unless some role of `user` allows `action` in `module`."""
    if not allowed(user, module, action):
        raise PermissionDenied


def ensure_still_reached(queryset: PolicyQuerySet[Any], user: User, pk: int, action: str = Action.CHANGE) -> None:
    """Raise PermissionDenied when a change has just moved row `pk` out of the reach of `user`; the caller's transaction rolls back."""
    if not queryset.visible_to(user, action).filter(pk=pk).exists():
        raise PermissionDenied
