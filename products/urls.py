"""Addresses of this app: the catalogue and offers below /products/, and a panel of the customer page."""

from django.urls import include, path

from access.history import history_view, restore_view
from products.views import catalogue, customer_panel, offers

app_name = "products"

product_urls = [
    path("", catalogue.ProductListPage.as_view(), name="product_list"),
    path("new/", catalogue.product_create, name="product_create"),
    path("<int:pk>/", catalogue.product_detail, name="product_detail"),
    path("<int:pk>/edit/", catalogue.product_update, name="product_update"),
    path("<int:pk>/rules/", catalogue.rule_add, name="rule_add"),
    path("<int:pk>/rules/<int:rule_pk>/remove/", catalogue.rule_remove, name="rule_remove"),
    path("<int:product_pk>/tariffs/new/", catalogue.tariff_create, name="tariff_create"),
    path("tariffs/<int:pk>/edit/", catalogue.tariff_update, name="tariff_update"),
    path("tariffs/<int:pk>/prices/new/", catalogue.tariff_price_create, name="tariff_price_create"),
    path("discounts/", catalogue.DiscountListPage.as_view(), name="discount_list"),
    path("discounts/new/", catalogue.discount_create, name="discount_create"),
    path("discounts/<int:pk>/edit/", catalogue.discount_update, name="discount_update"),
    path("offers/", offers.OfferListPage.as_view(), name="offer_list"),
    path("offers/new/", offers.offer_create, name="offer_create"),
    path("offers/price/", offers.offer_price, name="offer_price"),
    path("offers/<int:pk>/", offers.offer_detail, name="offer_detail"),
    path("offers/<int:pk>/edit/", offers.offer_update, name="offer_update"),
    path("offers/<int:pk>/submit/", offers.offer_submit, name="offer_submit"),
    path("offers/<int:pk>/approve/", offers.offer_approve, name="offer_approve"),
    path("offers/<int:pk>/return/", offers.offer_return, name="offer_return"),
    path("offers/<int:pk>/withdraw/", offers.offer_withdraw, name="offer_withdraw"),
    path("<int:pk>/history/", history_view("products.product"), name="product_history"),
    path("<int:pk>/restore/", restore_view("products.product"), name="product_restore"),
    path("tariffs/<int:pk>/history/", history_view("products.tariff"), name="tariff_history"),
    path("tariffs/<int:pk>/restore/", restore_view("products.tariff"), name="tariff_restore"),
    path("discounts/<int:pk>/history/", history_view("products.discount"), name="discount_history"),
    path("discounts/<int:pk>/restore/", restore_view("products.discount"), name="discount_restore"),
    path("offers/<int:pk>/history/", history_view("products.offer"), name="offer_history"),
    path("offers/<int:pk>/restore/", restore_view("products.offer"), name="offer_restore"),
    path("subscriptions/<int:pk>/end/", customer_panel.group_subscription_end, name="group_subscription_end"),
]

customer_urls = [
    path("", customer_panel.customer_panel, name="customer_panel"),
    path("subscriptions/new/", customer_panel.group_subscription_create, name="group_subscription_create"),
]

urlpatterns = [
    path("products/", include(product_urls)),
    path("customers/<int:pk>/products/", include(customer_urls)),
]
