"""Masked to everybody, shown in full by a click to whoever may reveal that very row, and kept in the audit without the value."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from access.models import AuditEvent, AuditEventKind, RolePermission, User
from customers.forms import ContactPersonForm, CustomerForm
from customers.models import ContactPerson, Customer
from customers.papers import check_character
from members.models import BlacklistedNumber, Member
from tests.access.clients import browser
from tests.factories.customers import ContactPersonFactory, CustomerFactory
from tests.members.factories import make_member

pytestmark = pytest.mark.django_db

ID_NUMBER = "44030519900307123" + check_character("44030519900307123")
ACCOUNT = "6222021234567890123"
REVEAL = "/reveal/"


@pytest.fixture
def customer(manager: User) -> Customer:
    return CustomerFactory(manager=manager, bank_name="云江银行", bank_account=ACCOUNT)


@pytest.fixture
def person(customer: Customer) -> ContactPerson:
    return ContactPersonFactory(
        customer=customer, phone="8613800006621", email="chen@example.cn", id_type="id_card", id_number=ID_NUMBER, is_key_person=True
    )


@pytest.fixture
def member(customer: Customer) -> Member:
    return make_member(customer, "8613912340001")


def reveal(client: Client, *values: str, htmx: bool = True) -> Any:
    return client.post(REVEAL, {"value": list(values)}, headers={"HX-Request": "true"} if htmx else {})


def revealed() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(kind=AuditEventKind.REVEALED).order_by("pk"))


def test_one_value_is_shown_and_kept_in_the_audit(manager: User, person: ContactPerson) -> None:
    answer = reveal(browser(manager), f"person.{person.pk}.phone")
    assert "13800006621" in answer.content.decode()
    assert f'id="masked-person-{person.pk}-phone"' in answer.content.decode()
    assert "no-cache" in answer["Cache-Control"]
    (event,) = revealed()
    assert (event.actor, event.object_type, event.object_key) == (manager, "customers.contactperson", str(person.pk))
    assert event.details == {"fields": ["phone"], "count": 1}
    assert "13800006621" not in str(AuditEvent.objects.values())


def test_each_kind_of_value_is_shown(manager: User, person: ContactPerson, member: Member) -> None:
    tokens = {
        f"person.{person.pk}.email": "chen@example.cn",
        f"person.{person.pk}.id_number": ID_NUMBER,
        f"customer.{person.customer_id}.bank_account": ACCOUNT,
        f"member.{member.pk}.number": "13912340001",
    }
    for token, value in tokens.items():
        assert value in reveal(browser(manager), token).content.decode()


def test_a_whole_page_is_one_event(manager: User, customer: Customer) -> None:
    members = [make_member(customer, f"861391234000{number}") for number in range(3)]
    client = browser(manager)
    page = client.get(reverse("members:member_list")).content.decode()
    for row in members:
        assert f'name="value" value="member.{row.pk}.number"' in page
        assert row.msisdn.removeprefix("86") not in page
    answer = reveal(client, *(f"member.{row.pk}.number" for row in members)).content.decode()
    assert all(row.msisdn.removeprefix("86") in answer for row in members)
    (event,) = revealed()
    assert event.details["count"] == 3
    assert sorted(event.details["keys"]) == sorted(str(row.pk) for row in members)


def test_without_javascript_there_is_a_page(manager: User, person: ContactPerson) -> None:
    answer = reveal(browser(manager), f"person.{person.pk}.phone", htmx=False).content.decode()
    assert "13800006621" in answer
    assert person.name in answer


@pytest.mark.parametrize("persona", ["viewer", "colleague", "foreign_director", "outsider"])
def test_others_see_neither_value_nor_button(persona: str, request: pytest.FixtureRequest, person: ContactPerson, member: Member) -> None:
    """The viewer sees all masked; to the others the rows do not exist. One's own row beside a foreign one shows the own one alone."""
    client = browser(request.getfixturevalue(persona))
    for token in (f"person.{person.pk}.phone", f"customer.{person.customer_id}.bank_account", f"member.{member.pk}.number"):
        assert reveal(client, token).status_code == 404
    if persona == "viewer":
        page = client.get(reverse("customers:contact_person", args=[person.pk])).content.decode()
        assert "138****6621" in page
        assert 'class="reveal"' not in page
    assert revealed() == []


def test_of_several_rows_only_those_in_reach_are_shown(colleague: User, person: ContactPerson) -> None:
    own = ContactPersonFactory(customer=CustomerFactory(manager=colleague), phone="8613700001111")
    answer = reveal(browser(colleague), f"person.{person.pk}.phone", f"person.{own.pk}.phone").content.decode()
    assert "13700001111" in answer
    assert "13800006621" not in answer
    assert revealed()[0].details["count"] == 1


def test_a_role_that_lost_the_right_shows_no_more(manager: User, person: ContactPerson) -> None:
    RolePermission.objects.filter(role__code="account_manager", module="customers", action="reveal").delete()
    client = browser(manager)
    assert reveal(client, f"person.{person.pk}.phone").status_code == 404
    assert 'class="reveal"' not in client.get(reverse("customers:contact_person", args=[person.pk])).content.decode()


@pytest.mark.parametrize(
    "token", ["", "person", "person.1", "nothing.1.phone", "person.x.phone", "person.1.name", "row.1-2-3.c0", "row.1.c0"]
)
def test_nonsense_is_not_found(manager: User, token: str) -> None:
    assert reveal(browser(manager), token).status_code == 404


def test_only_by_post(manager: User, person: ContactPerson) -> None:
    assert browser(manager).get(f"{REVEAL}?value=person.{person.pk}.phone").status_code == 405


def test_the_blacklist_is_of_those_who_reveal_without_a_limit(administrator: User, director: User) -> None:
    row = BlacklistedNumber.objects.create(msisdn="8613712345678", reason="骚扰")
    assert "137****5678" in browser(administrator).get(reverse("members:blacklist")).content.decode()
    assert "13712345678" in reveal(browser(administrator), f"blacklisted.{row.pk}.number").content.decode()
    assert reveal(browser(director), f"blacklisted.{row.pk}.number").status_code == 404


def test_names_of_rows_hold_no_number(member: Member) -> None:
    assert str(member) == "139****0001"
    assert str(BlacklistedNumber(msisdn="8613712345678")) == "137****5678"


def test_lists_cost_one_query_more_for_any_number_of_rows(manager: User, customer: Customer, django_assert_max_num_queries) -> None:
    for _ in range(12):
        ContactPersonFactory(customer=customer)
    client = browser(manager)
    with django_assert_max_num_queries(14):
        client.get(reverse("customers:contact_person_list"))


# --- finding and changing --------------------------------------------------------------------------------------------------------------


def test_whole_values_find_their_rows_masked(manager: User, person: ContactPerson, member: Member) -> None:
    client = browser(manager)
    searches = [
        ("customers:contact_person_list", "13800006621", "138****6621"),
        ("customers:contact_person_list", "+86 138 0000", "138****6621"),
        ("customers:contact_person_list", ID_NUMBER, person.name),
        ("customers:customer_list", ACCOUNT, person.customer.name),
        ("members:member_list", "13912340001", "139****0001"),
    ]
    for name, text, shown in searches:
        rows = client.get(reverse(name), {"q": text}).context["list"].rows
        assert len(rows) == 1, text
        assert shown in f"{rows[0].before}{rows[0].name.content}{rows[0].after}", text
    assert revealed() == []


def test_a_form_keeps_what_is_left_masked_and_takes_what_is_typed(manager: User, person: ContactPerson) -> None:
    client = browser(manager)
    address = reverse("customers:contact_person_edit", args=[person.pk])
    form = client.get(address).context["form"]
    sent = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    assert (sent["phone"], sent["email"], sent["id_number"]) == ("138****6621", "c****@example.cn", f"440****{ID_NUMBER[-4:]}")
    assert client.post(address, {**sent, "title": "主任"}).status_code == 302
    person.refresh_from_db()
    assert (person.phone, person.email, person.id_number, person.title) == ("8613800006621", "chen@example.cn", ID_NUMBER, "主任")

    sent["version"] = client.get(address).context["form"]["version"].value()
    assert client.post(address, {**sent, "phone": "138****6622"}).status_code == 422
    assert client.post(address, {**sent, "phone": "13700001111", "id_number": ""}).status_code == 302
    person.refresh_from_db()
    assert (person.phone, person.id_number, person.id_number_hash) == ("8613700001111", "", "")


def test_a_stale_form_tells_the_present_value_masked(manager: User, person: ContactPerson) -> None:
    client = browser(manager)
    address = reverse("customers:contact_person_edit", args=[person.pk])
    form = client.get(address).context["form"]
    sent = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    other = ContactPerson.objects.get(pk=person.pk)
    other.phone = "8613700002222"
    other.save()
    answer = client.post(address, {**sent, "phone": "13700001111"}).content.decode()
    assert "Now: 137****2222" in answer
    assert "13700002222" not in answer
    assert client.post(address, sent).status_code == 422
    person.refresh_from_db()
    assert person.phone == "8613700002222"


@pytest.mark.parametrize(
    ("kind", "number", "fine"),
    [
        ("id_card", ID_NUMBER, True),
        ("id_card", f"{ID_NUMBER[:-1]}{(int(ID_NUMBER[-1], 36) + 1) % 10}", False),
        ("id_card", "440305199013071234", False),
        ("passport", "E12345678", True),
        ("passport", "E1", False),
        ("", "E12345678", False),
    ],
)
def test_id_numbers_are_checked(kind: str, number: str, fine: bool) -> None:
    form = ContactPersonForm({"name": "陈", "role": "user", "id_type": kind, "id_number": number})
    assert ("id_number" not in form.errors) is fine


@pytest.mark.parametrize(("typed", "kept"), [("6222 0212 3456 7890 123", ACCOUNT), ("12-34", None), ("abc", None)])
def test_bank_accounts_are_digits(manager: User, typed: str, kept: str | None) -> None:
    form = CustomerForm({"bank_account": typed}, user=manager)
    assert form.is_valid() is False
    assert form.cleaned_data.get("bank_account") == kept


def test_the_audit_names_every_row_however_many_are_shown_at_once(manager: User, customer: Customer) -> None:
    """Of more than 200 rows it once named the first 200 alone."""
    keys = {str(make_member(customer, f"86139123{number:05}").pk) for number in range(240)}
    reveal(browser(manager), *(f"member.{key}.number" for key in keys))
    (event,) = revealed()
    assert set(event.details["keys"]) == keys
