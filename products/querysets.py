"""Reads of the catalogue and of customers' offers, through the access policy."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, ClassVar, Self, TypeVar

from django.db import models
from django.db.models import Q

from access.policy import PolicyQuerySet

if TYPE_CHECKING:
    from products.models import GroupSubscription, Offer  # noqa: F401  (names of the type parameters)

CatalogueT = TypeVar("CatalogueT", bound=models.Model, covariant=True)


class CatalogueQuerySet(PolicyQuerySet[CatalogueT]):
    """Products, tariffs and discounts: they belong to no customer, so whoever may view the module sees all of them."""

    module: ClassVar[str] = "products"


class OfferQuerySet(PolicyQuerySet["Offer"]):
    """Offers; they inherit the reach of their customer."""

    module: ClassVar[str] = "products"
    manager_lookup: ClassVar[str] = "customer__manager"
    unit_lookup: ClassVar[str] = "customer__org_unit"

    def usable(self, on: datetime.date) -> Self:
        """Offers that numbers can be put on at day `on`: approved and not expired."""
        return self.filter(Q(expires_on=None) | Q(expires_on__gt=on), status="approved", effective_on__lte=on)


class GroupSubscriptionQuerySet(PolicyQuerySet["GroupSubscription"]):
    """Group subscriptions; they inherit the reach of their customer."""

    module: ClassVar[str] = "products"
    manager_lookup: ClassVar[str] = "customer__manager"
    unit_lookup: ClassVar[str] = "customer__org_unit"
