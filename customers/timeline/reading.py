"""Reading a page of a timeline: one statement over all sources, then the rows of those that have some on the page.

Of customers that were merged into this one it tells too, under their names: whoever reaches the one that stays reads both pasts.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from django.db.models import F, Q, QuerySet, Value
from django.utils import timezone

from access.models import Action, User
from common.keys import key_in
from customers.former import merged_into_it, stand_in
from customers.models import Customer, CustomerMerge
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
    """An entry with its moment, its kind, and the name of who did it (empty: nobody, or the system).

    `former` is what the customer was called that it happened to, where that was merged into this one since; else empty.
    """

    at: datetime.datetime
    kind: TimelineKind
    entry: Entry
    actor: str
    former: str = ""


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


_Found = tuple[datetime.datetime, int, int, int]
"""A row of the page: its moment, the place of its source, its key, and to which of the customers it happened: 0 to the one that stands."""


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
    merges = merged_into_it(customer)
    subjects = _Subjects(customer, merges)
    parts = [
        _first_rows(source, place, about, user, conditions, size + 1, number)
        for place, source in asked.items()
        for number, about in enumerate(subjects.customers)
    ]
    if not parts:
        return Page([], "")
    found: list[_Found] = list(parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0])
    kept = _kept_rows(asked, merges, subjects, conditions)
    found = _once(sorted([*found, *kept], key=_newest_first))
    shown = found[:size]
    following = str(Cursor(shown[-1][0], sources[shown[-1][1]].key, shown[-1][2])) if len(found) > size else ""
    return Page(_told(shown, asked, subjects, kept, user), following)


class _Subjects:
    """The customer, and those that were merged into it."""

    def __init__(self, customer: Customer, merges: Sequence[CustomerMerge]) -> None:
        self.customers = [customer, *map(stand_in, merges)]
        self.names = ["", *(f"{merge.loser_name} {merge.loser_code}" for merge in merges)]
        self.numbers = {merge.loser_key: number for number, merge in enumerate(merges, start=1)}


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

    def admits(self, row: _Found) -> bool:
        """The same of a row that is read already."""
        day = timezone.localdate(row[0])
        if (self._span.first and day < self._span.first) or (self._span.last and day > self._span.last):
            return False
        return self._before is None or _newest_first(row) > _newest_first((self._before.at, self._place, self._before.key, 0))


def _midnight(day: datetime.date) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time()))


def _newest_first(row: _Found) -> tuple[datetime.timedelta, int, int]:
    return (_EPOCH - row[0], row[1], -row[2])


def _once(rows: Iterable[_Found]) -> list[_Found]:
    """Each row once, though it concerns two of the customers, as a relation between them does."""
    return list({row[1:3]: row for row in rows}.values())


def _first_rows(
    source: TimelineSource, place: int, customer: Customer, user: User, conditions: _Conditions, limit: int, number: int
) -> QuerySet[Any, _Found]:
    rows = source.rows(customer, user).filter(conditions.of(source, place)).order_by(f"-{source.moment}", "-pk")
    return rows.values_list(F(source.moment), Value(place), F("pk"), Value(number))[:limit]


def _kept_rows(
    asked: Mapping[int, TimelineSource], merges: Sequence[CustomerMerge], subjects: _Subjects, conditions: _Conditions
) -> dict[_Found, Any]:
    """What merges keep of those that are gone, as far as it lies on the page or after it. There are few of them for each."""
    found = {}
    for place, source in asked.items():
        for row in source.kept(merges) if source.kept is not None and merges else ():
            entry = (getattr(row, source.moment), place, row.pk, subjects.numbers[row.customer_id])
            if conditions.admits(entry):
                found[entry] = row
    return found


def _told(
    shown: Sequence[_Found], asked: Mapping[int, TimelineSource], subjects: _Subjects, kept: Mapping[_Found, Any], user: User
) -> list[TimelineEntry]:
    wanted: dict[int, list[_Found]] = defaultdict(list)
    for found in shown:
        wanted[found[1]].append(found)
    said: dict[tuple[int, int], Entry] = {}
    for place, places in wanted.items():
        source = asked[place]
        by_key = {found[2]: kept[found] for found in places if found in kept}
        for number in sorted({found[3] for found in places if found not in kept}):
            keys = [found[2] for found in places if found[3] == number]
            by_key |= {row.pk: row for row in source.rows(subjects.customers[number], user).filter(pk__in=keys)}
        rows = [by_key[found[2]] for found in places if found[2] in by_key]
        said |= {(place, row.pk): entry for row, entry in zip(rows, source.entries(rows, user), strict=True) if entry is not None}
    people = {entry.actor for entry in said.values() if entry.actor is not None}
    names = {one.pk: str(one) for one in User.objects.filter(pk__in=people)}
    return [
        TimelineEntry(at, kind_of(asked[place]), entry, names.get(entry.actor or 0, ""), subjects.names[number])
        for at, place, key, number in shown
        if (entry := said.get((place, key))) is not None
    ]
