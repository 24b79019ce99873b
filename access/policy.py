"""The one access policy: every list, detail, export, search, job, admin page and API call asks here and nowhere else.

A model joins the policy by a `PolicyQuerySet` subclass that names its module and, where its rows hang from a customer, the lookups of
the two scope columns and of the customer. What opens a row: a role (`access.scope`), a grant of its customer (`access.grants`) or a loan
(`access.loans`).

The condition is written in two forms of the same rule: one OR over indexed columns, for counts, lookups and bulk selections; and for a
sorted page the first rows of each way into reach (`first_of_each_way`). docs/adr/0013 has the measurements.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final, Self, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db import models
from django.db.models import Func, OuterRef, Q
from django.db.models.expressions import OrderBy
from django.http import Http404

from access.conditions import ReachCondition, without_reach
from access.models import Action, OrgUnit, User
from access.scope import Reach, allowed, scope_of

ModelT = TypeVar("ModelT", bound=models.Model, covariant=True)

_WAYS_OF: Final = "_ways_of"


class PolicyQuerySet(models.QuerySet[ModelT]):
    """A queryset that knows which of its rows a user may reach.

    Class attributes:
        module: the app label whose role permissions count.
        manager_lookup, unit_lookup, customer_lookup: the columns with the customer's manager id, org unit id and the customer's own id.
        inherits_from: instead of these, the foreign key to the row from which the reach is inherited, such as the customer.
            Rows with neither belong to no customer (a catalogue); they are reached whole or not at all.
        page_orders: orders, as field names, for which every way into reach has an index that begins with the way's column.
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
        if self.inherits_from:
            return self._below(reach, user)
        return self.filter(ReachCondition([*self._ways(reach, user), *self._unit_way(reach)]))._remembering(reach, user)

    def _below(self, reach: Reach, user: User | AnonymousUser) -> Self:
        """The rows that hang from rows in `reach`, in the form that measures best for as many as those are.

        Own and shared customers are few: their ids are found first, by their indexes. Those of org units are many: the rows are walked, and
        each is tried by its join.
        """
        above: Any = self.model._meta.get_field(self.inherits_from).related_model
        rows: PolicyQuerySet[Any] = above._default_manager.all()
        if not reach.unit_ids:
            return self.filter(**{f"{self.inherits_from}__in": rows.within(reach, user).values("pk")})
        prefix = f"{self.inherits_from}__"
        return self.filter(ReachCondition([*rows._ways(reach, user, prefix), *rows._unit_way(reach, prefix)]))

    def get_visible(self, user: User | AnonymousUser, pk: Any, action: str = Action.VIEW) -> ModelT:
        """The row with key `pk`.

        Raises Http404 when it is missing, not a key at all, or hidden from `user` for `action`: the three look alike.
        """
        try:
            return self.visible_to(user, action).get(pk=pk)
        except (ObjectDoesNotExist, ValueError, TypeError, OverflowError) as error:
            raise Http404 from error

    def _ways(self, reach: Reach, user: User | AnonymousUser, prefix: str = "") -> list[Q]:
        """The ways into reach beside the org units, as paths that begin with `prefix`; a subclass may add its own."""
        managers = set(reach.lender_ids)
        if reach.own and user.pk is not None:
            managers.add(user.pk)
        ways = [Q(**{f"{prefix}{self.manager_lookup}__any_of": managers})] if managers else []
        if reach.customer_ids:
            ways.append(Q(**{f"{prefix}{self.customer_lookup}__any_of": reach.customer_ids}))
        return ways

    def _unit_way(self, reach: Reach, prefix: str = "") -> list[Q]:
        return [Q(**{f"{prefix}{self.unit_lookup}__any_of": reach.unit_ids})] if reach.unit_ids else []

    # --- pages

    def _remembering(self, reach: Reach, user: User | AnonymousUser) -> Self:
        setattr(self, _WAYS_OF, (reach, user))
        return self

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc]  # Django's own way to copy
        if hasattr(self, _WAYS_OF):
            setattr(clone, _WAYS_OF, getattr(self, _WAYS_OF))
        return clone

    def first_of_each_way(self) -> Self:
        """The same rows of a queryset that is ordered and cut, found as the first rows of each way into reach, each org unit one of them.

        A walk of the order's index would pass over all rows out of reach. Where there is a single way, or no index serves the order way by
        way, it is the queryset as it is.
        """
        known: tuple[Reach, User] | None = getattr(self, _WAYS_OF, None)
        if known is None or self.query.high_mark is None or self.query.low_mark or self._order() not in self.page_orders:
            return self
        reach, user = known
        ways = self._ways(reach, user)
        if len(ways) + len(reach.unit_ids) < 2:
            return self
        limit = self.query.high_mark
        base = self._chain()  # type: ignore[attr-defined]  # Django's own way to copy
        base.query.clear_limits()
        if not without_reach(base.query):
            return self
        parts = [base.filter(way)[:limit].values("pk") for way in ways]
        if reach.unit_ids:
            first = base.filter(**{self.unit_lookup: OuterRef("pk")})[:limit].values("pk")
            units = OrgUnit.objects.filter(pk__any_of=reach.unit_ids).order_by()
            parts.append(units.values(first=Func(ArraySubquery(first), function="unnest", output_field=models.BigIntegerField())))
        whole = self._chain()  # type: ignore[attr-defined]
        whole.query.clear_limits()
        firsts = whole.filter(pk__in=parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0])
        found: Self = whole.filter(pk__in=firsts[:limit].values("pk"))[:limit]  # cut before the columns of other tables are joined
        return found

    def _order(self) -> tuple[str, ...]:
        """The names of the columns that the queryset is ordered by, all in one direction, or nothing where they are no plain columns."""
        names, directions = [], set()
        for item in self.query.order_by:
            if not isinstance(item, OrderBy):
                return ()
            column = self.query.annotations.get(getattr(item.expression, "name", ""))
            target = getattr(column, "target", None)
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
