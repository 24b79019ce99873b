"""The one access policy: every list, detail, export, search, job, admin page and API call asks here and nowhere else.

A model joins the policy by a `PolicyQuerySet` subclass that names its module and, where its rows hang from a customer, the scope columns
that they carry (`access.placing`) or the foreign key to the row that does. What opens a row: a role (`access.scope`), a grant of its
customer (`access.grants`) or a loan (`access.loans`).

The condition is written in two forms of the same rule: one OR over indexed columns, for lookups, searches and bulk selections; and way by
way into reach, for a sorted page (`first_of_each_way`) and the count of a whole list (`count_up_to`). docs/adr/0013 has the measurements.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final, Self, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db import models
from django.db.models import Exists, Func, OuterRef, Q
from django.db.models.expressions import OrderBy
from django.http import Http404

from access.by_way import KeysByWay, TheWay, count_by_way
from access.conditions import ReachCondition, passed_values, take_out
from access.models import Action, User
from access.placing import PLACES
from access.scope import Reach, allowed, scope_of

ModelT = TypeVar("ModelT", bound=models.Model, covariant=True)

_WAYS_OF: Final = "_ways_of"


class _Rows(Func):
    """The elements of an array as rows."""

    function = "unnest"
    set_returning = True
    output_field = models.BigIntegerField()


class PolicyQuerySet(models.QuerySet[ModelT]):
    """A queryset that knows which of its rows a user may reach.

    Class attributes:
        module: the app label whose role permissions count.
        manager_lookup, unit_lookup, customer_lookup: the columns with the customer's manager id, org unit id and the customer's own id.
        inherits_from: instead of these, the foreign key to the row from which the reach is inherited, such as the customer.
            Rows with neither belong to no customer (a catalogue); they are reached whole or not at all.
        page_orders: orders, as field names, for which every way into reach has an index that begins with the way's column; with
            `inherits_from`, orders that begin with it.
    """

    module: ClassVar[str]
    manager_lookup: ClassVar[str] = ""
    unit_lookup: ClassVar[str] = ""
    customer_lookup: ClassVar[str] = ""
    inherits_from: ClassVar[str] = ""
    page_orders: ClassVar[frozenset[tuple[str, ...]]] = frozenset()

    def visible_to(self, user: User | AnonymousUser, action: str = Action.VIEW) -> Self:
        """The rows on which `user` may do `action`."""
        return self.within(scope_of(user).reach(self.module, action), user)

    def within(self, reach: Reach, user: User | AnonymousUser) -> Self:
        """The rows in `reach`, which may be that of another module: the customers whose members `user` may change."""
        if reach.is_empty:
            return self.none()
        if reach.everything or not (self.manager_lookup or self.inherits_from):
            return self.all()
        condition = ReachCondition(self._ways_below(reach, user) if self.inherits_from else self._ways(reach, user))
        return self.filter(condition)._remembering(reach, user)

    def _ways_below(self, reach: Reach, user: User | AnonymousUser) -> list[Q]:
        """The ways to rows that hang from rows in `reach`, in the form that measures best for as many as those are.

        Own and shared customers are few: their ids are found first, by their indexes. Those of org units are many: the rows are walked, and
        each is tried by its join.
        """
        rows = self._above()
        if not reach.subtrees and not reach.units:
            return [Q(**{f"{self.inherits_from}__in": rows.within(reach, user).values("pk")})]
        return rows._ways(reach, user, f"{self.inherits_from}__")

    def _above(self) -> PolicyQuerySet[Any]:
        above: Any = self.model._meta.get_field(self.inherits_from).related_model
        rows: PolicyQuerySet[Any] = above._default_manager.all()
        return rows

    def get_visible(self, user: User | AnonymousUser, pk: Any, action: str = Action.VIEW) -> ModelT:
        """The row with key `pk`.

        Raises Http404 when it is missing, not a key at all, or hidden from `user` for `action`: the three look alike.
        """
        try:
            return self.visible_to(user, action).get(pk=pk)
        except (ObjectDoesNotExist, ValueError, TypeError, OverflowError) as error:
            raise Http404 from error

    def _ways(self, reach: Reach, user: User | AnonymousUser, prefix: str = "") -> list[Q]:
        """The ways into reach as paths that begin with `prefix`, those to many rows first; a subclass may add its own."""
        ways = self._unit_ways(reach, prefix)
        managers = set(reach.lender_ids)
        if reach.own and user.pk is not None:
            managers.add(user.pk)
        if managers:
            ways.append(Q(**{f"{prefix}{self.manager_lookup}__any_of": managers}))
        if reach.customer_ids:
            ways.append(Q(**{f"{prefix}{self.customer_lookup}__any_of": reach.customer_ids}))
        return ways

    def _unit_ways(self, reach: Reach, prefix: str) -> list[Q]:
        """Each subtree by the column of its depth, each other unit by the row's own; what lies inside another is left out."""
        ways = []
        for subtree in sorted(reach.subtrees, key=lambda subtree: (subtree.depth, subtree.root)):
            if any(subtree.root in other.unit_ids for other in reach.subtrees if other.depth < subtree.depth):
                continue
            if subtree.depth < len(PLACES):
                ways.append(Q(**{f"{prefix}{PLACES[subtree.depth]}__any_of": (subtree.root,)}))
            else:
                ways.append(Q(**{f"{prefix}{self.unit_lookup}__any_of": subtree.unit_ids}))
        covered = frozenset().union(*(subtree.unit_ids for subtree in reach.subtrees))
        return [*ways, *(Q(**{f"{prefix}{self.unit_lookup}__any_of": (unit,)}) for unit in sorted(reach.units - covered))]

    # --- pages and counts

    def all_in_reach(self) -> Self:
        """All rows in the reach that these are in, whatever else narrows them."""
        known: tuple[Reach, User] | None = getattr(self, _WAYS_OF, None)
        rows: Self = self.model._default_manager.all()  # type: ignore[assignment]  # each model's manager is made from its queryset
        return rows.within(*known) if known is not None else rows

    @property
    def reaches_few(self) -> bool:
        """Whether the rows are those of a person who reaches own, lent and shared customers only: some thousands at most.

        Their own indexes are then the quickest way to them, whatever else is asked for.
        """
        known: tuple[Reach, User] | None = getattr(self, _WAYS_OF, None)
        return known is not None and not known[0].subtrees and not known[0].units

    def _remembering(self, reach: Reach, user: User | AnonymousUser) -> Self:
        setattr(self, _WAYS_OF, (reach, user))
        return self

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc]  # Django's own way to copy
        if hasattr(self, _WAYS_OF):
            setattr(clone, _WAYS_OF, getattr(self, _WAYS_OF))
        return clone

    def _without_reach(self) -> Self | None:
        """The same rows in and out of reach, uncut; None where the condition of reach cannot be taken out."""
        found: Self = self._chain()  # type: ignore[attr-defined]  # Django's own way to copy
        found.query.clear_limits()
        return found if take_out(found.query, ReachCondition) else None

    def first_of_each_way(self) -> Self:
        """The same rows of a queryset that is ordered and cut, found as the first rows of each way into reach.

        A walk of the order's index would pass over all rows out of reach. Where there is a single way, or no index serves the order way by
        way, it is the queryset as it is.
        """
        known: tuple[Reach, User] | None = getattr(self, _WAYS_OF, None)
        if known is None or self.query.high_mark is None or self.query.low_mark or self._order() not in self.page_orders:
            return self
        if self.inherits_from:
            return self._first_below(*known)
        ways = self._ways(*known)
        base = self._without_reach() if len(ways) > 1 else None
        if base is None:
            return self
        limit = self.query.high_mark
        return base.filter(pk__any_of=KeysByWay(base.filter(TheWay())[:limit].values("pk"), ways))[:limit]

    def _first_below(self, reach: Reach, user: User | AnonymousUser) -> Self:
        """The page of rows that are ordered by the row above: found by the first of those that have any, way by way.

        Each of these brings one row at least, so as many of them as the page has rows are enough.
        """
        base, limit = self._without_reach(), self.query.high_mark
        if base is None:
            return self
        descending = any(isinstance(item, OrderBy) and item.descending for item in self.query.order_by)
        above = self._above().order_by("-pk" if descending else "pk")
        if passed := passed_values(base.query):
            above = above.filter(**{"pk__lte" if descending else "pk__gte": passed[0]})
        above = above.filter(Exists(base.order_by().filter(**{self.inherits_from: OuterRef("pk")})))
        firsts = KeysByWay(above.filter(TheWay())[:limit].values("pk"), above._ways(reach, user))
        return base.filter(**{f"{self.inherits_from}__any_of": firsts})[:limit]

    def count_up_to(self, limit: int) -> int:
        """How many rows there are, counted up to `limit` way by way, each way without what those before it reach.

        One OR over the columns of several ways has no index that holds all it asks for.
        """
        if self.query.is_empty():
            return 0
        known: tuple[Reach, User] | None = getattr(self, _WAYS_OF, None)
        rows = self.order_by()
        if known is not None and self.inherits_from:
            base = rows._without_reach()
            return rows[:limit].count() if base is None else self._count_below(base, *known, limit=limit)
        ways = self._ways(*known) if known is not None else []
        base = rows._without_reach() if len(ways) > 1 else None
        if base is None:
            return rows[:limit].count()
        return count_by_way(base.filter(TheWay()).values("pk")[:limit], ways, limit)

    def _count_below(self, base: Self, reach: Reach, user: User | AnonymousUser, *, limit: int) -> int:
        """Of rows below others, those of one of these after another, until `limit` are met.

        The planner expects more rows below each than there are, and reads the whole table instead of looking into its index. A set
        returned in the list of columns is made row by row, as far as it is asked for.
        """
        below = base.filter(**{self.inherits_from: OuterRef("pk")}).values("pk")[:limit]
        above = self._above().order_by()
        part = above.filter(TheWay()).values_list(_Rows(ArraySubquery(below)))[:limit]
        return count_by_way(part, above._ways(reach, user), limit)

    def _own_fields(self) -> dict[str, Any]:
        return {field.name: field for field in self.model._meta.concrete_fields}

    def _order(self) -> tuple[str, ...]:
        """The names of the columns that the queryset is ordered by, all in one direction, or nothing where they are no plain columns."""
        names, directions = [], set()
        for item in self.query.order_by:
            if not isinstance(item, OrderBy):
                return ()
            name = getattr(item.expression, "name", "")
            column = self.query.annotations.get(name)
            target = getattr(column, "target", None) if column is not None else self._own_fields().get(name)
            if target is None or target.model is not self.model:
                return ()
            names.append(target.name)
            directions.add(item.descending)
        return tuple(names) if len(directions) == 1 else ()


def require(user: User | AnonymousUser, module: str, action: str = Action.VIEW) -> None:
    """Raise PermissionDenied unless `action` in `module` is open to `user` for some row."""
    if not allowed(user, module, action):
        raise PermissionDenied


def ensure_still_reached(queryset: PolicyQuerySet[Any], user: User, pk: int, action: str = Action.CHANGE) -> None:
    """Raise PermissionDenied when a change has just moved row `pk` out of the reach of `user`; the caller's transaction rolls back."""
    if not queryset.visible_to(user, action).filter(pk=pk).exists():
        raise PermissionDenied
