"""What this app brings to the search: products and offers, and a new offer for the customer at hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from access.models import Action, User
from common.panels import register_action
from common.search import Place, register_place, register_search
from common.search.labels import palette_slot
from customers.palette import place_of_customer
from products.models import Offer
from products.search import could_be_offer, could_be_product, find_offers, find_products


def register_search_parts() -> None:
    """Called when the app is ready."""
    register_search(
        key="products", title=_("Products"), icon="package", module="products", likelihood=could_be_product, find=find_products, order=50
    )
    register_search(
        key="offers", title=_("Offers"), icon="file-percent", module="products", likelihood=could_be_offer, find=find_offers, order=40
    )
    register_place("offers/<int:pk>/", _of_offer)
    register_action(
        slot=palette_slot("customer"),
        key="offer",
        label=_("New offer"),
        url=lambda customer: f"{reverse('products:offer_create')}?customer={customer.pk}",
        module="products",
        action=Action.ADD,
        icon="file-plus",
        order=10,
    )


def _of_offer(user: User, named: Mapping[str, Any]) -> Place:
    return place_of_customer(user, Offer.objects.get_visible(user, named["pk"]).customer_id)
