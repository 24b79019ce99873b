"""What the customers of a hand-over come to: counted once when it is made, and customer by customer for the page that shows them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count
from django.utils import timezone

from customers.measures import Chosen, Value, measures_by_key
from customers.models import ContactPerson, Customer

MEASURED: Final = ("members", "revenue")
"""Measures of apps above, where they are registered (`customers.measures`)."""
MOST_MEASURED: Final = 2_000
"""Of more customers than this the measures are not added up: that would count millions of numbers."""


def figures_of(keys: Sequence[int]) -> dict[str, Any]:
    """What the customers with these keys come to, as a hand-over keeps it: customers, people, by level, and the measures as texts."""
    levels = Counter(dict(Customer.objects.filter(pk__in=keys).order_by().values_list("level").annotate(count=Count("pk"))))
    people = ContactPerson.objects.filter(customer__in=keys).order_by().count()
    found: dict[str, Any] = {"customers": len(keys), "people": people, "levels": dict(levels)}
    if 0 < len(keys) <= MOST_MEASURED:
        for name, values in measured(keys).items():
            found[name] = str(sum((Decimal(str(value)) for value in values.values()), Decimal(0)))
    return found


def measured(keys: Sequence[int]) -> dict[str, Mapping[int, Value]]:
    """The measures of each of some customers."""
    known, today = measures_by_key(), timezone.localdate()
    return {name: known[name].read(Chosen(tuple(keys)), today) for name in MEASURED if name in known}
