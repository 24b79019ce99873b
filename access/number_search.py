"""How masked numbers may be looked for: nobody finds a whole number out by typing an ever longer beginning (1, 13, 138, …).

Whoever may reveal a row finds it by any beginning or end of its number. Everybody else finds it by the number as a whole, which he knows
already, or by what the mask shows of it anyway: the first three and the last four digits. Every search of numbers asks here.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Model, Q

from access.models import Action, User
from access.scope import Reach, scope_of
from common.masking import SHOWN_AT_END, SHOWN_AT_START


def shown_start(digits: str) -> bool:
    """Whether `digits`, the beginning of a number without its country code, are no more than its mask shows."""
    return len(digits) <= SHOWN_AT_START


def shown_end(digits: str) -> bool:
    """Whether `digits`, the end of a number, are no more than its mask shows."""
    return len(digits) <= SHOWN_AT_END


def number_condition(model: type[Model], user: User, module: str, *, any_part: Q, shown_part: Q) -> Q:
    """The condition by which `user` may look for rows of `model` by a number.

    Arguments:
        module: whose action `reveal` opens the numbers.
        any_part: the condition for rows that the user may reveal.
        shown_part: that for all others: the whole number, or digits that its mask shows. It is part of `any_part`.

    Where a person reveals all that he sees, or nothing, the condition is one of the two as it is, so that the same indexes serve it.
    """
    scope = scope_of(user)
    seen, revealed = scope.reach(module, Action.VIEW), scope.reach(module, Action.REVEAL)
    if any_part == shown_part or revealed.is_empty:
        return shown_part
    if _covers(revealed, seen):
        return any_part
    manager: Any = model._default_manager
    if not hasattr(manager, "visible_to"):
        return shown_part  # rows that belong to no customer, such as the blacklist: who reveals them reveals all
    return shown_part | any_part & Q(pk__in=manager.visible_to(user, Action.REVEAL).values("pk"))


def _covers(larger: Reach, smaller: Reach) -> bool:
    """Whether `larger` certainly opens every row that `smaller` does."""
    if larger.everything or smaller.everything:
        return larger.everything
    parts = ("unit_ids", "lender_ids", "customer_ids")
    return larger.own >= smaller.own and all(getattr(larger, name) >= getattr(smaller, name) for name in parts)
