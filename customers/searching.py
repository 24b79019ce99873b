"""Searching customers by a text: what matches, how indexes find it, and in what order it stands.

Each search has two conditions. What matches is a set of plain comparisons, dear to make for all rows; what the indexes find is a superset
of it that is cheap to come by, as an OR of which each part has an index. Together, the second is never evaluated row by row.

First stand the customers whose names begin with the text, then the others, each in the order of their pinyin. A search that finds thousands
is read in these two parts: the first is one range of the list's own index, and mostly fills the page.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Case, F, Q, QuerySet, SmallIntegerField, Value, When
from django.db.models.expressions import OrderBy
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan

from access.conditions import AnyOfSeveral, take_out, take_place
from common.encrypted_fields import equals
from common.encryption import comparable
from customers.grams import has_grams_of
from customers.pinyin import pinyin_of

if TYPE_CHECKING:
    from customers.models import Customer
    from customers.querysets import CustomerQuerySet

FEWEST_ACCOUNT_DIGITS: Final = 8
RANK: Final = "match_rank"
ORDER: Final = ("pinyin", "id")
"""How the list stands by name."""
COMMON: Final = 50_000
"""A list of so many customers in an index takes some 20 ms to go through."""
WALKED_FOR_EACH: Final = 4
TRIED: Final = (400, 1_600, 6_400)
"""How many customers in the order of the list are tried one by one before all that a search finds are read and sorted."""


class FoundByIndex(AnyOfSeveral):
    """What the indexes of a search find."""


def matches(model: type[Customer], text: str) -> Q:
    """Customers whose names contain `text`, whose code, credit code, pinyin or initials begin with it, or whose bank account it is."""
    return Q(name__icontains=text) | Q(short_name__icontains=text) | _by_other_columns(model, text)


def found_by_index(model: type[Customer], text: str) -> FoundByIndex:
    """The customers among which all that match `text` are."""
    return FoundByIndex([way for way in (has_grams_of(text), _by_other_columns(model, text)) if way])


def is_common(model: type[Customer], text: str) -> bool:
    """Whether the planner expects the indexes to find so many that a walk through the customers meets them sooner. One statement."""
    plan = json.loads(model._default_manager.filter(found_by_index(model, text)).order_by().explain(format="json"))
    return int(plan[0]["Plan"]["Plan Rows"]) > COMMON


def begins_with(text: str) -> Q:
    """Customers whose names begin with `text`, or whose pinyin does where it is Latin: they stand together in the order of pinyin.

    A character that is read otherwise in the name than alone puts a customer among the others.
    """
    together = Q(pinyin__startswith=pinyin_of(text))
    return together if text.isascii() else together & Q(name__istartswith=text)


def rank(text: str) -> Case:
    """0 for customers that begin with `text`, 1 for others."""
    return Case(When(begins_with(text), then=Value(0)), default=Value(1), output_field=SmallIntegerField())


def _by_other_columns(model: type[Customer], text: str) -> Q:
    if not text.isascii():
        return Q()  # no code has such a character, nor what is spelled in Latin letters
    typed = "".join(text.lower().split())
    capitals = text.upper()
    found = Q(code__startswith=capitals) | Q(pinyin__startswith=typed) | Q(pinyin_initials__startswith=typed)
    # Said twice for the planner, which uses the index of codes that are not empty only where it is told so.
    found |= Q(credit_code__startswith=capitals) & ~Q(credit_code="")
    digits = comparable(text)
    if digits.isdecimal() and len(digits) >= FEWEST_ACCOUNT_DIGITS:
        found |= equals(model, "bank_account", digits)
    return found


def read_in_parts(found: CustomerQuerySet, text: str) -> list[Customer]:
    """The page of a search that finds many: `found` is ordered by `RANK` and `ORDER`, in one direction, and cut.

    First the customers that begin with the text, then as many others as the page still lacks.
    """
    limit, descending = found.query.high_mark or 0, found.query.order_by[0].descending  # type: ignore[union-attr]  # so Keyset orders
    base = found._chain()  # type: ignore[attr-defined]  # Django's own way to copy
    base.query.clear_limits()
    place = take_place(base.query)
    rows: list[Customer] = []
    for rank_of_part in (1, 0) if descending else (0, 1):
        after = place[1:] if place and place[0] == rank_of_part else ()
        if place and (rank_of_part > place[0] if descending else rank_of_part < place[0]):
            continue
        if len(rows) < limit:
            rows += _Part(base, text, rank_of_part == 0, after, descending=descending).first(limit - len(rows))
    return rows


def among(found: CustomerQuerySet, keys: Collection[int]) -> CustomerQuerySet:
    """Of `found`, which is ordered and cut, the customers with these `keys`: the cut comes after them."""
    limit = found.query.high_mark
    base = found._chain()  # type: ignore[attr-defined]  # Django's own way to copy
    base.query.clear_limits()
    chosen: CustomerQuerySet = base.filter(pk__any_of=list(keys))[:limit]
    return chosen


def keys_up_to(found: QuerySet[Customer], limit: int) -> list[int]:
    """The keys of `found`, in no order, up to `limit`, by a statement that brings them as one value: a row for each takes much longer."""
    told = found.order_by().values("pk")[:limit].aggregate(keys=ArrayAgg("pk", default=Value([])))
    return list(told["keys"])


def count_of_begun(found: CustomerQuerySet, text: str, limit: int) -> int:
    """How many of what a search finds begin with `text`, of the first `limit` that may by the list's own index.

    Where the beginning is common, such as the name of a city, the index of names would first note every customer that has it. So would this
    one, were the rows of its range not named: the planner expects next to none to match.
    """
    begun = found.order_by()
    take_out(begun.query, FoundByIndex)
    window = found.all_in_reach().filter(pinyin__startswith=pinyin_of(text)).order_by(*ORDER)[:limit].first_of_each_way()
    return begun.filter(begins_with(text), pk__any_of=window.values("pk")).values("pk")[:limit].count()


def count_by_walk(found: CustomerQuerySet, limit: int) -> int | None:
    """How many customers a search finds, up to `limit`, where the first of the list tell; None where these are too few to."""
    tried = WALKED_FOR_EACH * limit
    window = found.all_in_reach().order_by(*ORDER)[:tried].first_of_each_way()
    count = found.order_by().filter(pk__any_of=window.values("pk"))[:limit].count()
    return count if count == limit or window.count() < tried else None


@dataclass(frozen=True)
class _Part:
    """The customers of a search that begin with `text`, or the others, after a place in the order (none: all).

    They are sought among the next few of the list first: where many match, the page is soon full.
    """

    found: CustomerQuerySet
    text: str
    begin: bool
    after: tuple[Any, ...]
    descending: bool

    def first(self, limit: int) -> list[Customer]:
        """The first `limit` of them."""
        own = begins_with(self.text)
        rows = self._onward(self.found.filter(own if self.begin else ~own))
        by_walk = rows._chain()  # type: ignore[attr-defined]
        take_out(by_walk.query, FoundByIndex)
        for tried in TRIED:
            window = self._onward(self._all_in_reach())[:tried].first_of_each_way()
            some = list(by_walk.filter(pk__any_of=window.values("pk"))[:limit])
            if len(some) == limit or window.count() < tried:
                return some
        return list(rows[:limit])

    def _all_in_reach(self) -> CustomerQuerySet:
        rows = self.found.all_in_reach()
        return rows.filter(pinyin__startswith=pinyin_of(self.text)) if self.begin else rows

    def _onward(self, rows: CustomerQuerySet) -> CustomerQuerySet:
        if self.after:
            lookup = TupleLessThan if self.descending else TupleGreaterThan
            rows = rows.filter(lookup(Tuple(*(F(name) for name in ORDER)), self.after))
        return rows.order_by(*(OrderBy(F(name), descending=self.descending) for name in ORDER))
