"""Forms that are saved after somebody else has changed the row: they tell what stands now, lose nothing, and can be saved again."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from django import forms
from django.test import Client
from django.urls import reverse

import customers.forms
import customers.forms_relations
import members.forms
import products.forms
import workflow.forms
from access.models import User
from common.lost_updates import TellsOfChanges
from customers.models import Customer
from tests.access.clients import browser
from tests.factories.customers import ContactPersonFactory, CustomerFactory, make_relation
from tests.factories.workflow import make_task
from tests.members.factories import make_member
from tests.products.factories import make_offer, make_product, make_tariff

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(manager: User) -> Customer:
    """The manager's customer."""
    return CustomerFactory(manager=manager)


def opened(client: Client, address: str) -> dict[str, Any]:
    """What the form at `address` would send, left as it is."""
    form = client.get(address).context["form"]
    values = {name: field.prepare_value(form[name].value()) for name, field in form.fields.items()}
    return {name: value for name, value in values.items() if value is not None and value is not False}


def pages(customer: Customer, manager: User, director: User, administrator: User) -> dict[str, tuple[User, str, str, Any, Any, str]]:
    """Who edits at which address which field, what another person writes there, what is typed, and how the first is told."""
    tariff = make_tariff(make_product("VNET"), "10.00")
    own: dict[str, tuple[str, Any, str]] = {
        "customer": ("customers:customer_edit", customer, "short_name"),
        "person": ("customers:contact_person_edit", ContactPersonFactory(customer=customer), "title"),
        "relation": ("customers:relation_edit", make_relation(customer, CustomerFactory(manager=manager)), "note"),
        "member": ("members:member_update", make_member(customer, "8613912340001"), "department"),
        "task": ("workflow:task_detail", make_task(manager, customer), "note"),
    }
    found: dict[str, tuple[User, str, str, Any, Any, str]] = {
        name: (manager, reverse(route, args=[row.pk]), field, "别人写的", "我写的", "别人写的") for name, (route, row, field) in own.items()
    }
    offer = reverse("products:offer_update", args=[make_offer(customer, tariff, status="draft").pk])
    product = reverse("products:product_update", args=[tariff.product_id])
    assign = reverse("customers:customer_assign", args=[customer.pk])
    return found | {
        "offer": (manager, offer, "committed_members", 7, 8, "7"),
        "product": (administrator, product, "description", "别人写的", "我写的", "别人写的"),
        "owner": (director, assign, "manager", "", director.pk, "—"),
    }


@pytest.mark.parametrize("name", ["customer", "person", "relation", "member", "task", "offer", "product", "owner"])
def test_a_change_made_meanwhile_is_told_and_nothing_is_lost(
    name: str, customer: Customer, manager: User, director: User, administrator: User
) -> None:
    person, address, field, theirs, mine, told = pages(customer, manager, director, administrator)[name]
    first, second = browser(person), browser(person)
    typed = {**opened(first, address), field: mine}
    assert second.post(address, {**opened(second, address), field: theirs}).status_code == 302
    late = first.post(address, typed)
    text = unescape(late.content.decode())
    assert late.status_code == 422
    for part in ("Somebody else changed this meanwhile", f"Now: {told}", f"It was {person}"):
        assert part in text
    form = late.context["form"]
    assert str(form[field].value()) == str(mine)
    assert "take-" in text
    assert first.post(address, {**typed, "version": form["version"].value()}).status_code == 302
    kept = str(opened(first, address).get(field, ""))
    assert kept == str(mine)


TWO_FIELDS = {
    "customer": ("address", "short_name"),
    "person": ("preferences", "title"),
    "relation": ("begins_on", "note"),
    "member": ("holder_name", "department"),
    "task": ("title", "note"),
    "offer": ("expires_on", "committed_members"),
    "product": ("min_members", "description"),
}
OTHERS = {"begins_on": "2026-01-02", "expires_on": "2099-01-02", "min_members": 3}


@pytest.mark.parametrize("name", TWO_FIELDS)
def test_what_only_the_other_changed_is_kept_as_the_other_wrote_it(
    name: str, customer: Customer, manager: User, director: User, administrator: User
) -> None:
    person, address, _field, _theirs, mine, _told = pages(customer, manager, director, administrator)[name]
    theirs_alone, mine_alone = TWO_FIELDS[name]
    theirs = OTHERS.get(theirs_alone, "别人写的")
    client = browser(person)
    typed = {**opened(client, address), mine_alone: mine}
    assert client.post(address, {**opened(client, address), theirs_alone: theirs}).status_code == 302
    late = client.post(address, typed)
    text, form = unescape(late.content.decode()), late.context["form"]
    assert late.status_code == 422
    assert f"Taken over from it: {form[theirs_alone].label}: {theirs}." in text
    assert "which value holds" not in text
    assert list(form.errors) == ["__all__"]
    assert client.post(address, sent_again(form)).status_code == 302
    now = opened(client, address)
    assert (str(now[theirs_alone]), str(now[mine_alone])) == (str(theirs), str(mine))


@pytest.mark.parametrize(("choice", "kept"), [("theirs", "别人写的"), ("mine", "我写的")])
def test_who_saves_chooses_between_two_values_of_one_field(choice: str, kept: str, customer: Customer, manager: User) -> None:
    customer.short_name = "从前的"
    customer.save()
    address, client = reverse("customers:customer_edit", args=[customer.pk]), browser(manager)
    typed = {**opened(client, address), "short_name": "我写的"}
    client.post(address, {**opened(client, address), "short_name": "别人写的"})
    late = client.post(address, typed)
    text = unescape(late.content.decode())
    for part in ("Before: 从前的 · Now: 别人写的", "Keep mine: 我写的", "Take theirs: 别人写的", 'name="take-short_name"'):
        assert part in text
    assert client.post(address, {**sent_again(late.context["form"]), "take-short_name": choice}).status_code == 302
    assert Customer.objects.get(pk=customer.pk).short_name == kept


def test_masked_values_stay_masked_and_are_told_apart(customer: Customer, manager: User) -> None:
    person = ContactPersonFactory(customer=customer, phone="8613912345678")
    address, client = reverse("customers:contact_person_edit", args=[person.pk]), browser(manager)
    page = unescape(client.get(address).content.decode())
    assert '"phone": ["' in page
    assert "13912345678" not in page
    untouched, retyped = {**opened(client, address), "title": "我写的"}, {**opened(client, address), "phone": "13912345670"}
    assert client.post(address, {**opened(client, address), "phone": "13900005678"}).status_code == 302
    late = client.post(address, retyped)
    assert "take-phone" in late.content.decode()
    for number in ("13912345678", "13900005678"):
        assert number not in late.content.decode()
    late = client.post(address, untouched)
    assert client.post(address, sent_again(late.context["form"])).status_code == 302
    person.refresh_from_db()
    assert (person.title, person.phone) == ("我写的", "8613900005678")


def sent_again(form: Any) -> dict[str, Any]:
    """What a browser sends when the form is saved as it is shown."""
    values = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in values.items() if value is not None and value is not False}


def test_no_form_with_a_version_goes_without() -> None:
    modules = (customers.forms, customers.forms_relations, members.forms, products.forms, workflow.forms)
    kinds = {kind for module in modules for kind in vars(module).values() if isinstance(kind, type) and issubclass(kind, forms.BaseForm)}
    versioned = {kind for kind in kinds if "version" in getattr(kind, "base_fields", {})}
    assert len(versioned) >= 8
    assert [kind.__name__ for kind in versioned if not issubclass(kind, TellsOfChanges)] == []
