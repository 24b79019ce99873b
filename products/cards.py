"""What the home page and the header of a customer's page show of offers."""

from __future__ import annotations

import datetime
from functools import partial
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString

from access.models import Action, User
from access.requests import signed_in
from access.scope import allowed
from common.lists import linked
from customers.models import Customer
from products.models import Offer, OfferStatus
from products.querysets import OfferQuerySet
from workflow.figures import reaches_units, register_figure, sums_in_reach

WINDOWS = (30, 60, 90)
_SHOWN = 5


def expiring_offers(request: HttpRequest) -> dict[str, Any] | None:
    """The user's offers that expire in 30, 60 and 90 days, and those next to expire. None: there are none.

    Those of own customers are counted here; those of whole units were counted in the night.
    """
    user = signed_in(request)
    soon = _soon(WINDOWS[-1], Offer.objects.visible_to(user))
    following = list(soon.select_related("customer", "product").order_by("expires_on")[:_SHOWN])  # as its index has them
    if not following:
        return None
    if reaches_units(user, "products"):
        within = sums_in_reach(user, "products", [_code(days) for days in WINDOWS])
    else:
        ends = [(days, timezone.localdate() + datetime.timedelta(days=days)) for days in WINDOWS]
        within = soon.aggregate(**{_code(days): Count("pk", filter=Q(expires_on__lte=end)) for days, end in ends})
    address = reverse("products:offer_list")
    return {
        "windows": [{"days": days, "count": within.get(_code(days)), "url": f"{address}?expires_in={days}"} for days in WINDOWS],
        "next": following,
    }


def _soon(days: int, offers: OfferQuerySet) -> OfferQuerySet:
    today = timezone.localdate()
    return offers.expiring(today, today + datetime.timedelta(days=days))


def _code(days: int) -> str:
    return f"offers_within_{days}"


def _by_manager(days: int) -> Any:
    return _soon(days, Offer.objects.exclude(manager_key=None)).order_by().values_list("manager_key").annotate(value=Count("pk"))


def register_figures() -> None:
    """Called once, when Django is ready: how many offers of each account manager expire soon is counted in the night."""
    for days in WINDOWS:
        register_figure(_code(days), partial(_by_manager, days))


def waiting_offers(request: HttpRequest) -> dict[str, Any] | None:
    """Offers that the user may approve now. None: there are none, or the user approves nothing."""
    if not allowed(request.user, "products", Action.APPROVE):
        return None
    waiting = Offer.objects.visible_to(request.user, Action.APPROVE).filter(status=OfferStatus.IN_APPROVAL)
    rows = list(waiting.select_related("customer", "product").order_by("updated_at")[: _SHOWN + 1])
    if not rows:
        return None
    return {"offers": rows[:_SHOWN], "more": len(rows) > _SHOWN, "url": f"{reverse('products:offer_list')}?status=in_approval"}


def next_expiry(customer: Customer, user: User) -> SafeString | None:
    """The day on which the next offer of `customer` expires, for the header of its page, as a link to the offer. None: there is none."""
    rows = Offer.objects.visible_to(user).filter(customer=customer, status=OfferStatus.APPROVED, expires_on__gt=timezone.localdate())
    offer = rows.order_by("expires_on", "pk").only("expires_on").first()
    if offer is None or offer.expires_on is None:
        return None
    return linked(reverse("products:offer_detail", args=[offer.pk]), date_format(offer.expires_on, "Y-m-d"))
