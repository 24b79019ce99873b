"""Being warned of what is entered already: what counts as alike, what of it is told to whom, and that a form waits for a second press."""

from __future__ import annotations

from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from access.models import User
from customers.bulk.duplicates import plain_name
from customers.duplicates import Alike, customers_like, people_like
from customers.likeness import windows
from customers.models import ContactPerson, Customer, DuplicateRule
from tests.factories.customers import ContactPersonFactory, CustomerFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("广州白云电子有限公司", "广州白云电子"),
        ("广州(白云)电子 股份有限公司", "广州白云电子"),
        ("广州（白云）电子公司", "广州白云电子"),
        ("ＡＣＭＥ  Trading Co., Ltd.", "ACMETRADING"),
        ("acme trading", "ACMETRADING"),
        ("公司", "公司"),
        ("Coco Limited", "COCO"),
        ("", ""),
    ],
)
def test_the_plain_name_is_what_tells_companies_apart(name: str, plain: str) -> None:
    assert plain_name(name) == plain


def named(found: list[Alike]) -> list[str | None]:
    return [one.row and one.row.name for one in found]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("广州白云电子公司", ["广州白云电子有限公司"]),
        ("（广州）白云电子", ["广州白云电子有限公司"]),
        ("广州白云电器股份有限公司", ["广州白云电子有限公司"]),
        ("广州白鹭电子有限公司", []),  # too little in common
        ("云江市第一人民医院", ["云江市第一人民医院"]),
        ("云江市第一人民医远", ["云江市第一人民医院"]),
        ("云江市第一民医院", ["云江市第一人民医院"]),
        ("云江市第二人民医院", []),  # another numeral is another hospital
        ("Acme Medical Tradng", ["ACME Medical Trading Ltd"]),
        ("医院", []),
        ("100%_", []),
    ],
)
def test_names_alike_are_found(manager: User, typed: str, found: list[str]) -> None:
    for name in ("广州白云电子有限公司", "云江市第一人民医院", "ACME Medical Trading Ltd"):
        CustomerFactory(name=name, manager=manager)
    assert named(customers_like(manager, name=typed)) == found


def test_how_alike_is_the_administrators_to_say(manager: User) -> None:
    CustomerFactory(name="广州白云电子有限公司", manager=manager)
    assert named(customers_like(manager, name="广州白鹭电子")) == []
    DuplicateRule.objects.update_or_create(sign="like", defaults={"points": 70, "at_least": 60})
    assert named(customers_like(manager, name="广州白鹭电子")) == ["广州白云电子有限公司"]
    DuplicateRule.objects.filter(sign="like").update(is_active=False)
    assert named(customers_like(manager, name="广州白鹭电子")) == []


def test_any_two_neighbours_may_differ() -> None:
    for length in range(4, 60):
        found = windows(length)
        assert found[-1][1] == length
        pairs = [(place, place + 1) for place in range(length - 1)] if length >= 8 else [(place, place) for place in range(length)]
        for first, last in pairs:
            assert any(start <= first and last < end for start, end in found), (length, first)


def test_of_what_is_out_of_reach_only_a_taken_code_is_told(manager: User, foreign_manager: User) -> None:
    CustomerFactory(name="云江市第一人民医院", code="YJ-77", credit_code="91310000MA1FL3X88U", manager=foreign_manager)
    assert customers_like(manager, name="云江市第一人民医院") == []
    for code, credit_code in (("yj-77", ""), ("", "91310000MA1FL3X88U")):
        found = customers_like(manager, name="云江市第一人民医院", code=code, credit_code=credit_code)
        assert named(found) == [None]
        assert "云江" not in " ".join(found[0].reasons)


def test_the_fragment_names_reasons_and_takes_a_fixed_number_of_queries(client: Client, manager: User) -> None:
    one = CustomerFactory(name="云江市第一人民医院", code="YJ-77", manager=manager)
    client.force_login(manager)
    url = reverse("customers:customer_alike")

    def ask() -> tuple[str, int]:
        with CaptureQueriesContext(connection) as queries:
            response = client.post(url, {"name": "云江市第一人民医院", "code": "YJ-77"})
        return unescape(response.content.decode()), len(queries)

    text, before = ask()
    assert f"/customers/{one.pk}/" in text and "the same code" in text and "the same name" in text  # noqa: PT018
    for _turn in range(3):
        CustomerFactory(name="云江市第一人民医院", manager=manager)
    assert ask()[1] == before
    CustomerFactory(code="YJ-HIDDEN")
    assert "exists already" in client.post(url, {"code": "YJ-HIDDEN"}).content.decode()
    assert "exists already" not in client.post(f"{url}?besides={one.pk}", {"code": "YJ-HIDDEN"}).content.decode()
    assert client.post(url, {"name": "\x00", "code": "\x00", "credit_code": "x" * 9_999}).status_code == 200
    assert not client.post(f"{url}?besides={one.pk}", {"code": "YJ-77"}).content.strip()


def form_data(manager: User, **more: str) -> dict[str, object]:
    owner = {"manager": manager.pk, "org_unit": manager.org_unit_id}
    return {**owner, "level": "C", "value_score": 0, "name": "云江市第一人民医院", "code": "NEW-1", **more}


def test_a_new_customer_waits_for_a_second_press(client: Client, manager: User) -> None:
    known = CustomerFactory(name="云江市第一人民医院有限公司", manager=manager)
    client.force_login(manager)
    url = reverse("customers:customer_create")
    response = client.post(url, form_data(manager, remark="typed"))
    text = unescape(response.content.decode())
    assert response.status_code == 422
    assert not Customer.objects.filter(code="NEW-1").exists()
    assert f'name="alike_seen" value="{known.pk}"' in text
    assert "typed</textarea>" in text
    another = CustomerFactory(name="云江市第一人民医院公司", manager=manager)
    assert client.post(url, form_data(manager, alike_seen=str(known.pk))).status_code == 422  # there is one more by now
    response = client.post(url, form_data(manager) | {"alike_seen": [str(known.pk), str(another.pk)]})
    assert response.status_code == 302
    assert Customer.objects.filter(code="NEW-1").exists()


def test_a_change_is_held_up_only_by_what_it_changes(client: Client, manager: User) -> None:
    first, second = (CustomerFactory(name="云江市第一人民医院", code=code, manager=manager) for code in ("YJ-1", "YJ-2"))
    client.force_login(manager)
    url = reverse("customers:customer_edit", args=[first.pk])

    def save(**changed: str) -> int:
        form = client.get(url).context["form"]
        values = {field.html_name: field.value() for field in form if field.value() is not None and field.name != "tags"}
        return int(client.post(url, {**values, **changed}).status_code)

    assert save(remark="other") == 302
    assert save(name="云江市第一人民医院（总院）") == 422
    assert save(name="云江市第一人民医院（总院）", alike_seen=str(second.pk)) == 302


def test_contact_persons_alike(client: Client, manager: User, foreign_manager: User) -> None:
    customer = CustomerFactory(manager=manager)
    here = ContactPersonFactory(customer=customer, name="陈红", phone="8613800001111")
    elsewhere = ContactPersonFactory(customer=CustomerFactory(manager=manager), name="陈红", phone="8613800002222")
    ContactPersonFactory(customer=CustomerFactory(manager=foreign_manager), name="陈红", phone="8613800003333")
    for name, phone, found in (
        ("陈 红", "", [here]),
        ("", "138 0000 2222", [elsewhere]),
        ("", "138****2222", []),
        ("", "13800003333", []),
        ("陈红", "+8613800002222", [elsewhere, here]),
    ):
        assert [one.row for one in people_like(manager, customer, name=name, phone=phone)] == found, (name, phone)
    client.force_login(manager)
    url = reverse("customers:contact_person_create", args=[customer.pk])
    data = {"name": "陈红", "role": "user", "phone": "13800004444"}
    assert client.post(url, data).status_code == 422
    assert client.post(url, data | {"alike_seen": str(here.pk)}).status_code == 302
    assert ContactPerson.objects.filter(customer=customer, name="陈红").count() == 2
