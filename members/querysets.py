"""Reads of number lists and batches, through the access policy."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, ClassVar, Self

from django.db.models import Q

from access.policy import PolicyQuerySet

if TYPE_CHECKING:
    from members.models import BatchRow, Member, MemberSubscription  # noqa: F401  (names of the type parameters)


class MemberQuerySet(PolicyQuerySet["Member"]):
    """Memberships; they inherit the reach of their customer. They carry no scope columns: docs/adr/0013 says why."""

    module: ClassVar[str] = "members"
    inherits_from: ClassVar[str] = "customer"
    page_orders: ClassVar[frozenset[tuple[str, ...]]] = frozenset({("customer", "msisdn", "id")})

    def on_roster(self, day: datetime.date) -> Self:
        """Memberships that hold on `day`: joined by then and not left."""
        return self.filter(Q(left_on=None) | Q(left_on__gt=day), joined_on__lte=day)


class MemberSubscriptionQuerySet(PolicyQuerySet["MemberSubscription"]):
    """Subscriptions of members; they inherit the reach of their customer."""

    module: ClassVar[str] = "members"
    inherits_from: ClassVar[str] = "customer"


class BatchRowQuerySet(PolicyQuerySet["BatchRow"]):
    """Rows of batches; they inherit the reach of their job, which has the customer's."""

    module: ClassVar[str] = "jobs"
    inherits_from: ClassVar[str] = "job"
