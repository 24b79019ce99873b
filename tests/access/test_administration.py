"""The administration of groups, delegations, grants and units: services write, the policy rules, and nothing is left out of the audit."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from access.models import AuditEvent, AuditEventKind, Delegation, RoleAssignment, User
from access.services.delegations import lend_scope
from customers.grants import TO_VIEW, CustomerGroupObjectPermission, CustomerUserObjectPermission
from customers.services.sharing import MOST_AT_ONCE, share_customer
from tests.access.clients import browser
from tests.factories.access import OrgUnitFactory, UserFactory
from tests.factories.customers import CustomerFactory
from tests.personas import Organisation

pytestmark = pytest.mark.django_db

DAY = datetime.timedelta(days=1)


@pytest.fixture
def keeper(administrator: User) -> User:
    """An administrator who may open the administration."""
    administrator.is_staff = True
    administrator.save()
    return administrator


@pytest.fixture
def client(keeper: User) -> Client:
    """The administrator's browser."""
    return browser(keeper)


def act(client: Client, page: str, action: str, *keys: Any) -> str:
    """Run an action of a list on the rows with these keys, and return the page that follows."""
    response = client.post(reverse(f"admin:{page}_changelist"), {"action": action, "_selected_action": keys}, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def test_people_are_put_into_a_group_and_work_with_what_is_shared_with_it(client: Client, manager: User, colleague: User) -> None:
    data = {"name": "重大客户支撑组", "User_groups-TOTAL_FORMS": "1", "User_groups-INITIAL_FORMS": "0", "User_groups-0-user": colleague.pk}
    assert client.post(reverse("admin:auth_group_add"), data).status_code == 302
    group = Group.objects.get(name="重大客户支撑组")
    customer = CustomerFactory(manager=manager, org_unit=manager.org_unit)
    share_customer(customer_id=customer.pk, actor=manager, holder=group, permission=TO_VIEW)
    assert browser(colleague).get(reverse("customers:customer_detail", args=[customer.pk])).status_code == 200
    page = client.get(reverse("admin:auth_group_change", args=[group.pk])).content.decode()
    assert 'name="permissions"' not in page
    assert act(client, "customers_customergroupobjectpermission", "end", CustomerGroupObjectPermission.objects.get().pk)
    assert browser(colleague).get(reverse("customers:customer_detail", args=[customer.pk])).status_code == 404


def test_a_page_of_the_apps_above_is_linked_from_a_person(client: Client, manager: User) -> None:
    page = client.get(reverse("admin:access_user_change", args=[manager.pk])).content.decode()
    assert reverse("customers:reach_of_user", args=[manager.pk]) in page


def test_a_delegation_is_lent_for_others_and_ended(client: Client, keeper: User, manager: User, colleague: User) -> None:
    today = timezone.localdate()
    data = {"lender": manager.pk, "borrower": colleague.pk, "starts_on": today, "ends_on": today + 3 * DAY, "reason": "病假"}
    assert client.post(reverse("admin:access_delegation_add"), data).status_code == 302
    delegation = Delegation.objects.get()
    assert (delegation.lender, delegation.borrower, delegation.reason) == (manager, colleague, "病假")
    assert AuditEvent.objects.get(kind=AuditEventKind.DELEGATED).actor == keeper
    listed = client.get(reverse("admin:access_delegation_changelist"), {"state": "counting"}).content.decode()
    assert "病假" in listed
    assert client.post(reverse("admin:access_delegation_change", args=[delegation.pk]), data).status_code == 403
    assert "1 delegation has ended" in act(client, "access_delegation", "end", delegation.pk)
    delegation.refresh_from_db()
    assert delegation.ended_at is not None
    assert AuditEvent.objects.get(kind=AuditEventKind.DELEGATION_ENDED).actor == keeper
    for state, shown in (("counting", False), ("coming", False), ("over", False), ("ended", True)):
        page = client.get(reverse("admin:access_delegation_changelist"), {"state": state}).content.decode()
        assert ("病假" in page) is shown, state


def test_what_the_service_refuses_stands_at_the_field(client: Client, manager: User, colleague: User, outsider: User) -> None:
    today = timezone.localdate()
    whole: dict[str, Any] = {"lender": manager.pk, "borrower": colleague.pk, "starts_on": today, "ends_on": today + 3 * DAY}
    wrong: dict[str, dict[str, Any]] = {
        "no role to work with customers": {"borrower": outsider.pk},
        "The last day is over": {"starts_on": today - 3 * DAY, "ends_on": today - DAY},
        "Lend for a year at most": {"ends_on": today + 500 * DAY},
        "lent to somebody else": {"borrower": manager.pk},
        "lies before the first": {"ends_on": today - DAY, "starts_on": today + DAY},
        "Only customers that a role gives": {"lender": outsider.pk},
    }
    for message, change in wrong.items():
        response = client.post(reverse("admin:access_delegation_add"), whole | change)
        assert response.status_code == 200, message
    assert not Delegation.objects.exists()


def test_grants_are_found_and_ended_with_an_event_each(
    client: Client, keeper: User, manager: User, colleague: User, django_assert_num_queries: Any
) -> None:
    customers = [CustomerFactory(manager=manager, org_unit=manager.org_unit) for _number in range(4)]
    for customer in customers:
        share_customer(customer_id=customer.pk, actor=manager, holder=colleague, permission=TO_VIEW)
    address = reverse("admin:customers_customeruserobjectpermission_changelist")
    assert customers[2].name in client.get(address, {"q": customers[2].code}).content.decode()
    assert customers[1].name not in client.get(address, {"q": customers[2].code}).content.decode()
    assert customers[1].name in client.get(address, {"q": colleague.username}).content.decode()
    keys = list(CustomerUserObjectPermission.objects.order_by("pk").values_list("pk", flat=True))
    assert "3 grants have ended" in act(client, "customers_customeruserobjectpermission", "end", *keys[:3])
    assert [grant.content_object for grant in CustomerUserObjectPermission.objects.all()] == customers[3:]
    events = AuditEvent.objects.filter(kind=AuditEventKind.REVOKED)
    assert {event.object_key for event in events} == {str(customer.pk) for customer in customers[:3]}
    assert {event.actor for event in events} == {keeper}
    assert all(event.details == {"user": colleague.username} for event in events)


def test_too_many_grants_are_not_ended_at_once(client: Client, monkeypatch: pytest.MonkeyPatch, manager: User, colleague: User) -> None:
    assert MOST_AT_ONCE >= 100
    monkeypatch.setattr("customers.services.sharing.MOST_AT_ONCE", 1)
    for _number in range(2):
        customer = CustomerFactory(manager=manager, org_unit=manager.org_unit)
        share_customer(customer_id=customer.pk, actor=manager, holder=colleague, permission=TO_VIEW)
    keys = CustomerUserObjectPermission.objects.values_list("pk", flat=True)
    assert "End at most 1 at once" in act(client, "customers_customeruserobjectpermission", "end", *keys)
    assert CustomerUserObjectPermission.objects.count() == 2


def test_whoever_only_looks_ends_nothing(viewer: User, manager: User, colleague: User) -> None:
    """The viewer's role reaches every customer, to look."""
    viewer.is_staff = True
    viewer.save()
    customer = CustomerFactory(manager=manager, org_unit=manager.org_unit)
    share_customer(customer_id=customer.pk, actor=manager, holder=colleague, permission=TO_VIEW)
    today = timezone.localdate()
    lend_scope(actor=manager, lender=manager, borrower=colleague, starts_on=today, ends_on=today)
    client = browser(viewer)
    address = reverse("admin:customers_customeruserobjectpermission_changelist")
    client.post(address, {"action": "end", "_selected_action": [CustomerUserObjectPermission.objects.get().pk]})
    address = reverse("admin:access_delegation_changelist")
    client.post(address, {"action": "end", "_selected_action": [Delegation.objects.get().pk]})
    assert CustomerUserObjectPermission.objects.exists()
    assert Delegation.objects.get().ended_at is None


def test_units_stand_as_a_tree_with_their_staff(client: Client, organisation: Organisation, django_assert_max_num_queries: Any) -> None:
    UserFactory(org_unit=organisation.team)
    UserFactory(org_unit=organisation.team, is_active=False)
    staff = User.objects.filter(org_unit=organisation.team, is_active=True).count()
    page = client.get(reverse("admin:access_orgunit_changelist")).content.decode()
    assert f'<span class="unit-depth-4">{organisation.team}</span>' in page
    assert page.index(f">{organisation.province}<") < page.index(f">{organisation.city}<") < page.index(f">{organisation.team}<")
    assert f">{staff}<" in "".join(page.split())
    for number in range(500):
        OrgUnitFactory(code=f"S{number:03d}", parent=organisation.city)
    with django_assert_max_num_queries(14):
        page = client.get(reverse("admin:access_orgunit_changelist")).content.decode()
    assert page.count("unit-depth-") >= 500
    assert "S042" in client.get(reverse("admin:access_orgunit_changelist"), {"q": "S042"}).content.decode()


@pytest.mark.parametrize("kind", ["orgunit", "user", "role"])
def test_what_somebody_else_saved_meanwhile_is_not_written_over(client: Client, manager: User, kind: str) -> None:
    row: Any = {"orgunit": manager.org_unit, "user": manager, "role": RoleAssignment.objects.get(user=manager).role}[kind]
    address = reverse(f"admin:access_{kind}_change", args=[row.pk])
    opened = client.get(address).context["adminform"].form
    name = "name" if kind == "user" else "name_en"
    sent = {one.html_name: one.value() for one in opened if one.value() not in (None, False)} | {"_save": "yes"}
    for formset in client.get(address).context["inline_admin_formsets"]:
        sent |= dict.fromkeys((f"{formset.formset.prefix}-{count}_FORMS" for count in ("TOTAL", "INITIAL")), 0)
    type(row).objects.get(pk=row.pk).save()
    refused = client.post(address, sent | {name: "Typed"})
    assert refused.status_code == 200
    assert "Somebody else changed this meanwhile" in refused.content.decode()
    assert getattr(type(row).objects.get(pk=row.pk), name) == getattr(row, name)
    shown = refused.context["adminform"].form
    assert shown[name].value() == "Typed"
    again = sent | {name: "Typed", "version": shown["version"].value()}
    type(row).objects.get(pk=row.pk).save()
    refused = client.post(address, again)
    assert refused.status_code == 200  # once more somebody was quicker
    again["version"] = refused.context["adminform"].form["version"].value()
    assert client.post(address, again).status_code == 302
    assert getattr(type(row).objects.get(pk=row.pk), name) == "Typed"
