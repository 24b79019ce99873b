"""What of offers passes with customers to another account manager: those that expire soon, and those that are not decided yet."""

from __future__ import annotations

import datetime
from typing import Any, Final

from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from access.models import User
from customers.open_work import OpenWork, register_open_work
from products.models import Offer, OfferStatus
from products.querysets import OfferQuerySet

SOON: Final = datetime.timedelta(days=90)


def _expiring(customers: QuerySet[Any, Any], _giver: User) -> QuerySet[Any]:
    today = timezone.localdate()
    return _of(customers, Offer.objects.expiring(today, today + SOON)).order_by("expires_on", "pk")


def _undecided(customers: QuerySet[Any, Any], _giver: User) -> QuerySet[Any]:
    open_states = Q(status__in=(OfferStatus.DRAFT, OfferStatus.IN_APPROVAL))
    return _of(customers, Offer.objects.filter(open_states)).order_by("effective_on", "pk")


def _of(customers: QuerySet[Any, Any], offers: OfferQuerySet) -> QuerySet[Any]:
    found: QuerySet[Any] = offers.filter(customer__in=customers).annotate(about=F("customer")).select_related("product")
    return found


def _expiry(offer: Any) -> tuple[str, Any]:
    day = offer.expires_on.isoformat()
    return offer.product.label, format_html('<time datetime="{}">{}</time>', day, day)


def register_offer_work() -> None:
    """Called once, when Django is ready."""
    register_open_work(
        OpenWork(
            key="expiring_offers", label=_("Offers that expire within 90 days"), module="products", find=_expiring, show=_expiry, order=30
        )
    )
    register_open_work(
        OpenWork(
            key="undecided_offers",
            label=_("Offers not decided yet"),
            module="products",
            find=_undecided,
            show=lambda row: (row.product.label, row.get_status_display()),
            order=40,
        )
    )
