"""The audit search: who may look, what it finds, and that it stays quick; and which refusals are kept."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from access.audit import REFUSALS_A_MINUTE, record_event
from access.models import AuditEvent, AuditEventKind, User
from common.change_context import change_context
from customers.models import ContactPerson, Customer, CustomerEvent  # type: ignore[attr-defined]  # made by the decorator
from tests.access.clients import browser, text
from tests.factories.customers import ContactPersonFactory, CustomerFactory

pytestmark = pytest.mark.django_db

EVENTS, CHANGES = "/audit/", "/audit/changes/"


@pytest.fixture
def auditor(administrator: User) -> Client:
    """The administrator's browser, with the first requests behind it."""
    return browser(administrator)


# --- who -------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("persona", ["manager", "director", "outsider", "viewer"])
def test_others_do_not_read_the_audit(persona: str, request: pytest.FixtureRequest) -> None:
    client = browser(request.getfixturevalue(persona))
    CustomerFactory()
    event = CustomerEvent.objects.latest("pgh_id")
    for address in (EVENTS, CHANGES, f"{CHANGES}customers.customer/", f"{CHANGES}customers.customer/{event.pk}/"):
        assert client.get(address).status_code == 403
    assert EVENTS not in client.get(reverse("access:profile")).content.decode()


def test_administrators_find_it_in_the_navigation(auditor: Client) -> None:
    assert f'href="{EVENTS}"' in auditor.get(reverse("access:profile")).content.decode()


# --- events ----------------------------------------------------------------------------------------------------------------------------


def test_events_by_person_kind_object_and_address(auditor: Client, manager: User, colleague: User) -> None:
    customer = CustomerFactory(name="云江第七医院")
    record_event(AuditEventKind.EXPORTED, actor=manager, target=customer, details={"rows": 4711})
    record_event(AuditEventKind.REVEALED, actor=colleague)
    record_event(AuditEventKind.SIGN_IN_FAILED, login="nobody")
    everything = text(auditor.get(EVENTS))
    assert "4711" in everything
    for parameters, seen in (
        (f"login={manager.username}", "4711"),
        ("login=nobody", "nobody"),
        ("kind=exported", "4711"),
        (f"object_type=customers.customer&object_key={customer.pk}", "云江第七医院"),
    ):
        page = auditor.get(f"{EVENTS}?{parameters}")
        assert page.status_code == 200
        assert seen in text(page), parameters
        assert page.content.decode().count("<tr") == 2, parameters
    for parameters in ("address=nonsense", "address=10.9.9.9", "happened_max=2020-01-01"):
        assert "4711" not in text(auditor.get(f"{EVENTS}?{parameters}"))


# --- changes ---------------------------------------------------------------------------------------------------------------------------


def test_changes_by_person_job_key_and_what_was_done(auditor: Client, manager: User) -> None:
    customer = CustomerFactory()
    with change_context(user=manager.pk, job=4711):
        Customer.objects.filter(pk=customer.pk).update(level="A1")
    for parameters in (f"login={manager.username}", "job=4711", f"key={customer.pk}&pgh_label=update"):
        page = auditor.get(f"{CHANGES}?{parameters}")
        assert page.content.decode().count("<tr") == 2, parameters
        assert "李静" in text(page)
        assert "#4711" in text(page)
    for parameters in ("login=nobody", "job=x", "key=1e9", "key=" + "9" * 40, "moment_max=2020-01-01"):
        page = auditor.get(f"{CHANGES}?{parameters}")
        assert page.status_code == 200
        assert "#4711" not in text(page), parameters


def test_a_change_shows_its_values_also_of_what_is_gone(auditor: Client, manager: User) -> None:
    person = ContactPersonFactory(customer=CustomerFactory(manager=manager), name="陈一", phone="8613800001234")
    key = person.pk
    with change_context(user=manager.pk, path="/somewhere/"):
        person.delete()
    assert not ContactPerson.objects.filter(pk=key).exists()
    page = auditor.get(f"{CHANGES}customers.contactperson/?pgh_label=delete")
    (link,) = set(re.findall(r'href="(/audit/changes/customers\.contactperson/\d+/)"', page.content.decode()))
    shown = text(auditor.get(link))
    assert "陈一" in shown
    assert "138****1234" in shown
    assert "/somewhere/" in shown


def test_every_kind_has_its_list(auditor: Client) -> None:
    page = auditor.get(CHANGES).content.decode()
    links = set(re.findall(r'href="(/audit/changes/[a-z.]+/)"', page))
    assert len(links) > 20
    for link in links:
        assert auditor.get(link).status_code == 200, link
    assert auditor.get(f"{CHANGES}access.auditevent/").status_code == 404


@pytest.mark.parametrize("address", [EVENTS, CHANGES])
def test_the_number_of_queries_does_not_grow_with_rows(
    address: str, auditor: Client, manager: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(60):
        with change_context(user=manager.pk, job=number):
            CustomerFactory(manager=manager)
        record_event(AuditEventKind.EXPORTED, actor=manager)
    auditor.get(address)
    with django_assert_max_num_queries(16):
        auditor.get(address)
    following = re.search(r'href="([^"]*after[^"]*)"', auditor.get(address).content.decode())
    assert following is None or auditor.get(following.group(1).replace("&amp;", "&")).status_code == 200


# --- refusals --------------------------------------------------------------------------------------------------------------------------


def refusals(user: User) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(actor=user, kind=AuditEventKind.REFUSED).order_by("id"))


def test_what_a_person_is_refused_is_kept(manager: User, foreign_manager: User) -> None:
    customer = CustomerFactory(manager=foreign_manager)
    client = browser(manager)
    client.get(reverse("customers:customer_detail", args=[customer.pk]))
    client.get(EVENTS)
    client.get("/no/such/page/")
    hidden, closed = refusals(manager)
    assert (hidden.details, hidden.path) == (
        {"status": 404, "method": "GET", "page": "customers:customer_detail"},
        f"/customers/{customer.pk}/",
    )
    assert closed.details["status"] == 403


def test_a_refusal_survives_what_is_rolled_back_and_names_an_api_client(manager: User, foreign_manager: User) -> None:
    customer = CustomerFactory(manager=foreign_manager)
    response = browser(manager).post(reverse("customers:customer_edit", args=[customer.pk]), {"name": "x"})
    assert response.status_code == 404
    assert refusals(manager)[0].details["method"] == "POST"


def test_a_scan_does_not_flood_the_audit(manager: User) -> None:
    client = browser(manager)
    for key in range(REFUSALS_A_MINUTE + 10):
        client.get(f"/customers/{900_000 + key}/")
    kept = refusals(manager)
    assert len(kept) == REFUSALS_A_MINUTE + 1
    assert [event for event in kept if event.details.get("further_refusals_left_out")] == [kept[-1]]


def test_strangers_are_not_kept_as_refused() -> None:
    Client().get("/customers/1/")
    assert AuditEvent.objects.filter(kind=AuditEventKind.REFUSED).count() == 0
