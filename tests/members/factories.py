"""Short ways to make numbers and what they subscribe to."""

from __future__ import annotations

import datetime
import itertools
from typing import Any

from customers.models import Customer
from members.models import Member, MemberSubscription
from products.models import Tariff

_numbers = itertools.count(1)


def make_member(customer: Customer, msisdn: str = "", **values: Any) -> Member:
    """A mobile number that has been in the group since the beginning of 2026."""
    number = msisdn or f"86138{next(_numbers):08d}"
    return Member.objects.create(customer=customer, msisdn=number, **{"kind": "mobile", "joined_on": datetime.date(2026, 1, 1), **values})


def make_subscription(member: Member, tariff: Tariff, **values: Any) -> MemberSubscription:
    """A subscription since the number joined."""
    return MemberSubscription.objects.create(
        customer=member.customer, member=member, product=tariff.product, tariff=tariff, **{"effective_on": member.joined_on, **values}
    )
