"""What each subscription of a number costs, and why."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from access.models import User
from members.models import Member, MemberSubscription
from members.roster import of_members
from products.models import Offer, OfferStatus
from products.services.pricing import fees_on, months_since, price_trail


def priced_subscriptions(user: User, memberships: list[Member]) -> list[dict[str, Any]]:
    """All subscriptions of the memberships, the live ones first, each with its price and how it comes about; a fixed number of queries."""
    visible = of_members(MemberSubscription.objects.visible_to(user), memberships)
    rows = list(visible.select_related("product", "tariff", "offer__approved_by").prefetch_related("offer__discounts"))
    today = timezone.localdate()
    days = {row.pk: _priced_on(row, today) for row in rows}
    fees = fees_on({(row.tariff_id, days[row.pk]) for row in rows})
    priced = [_price_of(row, fees.get((row.tariff_id, days[row.pk])), days[row.pk], today) for row in rows]
    return sorted(priced, key=lambda item: (not item["live"], item["row"].product.code, -item["row"].effective_on.toordinal()))


def _priced_on(row: MemberSubscription, today: datetime.date) -> datetime.date:
    """The day for which a subscription's price is told: today while it runs, else its first or last day."""
    ends = [day for day in (row.ended_on, row.expires_on) if day is not None]
    last = min(ends) if ends else None
    if last is not None and last <= today:
        return max(row.effective_on, last - datetime.timedelta(days=1))
    return max(row.effective_on, today)


def _price_of(row: MemberSubscription, fee: Decimal | None, day: datetime.date, today: datetime.date) -> dict[str, Any]:
    offer = row.offer if row.offer is not None and _holds(row.offer, day) else None
    steps = []
    if fee is not None and offer is not None:
        steps = price_trail(tariff_fee=fee, discounts=offer.discounts.all(), months_since_effective=months_since(offer.effective_on, day))
    net = steps[-1].fee if steps else fee
    live = (row.ended_on is None or row.ended_on > today) and (row.expires_on is None or row.expires_on > today)
    price = {"tariff": row.tariff, "fee": fee, "steps": steps, "net": net, "day": day}
    return {
        "row": row,
        "live": live,
        "pending": live and row.effective_on > today,
        "price": price,
        "net": net if row.price_override is None else row.price_override,
        "offer_lapsed": row.offer is not None and offer is None,
    }


def _holds(offer: Offer, day: datetime.date) -> bool:
    return offer.status == OfferStatus.APPROVED and offer.effective_on <= day and (offer.expires_on is None or day < offer.expires_on)
