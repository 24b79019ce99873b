"""The people at a customer by who reports to whom: the chart of influence."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

from access.models import User
from access.reveals import mark_revealable
from customers.models import ContactPerson, Customer

MOST: Final = 300


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
    places = {person.pk: Place(person) for person in shown}
    below: dict[int | None, list[Place]] = defaultdict(list)
    for place in places.values():
        superior = place.person.reports_to_id
        below[superior if superior in places else None].append(place)
    for key, place in places.items():
        place.reports = below[key]
    return Chart(below[None], is_cut=len(people) > MOST, size=len(shown))
