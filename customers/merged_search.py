"""Finding customers that were merged into others: their codes and names stay known, and lead to where they went."""

from __future__ import annotations

from typing import Final

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from access.models import User
from common.search import Found, Likelihood, Query, Result
from common.search.registry import NOTHING
from customers.models import Customer, CustomerMerge, MergeState

SHORTEST: Final = 2


def could_be_merged(query: Query) -> Likelihood:
    """Two characters or more of a name, or a code."""
    return Likelihood.NO if len(query.text) < SHORTEST or query.ending else Likelihood.MAYBE


def find_merged(user: User, query: Query, limit: int) -> Found:
    """Merged customers by code, credit code or a part of the name, as far as what they were merged into is in reach."""
    capitals = query.plain.upper()
    named = Q(loser_code=capitals) | Q(loser_credit_code=capitals) | Q(loser_name__icontains=query.text)
    merges = CustomerMerge.objects.filter(
        named, state=MergeState.DONE, winner__in=Customer.objects.visible_to(user).order_by().values("pk")
    )
    rows = list(merges.select_related("winner").order_by("-pk")[: limit + 1])
    if not rows:
        return NOTHING
    return Found(results=[_result(row) for row in rows[:limit]], count=len(rows[:limit]), more=len(rows) > limit)


def _result(merge: CustomerMerge) -> Result:
    url = reverse("customers:customer_detail", args=[merge.winner_id])
    details = [merge.loser_code, _("merged into %(name)s") % {"name": merge.winner.name}]
    return Result(label=merge.loser_name, url=url, details=details, resource=("api:customer", merge.winner_id))
