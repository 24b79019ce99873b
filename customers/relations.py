"""The relations of one customer as its page shows them, from its own side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db.models import Q
from django.utils import timezone

from access.models import User
from customers.models import Customer, CustomerRelation

MOST: Final = 300


@dataclass(frozen=True, slots=True)
class SeenRelation:
    """A relation from one side.

    Attributes:
        label: what the other customer is to this one, or this one to it.
        other: the other customer; None where it is out of the reader's reach.
        is_over: whether its last day has passed.
    """

    relation: CustomerRelation
    label: str
    other: Customer | None
    is_over: bool

    @property
    def note(self) -> str:
        """The note, which may tell of both: only for whoever reaches both."""
        return self.relation.note if self.other else ""


def reaches_both(relation: CustomerRelation, user: User) -> bool:
    """Whether `user` sees both customers, and so may read and write the note."""
    sides = [relation.customer_id, relation.other_id]
    return Customer.objects.visible_to(user).filter(pk__in=sides).count() == len(sides)


def relations_of(customer: Customer, user: User) -> tuple[list[SeenRelation], bool]:
    """Up to `MOST` relations of `customer` in both directions, those that hold first, and whether there are more. Two queries."""
    rows = CustomerRelation.objects.filter(Q(customer=customer) | Q(other=customer)).select_related("kind", "actor")
    found = list(rows.order_by("kind__code", "pk")[: MOST + 1])
    others = {row.other_id if row.customer_id == customer.pk else row.customer_id for row in found}
    reached = Customer.objects.visible_to(user).select_related("manager").in_bulk(others)
    today = timezone.localdate()
    seen = []
    for row in found[:MOST]:
        own = row.customer_id == customer.pk
        label, other = (row.kind.label, row.other_id) if own else (row.kind.inverse_label, row.customer_id)
        seen.append(SeenRelation(row, label, reached.get(other), row.ends_on is not None and row.ends_on < today))
    return sorted(seen, key=lambda one: one.is_over), len(found) > MOST
