"""What a user's roles add up to: for each module and action, which customers' rows come into reach."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Final

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q

from access.models import Action, DataScope, OrgUnit, RoleAssignment, User

_CACHE: Final = "_access_scope"


@dataclass(slots=True)
class Reach:
    """The rows that one (module, action) pair opens.

    Attributes:
        everything: no row is hidden.
        own: rows whose manager is the user.
        unit_ids: rows that hang from one of these org units.
    """

    everything: bool = False
    own: bool = False
    unit_ids: frozenset[int] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Whether no row at all is in reach."""
        return not (self.everything or self.own or self.unit_ids)


@dataclass(slots=True)
class Scope:
    """All reaches of one user; asked by `(module, action)`."""

    reaches: dict[tuple[str, str], Reach] = field(default_factory=dict)
    superuser: bool = False

    def reach(self, module: str, action: str) -> Reach:
        """The reach of `action` in `module`; an empty one where no role allows it."""
        if self.superuser:
            return Reach(everything=True)
        return self.reaches.get((module, action), Reach())


def scope_of(user: User | AnonymousUser) -> Scope:
    """The scope of `user`, read by at most three queries and kept on the instance (so: for one request or one chunk).

    An anonymous or disabled user reaches nothing.
    """
    if not isinstance(user, User) or not user.is_active:
        return Scope()
    cached: Scope | None = getattr(user, _CACHE, None)
    if cached is None:
        cached = _read_scope(user)
        setattr(user, _CACHE, cached)
    return cached


def _read_scope(user: User) -> Scope:
    if user.is_superuser:
        return Scope(superuser=True)
    assignments = list(RoleAssignment.objects.filter(user=user).select_related("role", "org_unit").prefetch_related("role__permissions"))
    below = _units_below([a.org_unit for a in assignments if a.role.scope == DataScope.SUBTREE])
    scope = Scope()
    for assignment in assignments:
        for permission in assignment.role.permissions.all():
            reach = scope.reaches.setdefault((permission.module, permission.action), Reach())
            _widen(reach, assignment, below)
    return scope


def _widen(reach: Reach, assignment: RoleAssignment, below: dict[str, frozenset[int]]) -> None:
    match assignment.role.scope:
        case DataScope.ALL:
            reach.everything = True
        case DataScope.OWN:
            reach.own = True
        case DataScope.UNIT:
            reach.unit_ids |= {assignment.org_unit_id}
        case DataScope.SUBTREE:
            reach.unit_ids |= below[assignment.org_unit.path]


def _units_below(roots: list[OrgUnit]) -> dict[str, frozenset[int]]:
    if not roots:
        return {}
    inside = reduce(or_, (Q(path__startswith=root.path) for root in roots))
    units = list(OrgUnit.objects.filter(inside).values_list("path", "id"))
    return {root.path: frozenset(pk for path, pk in units if path.startswith(root.path)) for root in roots}


def allowed(user: User | AnonymousUser, module: str, action: str = Action.VIEW) -> bool:
    """Whether any row at all may come into reach: what navigation and buttons ask."""
    return not scope_of(user).reach(module, action).is_empty
