"""Administration of the catalogue; offers and group subscriptions to look at. Rules and prices are entered on the product's page."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin

from access.administration import PolicyAdmin, ReadOnlyAdmin, ReadOnlyInline
from products.models import Discount, GroupSubscription, Offer, Product, ProductRule, Tariff, TariffPrice


class RuleInline(ReadOnlyInline):
    """The rules entered with the product."""

    model = ProductRule
    fk_name = "product"


@admin.register(Product)
class ProductAdmin(PolicyAdmin):
    """Products."""

    list_display = ("code", "name_zh", "name_en", "kind", "member_level", "available_from", "retired_on")
    list_filter = ("kind", "member_level")
    search_fields = ("code", "name_zh", "name_en")
    inlines: ClassVar = [RuleInline]


class PriceInline(ReadOnlyInline):
    """The dated prices."""

    model = TariffPrice


@admin.register(Tariff)
class TariffAdmin(PolicyAdmin):
    """Tariffs."""

    list_display = ("code", "product", "name_zh", "name_en", "unit", "retired_on")
    list_filter = ("unit",)
    list_select_related = ("product",)
    search_fields = ("code", "name_zh", "name_en")
    raw_id_fields = ("product",)
    inlines: ClassVar = [PriceInline]


@admin.register(Discount)
class DiscountAdmin(PolicyAdmin):
    """Discounts."""

    list_display = ("code", "name_zh", "name_en", "kind", "value", "stacking_group", "approval_limit", "retired_on")
    list_filter = ("kind",)
    search_fields = ("code", "name_zh", "name_en")


@admin.register(Offer)
class OfferAdmin(ReadOnlyAdmin):
    """Offers, to look at."""

    list_display = ("code", "customer", "product", "tariff", "status", "effective_on", "expires_on")
    list_filter = ("status",)
    list_select_related = ("customer", "product", "tariff")
    search_fields = ("code",)
    ordering = ("-id",)


@admin.register(GroupSubscription)
class GroupSubscriptionAdmin(ReadOnlyAdmin):
    """Group subscriptions, to look at."""

    list_display = ("customer", "product", "tariff", "offer", "quantity", "effective_on", "ended_on")
    list_select_related = ("customer", "product", "tariff", "offer")
    ordering = ("-id",)
