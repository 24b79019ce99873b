"""Reads of the catalogue and of customers' offers, through the access policy."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, ClassVar, Self, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q

from access.models import Action, User
from access.policy import PolicyQuerySet
from access.scope import scope_of

if TYPE_CHECKING:
    from products.models import GroupSubscription, Offer  # noqa: F401  (names of the type parameters)

CatalogueT_co = TypeVar("CatalogueT_co", bound=models.Model, covariant=True)


class CatalogueQuerySet(PolicyQuerySet[CatalogueT_co]):
    """Products, tariffs and discounts: they belong to no customer, so whoever may view the module sees all of them.

    Changing them touches every customer, so it takes a role whose scope is everything; an account manager who may add offers for the own
    customers may not change what all customers are sold.
    """

    module: ClassVar[str] = "products"

    def visible_to(self, user: User | AnonymousUser, action: str = Action.VIEW) -> Self:
        """The entries on which `user` may do `action`."""
        if action != Action.VIEW and not may_keep_catalogue(user, action):
            return self.none()
        return super().visible_to(user, action)

    def on_sale(self, on: datetime.date) -> Self:
        """Entries that are not retired on day `on`."""
        return self.filter(Q(retired_on=None) | Q(retired_on__gt=on))


def may_keep_catalogue(user: User | AnonymousUser, action: str = Action.CHANGE) -> bool:
    """Whether `user` may do `action` (add, change) on products, tariffs and discounts."""
    return scope_of(user).reach(CatalogueQuerySet.module, action).everything


class OfferQuerySet(PolicyQuerySet["Offer"]):
    """Offers; they carry their customer's scope columns."""

    module: ClassVar[str] = "products"
    manager_lookup: ClassVar[str] = "manager_key"
    unit_lookup: ClassVar[str] = "unit_key"
    customer_lookup: ClassVar[str] = "customer"
    page_orders: ClassVar[frozenset[tuple[str, ...]]] = frozenset({("effective_on", "id")})

    def usable(self, on: datetime.date) -> Self:
        """Offers that numbers can be put on at day `on`: approved and not expired."""
        return self.filter(Q(expires_on=None) | Q(expires_on__gt=on), status="approved", effective_on__lte=on)

    def expiring(self, first: datetime.date, last: datetime.date) -> Self:
        """Approved offers whose expiry falls on a day from `first` to `last`, both included."""
        return self.filter(status="approved", expires_on__gte=first, expires_on__lte=last)


class GroupSubscriptionQuerySet(PolicyQuerySet["GroupSubscription"]):
    """Group subscriptions; they inherit the reach of their customer."""

    module: ClassVar[str] = "products"
    inherits_from: ClassVar[str] = "customer"

    def live(self, on: datetime.date) -> Self:
        """Subscriptions that run on day `on` or begin later: neither ended nor expired by then."""
        return self.filter(Q(ended_on=None) | Q(ended_on__gt=on)).filter(Q(expires_on=None) | Q(expires_on__gt=on))
