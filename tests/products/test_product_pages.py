"""Pages of the catalogue, of offers and of a customer's products: what each person sees, does, and is refused."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from access.models import User
from common.versions import version_of
from customers.models import Customer
from products.models import Discount, GroupSubscription, Offer, OfferStatus, Product, ProductRule, Tariff
from tests.access.clients import browser
from tests.products.factories import (
    make_customer,
    make_discount,
    make_group_subscription,
    make_keeper,
    make_manager,
    make_offer,
    make_product,
    make_tariff,
)

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()


@pytest.fixture
def keeper() -> User:
    """Keeps the catalogue."""
    return make_keeper()


@pytest.fixture
def manager() -> User:
    """Has the customer."""
    return make_manager()


@pytest.fixture
def customer(manager: User) -> Customer:
    """The manager's customer."""
    return make_customer(manager)


def test_a_product_is_entered_changed_and_given_a_price(keeper: User) -> None:
    """The keeper's whole way, page by page."""
    client = browser(keeper)
    values = {
        "code": "VNET",
        "kind": "vnet",
        "name_zh": "集团V网",
        "name_en": "V-net",
        "member_level": "on",
        "min_members": "3",
        "available_from": "2025-01-01",
    }
    client.post(reverse("products:product_create"), values)
    product = Product.objects.get()
    update = reverse("products:product_update", args=[product.pk])
    client.post(update, {**values, "min_members": "5", "version": version_of(product)})
    client.post(reverse("products:tariff_create", args=[product.pk]), {"code": "V10", "name_zh": "十元", "name_en": "Ten", "unit": "month"})
    tariff = Tariff.objects.get()
    client.post(reverse("products:tariff_price_create", args=[tariff.pk]), {"fee": "10", "effective_on": "2025-01-01"})
    page = client.get(reverse("products:product_detail", args=[product.pk])).content.decode()
    assert Product.objects.get().min_members == 5
    assert "¥10" in page
    assert "V10" in page


def test_a_form_based_on_an_old_version_keeps_what_was_typed(keeper: User) -> None:
    """The refusal says why, and the form still holds the new values."""
    product = make_product()
    data = {
        "code": product.code,
        "kind": "vnet",
        "name_zh": "新名称",
        "name_en": "New",
        "min_members": "0",
        "available_from": "2025-01-01",
        "version": "old",
    }
    response = browser(keeper).post(reverse("products:product_update", args=[product.pk]), data)
    assert response.status_code == 422
    assert "Somebody else changed this meanwhile" in response.content.decode()
    assert "新名称" in response.content.decode()
    assert Product.objects.get().name_en == product.name_en


def test_the_catalogue_is_for_reading_to_managers(manager: User) -> None:
    """A manager sees products without buttons, and every change is refused."""
    tariff, discount = make_tariff(), make_discount()
    product, client = tariff.product, browser(manager)
    page = client.get(reverse("products:product_detail", args=[product.pk])).content.decode()
    assert product.label in page
    assert "New tariff" not in page
    refused = [
        ("product_create", []),
        ("discount_create", []),
        ("tariff_create", [product.pk]),
        ("product_update", [product.pk]),
        ("tariff_update", [tariff.pk]),
        ("tariff_price_create", [tariff.pk]),
        ("discount_update", [discount.pk]),
        ("rule_add", [product.pk]),
        ("rule_remove", [product.pk, 1]),
    ]
    for name, arguments in refused:
        assert client.post(reverse(f"products:{name}", args=arguments), {"code": "X"}).status_code in (403, 404), name
    assert (Product.objects.count(), Tariff.objects.count(), Discount.objects.count()) == (1, 1, 1)


def test_rules_stand_on_both_products(keeper: User) -> None:
    """A rule is entered on one page, seen on both, and removed from either."""
    one, two = make_product(), make_product()
    client = browser(keeper)
    client.post(reverse("products:rule_add", args=[one.pk]), {"kind": "requires", "other": two.pk})
    rule = ProductRule.objects.get()
    assert "requires" in client.get(reverse("products:product_detail", args=[one.pk])).content.decode()
    assert "is required by" in client.get(reverse("products:product_detail", args=[two.pk])).content.decode()
    again = client.post(reverse("products:rule_add", args=[one.pk]), {"kind": "requires", "other": two.pk})
    assert again.status_code == 422
    client.post(reverse("products:rule_remove", args=[two.pk, rule.pk]))
    assert not ProductRule.objects.exists()


@pytest.mark.parametrize(
    ("kind", "value", "field"),
    [("percent", "100.01", "value"), ("free_months", "1.5", "value"), ("amount", "-1", "value"), ("amount", "x", "value")],
)
def test_discount_values_that_cannot_be(keeper: User, kind: str, value: str, field: str) -> None:
    """The form says what is wrong instead of the database."""
    data = {"code": "D", "name_zh": "优惠", "name_en": "D", "kind": kind, "value": value}
    response = browser(keeper).post(reverse("products:discount_create"), data)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not Discount.objects.exists()


def test_an_offer_from_form_to_approval(manager: User, customer: Customer) -> None:
    """A draft is made on the customer's behalf, submitted, and approved by a director of the unit."""
    from tests.products.factories import make_director

    tariff, half = make_tariff(fee="10.00"), make_discount(value="50")
    client = browser(manager)
    address = reverse("products:offer_create") + f"?customer={customer.pk}"
    assert f"{customer.code}-01" in client.get(address).content.decode()
    data = {"code": "OF-1", "tariff": tariff.pk, "discounts": [half.pk], "effective_on": TODAY.isoformat()}
    client.post(address, data)
    offer = Offer.objects.get()
    page = client.get(reverse("products:offer_detail", args=[offer.pk])).content.decode()
    assert "¥5" in page
    assert "Submit for approval" in page
    client.post(reverse("products:offer_submit", args=[offer.pk]))
    assert client.post(reverse("products:offer_approve", args=[offer.pk])).status_code == 404
    assert Offer.objects.get().status == OfferStatus.IN_APPROVAL
    director = browser(make_director(unit=manager.org_unit))
    assert offer.customer.name in director.get(reverse("home")).content.decode()
    address = reverse("products:offer_detail", args=[offer.pk])
    seen = director.get(address).context["version"]
    Offer.objects.update(committed_members=9_999)  # somebody changes the terms while the page is open
    refused = director.post(reverse("products:offer_approve", args=[offer.pk]), {"version": seen}, follow=True)
    assert "Somebody else changed this meanwhile" in refused.content.decode()
    assert Offer.objects.get().status == OfferStatus.IN_APPROVAL
    director.post(reverse("products:offer_approve", args=[offer.pk]), {"version": director.get(address).context["version"]})
    assert Offer.objects.get().status == OfferStatus.APPROVED


def test_two_discounts_of_a_group_are_refused_in_the_form(manager: User, customer: Customer) -> None:
    """The message stands at the field, and the price trail beside it shows what would count."""
    discounts = [make_discount(stacking_group="volume"), make_discount(stacking_group="volume")]
    data = {"code": "OF-1", "tariff": make_tariff().pk, "discounts": [d.pk for d in discounts], "effective_on": TODAY.isoformat()}
    response = browser(manager).post(reverse("products:offer_create") + f"?customer={customer.pk}", data)
    assert response.status_code == 422
    assert "discounts" in response.context["form"].errors
    assert "does not count now" in response.content.decode()
    assert not Offer.objects.exists()


def test_the_price_follows_the_choices(manager: User) -> None:
    """The partial beside the form answers any half-filled form."""
    tariff, half = make_tariff(fee="10.00"), make_discount(value="50")
    client, address = browser(manager), reverse("products:offer_price")
    data: dict[str, Any] = {"tariff": tariff.pk, "discounts": [half.pk], "effective_on": TODAY.isoformat()}
    assert "¥5" in client.get(address, data).content.decode()
    half_filled_forms: list[dict[str, Any]] = [
        {},
        {"tariff": "x"},
        {"tariff": tariff.pk, "effective_on": "2026-13-45"},
        {"tariff": tariff.pk, "discounts": ["y"]},
        {"tariff": "9" * 5_000},
        {"tariff": tariff.pk, "discounts": ["9" * 5_000]},
    ]
    for half_filled in half_filled_forms:
        assert client.get(address, half_filled).status_code == 200


def test_another_managers_offers_are_hidden(manager: User, customer: Customer) -> None:
    """List, page, panel, form and steps of a customer out of reach: seen and hidden."""
    own, foreign = make_offer(customer), make_offer(make_customer(make_manager("other")), status=OfferStatus.DRAFT)
    client = browser(manager)
    listed = client.get(reverse("products:offer_list")).content.decode()
    assert own.code in listed
    assert foreign.code not in listed
    on_product = client.get(reverse("products:product_detail", args=[foreign.product_id])).content.decode()
    assert foreign.code not in on_product
    for name in ("offer_detail", "offer_update"):
        assert client.get(reverse(f"products:{name}", args=[foreign.pk])).status_code == 404
    for name in ("offer_submit", "offer_approve", "offer_return", "offer_withdraw"):
        assert client.post(reverse(f"products:{name}", args=[foreign.pk])).status_code == 404
    assert client.get(reverse("products:customer_panel", args=[foreign.customer_id])).status_code == 404
    assert client.get(reverse("products:offer_create") + f"?customer={foreign.customer_id}").status_code == 404
    assert Offer.objects.get(pk=foreign.pk).status == OfferStatus.DRAFT


def test_group_subscriptions_on_the_customers_panel(manager: User, customer: Customer) -> None:
    """Added by the form with its fee shown, ended by another."""
    tariff = make_tariff(make_product(member_level=False, kind="broadband"), fee="1200.00")
    client = browser(manager)
    data = {"tariff": tariff.pk, "quantity": "2", "identifier": "L-1", "effective_on": TODAY.isoformat()}
    client.post(reverse("products:group_subscription_create", args=[customer.pk]), data)
    subscription = GroupSubscription.objects.get()
    panel = client.get(reverse("products:customer_panel", args=[customer.pk])).content.decode()
    assert "¥2,400" in panel
    refused = client.post(reverse("products:group_subscription_end", args=[subscription.pk]), {"ended_on": "2020-01-01"})
    assert refused.status_code == 422
    client.post(reverse("products:group_subscription_end", args=[subscription.pk]), {"ended_on": TODAY.isoformat()})
    assert GroupSubscription.objects.get().ended_on == TODAY


def test_home_warns_of_offers_that_expire(manager: User, customer: Customer) -> None:
    """The card counts 30, 60 and 90 days, and leaves out what expires later or is not the user's."""
    for days in (10, 45, 80, 120):
        make_offer(customer, expires_on=TODAY + datetime.timedelta(days=days))
    make_offer(make_customer(make_manager("other")), expires_on=TODAY + datetime.timedelta(days=10))
    card = next(card for card in browser(manager).get(reverse("home")).context["cards"] if card.key == "expiring_offers")
    assert [window["count"] for window in card.data["windows"]] == [1, 2, 3]
    assert len(card.data["next"]) == 3


@pytest.mark.parametrize("rows", [2, 12])
def test_the_number_of_queries_does_not_grow(
    manager: User, customer: Customer, django_assert_max_num_queries: DjangoAssertNumQueries, rows: int
) -> None:
    """Lists and panels read all their rows at once."""
    for number in range(rows):
        tariff = make_tariff(make_product(member_level=False))
        make_offer(customer, tariff, discounts=[make_discount()], effective_on=TODAY + datetime.timedelta(days=number))
        make_group_subscription(customer, tariff)
    client = browser(manager)
    for address, limit in (
        (reverse("products:product_list"), 11),
        (reverse("products:discount_list"), 11),
        (reverse("products:offer_list"), 13),
        (reverse("products:product_detail", args=[Product.objects.latest("pk").pk]), 18),
        (reverse("products:offer_detail", args=[Offer.objects.latest("pk").pk]), 13),
        (reverse("products:offer_create") + f"?customer={customer.pk}", 13),
    ):
        with django_assert_max_num_queries(limit):
            assert client.get(address).status_code == 200


def test_prices_in_the_offer_list_are_net(manager: User, customer: Customer) -> None:
    """The list shows what the customer pays, on the first day for what is to come."""
    tariff = make_tariff(fee="10.00", expires_on=TODAY + datetime.timedelta(days=5))
    tariff.prices.create(fee=Decimal("20.00"), effective_on=TODAY + datetime.timedelta(days=5))
    half = make_discount(value="50")
    make_offer(customer, tariff, discounts=[half])
    make_offer(customer, tariff, discounts=[half], effective_on=TODAY + datetime.timedelta(days=30))
    page = browser(manager).get(reverse("products:offer_list")).content.decode()
    assert "¥5<" in page
    assert "¥10<" in page


def test_a_customers_header_names_the_next_expiry(manager: User, customer: Customer) -> None:
    for days in (14, 9):
        make_offer(customer, expires_on=TODAY + datetime.timedelta(days=days))
    page = browser(manager).get(reverse("customers:customer_detail", args=[customer.pk])).content.decode()
    assert f">{TODAY + datetime.timedelta(days=9):%Y-%m-%d}</a>" in page
