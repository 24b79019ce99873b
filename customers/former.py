"""What customers that were merged into another were, and what happened to them: it is read with the reach of the one that stays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.db import models
from django.db.models import QuerySet, prefetch_related_objects

from access.models import User
from customers.bulk.merging import kept_rows
from customers.history import Happening, handed_over, moved
from customers.models import Customer, CustomerMerge, LifecycleChange, MergedRows, MergeState, OwnershipChange

MOST: Final = 10
"""So many of the customers that went into one are told of with it, the last ones."""
OWNERSHIP: Final = ("from_manager", "to_manager", "from_unit", "to_unit", "actor")
LIFECYCLE: Final = ("actor", "reason_entry", "rule")


def former_customers(user: User) -> QuerySet[CustomerMerge]:
    """The merges that stand, and whose winner is in reach of `user`: what went into a customer is seen by whoever sees that customer."""
    reached = Customer.objects.visible_to(user).order_by().values("pk")
    return CustomerMerge.objects.filter(state=MergeState.DONE, winner__in=reached)


def merged_into_it(customer: Customer) -> list[CustomerMerge]:
    """The merges that went into `customer`, who is in reach, and stand; the last first."""
    return list(CustomerMerge.objects.filter(winner=customer.pk, state=MergeState.DONE).order_by("-merged_at")[:MOST])


def stand_in(merge: CustomerMerge) -> Customer:
    """The customer that is gone, by its key, name and code alone."""
    return Customer(pk=merge.loser_key, code=merge.loser_code, name=merge.loser_name)


def ownership_before(merges: Sequence[CustomerMerge]) -> list[Any]:
    """Who owned those that are gone, as ownership changes with the people and units they name."""
    return _kept(OwnershipChange, merges, OWNERSHIP)


def lifecycle_before(merges: Sequence[CustomerMerge]) -> list[Any]:
    """The steps of those that are gone, with their reasons and rules."""
    return _kept(LifecycleChange, merges, LIFECYCLE)


def history_before(merge: CustomerMerge) -> list[Happening]:
    """The ownership and the lifecycle of the one that is gone, the newest first. A fixed number of queries."""
    found = [handed_over(change) for change in ownership_before([merge])] + [moved(change) for change in lifecycle_before([merge])]
    return sorted(found, key=lambda change: change.at, reverse=True)


def merge_that_moved(model: type[models.Model], key: int) -> CustomerMerge | None:
    """The last merge that stands and moved the row `key` of `model` to another customer."""
    moved = MergedRows.objects.filter(table=model._meta.db_table, keys__contains=[key], merge__state=MergeState.DONE)
    found = moved.select_related("merge__winner").order_by("-merge").first()
    return found.merge if found is not None else None


def _kept(model: Any, merges: Sequence[CustomerMerge], related: Sequence[str]) -> list[Any]:
    rows = kept_rows(model, [merge.pk for merge in merges]) if merges else []
    prefetch_related_objects(rows, *related)
    return rows
