"""What this app adds up along the hierarchy of customers: their numbers, and what these and the groups' own lines bring a month."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.models import User
from customers.rollups import Amount, RollUp, register_roll_up
from members.models import Member, MemberSubscription
from members.roster import live_subscriptions, not_left
from members.services.revenue import revenue_by_customer
from products.models import GroupSubscription


def register_roll_ups() -> None:
    """Called once, when Django is ready."""
    register_roll_up(RollUp(key="members", label=_("Members"), module="members", read=_members, order=10))
    register_roll_up(RollUp(key="revenue", label=_("Monthly revenue"), module="members", read=_revenue, is_money=True, order=20))


def _members(customers: Collection[int], user: User) -> Mapping[int, Amount]:
    rows = Member.objects.visible_to(user).filter(not_left(timezone.localdate()), customer__any_of=customers)
    return dict(rows.order_by().values_list("customer").annotate(count=Count("pk")))


def _revenue(customers: Collection[int], user: User) -> Mapping[int, Amount]:
    """As in the header of a customer's page: the lines of the group itself count for whoever sees these."""
    today = timezone.localdate()
    live = live_subscriptions(MemberSubscription.objects.visible_to(user).filter(customer__any_of=customers), today)
    own = GroupSubscription.objects.visible_to(user).live(today).filter(customer__any_of=customers, effective_on__lte=today)
    return revenue_by_customer(live, own, today)
