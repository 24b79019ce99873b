"""Reading a page of a timeline: one statement over all sources, then the rows of those that have some on the page."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from django.db.models import F, Q, QuerySet, Value
from django.utils import timezone

from access.models import Action, User
from common.keys import key_in
from customers.models import Customer
from customers.reaching import modules_reaching
from customers.timeline.registry import Entry, TimelineKind, TimelineSource, all_sources, kind_of

PAGE_SIZE: Final = 40
_EPOCH: Final = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_MICROSECOND: Final = datetime.timedelta(microseconds=1)
_LATEST: Final = (datetime.datetime(9999, 1, 1, tzinfo=datetime.UTC) - _EPOCH) // _MICROSECOND


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row of a page: its moment, its source, and its key there."""

    at: datetime.datetime
    source: str
    key: int

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The cursor that `text` of an address writes; None where it is none."""
        moment, _dot, rest = text.partition(".")
        source, _dot, number = rest.rpartition(".")
        at, key = key_in(moment), key_in(number)
        if at is None or key is None or not source or at > _LATEST:
            return None
        return cls(_EPOCH + at * _MICROSECOND, source, key)

    def __str__(self) -> str:
        return f"{(self.at - _EPOCH) // _MICROSECOND}.{self.source}.{self.key}"


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """An entry with its moment, its kind, and the name of who did it (empty: nobody, or the system)."""

    at: datetime.datetime
    kind: TimelineKind
    entry: Entry
    actor: str


@dataclass(frozen=True, slots=True)
class Page:
    """Entries, the newest first. `following` is the cursor of the next page; empty: there is none."""

    entries: list[TimelineEntry]
    following: str


@dataclass(frozen=True, slots=True)
class Span:
    """The days that are looked at, both included; None: without an end."""

    first: datetime.date | None = None
    last: datetime.date | None = None


_Found = tuple[datetime.datetime, int, int]
"""A row of the page: its moment, the place of its source, its key."""


def read_page(
    customer: Customer,
    user: User,
    *,
    kinds: Collection[str] = (),
    span: Span | None = None,
    before: Cursor | None = None,
    size: int = PAGE_SIZE,
    action: str = Action.VIEW,
) -> Page:
    """At most `size` happenings older than `before`, of the `kinds` (none: of all) that `user` may see, of modules that allow `action`.

    Every source is asked for no more rows than the page has. The number of queries does not depend on how many rows there are. An entry
    that has nothing to say of its own is left out, so a page may be shorter, and still have one that follows.
    """
    sources = all_sources()
    reached = modules_reaching(customer, user, {source.module for source in sources} - {""}, action) | {""}
    asked = {place: source for place, source in enumerate(sources) if source.module in reached and (not kinds or source.kind in kinds)}
    conditions = _Conditions(sources, span or Span(), before)
    parts = [_first_rows(source, place, customer, user, conditions, size + 1) for place, source in asked.items()]
    if not parts:
        return Page([], "")
    found: list[_Found] = sorted(parts[0].union(*parts[1:], all=True), key=_newest_first) if len(parts) > 1 else list(parts[0])
    shown = found[:size]
    following = str(Cursor(shown[-1][0], sources[shown[-1][1]].key, shown[-1][2])) if len(found) > size else ""
    return Page(_told(shown, asked, customer, user), following)


class _Conditions:
    """Which rows of a source lie within the days that are looked at, and after the cursor.

    Rows stand by moment, those of one moment by the place of their source, and then by their key.
    """

    def __init__(self, sources: Sequence[TimelineSource], span: Span, before: Cursor | None) -> None:
        self._span, self._before = span, before
        places = {source.key: place for place, source in enumerate(sources)}
        self._place = places.get(before.source, len(sources)) if before is not None else 0

    def of(self, source: TimelineSource, place: int) -> Q:
        """The condition on the rows of `source`."""
        condition, moment = Q(), source.moment
        if self._span.first is not None:
            condition &= Q(**{f"{moment}__gte": _midnight(self._span.first)})
        if self._span.last is not None:
            condition &= Q(**{f"{moment}__lt": _midnight(self._span.last) + datetime.timedelta(days=1)})
        if self._before is None:
            return condition
        at = self._before.at
        if place > self._place:
            return condition & Q(**{f"{moment}__lte": at})
        if place < self._place:
            return condition & Q(**{f"{moment}__lt": at})
        return condition & Q(**{f"{moment}__lte": at}) & (Q(**{f"{moment}__lt": at}) | Q(pk__lt=self._before.key))


def _midnight(day: datetime.date) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time()))


def _newest_first(row: _Found) -> tuple[datetime.timedelta, int, int]:
    return (_EPOCH - row[0], row[1], -row[2])


def _first_rows(
    source: TimelineSource, place: int, customer: Customer, user: User, conditions: _Conditions, limit: int
) -> QuerySet[Any, _Found]:
    rows = source.rows(customer, user).filter(conditions.of(source, place)).order_by(f"-{source.moment}", "-pk")
    return rows.values_list(F(source.moment), Value(place), F("pk"))[:limit]


def _told(shown: Sequence[_Found], asked: dict[int, TimelineSource], customer: Customer, user: User) -> list[TimelineEntry]:
    keys: dict[int, list[int]] = defaultdict(list)
    for _at, place, key in shown:
        keys[place].append(key)
    said: dict[tuple[int, int], Entry] = {}
    for place, wanted in keys.items():
        source = asked[place]
        by_key = {row.pk: row for row in source.rows(customer, user).filter(pk__in=wanted)}
        rows = [by_key[key] for key in wanted if key in by_key]
        said |= {(place, row.pk): entry for row, entry in zip(rows, source.entries(rows, user), strict=True) if entry is not None}
    people = {entry.actor for entry in said.values() if entry.actor is not None}
    names = {one.pk: str(one) for one in User.objects.filter(pk__in=people)}
    return [
        TimelineEntry(at, kind_of(asked[place]), entry, names.get(entry.actor or 0, ""))
        for at, place, key in shown
        if (entry := said.get((place, key))) is not None
    ]
