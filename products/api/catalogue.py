"""The catalogue over HTTP: products with their rules and tariffs, discounts; by the forms and services of their pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from access.models import Action
from common.api.editing import form_of
from common.api.schema import READ_ERRORS, WRITE_ERRORS
from products.api.base import WrittenByForm
from products.api.lists import TariffList
from products.api.serializers import DiscountSerializer, ProductSerializer, TariffSerializer
from products.forms import DiscountForm, PriceForm, ProductForm, RuleForm, TariffForm
from products.models import Discount, Product, ProductRuleKind, Tariff
from products.querysets import may_keep_catalogue
from products.services.catalogue import add_price, add_rule, remove_rule
from products.tables import DiscountList, ProductList


class NewPriceSerializer(serializers.Serializer[Any]):
    """A price."""

    fee = serializers.DecimalField(10, 2, help_text="CNY for the tariff's unit.")
    effective_on = serializers.DateField()


class NewRuleSerializer(serializers.Serializer[Any]):
    """A rule with another product."""

    kind = serializers.ChoiceField(ProductRuleKind.choices)
    other = serializers.CharField(help_text="A code.")


class _CatalogueViewSet(WrittenByForm):
    """Entries of the catalogue: read by every role that opens the module, written by those who keep all of it."""

    def require(self, action: str) -> None:
        """Raise PermissionDenied unless the user keeps the catalogue."""
        if not may_keep_catalogue(self.user, action):
            raise PermissionDenied


class ProductViewSet(_CatalogueViewSet):
    """Products."""

    list_class = ProductList
    serializer_class = ProductSerializer
    resource = "products"
    one, many = "product", "products"

    def form(self, row: Any, data: Any) -> Any:
        """That of the product's page."""
        return ProductForm(data, instance=row or Product(), actor=self.user)

    def address(self, row: Any) -> str:
        """Of the product."""
        return reverse("api:product", args=[row.pk])

    @extend_schema(
        operation_id="products_rule",
        summary="Enter a rule between two products",
        description="The one in the address excludes or requires the other on the same number. It counts from the next batch on.",
        request=NewRuleSerializer,
        responses={201: ProductSerializer, **WRITE_ERRORS},
    )
    def add_rule(self, request: Request, pk: int) -> Response:
        """Enter it."""
        self.require(Action.CHANGE)
        product = self.changeable(pk)
        form = form_of(request, NewRuleSerializer(), RuleForm, {"other": "code"}, product=product, actor=self.user)
        given = {"kind": form.cleaned_data["kind"], "other_id": form.cleaned_data["other"].pk}
        self.by_service(None, lambda: add_rule(product_id=pk, actor=self.user, **given))
        response = self.told(pk)
        response.status_code = status.HTTP_201_CREATED
        return response

    @extend_schema(
        operation_id="products_rule_remove",
        summary="Remove a rule",
        description="One in which the product stands on either side. One that is gone already is no error.",
        request=None,
        responses={204: None, **READ_ERRORS},
    )
    def remove_rule(self, request: Request, pk: int, rule_pk: int) -> Response:  # noqa: ARG002  # DRF passes it
        """Remove it."""
        self.require(Action.CHANGE)
        remove_rule(product_id=pk, rule_id=rule_pk, actor=self.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class DiscountViewSet(_CatalogueViewSet):
    """Discounts."""

    list_class = DiscountList
    serializer_class = DiscountSerializer
    resource = "discounts"
    one, many = "discount", "discounts"

    def form(self, row: Any, data: Any) -> Any:
        """That of the discount's page."""
        return DiscountForm(data, instance=row or Discount(), actor=self.user)

    def address(self, row: Any) -> str:
        """Of the discount."""
        return reverse("api:discount", args=[row.pk])


class TariffViewSet(_CatalogueViewSet):
    """Tariffs."""

    list_class = TariffList
    serializer_class = TariffSerializer
    resource = "tariffs"
    one, many = "tariff", "tariffs"

    def form(self, row: Any, data: Any) -> Any:
        """That of the tariff's page; a new one is of the product in the address."""
        return TariffForm(data, instance=row or Tariff(product=self.scope()["product"]), actor=self.user)

    def address(self, row: Any) -> str:
        """Of the tariff."""
        return reverse("api:tariff", args=[row.pk])

    @extend_schema(
        operation_id="tariffs_price",
        summary="Enter a price of a tariff",
        description="From a day on, today or later; the price before it ends the same day. A later one stays.",
        request=NewPriceSerializer,
        responses={201: TariffSerializer, **WRITE_ERRORS},
    )
    def add_price(self, request: Request, pk: int) -> Response:
        """Enter it."""
        self.require(Action.CHANGE)
        self.changeable(pk)
        form = form_of(request, NewPriceSerializer(), PriceForm)
        self.by_service(None, lambda: add_price(tariff_id=pk, actor=self.user, **form.cleaned_data))
        response = self.told(pk)
        response.status_code = status.HTTP_201_CREATED
        return response


class TariffsOfProduct(TariffViewSet):
    """The tariffs of the product in the address."""

    resource = "products_tariffs"

    def scope(self) -> Mapping[str, Any]:
        """The product. Raises Http404 when it is missing."""
        return {"product": Product.objects.get_visible(self.user, self.kwargs["pk"])}
