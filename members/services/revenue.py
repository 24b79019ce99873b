"""What a customer's numbers and group subscriptions bring a month."""

from __future__ import annotations

import datetime
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, QuerySet

from access.models import User
from customers.models import Customer
from members.models import MemberSubscription
from members.roster import live_subscriptions
from products.models import GroupSubscription, Offer, Product, Tariff
from products.services.pricing import MonthlyFee, Pair, monthly_fees


@dataclass(frozen=True, slots=True)
class SubscriptionGroup:
    """Live subscriptions of one customer that share product, tariff, offer and price.

    Attributes:
        count: how many numbers.
        net: the monthly fee of one of them in CNY.
    """

    product: Product
    tariff: Tariff
    offer: Offer | None
    count: int
    net: Decimal

    @property
    def total(self) -> Decimal:
        """What all of them bring a month in CNY."""
        return self.net * self.count


def subscription_groups(customer: Customer, user: User, day: datetime.date) -> list[SubscriptionGroup]:
    """The customer's live member subscriptions on `day` by product, tariff, offer and price.

    One GROUP BY, and a constant number of other queries.
    """
    rows = live_subscriptions(MemberSubscription.objects.visible_to(user).filter(customer=customer), day)
    counted = list(rows.order_by().values_list("product_id", "tariff_id", "offer_id", "price_override").annotate(count=Count("pk")))
    fees = monthly_fees({(tariff, offer) for _, tariff, offer, _, _ in counted}, day)
    products = Product.objects.in_bulk({row[0] for row in counted})
    tariffs = Tariff.objects.in_bulk({row[1] for row in counted})
    offers = Offer.objects.in_bulk({row[2] for row in counted if row[2] is not None})
    groups = [
        SubscriptionGroup(
            products[product],
            tariffs[tariff],
            offers.get(offer) if offer else None,
            count,
            fees[tariff, offer].net if override is None else override,
        )
        for product, tariff, offer, override, count in counted
    ]
    return sorted(groups, key=lambda group: (-group.total, group.product.code, group.tariff.code))


def revenue_by_customer(
    subscriptions: QuerySet[MemberSubscription], lines: QuerySet[GroupSubscription], day: datetime.date
) -> dict[int, Decimal]:
    """What `subscriptions` of members and `lines` of groups, live on `day`, bring each of their customers a month after discounts, in CNY.

    Two groupings, and the prices of what they name.
    """
    groups = list(subscriptions.order_by().values_list("customer", "tariff", "offer", "price_override").annotate(count=Count("pk")))
    own = list(lines.order_by().values_list("customer", "tariff", "offer", "quantity"))
    fees = monthly_fees({(row[1], row[2]) for row in [*groups, *own]}, day)
    revenue: defaultdict[int, Decimal] = defaultdict(Decimal)
    for customer, tariff, offer, override, count in groups:
        revenue[customer] += (fees[tariff, offer].net if override is None else override) * count
    for customer, tariff, offer, quantity in own:
        revenue[customer] += fees[tariff, offer].net * quantity
    return dict(revenue)


def group_revenue(customer: Customer, user: User, day: datetime.date) -> Decimal:
    """What the customer's own subscriptions bring a month on `day`, in CNY."""
    rows = list(GroupSubscription.objects.visible_to(user).live(day).filter(customer=customer, effective_on__lte=day))
    pairs: set[Pair] = {(row.tariff_id, row.offer_id) for row in rows}
    fees: dict[Pair, MonthlyFee] = monthly_fees(pairs, day)
    return sum((fees[row.tariff_id, row.offer_id].net * row.quantity for row in rows), Decimal(0))
