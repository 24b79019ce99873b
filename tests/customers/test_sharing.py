"""Single customers shared with a colleague or a group: what that opens, and what it does not."""

from __future__ import annotations

import json
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.http import Http404
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from access.models import Action, AuditEvent, AuditEventKind, Delegation, User
from access.scope import allowed
from customers.grants import TO_CHANGE, TO_VIEW
from customers.models import ContactPerson, Customer
from customers.readers import readers_of
from customers.services.sharing import end_share, share_customer
from members.models import Member
from tests.access.clients import browser, fresh, seen
from tests.factories.customers import ContactPersonFactory, CustomerFactory
from tests.members.factories import make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(manager: User) -> Customer:
    """The manager's customer, with a person and a number."""
    customer: Customer = CustomerFactory(manager=manager)
    ContactPersonFactory(customer=customer)
    make_member(customer)
    return customer


def share(customer: Customer, actor: User, holder: User | Group, permission: str = TO_VIEW) -> None:
    """Share, as the next request of `actor`."""
    share_customer(customer_id=customer.pk, actor=fresh(actor), holder=holder, permission=permission)


def test_a_grant_to_view_opens_viewing_alone(customer: Customer, manager: User, foreign_manager: User) -> None:
    share(customer, manager, foreign_manager)
    assert seen(foreign_manager) == {customer.pk}
    for action in set(Action.values) - {Action.VIEW}:
        assert seen(foreign_manager, action) == set()
    assert ContactPerson.objects.visible_to(fresh(foreign_manager)).count() == 1
    assert Member.objects.visible_to(fresh(foreign_manager)).count() == 1


def test_a_grant_to_change_opens_work_but_no_way_out(customer: Customer, manager: User, foreign_manager: User) -> None:
    share(customer, manager, foreign_manager, TO_CHANGE)
    assert seen(foreign_manager) == seen(foreign_manager, Action.CHANGE) == seen(foreign_manager, Action.ADD) == {customer.pk}
    for action in (Action.DELETE, Action.APPROVE, Action.EXPORT, Action.REVEAL):
        assert seen(foreign_manager, action) == set()
    with pytest.raises(Http404):
        share(customer, foreign_manager, manager)


def test_a_later_grant_replaces_the_former(customer: Customer, manager: User, foreign_manager: User) -> None:
    share(customer, manager, foreign_manager, TO_CHANGE)
    share(customer, manager, foreign_manager, TO_VIEW)
    assert seen(foreign_manager) == {customer.pk}
    assert seen(foreign_manager, Action.CHANGE) == set()


def test_without_a_role_the_record_itself_is_read(customer: Customer, manager: User, outsider: User) -> None:
    share(customer, manager, outsider, TO_CHANGE)
    assert seen(outsider) == {customer.pk}
    assert seen(outsider, Action.CHANGE) == set()
    assert ContactPerson.objects.visible_to(fresh(outsider)).count() == 1
    assert Member.objects.visible_to(fresh(outsider)).count() == 0
    assert browser(outsider).get(reverse("customers:customer_detail", args=[customer.pk])).status_code == 200
    assert browser(outsider).get(reverse("customers:customer_edit", args=[customer.pk])).status_code == 404


def test_a_group_shares_with_its_members(customer: Customer, manager: User, foreign_manager: User) -> None:
    group = Group.objects.create(name="标书组")
    share(customer, manager, group, TO_CHANGE)
    assert seen(foreign_manager) == set()
    foreign_manager.groups.add(group)
    assert seen(foreign_manager, Action.CHANGE) == {customer.pk}
    foreign_manager.groups.remove(group)
    assert seen(foreign_manager) == set()


def test_an_ended_grant_closes_at_once(customer: Customer, manager: User, foreign_manager: User) -> None:
    share(customer, manager, foreign_manager)
    client, address = browser(foreign_manager), reverse("customers:customer_detail", args=[customer.pk])
    assert client.get(address).status_code == 200
    assert end_share(customer_id=customer.pk, actor=fresh(manager), holder=foreign_manager)
    assert client.get(address).status_code == 404
    assert not end_share(customer_id=customer.pk, actor=fresh(manager), holder=foreign_manager)


def test_a_disabled_user_has_no_grants(customer: Customer, manager: User, outsider: User) -> None:
    share(customer, manager, outsider)
    User.objects.filter(pk=outsider.pk).update(is_active=False)
    assert seen(outsider) == set()
    assert not allowed(fresh(outsider), "customers")
    with pytest.raises(ValidationError):
        share(customer, manager, fresh(outsider))


def test_sharing_is_an_event(customer: Customer, manager: User, foreign_manager: User) -> None:
    share(customer, manager, foreign_manager)
    share(customer, manager, foreign_manager)
    end_share(customer_id=customer.pk, actor=manager, holder=foreign_manager)
    events = AuditEvent.objects.filter(object_type="customers.customer", object_key=str(customer.pk)).order_by("id")
    assert [(event.kind, event.actor) for event in events] == [(AuditEventKind.GRANTED, manager), (AuditEventKind.REVOKED, manager)]
    assert events[0].details == {"user": foreign_manager.username, "permission": TO_VIEW}


def test_the_grants_of_a_user_are_one_query(customer: Customer, manager: User, outsider: User, django_assert_num_queries: Any) -> None:
    share(customer, manager, outsider)
    user = fresh(outsider)
    with django_assert_num_queries(3):  # the roles, the grants, the customers
        assert list(Customer.objects.visible_to(user)) == [customer]


# --- the tab and the dialog


@pytest.fixture
def tab(customer: Customer) -> str:
    """The address of the tab."""
    return reverse("customers:customer_sharing", args=[customer.pk])


@pytest.fixture
def dialog(customer: Customer) -> str:
    """The address of the dialog."""
    return reverse("customers:customer_share", args=[customer.pk])


def test_the_page_shares_and_the_tab_ends(tab: str, dialog: str, manager: User, foreign_manager: User) -> None:
    client = browser(manager)
    assert 'name="permission"' in client.get(dialog).content.decode()
    body = {"person": f"{foreign_manager.username} · {foreign_manager.name}", "permission": TO_VIEW}
    answer = client.post(dialog, body, follow=True)
    assert answer.redirect_chain == [(tab, 302)]
    assert foreign_manager.name in answer.content.decode()
    assert seen(foreign_manager)
    client.post(f"{tab}end/", {"holder": f"user-{foreign_manager.pk}"})
    assert not seen(foreign_manager)


def test_the_dialog_is_a_part_of_the_page_and_closes_when_done(dialog: str, manager: User, foreign_manager: User) -> None:
    client = browser(manager)
    asked = {"HX-Request": "true"}
    opened = client.get(dialog, headers=asked)
    assert opened.content.decode().strip().startswith("<dialog")
    assert "HX-Request" in opened["Vary"]
    refused = client.post(dialog, {"person": "nobody", "permission": TO_VIEW}, headers=asked)
    assert refused.status_code == 422
    assert refused.content.decode().strip().startswith("<form")
    done = client.post(dialog, {"person": foreign_manager.username, "permission": TO_CHANGE}, headers=asked)
    assert done.status_code == 204
    assert set(json.loads(done["HX-Trigger"])) == {"dialog-done", "customer-shared", "toasts"}
    assert seen(foreign_manager, Action.CHANGE)


@pytest.mark.parametrize("body", [{}, {"person": "nobody", "permission": TO_VIEW}, {"person": "zhouyan", "permission": "delete_customer"}])
def test_wrong_forms_are_told(dialog: str, manager: User, foreign_manager: User, body: dict[str, str]) -> None:
    assert browser(manager).post(dialog, body).status_code == 422
    assert not seen(foreign_manager)


def test_what_the_service_refuses_is_told_at_its_field(dialog: str, manager: User) -> None:
    answer = browser(manager).post(dialog, {"person": manager.username, "permission": TO_VIEW})
    assert answer.status_code == 422
    assert answer.context["form"].errors["person"]


def test_the_tab_names_everybody_who_reaches_it_and_why(
    customer: Customer,
    manager: User,
    colleague: User,
    director: User,
    administrator: User,
    viewer: User,
    foreign_manager: User,
    outsider: User,
) -> None:
    today = timezone.localdate()
    Delegation.objects.create(lender=manager, borrower=colleague, starts_on=today, ends_on=today)
    Delegation.objects.create(lender=manager, borrower=outsider, starts_on=today, ends_on=today)
    User.objects.filter(pk=viewer.pk).update(is_active=False)
    readers = readers_of(customer, limit=50)
    assert [reader.person for reader in readers] == [manager, colleague, director, administrator]
    assert all(seen(reader.person) == {customer.pk} for reader in readers)
    everybody = (manager, colleague, director, administrator, viewer, foreign_manager, outsider)
    assert {user for user in everybody if seen(user)} == {reader.person for reader in readers}
    assert director.org_unit is not None
    assert str(director.org_unit) in readers[2].reason
    page = browser(manager).get(reverse("customers:customer_sharing", args=[customer.pk])).content.decode()
    assert all(reader.reason in unescape(page) for reader in readers)


@pytest.mark.parametrize("holder", ["", "user-", "user-99999999", "group-1", "role-1", f"user-{'9' * 30}"])
def test_ending_what_is_not_shared_changes_nothing(tab: str, manager: User, holder: str) -> None:
    assert browser(manager).post(f"{tab}end/", {"holder": holder}).status_code == 302


def test_who_only_has_a_grant_sees_the_tab_and_shares_nothing(
    tab: str, dialog: str, customer: Customer, manager: User, foreign_manager: User
) -> None:
    share(customer, manager, foreign_manager, TO_CHANGE)
    client = browser(foreign_manager)
    page = client.get(tab).content.decode()
    assert foreign_manager.name in page
    assert dialog not in page
    assert client.get(dialog).status_code == 404
    assert client.post(dialog, {"person": "lijing", "permission": TO_VIEW}).status_code == 404
    assert client.post(f"{tab}end/", {"holder": f"user-{foreign_manager.pk}"}).status_code == 404
    assert seen(foreign_manager)


def test_colleagues_are_proposed_to_those_with_a_role(client: Client, manager: User, foreign_manager: User, outsider: User) -> None:
    address = reverse("access:people_options")
    assert "zhouyan · 周燕" in browser(manager).get(address, {"person": "周"}).content.decode()
    assert "zhouyan" in browser(manager).get(address, {"person": "zhou"}).content.decode()
    assert browser(manager).get(address, {"person": ""}).content.decode().strip() == ""
    assert browser(manager).get(address).content.decode().strip() == ""
    assert "zhouyan" not in browser(outsider).get(address, {"person": "周"}).content.decode()
