"""What a user's roles, grants and delegations add up to: for each module and action, which customers' rows come into reach."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from operator import or_
from typing import Final

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q

from access.grants import MODULE, Granted, granted_to
from access.loans import loans_to
from access.models import Action, DataScope, OrgUnit, RoleAssignment, User

_CACHE: Final = "_access_scope"


@dataclass(frozen=True, slots=True)
class Subtree:
    """An org unit with all below.

    Attributes:
        root: the id of the unit.
        depth: how many units stand above it.
        unit_ids: the ids of all its units, itself included.
    """

    root: int
    depth: int
    unit_ids: frozenset[int]


@dataclass(slots=True)
class Reach:
    """The rows that one (module, action) pair opens.

    Attributes:
        everything: no row is hidden.
        own: rows whose manager is the user.
        subtrees: rows that hang from a unit in one of these.
        units: rows that hang from one of these org units, those below not counted.
        lender_ids: rows whose manager is one of these users, who lent theirs.
        customer_ids: rows of these customers, which were shared.
    """

    everything: bool = False
    own: bool = False
    subtrees: frozenset[Subtree] = frozenset()
    units: frozenset[int] = frozenset()
    lender_ids: frozenset[int] = frozenset()
    customer_ids: frozenset[int] = frozenset()

    @property
    def unit_ids(self) -> frozenset[int]:
        """The ids of all org units whose rows are in reach."""
        return self.units.union(*(subtree.unit_ids for subtree in self.subtrees))

    @property
    def is_empty(self) -> bool:
        """Whether no row at all is in reach."""
        return not (self.everything or self.own or self.subtrees or self.units or self.lender_ids or self.customer_ids)


@dataclass
class Scope:
    """All reaches of one user; asked by `(module, action)`.

    Attributes:
        user: whose; None for somebody who reaches nothing.
        roles: the reaches that the roles alone open.
    """

    user: User | None = None
    roles: dict[tuple[str, str], Reach] = field(default_factory=dict)
    superuser: bool = False
    _whole: dict[tuple[str, str], Reach] = field(default_factory=dict)

    def reach(self, module: str, action: str) -> Reach:
        """The reach of `action` in `module`: by role, by grant and by loan; an empty one where nothing allows it."""
        by_role = self.role_reach(module, action)
        if by_role.everything or self.user is None:
            return by_role
        key = (module, action)
        if key not in self._whole:
            self._whole[key] = self._widened(by_role, module, action)
        return self._whole[key]

    def role_reach(self, module: str, action: str) -> Reach:
        """The reach that the roles alone open: what a person may pass on, by sharing or lending."""
        if self.superuser:
            return Reach(everything=True)
        return self.roles.get((module, action), Reach())

    def _widened(self, by_role: Reach, module: str, action: str) -> Reach:
        opened = not by_role.is_empty
        shared = self._granted.for_action(action) if opened or (module, action) == (MODULE, Action.VIEW) else frozenset()
        lenders = self._loans.get((module, action), frozenset()) if opened else frozenset()
        return replace(by_role, lender_ids=lenders, customer_ids=shared)

    @cached_property
    def _granted(self) -> Granted:
        return granted_to(self.user) if self.user is not None else Granted()

    @cached_property
    def _loans(self) -> dict[tuple[str, str], frozenset[int]]:
        return loans_to(self.user) if self.user is not None and self.roles else {}


def scope_of(user: User | AnonymousUser) -> Scope:
    """The scope of `user`, read by at most six queries and kept on the instance (so: for one request or one chunk).

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
        return Scope(user, superuser=True)
    assignments = list(RoleAssignment.objects.filter(user=user).select_related("role", "org_unit").prefetch_related("role__permissions"))
    below = subtrees_of([a.org_unit for a in assignments if a.role.scope == DataScope.SUBTREE])
    scope = Scope(user)
    for assignment in assignments:
        for permission in assignment.role.permissions.all():
            reach = scope.roles.setdefault((permission.module, permission.action), Reach())
            _widen(reach, assignment, below)
    return scope


def _widen(reach: Reach, assignment: RoleAssignment, below: dict[int, Subtree]) -> None:
    match assignment.role.scope:
        case DataScope.ALL:
            reach.everything = True
        case DataScope.OWN:
            reach.own = True
        case DataScope.UNIT:
            reach.units |= {assignment.org_unit_id}
        case DataScope.SUBTREE:
            reach.subtrees |= {below[assignment.org_unit_id]}


def subtrees_of(roots: Iterable[OrgUnit]) -> dict[int, Subtree]:
    """The subtree of each of `roots`, by its id; one query, none where there are no roots."""
    roots = list(roots)
    if not roots:
        return {}
    inside = reduce(or_, (Q(path__startswith=root.path) for root in roots))
    units = list(OrgUnit.objects.filter(inside).values_list("path", "id"))
    return {
        root.pk: Subtree(root.pk, root.path.count("/") - 1, frozenset(pk for path, pk in units if path.startswith(root.path)))
        for root in roots
    }


def allowed(user: User | AnonymousUser, module: str, action: str = Action.VIEW) -> bool:
    """Whether any row at all may come into reach: what navigation and buttons ask."""
    return not scope_of(user).reach(module, action).is_empty
