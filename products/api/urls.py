"""Addresses of the catalogue, offers and group subscriptions in the API, below /api/v1/."""

from typing import Any, Final

from django.urls import path

from products.api.catalogue import DiscountViewSet as Discounts
from products.api.catalogue import ProductViewSet as Products
from products.api.catalogue import TariffsOfProduct
from products.api.catalogue import TariffViewSet as Tariffs
from products.api.offers import GroupSubscriptionViewSet as Subscriptions
from products.api.offers import OffersOfCustomer, SubscriptionsOfCustomer
from products.api.offers import OfferViewSet as Offers

_ALL: Final[dict[str, Any]] = {"get": "list", "post": "create"}
_CHANGE: Final[dict[str, Any]] = {"get": "retrieve", "put": "update", "patch": "partial_update"}
_OFFER: Final = "offers/<int:pk>/"

urlpatterns = [
    path("products/", Products.as_view(_ALL), name="product_list"),
    path("products/<int:pk>/", Products.as_view(_CHANGE), name="product"),
    path("products/<int:pk>/tariffs/", TariffsOfProduct.as_view(_ALL), name="product_tariffs"),
    path("products/<int:pk>/rules/", Products.as_view({"post": "add_rule"}), name="product_rules"),
    path("products/<int:pk>/rules/<int:rule_pk>/", Products.as_view({"delete": "remove_rule"}), name="product_rule"),
    path("tariffs/", Tariffs.as_view({"get": "list"}), name="tariff_list"),
    path("tariffs/<int:pk>/", Tariffs.as_view(_CHANGE), name="tariff"),
    path("tariffs/<int:pk>/prices/", Tariffs.as_view({"post": "add_price"}), name="tariff_prices"),
    path("discounts/", Discounts.as_view(_ALL), name="discount_list"),
    path("discounts/<int:pk>/", Discounts.as_view(_CHANGE), name="discount"),
    path("offers/", Offers.as_view({"get": "list"}), name="offer_list"),
    path(_OFFER, Offers.as_view(_CHANGE), name="offer"),
    path(f"{_OFFER}submit/", Offers.as_view({"post": "submit"}), name="offer_submit"),
    path(f"{_OFFER}approve/", Offers.as_view({"post": "approve"}), name="offer_approve"),
    path(f"{_OFFER}return/", Offers.as_view({"post": "give_back"}), name="offer_return"),
    path(f"{_OFFER}withdraw/", Offers.as_view({"post": "withdraw"}), name="offer_withdraw"),
    path("group-subscriptions/", Subscriptions.as_view({"get": "list"}), name="group_subscription_list"),
    path("group-subscriptions/<int:pk>/", Subscriptions.as_view({"get": "retrieve"}), name="group_subscription"),
    path("group-subscriptions/<int:pk>/end/", Subscriptions.as_view({"post": "end"}), name="group_subscription_end"),
    path("customers/<int:pk>/offers/", OffersOfCustomer.as_view(_ALL), name="customer_offers"),
    path("customers/<int:pk>/subscriptions/", SubscriptionsOfCustomer.as_view(_ALL), name="customer_subscriptions"),
]
