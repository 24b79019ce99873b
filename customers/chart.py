"""The people at a customer by who reports to whom: the chart of influence."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

from access.models import User
from access.reveals import mark_revealable
from customers.models import ContactPerson, Customer

MOST: Final = 300
DEEPEST: Final = 20
"""So many people below one another are drawn; a longer line goes on as one of its own."""


@dataclass(slots=True)
class Place:
    """A person in the chart, with those who report to the person, the most influential first."""

    person: ContactPerson
    reports: list[Place] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Chart:
    """Those who report to nobody here, with all below them; `is_cut` tells that there are more people than are drawn."""

    tops: list[Place]
    is_cut: bool
    size: int


def chart_of(customer: Customer, user: User) -> Chart:
    """The chart of the people at `customer` whom `user` may see, at most `MOST` of them. Two queries."""
    rows = ContactPerson.objects.visible_to(user).filter(customer=customer)
    people = list(rows.order_by("influence", "-is_key_person", "name", "pk")[: MOST + 1])
    shown = people[:MOST]
    mark_revealable(user, shown)
    tops = _hung([Place(person) for person in shown])
    return Chart(tops, is_cut=len(people) > MOST, size=len(shown))


def _hung(places: list[Place]) -> list[Place]:
    """Hang each of `places` below its superior, and return those who stand at the top.

    Nobody is left out, whatever stands in the table: of people who report to one another in a circle the first stands at the top, and so
    does who comes after `DEEPEST` others.
    """
    by_key = {place.person.pk: place for place in places}
    below: dict[int | None, list[Place]] = defaultdict(list)
    for place in places:
        superior = place.person.reports_to_id
        below[superior if superior in by_key else None].append(place)
    tops, left = [], dict(by_key)
    following = below[None]
    while left:
        following = following or [next(iter(left.values()))]
        tops += following
        cut: list[Place] = []
        for depth in range(DEEPEST):
            for place in following:
                left.pop(place.person.pk, None)
            for place in following:
                reports = [one for one in below[place.person.pk] if one.person.pk in left]
                place.reports, cut = (reports, cut) if depth + 1 < DEEPEST else ([], cut + reports)
            following = [one for place in following for one in place.reports]
        following = cut
    return tops
