"""The notices that this app sends: a customer comes to somebody, goes to somebody else, or is shared."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable
from typing import Any, Final

from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.models import User
from common.notices import NoticeKind, Parameters, notify, register_kind
from customers.models import Customer, OwnershipChange

ASSIGNED: Final = "customer_assigned"
TAKEN: Final = "customer_taken"
MANY_ASSIGNED: Final = "customers_assigned"
MANY_TAKEN: Final = "customers_taken"
SHARED: Final = "customer_shared"
MERGED: Final = "customer_merged"
MERGED_AWAY: Final = "customer_merged_away"
MERGE_UNDONE: Final = "customer_merge_undone"


def _customer_url(parameters: Parameters) -> str:
    return reverse("customers:customer_detail", args=[parameters["customer"]])


def _merged_url(parameters: Parameters) -> str:
    return _customer_url(parameters) if "customer" in parameters else ""


def _own_customers_url(_parameters: Parameters) -> str:
    return f"{reverse('customers:customer_list')}?mine=yes"


def register_notices() -> None:
    """Called once, when Django is ready."""
    assigned, taken = _("%(actor_name)s assigned a customer to you: %(name)s"), _("%(actor_name)s gave your customer to others: %(name)s")
    many_assigned = _("%(actor_name)s assigned customers to you: %(reason)s")
    many_taken = _("%(actor_name)s gave customers of yours to others: %(reason)s")
    shared = _("%(actor_name)s shared a customer with you: %(name)s")
    register_kind(NoticeKind(ASSIGNED, _("A customer is assigned to you"), assigned, icon="building-plus", url=_customer_url, tone="run"))
    register_kind(NoticeKind(TAKEN, _("A customer is taken from you"), taken, icon="building-minus", tone="warn"))
    register_kind(
        NoticeKind(MANY_ASSIGNED, _("Many customers are assigned to you"), many_assigned, "buildings", _own_customers_url, tone="run")
    )
    register_kind(NoticeKind(MANY_TAKEN, _("Many customers are taken from you"), many_taken, "building-minus", tone="warn"))
    register_kind(NoticeKind(SHARED, _("A customer is shared with you"), shared, icon="share", url=_customer_url))
    merged = _("%(actor_name)s merged %(loser)s into your customer %(name)s")
    away = _("%(actor_name)s merged your customer into another one: %(name)s")
    undone = _("%(actor_name)s took a merge back: %(name)s is a customer of its own again")
    register_kind(NoticeKind(MERGED, _("A customer is merged into yours"), merged, icon="arrows-join", url=_customer_url))
    register_kind(NoticeKind(MERGED_AWAY, _("A customer of yours is merged into another"), away, "arrows-join", _merged_url, tone="warn"))
    register_kind(NoticeKind(MERGE_UNDONE, _("A merge is taken back"), undone, icon="arrows-split", url=_customer_url))


def tell_of_merge(winner: Customer, loser: Customer, actor: User) -> None:
    """Tell the account managers of both. That of the loser is not told into which it went; the old address leads there who reaches it."""
    facts: dict[str, Any] = {"actor": actor.pk, "actor_name": actor.name}
    notify([winner.manager_id], MERGED, customer=winner.pk, name=winner.name, loser=loser.name, **facts)
    giver = loser.manager
    if giver is not None and giver != winner.manager:
        if Customer.objects.visible_to(giver).filter(pk=winner.pk).exists():
            facts["customer"] = loser.pk
        notify([giver.pk], MERGED_AWAY, name=loser.name, **facts)


def tell_of_undone_merge(winner: Customer, loser: Customer, actor: User) -> None:
    """Tell the account managers of both; each is led to its own."""
    facts: dict[str, Any] = {"actor": actor.pk, "actor_name": actor.name, "name": loser.name}
    notify([loser.manager_id], MERGE_UNDONE, customer=loser.pk, **facts)
    if loser.manager_id != winner.manager_id:
        notify([winner.manager_id], MERGE_UNDONE, customer=winner.pk, **facts)


def tell_of_owners(change: OwnershipChange) -> None:
    """Tell the new account manager, and the one before."""
    facts: dict[str, Any] = {"customer": change.customer_id, "name": change.customer.name}
    facts["actor_name"] = change.actor.name if change.actor is not None else ""
    if change.from_manager_id != change.to_manager_id:
        notify([change.to_manager_id], ASSIGNED, actor=change.actor_id, **facts)
        notify([change.from_manager_id], TAKEN, actor=change.actor_id, **facts)


def tell_of_many(before: Iterable[int | None], manager: User | None, actor: User, reason: str, moment: datetime.datetime) -> None:
    """Tell who gets customers that are handed over together, and who had them: once a day for a reason, in however many steps."""
    gained = manager.pk if manager is not None else None
    key = hashlib.sha256(f"{actor.pk} {gained} {moment:%Y-%m-%d} {reason}".encode()).hexdigest()[:32]
    facts: dict[str, Any] = {"key": key, "actor": actor.pk, "actor_name": actor.name, "reason": reason}
    notify([gained], MANY_ASSIGNED, **facts)
    notify({pk for pk in before if pk != gained}, MANY_TAKEN, **facts)


def tell_of_passed(passed: Iterable[tuple[int | None, int | None]], actor: User, reason: str) -> None:
    """The same, where each of `passed` names the managers before and after, and they differ."""
    owners: dict[int | None, set[int | None]] = {}
    for before, after in passed:
        if before != after:
            owners.setdefault(after, set()).add(before)
    people = User.objects.in_bulk([pk for pk in owners if pk is not None])
    for gained, losers in owners.items():
        tell_of_many(losers, people[gained] if gained is not None else None, actor, reason, timezone.now())


def tell_of_share(customer: Customer, holder: User | Group, actor: User) -> None:
    """Tell the person, or everybody in the group."""
    recipients = [holder.pk] if isinstance(holder, User) else holder.user_set.values_list("pk", flat=True)
    notify(recipients, SHARED, actor=actor.pk, customer=customer.pk, name=customer.name, actor_name=actor.name)
