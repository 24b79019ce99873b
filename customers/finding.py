"""Reading the first of those rows that hold a text, however many there are and however few of them are in reach."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from access.policy import PolicyQuerySet
from common.search.expected import expected_rows

COMMON: Final = 20_000
"""Where more rows than these hold the text, reading all of them to find a few in reach takes longer than looking through some in reach."""
WALKED: Final = 3_000
"""So many rows in reach are looked through: of a text that is common one in sixty or more of them holds it."""

Narrowing = Callable[[PolicyQuerySet[Any]], PolicyQuerySet[Any]]


def first_matching(
    visible: PolicyQuerySet[Any], narrow: Narrowing, *, pairs: Any, order: Sequence[str], limit: int, enough: int
) -> tuple[list[Any], bool]:
    """Up to `limit` rows of `visible` that `narrow` leaves, in no order, and whether there are more.

    Arguments:
        pairs: the condition on which the text's index is built; by it is judged how common the text is.
        order: an order of the rows for which every way into reach has an index.
        enough: so few are enough where the text is common; more are not looked for then.
    """
    if not visible.reaches_few and expected_rows(visible.model._base_manager.filter(pairs)) > COMMON:
        some = visible.model._default_manager.filter(pk__any_of=visible.order_by(*order)[:WALKED].values("pk"))
        keys = list(narrow(some).order_by().values_list("pk", flat=True)[:limit])
        if len(keys) >= enough:
            return list(visible.filter(pk__in=keys).order_by()), True
    found = list(narrow(visible).order_by()[: limit + 1])
    return found[:limit], len(found) > limit
