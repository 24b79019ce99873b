"""The lists of this app: products, discounts, offers."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from django.db.models import Count, Model, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from access.models import Action
from access.scope import allowed
from common.lists import Column, ListAction, ListDefinition, ListView, dot, tag
from common.lists.bulk import BulkOperation
from common.templatetags.frame import tone
from customers.models import Customer
from products.bulk_operations import EditDiscounts, EditProducts
from products.cell_editors import DiscountCells, ProductCells
from products.filters import DiscountFilters, OfferFilters, ProductFilters
from products.models import Discount, Offer, OfferStatus, Product
from products.money import approval_limit_text, discount_text, yuan
from products.querysets import may_keep_catalogue
from products.services.pricing import fees_on, in_order, months_since, net_price
from products.templatetags.products import stage_label


def _sale(product: Any) -> SafeString:
    today = timezone.localdate()
    if product.retired_on is not None and product.retired_on <= today:
        return dot("idle", _("retired"))
    return dot("ok", _("on sale")) if product.available_from <= today else dot("warn", _("not yet on sale"))


class ProductList(ListDefinition):
    """The catalogue."""

    name = "products"
    model = Product
    title = gettext_lazy("Products")
    columns: ClassVar[Sequence[Column]] = (
        Column(key="name", label=gettext_lazy("Product"), value="label", sort=("name_zh",), link=True),
        Column(key="code", label=gettext_lazy("Code"), sort=("code",)),
        Column(key="kind", label=gettext_lazy("Kind"), sort=("kind",)),
        Column(
            key="level",
            label=gettext_lazy("Subscribed by"),
            value=lambda row: _("numbers") if row.member_level else _("the group"),
            hide_on_phone=True,
        ),
        Column(key="min_members", label=gettext_lazy("Minimum members"), sort=("min_members",), numeric=True, hide_on_phone=True),
        Column(key="tariffs", label=gettext_lazy("Tariffs"), value="tariff_count", numeric=True, hide_on_phone=True),
        Column(key="sale", label=gettext_lazy("State"), value=_sale),
        Column(key="available_from", label=gettext_lazy("Available from"), sort=("available_from",), optional=True),
        Column(key="retired_on", label=gettext_lazy("Retired on"), sort=("retired_on",), optional=True),
        Column(key="description", label=gettext_lazy("Description"), optional=True),
        Column(key="updated_at", label=gettext_lazy("Changed"), sort=("updated_at",), descending_first=True, optional=True),
    )
    filterset_class = ProductFilters
    search_fields: ClassVar[Sequence[str]] = ("code__icontains", "name_zh__icontains", "name_en__icontains")
    search_label = gettext_lazy("Search by name or code")
    default_sort = "code"
    empty_text = gettext_lazy("The catalogue is empty. Enter the products that you sell.")

    bulk_operations: ClassVar[Sequence[type[BulkOperation]]] = (EditProducts,)
    cell_editor = ProductCells

    def queryset(self) -> QuerySet[Any]:
        """Products with the number of their tariffs on sale."""
        today = timezone.localdate()
        on_sale = Q(tariffs__retired_on=None) | Q(tariffs__retired_on__gt=today)
        rows = super().queryset()
        return rows.annotate(tariff_count=Count("tariffs", filter=on_sale)) if not rows.query.is_empty() else rows

    def row_url(self, row: Any) -> str:
        """The product's page."""
        return reverse("products:product_detail", args=[row.pk])

    def actions(self) -> list[ListAction]:
        """Enter a new one."""
        if not may_keep_catalogue(self.user, Action.ADD):
            return []
        return [ListAction(label=_("New product"), url=reverse("products:product_create"), icon="plus", primary=True, shortcut="n")]


def _discount_state(discount: Any) -> SafeString:
    retired = discount.retired_on is not None and discount.retired_on <= timezone.localdate()
    return dot("idle", _("retired")) if retired else dot("ok", _("in use"))


class DiscountList(ListDefinition):
    """The discounts that offers may carry."""

    name = "discounts"
    model = Discount
    title = gettext_lazy("Discounts")
    columns: ClassVar[Sequence[Column]] = (
        Column(key="name", label=gettext_lazy("Discount"), value="label", sort=("name_zh",), link=True),
        Column(key="code", label=gettext_lazy("Code"), sort=("code",)),
        Column(key="effect", label=gettext_lazy("Effect"), value=discount_text, sort=("kind", "value")),
        Column(
            key="stacking_group",
            label=gettext_lazy("Stacking group"),
            value=lambda row: tag(row.stacking_group),
            sort=("stacking_group",),
            hide_on_phone=True,
        ),
        Column(
            key="approval_limit", label=gettext_lazy("Needs approval above"), value=approval_limit_text, numeric=True, hide_on_phone=True
        ),
        Column(key="state", label=gettext_lazy("State"), value=_discount_state),
        Column(key="retired_on", label=gettext_lazy("Retired on"), sort=("retired_on",), optional=True),
    )
    filterset_class = DiscountFilters
    search_fields: ClassVar[Sequence[str]] = ("code__icontains", "name_zh__icontains", "name_en__icontains")
    search_label = gettext_lazy("Search by name or code")
    default_sort = "code"
    empty_text = gettext_lazy("There are no discounts. Offers can carry only those that are entered here.")

    bulk_operations: ClassVar[Sequence[type[BulkOperation]]] = (EditDiscounts,)
    cell_editor = DiscountCells

    def row_url(self, row: Any) -> str:
        """The form, for who may use it."""
        return reverse("products:discount_update", args=[row.pk]) if may_keep_catalogue(self.user) else ""

    def actions(self) -> list[ListAction]:
        """Enter a new one."""
        if not may_keep_catalogue(self.user, Action.ADD):
            return []
        return [ListAction(label=_("New discount"), url=reverse("products:discount_create"), icon="plus", primary=True, shortcut="n")]


def offer_state(offer: Any) -> SafeString:
    """The offer's state today as a dot and a word."""
    stage = offer.stage()
    return dot(tone(stage), stage_label(stage))


def net_prices(rows: Sequence[Any]) -> dict[int, Decimal | None]:
    """The net price of each offer in CNY for its tariff's unit, today or on its first day if that is to come; None where the tariff has no
    fee then. One query; the discounts are read with the offers.
    """
    today = timezone.localdate()
    days = {offer.pk: max(today, offer.effective_on) for offer in rows}
    fees = fees_on({(offer.tariff_id, days[offer.pk]) for offer in rows})
    return {offer.pk: _net_price(offer, fees.get((offer.tariff_id, days[offer.pk])), days[offer.pk]) for offer in rows}


def _net_price(offer: Offer, fee: Decimal | None, day: datetime.date) -> Decimal | None:
    return None if fee is None else net_price(fee, offer.discounts.all(), months_since(offer.effective_on, day))


def _net_texts(rows: Sequence[Any], _user: Any) -> Mapping[Any, str]:
    return {key: "—" if price is None else yuan(price) for key, price in net_prices(rows).items()}


class OfferList(ListDefinition):
    """Offers; all that the user may see, or those of one customer or of one product (`customer=`, `product=`)."""

    name = "offers"
    model = Offer
    title = gettext_lazy("Offers")
    columns: ClassVar[Sequence[Column]] = (
        Column(key="code", label=gettext_lazy("Offer"), sort=("code",), link=True),
        Column(key="customer", label=gettext_lazy("Customer"), value="customer.name"),
        Column(key="product", label=gettext_lazy("Product"), value="product.label"),
        Column(key="tariff", label=gettext_lazy("Tariff"), value="tariff.label", hide_on_phone=True),
        Column(
            key="discounts",
            label=gettext_lazy("Discounts"),
            value=lambda row: " + ".join(discount_text(d) for d in in_order(row.discounts.all())),
            hide_on_phone=True,
        ),
        Column(key="net", label=gettext_lazy("Net price"), values=_net_texts, numeric=True),
        Column(key="effective_on", label=gettext_lazy("Effective"), sort=("effective_on",), descending_first=True, hide_on_phone=True),
        Column(key="expires_on", label=gettext_lazy("Expiry"), sort=("expires_on",)),
        Column(key="status", label=gettext_lazy("State"), value=offer_state),
        Column(key="committed_members", label=gettext_lazy("Agreed members"), numeric=True, optional=True),
        Column(key="created_by", label=gettext_lazy("Drafted by"), value="created_by.name", related=("created_by",), optional=True),
        Column(key="approved_by", label=gettext_lazy("Approved by"), value="approved_by.name", related=("approved_by",), optional=True),
        Column(key="approved_at", label=gettext_lazy("Approved"), optional=True),
        Column(key="created_at", label=gettext_lazy("Entered"), optional=True),
    )
    filterset_class = OfferFilters
    search_fields: ClassVar[Sequence[str]] = ("code__istartswith", "customer__name__icontains")
    search_label = gettext_lazy("Search by offer or customer")
    default_sort = "-effective_on"
    views: ClassVar[Sequence[ListView]] = (
        ListView(label=gettext_lazy("Waiting for approval"), parameters={"status": OfferStatus.IN_APPROVAL.value}),
        ListView(label=gettext_lazy("Expiring in 30 days"), parameters={"expires_in": "30"}),
        ListView(label=gettext_lazy("Drafts"), parameters={"status": OfferStatus.DRAFT.value}),
    )
    empty_text = gettext_lazy("There are no offers. An offer is made on its customer's page.")

    def queryset(self) -> QuerySet[Any]:
        """Offers with all that their rows show."""
        rows = super().queryset().select_related("customer", "product", "tariff").prefetch_related("discounts")
        return rows.filter(**{name: self.scope[name] for name in ("customer", "product") if name in self.scope})

    def get_columns(self) -> list[Column]:
        """Without what the page says already."""
        return [column for column in super().get_columns() if column.key not in self.scope]

    def row_url(self, row: Any) -> str:
        """The offer's page."""
        return reverse("products:offer_detail", args=[row.pk])

    def actions(self) -> list[ListAction]:
        """A new offer for the customer whose offers these are."""
        customer = self.scope.get("customer")
        if customer is None or not allowed(self.user, "products", Action.ADD):
            return []
        return [
            ListAction(label=_("New offer"), url=f"{reverse('products:offer_create')}?customer={customer.pk}", icon="plus", primary=True)
        ]


class CustomerOfferList(OfferList):
    """Offers of one customer (`customer=`)."""

    name = "customer_offers"
    search_fields: ClassVar[Sequence[str]] = ("code__istartswith", "product__name_zh__icontains", "product__name_en__icontains")
    search_label = gettext_lazy("Search by offer or product")
    scope_models: ClassVar[Mapping[str, type[Model]]] = {"customer": Customer}
    scope_required = True
    empty_text = gettext_lazy("No offers yet. Make the customer one, and its numbers can be put on it.")


class ProductOfferList(OfferList):
    """Offers with one product (`product=`)."""

    name = "product_offers"
    empty_text = gettext_lazy("No offer uses this product yet.")
    scope_models: ClassVar[Mapping[str, type[Model]]] = {"product": Product}
    scope_required = True
