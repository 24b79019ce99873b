"""What the API gives and takes of the catalogue, of offers and of group subscriptions. References go by code."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import exceptions, serializers

from common.api.fields import Fetched, ResourceSerializer
from customers.api.serializers import CodeField, TextField
from products.models import (
    Discount,
    DiscountKind,
    GroupSubscription,
    Offer,
    OfferStatus,
    Product,
    ProductKind,
    ProductRule,
    ProductRuleKind,
    Tariff,
    TariffPrice,
    TariffUnit,
)
from products.services.pricing import in_order, monthly_fees
from products.tables import net_prices

_IN_BATCHES = "The codes of product and tariff with a colon between them, as in batches: `VNET:VNET10`."


class PriceSerializer(serializers.Serializer[Any]):
    """The fee of a tariff over some days."""

    fee = serializers.DecimalField(10, 2, help_text="CNY for the tariff's unit.")
    effective_on = serializers.DateField()
    expires_on = serializers.DateField(allow_null=True, help_text="The first day on which it is another one.")


class RuleSerializer(serializers.Serializer[Any]):
    """How a product stands to another one on the same number."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField([*ProductRuleKind.values, "is_required_by"])
    other = serializers.CharField(help_text="A code.")


@extend_schema_field(PriceSerializer(many=True))
class PricesField(Fetched, serializers.Field[Any, Any, Any, Any]):
    """All prices of a tariff, the earliest first."""

    def fetch(self, rows: Sequence[Any], user: Any) -> Mapping[Any, Any]:  # noqa: ARG002  # who sees a tariff sees its prices
        """One query."""
        found: dict[int, list[TariffPrice]] = {row.pk: [] for row in rows}
        for price in TariffPrice.objects.filter(tariff__in=list(found)).order_by("effective_on"):
            found[price.tariff_id].append(price)
        return found

    def to_representation(self, value: Any) -> Any:
        """As they are."""
        return [dict(one) for one in PriceSerializer(value, many=True).data]


class TariffOfProductSerializer(ResourceSerializer):
    """A tariff of a product."""

    id = serializers.IntegerField(read_only=True)
    code = TextField(required=True)
    name_en = TextField(required=True)
    name_zh = TextField(required=True)
    unit = serializers.ChoiceField(TariffUnit.choices, required=False)
    retired_on = serializers.DateField(required=False, allow_null=True)
    prices = PricesField(read_only=True)


class TariffSerializer(TariffOfProductSerializer):
    """A tariff: a way to pay for a product."""

    product = CodeField("product.code", read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


@extend_schema_field(TariffOfProductSerializer(many=True))
class TariffsField(Fetched, serializers.Field[Any, Any, Any, Any]):
    """The tariffs of a product, with all their prices."""

    def fetch(self, rows: Sequence[Any], user: Any) -> Mapping[Any, Any]:
        """Two queries."""
        found: dict[int, list[dict[str, Any]]] = {row.pk: [] for row in rows}
        tariffs = list(Tariff.objects.visible_to(user).filter(product__in=list(found)).order_by("code"))
        for tariff, told in zip(tariffs, TariffOfProductSerializer().represent(tariffs, user), strict=True):
            found[tariff.product_id].append(told)
        return found

    def to_representation(self, value: Any) -> Any:
        """As they are."""
        return value


@extend_schema_field(RuleSerializer(many=True))
class RulesField(Fetched, serializers.Field[Any, Any, Any, Any]):
    """The rules in which a product stands, as seen from it. An exclusion counts both ways."""

    def fetch(self, rows: Sequence[Any], user: Any) -> Mapping[Any, Any]:  # noqa: ARG002  # who sees one product sees all
        """One query."""
        found: dict[int, list[dict[str, Any]]] = {row.pk: [] for row in rows}
        back = {ProductRuleKind.EXCLUDES.value: ProductRuleKind.EXCLUDES.value, ProductRuleKind.REQUIRES.value: "is_required_by"}
        rules = ProductRule.objects.filter(Q(product__in=list(found)) | Q(other__in=list(found))).select_related("product", "other")
        for rule in rules.order_by("kind", "product__code", "other__code"):
            if rule.product_id in found:
                found[rule.product_id].append({"id": rule.pk, "kind": rule.kind, "other": rule.other.code})
            if rule.other_id in found:
                found[rule.other_id].append({"id": rule.pk, "kind": back[rule.kind], "other": rule.product.code})
        return found

    def to_representation(self, value: Any) -> Any:
        """As they are."""
        return value


class TariffField(serializers.CharField):
    """The tariff of an offer or a subscription, which decides its product."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"source": "tariff.product.code", "help_text": _IN_BATCHES, **kwargs})

    def get_attribute(self, instance: Any) -> str:
        """Both codes."""
        return f"{instance.tariff.product.code}:{instance.tariff.code}"

    def form_values(self, value: Any, form: Any) -> dict[str, list[str]]:
        """The key, where the form offers it. Raises ValidationError."""
        product, _colon, code = self.run_validation(value).partition(":")
        offered = form.fields["tariff"].queryset.filter(product__code=product, code=code)
        key = offered.values_list("pk", flat=True).first()
        if key is None:
            raise exceptions.ValidationError([exceptions.ErrorDetail(_("No such tariff is on sale."), "invalid_choice")])
        return {"tariff": [str(key)]}


class DiscountCodesField(serializers.ListField):
    """The codes of an offer's discounts, in the order in which they apply."""

    child = serializers.CharField()

    def get_attribute(self, instance: Any) -> list[str]:
        """Read with the offers."""
        return [discount.code for discount in in_order(instance.discounts.all())]


class NetPriceField(Fetched, serializers.DecimalField):
    """What an offer leaves of its tariff's fee, today or on its first day if that is to come."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(12, 2, **{"read_only": True, "allow_null": True, **kwargs})

    def fetch(self, rows: Sequence[Any], user: Any) -> Mapping[Any, Any]:  # noqa: ARG002
        """One query."""
        return net_prices(rows)


class MonthlyFeeField(Fetched, serializers.DecimalField):
    """What a group subscription costs a month today, for all of its quantity."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(14, 2, **{"read_only": True, **kwargs})

    def fetch(self, rows: Sequence[Any], user: Any) -> Mapping[Any, Any]:  # noqa: ARG002
        """Three queries."""
        fees = monthly_fees({(row.tariff_id, row.offer_id) for row in rows}, timezone.localdate())
        return {row.pk: fees[row.tariff_id, row.offer_id].net * row.quantity for row in rows}


class CatalogueSerializer(ResourceSerializer):
    """What products and discounts have in common."""

    id = serializers.IntegerField(read_only=True)
    code = TextField(required=True)
    name_en = TextField(required=True)
    name_zh = TextField(required=True)


class ProductSerializer(CatalogueSerializer):
    """A product."""

    kind = serializers.ChoiceField(ProductKind.choices)
    description = TextField()
    member_level = serializers.BooleanField(required=False, help_text="Whether numbers subscribe, and not the group itself.")
    min_members = serializers.IntegerField(required=False)
    available_from = serializers.DateField(required=False)
    retired_on = serializers.DateField(required=False, allow_null=True)
    on_sale = serializers.SerializerMethodField(help_text="Whether it can be newly subscribed today.")
    tariffs = TariffsField(read_only=True)
    rules = RulesField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)

    def get_on_sale(self, product: Product) -> bool:
        """Today."""
        return product.is_available(timezone.localdate())


class DiscountSerializer(CatalogueSerializer):
    """A discount that offers may carry."""

    kind = serializers.ChoiceField(DiscountKind.choices)
    value = serializers.DecimalField(10, 2, help_text="Percent, CNY or months, by kind.")
    stacking_group = TextField(help_text="An offer takes at most one discount of a group.")
    approval_limit = serializers.DecimalField(
        10, 2, required=False, allow_null=True, help_text="Above it, somebody other than the author approves the offer."
    )
    retired_on = serializers.DateField(required=False, allow_null=True)
    in_use = serializers.SerializerMethodField(help_text="Whether offers may carry it today.")
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)

    def get_in_use(self, discount: Discount) -> bool:
        """Today."""
        today: datetime.date = timezone.localdate()
        return discount.retired_on is None or discount.retired_on > today


class OfferSerializer(ResourceSerializer):
    """An offer for one customer. Only a draft can be changed."""

    id = serializers.IntegerField(read_only=True)
    code = TextField(help_text="Proposed where it is left out of a new one.")
    customer = CodeField("customer.code", read_only=True)
    product = CodeField("product.code", read_only=True, help_text="That of the tariff.")
    tariff = TariffField()
    discounts = DiscountCodesField(required=False, help_text="Codes.")
    effective_on = serializers.DateField(required=False)
    expires_on = serializers.DateField(required=False, allow_null=True, help_text="The first day on which it no longer holds.")
    committed_members = serializers.IntegerField(required=False, allow_null=True, help_text="The most numbers it was agreed for.")
    status = serializers.ChoiceField(OfferStatus.choices, read_only=True)
    stage = serializers.SerializerMethodField(
        help_text="As `status`; of an approved one `effective`, `expiring` or `expired` by its dates."
    )
    net_price = NetPriceField(help_text="CNY for the tariff's unit today, or on its first day; null where the tariff has no fee then.")
    created_by = CodeField("created_by.username", read_only=True, help_text="A login.")
    approved_by = CodeField("approved_by.username", read_only=True, help_text="A login.")
    approved_at = serializers.DateTimeField(read_only=True, allow_null=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)

    def get_stage(self, offer: Offer) -> str:
        """Today."""
        return offer.stage()


class GroupSubscriptionSerializer(ResourceSerializer):
    """A product that a customer has as a whole."""

    id = serializers.IntegerField(read_only=True)
    customer = CodeField("customer.code", read_only=True)
    product = CodeField("product.code", read_only=True, help_text="That of the tariff.")
    tariff = TariffField()
    offer = CodeField("offer.code")
    quantity = serializers.IntegerField(required=False)
    identifier = TextField(help_text="A line or an account.")
    effective_on = serializers.DateField(required=False)
    expires_on = serializers.DateField(required=False, allow_null=True, help_text="The first day on which it no longer runs.")
    ended_on = serializers.DateField(read_only=True, allow_null=True)
    is_live = serializers.SerializerMethodField(help_text="Whether it runs today.")
    monthly_fee = MonthlyFeeField(help_text="CNY, with the discounts of its offer, for all of its quantity.")
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)

    def get_is_live(self, row: GroupSubscription) -> bool:
        """Today."""
        today = timezone.localdate()
        ends = [day for day in (row.ended_on, row.expires_on) if day is not None]
        return row.effective_on <= today and all(today < day for day in ends)
