"""What this app adds up along the hierarchy of customers: the offers that numbers can be put on."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.models import User
from customers.rollups import Amount, RollUp, register_roll_up
from products.models import Offer


def register_roll_ups() -> None:
    """Called once, when Django is ready."""
    register_roll_up(RollUp(key="offers", label=_("Effective offers"), module="products", read=_offers, order=30))


def _offers(customers: Collection[int], user: User) -> Mapping[int, Amount]:
    rows = Offer.objects.visible_to(user).usable(timezone.localdate()).filter(customer__any_of=customers)
    return dict(rows.order_by().values_list("customer").annotate(count=Count("pk")))
