"""The lists of tariffs and of group subscriptions, which the browser shows on the pages of products and of customers alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.lists import ChoicesFilter, Column, DatesFilter, Filters, ListDefinition, ModelChoicesFilter, YesNoFilter
from customers.models import Customer
from products.models import GroupSubscription, Product, Tariff, TariffUnit
from products.querysets import CatalogueQuerySet, GroupSubscriptionQuerySet


def _products(request: HttpRequest) -> QuerySet[Product]:
    return Product.objects.visible_to(request.user)


def _products_of_groups(request: HttpRequest) -> QuerySet[Product]:
    return _products(request).filter(member_level=False)


class TariffFilters(Filters):
    """Of tariffs."""

    product = ModelChoicesFilter(label=_("Product"), queryset=_products)
    unit = ChoicesFilter(label=_("Charged for"), choices=TariffUnit.choices)
    in_use = YesNoFilter(label=_("In use"), method="by_use")

    def by_use(self, queryset: CatalogueQuerySet[Tariff], _name: str, value: str) -> CatalogueQuerySet[Tariff]:
        """Tariffs that are not retired, or are."""
        today = timezone.localdate()
        return queryset.on_sale(today) if value == "yes" else queryset.filter(retired_on__lte=today)


class TariffList(ListDefinition):
    """Tariffs; all of them, or those of one product (`product=`)."""

    name = "tariffs"
    model = Tariff
    title = _("Tariffs")
    filterset_class = TariffFilters
    search_fields: ClassVar[Sequence[str]] = ("code__icontains", "name_zh__icontains", "name_en__icontains")
    default_sort = "product"
    columns = (
        Column(key="product", label=_("Product"), sort=("product__code", "code")),
        Column(key="code", label=_("Code"), sort=("code",)),
    )
    scope_models: ClassVar[Mapping[str, type[Model]]] = {"product": Product}

    def queryset(self) -> QuerySet[Any]:
        """Those of one product, where the address names it."""
        rows = super().queryset()
        return rows.filter(product=self.scope["product"]) if "product" in self.scope else rows


class GroupSubscriptionFilters(Filters):
    """Of group subscriptions."""

    product = ModelChoicesFilter(label=_("Product"), queryset=_products_of_groups)
    live = YesNoFilter(label=_("Runs or is to begin"), method="by_live")
    effective_on = DatesFilter(label=_("Effective"))
    expires_on = DatesFilter(label=_("Expiry"))
    ended_on = DatesFilter(label=_("Ended"))

    def by_live(self, queryset: GroupSubscriptionQuerySet, _name: str, value: str) -> GroupSubscriptionQuerySet:
        """Subscriptions that are neither ended nor expired, or are."""
        live = GroupSubscription.objects.live(timezone.localdate()).order_by().values("pk")
        found = Q(pk__in=live)
        return queryset.filter(found if value == "yes" else ~found)


class GroupSubscriptionList(ListDefinition):
    """The group subscriptions in reach."""

    name = "group-subscriptions"
    model = GroupSubscription
    title = _("Group subscriptions")
    filterset_class = GroupSubscriptionFilters
    search_fields: ClassVar[Sequence[str]] = ("identifier__startswith",)
    default_sort = "-effective_on"
    columns = (
        Column(key="effective_on", label=_("Effective"), sort=("effective_on",)),
        Column(key="expires_on", label=_("Expiry"), sort=("expires_on",)),
        Column(key="quantity", label=_("Quantity"), sort=("quantity",)),
    )

    def queryset(self) -> QuerySet[Any]:
        """Those of one customer, where the address names it."""
        rows = super().queryset()
        return rows.filter(customer=self.scope["customer"]) if "customer" in self.scope else rows


class SubscriptionsOfCustomerList(GroupSubscriptionList):
    """The group subscriptions of one customer (`customer=`)."""

    name = "customer-group-subscriptions"
    scope_models: ClassVar[Mapping[str, type[Model]]] = {"customer": Customer}
    scope_required = True
