"""What this app can measure of customers: how many numbers they have, what those bring, and for how long there is none."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from django.db.models import Exists, Max, OuterRef
from django.utils.translation import gettext_lazy as _

from customers.measures import Measure, Part, Value, counted, register_measure
from customers.models import Customer
from members.models import Member, MemberSubscription
from members.roster import live_subscriptions
from members.services.revenue import revenue_by_customer
from products.models import GroupSubscription


def register_measures() -> None:
    """Called once, when Django is ready."""
    register_measure(Measure(key="members", label=_("Live members"), read=_members, missing=0))
    register_measure(Measure(key="revenue", label=_("Monthly revenue (CNY)"), read=_revenue, missing=0))
    register_measure(Measure(key="days_without_members", label=_("Days since the last member left"), read=_days_without))


def _live(span: Part, day: datetime.date) -> Any:
    """Memberships that hold on `day`: open ones, and those that end later."""
    rows = Member.objects.filter(span.within("customer"), joined_on__lte=day)
    return rows.filter(left_on=None) | rows.filter(left_on__gt=day)


def _members(span: Part, day: datetime.date) -> Mapping[int, Value]:
    return counted(_live(span, day), "customer")


def _revenue(span: Part, day: datetime.date) -> Mapping[int, Value]:
    """Of member and group subscriptions after discounts, by two groupings and the prices of what they name."""
    live = live_subscriptions(MemberSubscription.objects.filter(span.within("customer")), day)
    own = GroupSubscription.objects.live(day).filter(span.within("customer"), effective_on__lte=day)
    return revenue_by_customer(live, own, day)


def _days_without(span: Part, day: datetime.date) -> Mapping[int, Value]:
    """Of customers that had members and have none; others have no such number."""
    empty = Customer.objects.filter(span.within()).exclude(Exists(_live(span, day).filter(customer=OuterRef("pk"))))
    ended = Member.objects.filter(span.within("customer"), left_on__lte=day, customer__in=empty)
    return {customer: (day - last).days for customer, last in ended.order_by().values_list("customer").annotate(last=Max("left_on"))}
