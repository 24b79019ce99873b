"""What the home page shows of offers."""

from __future__ import annotations

import datetime
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from access.models import Action
from access.scope import allowed
from products.models import Offer, OfferStatus

WINDOWS = (30, 60, 90)
_SHOWN = 5


def expiring_offers(request: HttpRequest) -> dict[str, Any] | None:
    """The user's offers that expire in 30, 60 and 90 days, and those next to expire. None: there are none."""
    today = timezone.localdate()
    offers = Offer.objects.visible_to(request.user)
    ends = [(days, today + datetime.timedelta(days=days)) for days in WINDOWS]
    soon = offers.expiring(today, ends[-1][1])
    within = soon.aggregate(**{f"within_{days}": Count("pk", filter=Q(expires_on__lte=end)) for days, end in ends})
    if not within["within_90"]:
        return None
    address = reverse("products:offer_list")
    return {
        "windows": [{"days": days, "count": within[f"within_{days}"], "url": f"{address}?expires_in={days}"} for days in WINDOWS],
        "next": soon.select_related("customer", "product").order_by("expires_on", "pk")[:_SHOWN],
    }


def waiting_offers(request: HttpRequest) -> dict[str, Any] | None:
    """Offers that the user may approve now. None: there are none, or the user approves nothing."""
    if not allowed(request.user, "products", Action.APPROVE):
        return None
    waiting = Offer.objects.visible_to(request.user, Action.APPROVE).filter(status=OfferStatus.IN_APPROVAL)
    rows = list(waiting.select_related("customer", "product").order_by("updated_at")[: _SHOWN + 1])
    if not rows:
        return None
    return {"offers": rows[:_SHOWN], "more": len(rows) > _SHOWN, "url": f"{reverse('products:offer_list')}?status=in_approval"}
