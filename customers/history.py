"""What happened to a customer: passed from hand to hand, and moved along its lifecycle."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from access.models import User
from customers.models import Customer, LifecycleChange, OwnershipChange


@dataclass(frozen=True, slots=True)
class Happening:
    """One change as a line of the history: `before` and `after` are what it says for people."""

    at: datetime.datetime
    kind: str | Promise
    before: str
    after: str
    actor: User | None
    reason: str


def history_of(customer: Customer, limit: int) -> list[Happening]:
    """The last `limit` changes of `customer`, the newest first. Two queries."""
    owners = customer.ownership_changes.select_related("from_manager", "to_manager", "from_unit", "to_unit", "actor")[:limit]
    steps = customer.lifecycle_changes.select_related("actor", "reason_entry", "rule")[:limit]
    found = [handed_over(change) for change in owners] + [moved(change) for change in steps]
    return sorted(found, key=lambda change: change.at, reverse=True)[:limit]


def handed_over(change: OwnershipChange) -> Happening:
    """An ownership change in words; it was read with the people and units it names."""
    before = f"{change.from_manager or '—'} · {change.from_unit.label}" if change.from_unit else ""
    after = f"{change.to_manager or '—'} · {change.to_unit.label}"
    return Happening(change.changed_at, _("Ownership") if before else _("Entered"), before, after, change.actor, _why(change))


def _why(change: OwnershipChange) -> str:
    """The reason, and the hand-over that it was part of."""
    if change.hand_over_id is None:
        return change.reason
    return gettext("%(reason)s (hand-over #%(number)s)") % {"reason": change.reason, "number": change.hand_over_id}


def moved(change: LifecycleChange) -> Happening:
    """A lifecycle step in words; it was read with its reason and its rule."""
    before, after = change.get_from_state_display(), change.get_to_state_display()
    return Happening(change.changed_at, _("Lifecycle"), before, after, change.actor, _reason(change))


def _reason(change: LifecycleChange) -> str:
    if change.rule is not None:
        return gettext("rule “%(rule)s”, which measured %(value)s") % {"rule": change.rule.label, "value": change.measured}
    entry = change.reason_entry.label if change.reason_entry is not None else ""
    return " · ".join(part for part in (entry, change.reason) if part)
