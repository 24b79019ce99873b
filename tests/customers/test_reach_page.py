"""The page that says what a person reaches, and why."""

from __future__ import annotations

import datetime

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from access.models import Action, Delegation, User
from customers.grants import CustomerGroupObjectPermission, CustomerUserObjectPermission
from customers.models import Customer
from customers.reach import explain_customer, ways_of
from tests.access.clients import browser
from tests.factories.customers import CustomerFactory

pytestmark = pytest.mark.django_db


def _share(user: User, customer: Customer, codename: str) -> None:
    permission = Permission.objects.get(codename=codename, content_type__app_label="customers")
    CustomerUserObjectPermission.objects.create(user=user, permission=permission, content_object=customer)


def test_each_way_is_told_with_its_customers(manager: User, colleague: User) -> None:
    CustomerFactory(manager=manager)
    CustomerFactory.create_batch(2, manager=colleague)
    foreign, grouped = CustomerFactory(manager=None), CustomerFactory(manager=None)
    today = timezone.localdate()
    Delegation.objects.create(lender=colleague, borrower=manager, starts_on=today, ends_on=today)
    _share(manager, foreign, "change_customer")
    group = Group.objects.create(name="港务项目组")
    group.user_set.add(manager)
    permission = Permission.objects.get(codename="view_customer", content_type__app_label="customers")
    CustomerGroupObjectPermission.objects.create(group=group, permission=permission, content_object=grouped)
    found = [(way.kind, way.count(manager)) for way in ways_of(manager)]
    assert found == [("role", 1), ("loan", 2), ("grant", 1), ("grant", 1)]
    whole = set(Customer.objects.visible_to(manager))
    assert whole == {customer for way in ways_of(manager) for customer in way.customers(manager)}


def test_an_ended_loan_and_a_disabled_user_open_nothing(manager: User, colleague: User) -> None:
    yesterday = timezone.localdate() - datetime.timedelta(days=1)
    Delegation.objects.create(lender=colleague, borrower=manager, starts_on=yesterday, ends_on=yesterday)
    assert [way.kind for way in ways_of(manager)] == ["role"]
    manager.is_active = False
    manager.save()
    assert ways_of(User.objects.get(pk=manager.pk)) == []


def test_what_is_told_of_a_customer_is_what_the_policy_says(manager: User, director: User, colleague: User) -> None:
    customer = CustomerFactory(manager=manager)
    _share(colleague, customer, "view_customer")
    for person in (manager, director, colleague):
        for verdict in explain_customer(person, customer, ways_of(person)):
            assert verdict.may == Customer.objects.visible_to(person, verdict.action).filter(pk=customer.pk).exists()
            assert bool(verdict.reasons) == verdict.may, (person, verdict)
    told = {verdict.action: verdict.may for verdict in explain_customer(colleague, customer, ways_of(colleague))}
    assert told[Action.VIEW]
    assert not told[Action.CHANGE]


def test_who_may_read_it(manager: User, director: User, foreign_director: User, administrator: User, colleague: User) -> None:
    address = reverse("customers:reach_of_user", args=[manager.pk])
    statuses = {
        person.username: browser(person).get(address).status_code for person in (administrator, director, foreign_director, colleague)
    }
    assert list(statuses.values()) == [200, 200, 404, 404]


def test_a_customer_is_explained_on_the_page(manager: User, administrator: User) -> None:
    customer = CustomerFactory(manager=manager)
    client: Client = browser(administrator)
    address = reverse("customers:reach_of_user", args=[manager.pk])
    text = client.get(address, {"customer": customer.code}).content.decode()
    assert customer.name in text
    assert "Account manager" in text
    assert "No customer has this code" in client.get(address, {"customer": "NOBODY"}).content.decode()


def test_the_queries_do_not_grow_with_customers(manager: User, administrator: User, django_assert_max_num_queries) -> None:
    CustomerFactory.create_batch(30, manager=manager)
    with django_assert_max_num_queries(40):
        browser(administrator).get(reverse("customers:reach_of_user", args=[manager.pk]))


def test_a_director_learns_nothing_of_customers_elsewhere(manager: User, director: User, foreign_manager: User) -> None:
    """Neither by asking for a code nor by what others share with the director's people."""
    hidden = CustomerFactory(manager=foreign_manager, org_unit=foreign_manager.org_unit, name="清溪隐湖集团", code="QXHIDDEN")
    _share(manager, hidden, "view_customer")
    address = reverse("customers:reach_of_user", args=[manager.pk])
    for asked in ({}, {"customer": hidden.code}, {"customer": hidden.name}):
        page = browser(director).get(address, asked).content.decode()
        assert hidden.name not in page.replace(f'value="{hidden.name}"', "").replace(f"“{hidden.name}”", "")
        assert "a customer outside your reach" in page
    assert "No customer has this code" in page
