"""The filters of this app's lists."""

from __future__ import annotations

import datetime
from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.choices import staff_in_reach, units_in_reach
from access.filters import UnitFilter
from access.models import OrgUnit, User
from common.lists import ChoicesFilter, DatesFilter, Filters, ModelChoicesFilter, MomentsFilter, NumbersFilter, TextFilter, YesNoFilter
from products.models import DiscountKind, OfferStatus, Product, ProductKind

EXPIRY_DAYS = [("30", _("the next 30 days")), ("60", _("the next 60 days")), ("90", _("the next 90 days"))]


class ProductFilters(Filters):
    """Of the catalogue."""

    kind = ChoicesFilter(choices=ProductKind.choices, label=_("Kind"))
    code = TextFilter(label=_("Code"))
    name_zh = TextFilter(label=_("Chinese name"))
    name_en = TextFilter(label=_("English name"))
    member_level = YesNoFilter(label=_("For members"), method="by_level")
    on_sale = YesNoFilter(label=_("On sale"), method="by_sale")
    min_members = NumbersFilter(label=_("Minimum members"))
    available_from = DatesFilter(label=_("Available from"))
    retired_on = DatesFilter(label=_("Retired on"))

    def by_level(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Products for numbers, or for groups."""
        return queryset.filter(member_level=value == "yes")

    def by_sale(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Products that are on sale today, or are not."""
        today = timezone.localdate()
        on_sale = Q(available_from__lte=today) & (Q(retired_on=None) | Q(retired_on__gt=today))
        return queryset.filter(on_sale if value == "yes" else ~on_sale)


class DiscountFilters(Filters):
    """Of the discounts."""

    kind = ChoicesFilter(choices=DiscountKind.choices, label=_("Kind"))
    in_use = YesNoFilter(label=_("In use"), method="by_use")

    def by_use(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Discounts that are not retired, or are."""
        in_use = Q(retired_on=None) | Q(retired_on__gt=timezone.localdate())
        return queryset.filter(in_use if value == "yes" else ~in_use)


def _products(request: Any) -> QuerySet[Product]:
    return Product.objects.visible_to(request.user)


def _managers(request: Any) -> QuerySet[User]:
    return staff_in_reach(request.user, "products")


def _units(request: Any) -> QuerySet[OrgUnit]:
    return units_in_reach(request.user, "products")


class OfferFilters(Filters):
    """Of the offers."""

    status = ChoicesFilter(choices=OfferStatus.choices, label=_("Status"))
    code = TextFilter(label=_("Offer"), shape=str.strip)
    product = ModelChoicesFilter(queryset=_products, label=_("Product"))
    expires_in = django_filters.ChoiceFilter(
        choices=EXPIRY_DAYS, label=_("Expiring in"), method="by_expiry", widget=forms.RadioSelect, empty_label=None
    )
    expires_on = DatesFilter(label=_("Expiry"))
    effective_on = DatesFilter(label=_("Effective"))
    committed_members = NumbersFilter(label=_("Agreed members"))
    mine = YesNoFilter(label=_("My customers"), method="by_manager")
    manager = ModelChoicesFilter(field_name="manager_key", queryset=_managers, label=_("Account manager"), null_label=_("nobody yet"))
    org_unit = UnitFilter(field_name="unit_key", queryset=_units, label=_("Org unit"))
    approved_at = MomentsFilter(label=_("Approved"))
    created_at = MomentsFilter(label=_("Entered"))

    def by_expiry(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Approved offers that expire within so many days from today."""
        today = timezone.localdate()
        offers: Any = queryset
        found: QuerySet[Any] = offers.expiring(today, today + datetime.timedelta(days=int(value)))
        return found

    def by_manager(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Offers of customers that the user manages, or of others."""
        mine = Q(customer__manager=self.request.user)
        return queryset.filter(mine) if value == "yes" else queryset.exclude(mine)
