"""What this app tells in a customer's timeline: its offers with every step of theirs, and what the group itself subscribes to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from access.models import User
from customers.timeline import register_kind, register_source
from customers.timeline.events import event_source
from products.models import GroupSubscription, Offer, Product


def register_timeline() -> None:
    """Called once, when Django is ready."""
    register_kind("offers", label=_("Offers"), icon="file-percent", order=70)
    register_kind("subscriptions", label=_("Group subscriptions"), icon="package", order=80)
    register_source(
        event_source(
            key="offers",
            kind="offers",
            module="products",
            model=Offer,
            says=_offers,
            page=lambda offer: reverse("products:offer_detail", args=[offer.pk]),
            quiet=("approved_by", "approved_at", "created_by"),
        )
    )
    register_source(
        event_source(key="subscriptions", kind="subscriptions", module="products", model=GroupSubscription, says=_subscriptions)
    )


def _offers(events: Sequence[Any], _user: User) -> list[str]:
    return [gettext("Offer %(code)s") % {"code": event.code} for event in events]


def _subscriptions(events: Sequence[Any], user: User) -> list[str]:
    products = Product.objects.visible_to(user).in_bulk({event.product_id for event in events})
    return [products[event.product_id].label if event.product_id in products else "—" for event in events]
