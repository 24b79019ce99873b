"""Who reports to whom at the demo's best known customers, how much they weigh and how they stand to us."""

from __future__ import annotations

from itertools import groupby
from typing import Final

from customers.models import Attitude, ContactPerson, ContactRole, Influence

_WEIGHTS: Final = {ContactRole.DECISION: Influence.HIGH, ContactRole.INFLUENCER: Influence.HIGH, ContactRole.TECHNICAL: Influence.MEDIUM}
_ATTITUDES: Final = (Attitude.FRIENDLY, Attitude.CHAMPION, Attitude.NEUTRAL, Attitude.SCEPTICAL, Attitude.NEUTRAL)


def enter_charts(first_key: int, count: int) -> None:
    """Give the people of the first `count` customers their places: below the decision maker, users below the one who decides on technology.

    Two statements.
    """
    rows = ContactPerson.objects.filter(customer__gte=first_key, customer__lt=first_key + count)
    people = list(rows.order_by("customer", "pk"))
    for _customer, at_one in groupby(people, key=lambda person: person.customer_id):
        first, *others = at_one
        technical = next((person for person in others if person.role == ContactRole.TECHNICAL), None)
        for person in others:
            person.reports_to = technical if technical is not None and person.role == ContactRole.USER else first
    for person in people:
        person.influence = _WEIGHTS.get(ContactRole(person.role), Influence.LOW)
        person.attitude = _ATTITUDES[person.pk % len(_ATTITUDES)]
    ContactPerson.objects.bulk_update(people, ["reports_to", "influence", "attitude"], batch_size=1_000)
