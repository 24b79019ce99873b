"""The notices that this app sends: a customer comes to somebody, goes to somebody else, or is shared."""

from __future__ import annotations

from typing import Any, Final

from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from access.models import User
from common.notices import NoticeKind, Parameters, notify, register_kind
from customers.models import Customer, OwnershipChange

ASSIGNED: Final = "customer_assigned"
TAKEN: Final = "customer_taken"
SHARED: Final = "customer_shared"


def _customer_url(parameters: Parameters) -> str:
    return reverse("customers:customer_detail", args=[parameters["customer"]])


def register_notices() -> None:
    """Called once, when Django is ready."""
    assigned, taken = _("%(actor_name)s assigned a customer to you: %(name)s"), _("%(actor_name)s gave your customer to others: %(name)s")
    shared = _("%(actor_name)s shared a customer with you: %(name)s")
    register_kind(NoticeKind(ASSIGNED, _("A customer is assigned to you"), assigned, icon="building-plus", url=_customer_url, tone="run"))
    register_kind(NoticeKind(TAKEN, _("A customer is taken from you"), taken, icon="building-minus", tone="warn"))
    register_kind(NoticeKind(SHARED, _("A customer is shared with you"), shared, icon="share", url=_customer_url))


def tell_of_owners(change: OwnershipChange) -> None:
    """Tell the new account manager, and the one before."""
    facts: dict[str, Any] = {"customer": change.customer_id, "name": change.customer.name}
    facts["actor_name"] = change.actor.name if change.actor is not None else ""
    if change.from_manager_id != change.to_manager_id:
        notify([change.to_manager_id], ASSIGNED, actor=change.actor_id, **facts)
        notify([change.from_manager_id], TAKEN, actor=change.actor_id, **facts)


def tell_of_share(customer: Customer, holder: User | Group, actor: User) -> None:
    """Tell the person, or everybody in the group."""
    recipients = [holder.pk] if isinstance(holder, User) else holder.user_set.values_list("pk", flat=True)
    notify(recipients, SHARED, actor=actor.pk, customer=customer.pk, name=customer.name, actor_name=actor.name)
