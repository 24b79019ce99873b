"""Group subscriptions: what may be added for a customer, and how it ends."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.utils import timezone

from access.models import User
from customers.models import Customer
from products.models import GroupSubscription, OfferStatus, ProductRule, Tariff
from products.services.group_subscriptions import add_group_subscription, end_group_subscription
from tests.products.factories import make_customer, make_group_subscription, make_manager, make_offer, make_product, make_tariff

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()


@pytest.fixture
def manager() -> User:
    """The actor."""
    return make_manager()


@pytest.fixture
def customer(manager: User) -> Customer:
    """The actor's customer."""
    return make_customer(manager)


def line_tariff(**values: Any) -> Tariff:
    """A tariff of a product that groups subscribe to."""
    return make_tariff(make_product(kind="private_line", member_level=False, **values), fee="1200.00")


def wanted(customer: Customer, tariff: Tariff, **values: object) -> GroupSubscription:
    """An unsaved subscription from today on."""
    return GroupSubscription(customer=customer, tariff=tariff, **{"effective_on": TODAY, **values})


def test_add_under_an_offer(manager: User, customer: Customer) -> None:
    """The product follows from the tariff; the customer's own offer for it fits."""
    tariff = line_tariff()
    offer = make_offer(customer, tariff)
    saved = add_group_subscription(subscription=wanted(customer, tariff, offer=offer, quantity=3), actor=manager)
    assert GroupSubscription.objects.get() == saved
    assert saved.product == tariff.product


def test_out_of_reach(manager: User) -> None:
    """A hidden customer is a missing one."""
    with pytest.raises(Http404):
        add_group_subscription(subscription=wanted(make_customer(make_manager("other")), line_tariff()), actor=manager)
    assert not GroupSubscription.objects.exists()


def test_without_the_action(customer: Customer) -> None:
    """Seeing the customer is not enough."""
    viewer = make_manager("viewer", customer.org_unit)
    viewer.assignments.get().role.permissions.filter(action="add").delete()
    Customer.objects.filter(pk=customer.pk).update(manager=viewer)
    with pytest.raises(PermissionDenied):
        add_group_subscription(subscription=wanted(customer, line_tariff()), actor=User.objects.get(pk=viewer.pk))
    assert not GroupSubscription.objects.exists()


def test_what_is_not_for_sale(manager: User, customer: Customer) -> None:
    """Products for members, retired products, and offers that do not fit are refused."""
    tariff = line_tariff()
    elsewhere = make_offer(make_customer(manager), tariff)
    pending = make_offer(customer, tariff, status=OfferStatus.DRAFT)
    for attempt in (
        wanted(customer, make_tariff()),
        wanted(customer, line_tariff(retired_on=TODAY)),
        wanted(customer, tariff, offer=elsewhere),
        wanted(customer, tariff, offer=pending),
        wanted(customer, line_tariff(), offer=make_offer(customer, tariff)),
    ):
        with pytest.raises(ValidationError):
            add_group_subscription(subscription=attempt, actor=manager)
    assert not GroupSubscription.objects.exists()


def test_rules_between_products(manager: User, customer: Customer) -> None:
    """An exclusion counts both ways; a requirement is met by a live subscription only."""
    base, extra, rival = line_tariff(), line_tariff(), line_tariff()
    ProductRule.objects.create(product=extra.product, kind="requires", other=base.product)
    ProductRule.objects.create(product=rival.product, kind="excludes", other=base.product)
    with pytest.raises(ValidationError, match="requires"):
        add_group_subscription(subscription=wanted(customer, extra), actor=manager)
    held = add_group_subscription(subscription=wanted(customer, base), actor=manager)
    add_group_subscription(subscription=wanted(customer, extra), actor=manager)
    with pytest.raises(ValidationError, match="excludes"):
        add_group_subscription(subscription=wanted(customer, rival), actor=manager)
    end_group_subscription(subscription_id=held.pk, ended_on=TODAY, actor=manager)
    add_group_subscription(subscription=wanted(customer, rival), actor=manager)
    with pytest.raises(ValidationError, match="excludes"):
        add_group_subscription(subscription=wanted(customer, base), actor=manager)
    assert GroupSubscription.objects.live(TODAY).count() == 2


def test_end(manager: User, customer: Customer) -> None:
    """It ends once, and not before it began."""
    subscription = make_group_subscription(customer, line_tariff(), effective_on=TODAY)
    with pytest.raises(ValidationError):
        end_group_subscription(subscription_id=subscription.pk, ended_on=TODAY - datetime.timedelta(days=1), actor=manager)
    end_group_subscription(subscription_id=subscription.pk, ended_on=TODAY, actor=manager)
    with pytest.raises(ValidationError):
        end_group_subscription(subscription_id=subscription.pk, ended_on=TODAY, actor=manager)
    with pytest.raises(Http404):
        end_group_subscription(subscription_id=subscription.pk, ended_on=TODAY, actor=make_manager("other"))
    assert GroupSubscription.objects.get().ended_on == TODAY
