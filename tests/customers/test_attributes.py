"""Attributes that administrators define: what is kept, in forms, on the page, and in the history."""

from __future__ import annotations

import datetime
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from access.models import User
from common.versions import version_of
from customers.attributes import clean_attributes, definitions_in_use, merged, value_as_text, value_for_file, value_from_text
from customers.models import AttributeChoice, AttributeDefinition, Customer
from customers.services.details import create_customer, update_customer
from tests.factories.customers import AttributeFactory, CustomerFactory

pytestmark = pytest.mark.django_db

EVERYTHING: dict[str, Any] = {
    "slogan": "为民",
    "staff": 1200,
    "founded": "1956-10-01",
    "listed": True,
    "uplink": "FTTH",
    "floors": ["B1", "F2"],
}


@pytest.fixture
def definitions() -> list[AttributeDefinition]:
    AttributeFactory(key="slogan", kind="text", position=1)
    AttributeFactory(key="staff", kind="number", position=2)
    AttributeFactory(key="founded", kind="date", position=3)
    AttributeFactory(key="listed", kind="yes_no", position=4)
    AttributeFactory(key="uplink", kind="choice", position=5, codes=("FTTH", "5G"))
    AttributeFactory(key="floors", kind="choices", position=6, codes=("B1", "F1", "F2"))
    return definitions_in_use()


@pytest.mark.parametrize(
    ("key", "given", "kept"),
    [
        ("slogan", "  为民 ", "为民"),
        ("slogan", "", None),
        ("staff", "12.50", 12.5),
        ("staff", Decimal("7.000"), 7),
        ("staff", 0, 0),
        ("founded", datetime.date(1956, 10, 1), "1956-10-01"),
        ("listed", False, False),
        ("uplink", "5G", "5G"),
        ("floors", ["F2", "B1", "B1"], ["B1", "F2"]),
        ("floors", [], None),
    ],
)
def test_what_is_kept(definitions: list[AttributeDefinition], key: str, given: Any, kept: Any) -> None:
    assert clean_attributes({key: given}, definitions) == {key: kept}


@pytest.mark.parametrize(
    ("key", "given"),
    [
        ("slogan", "x" * 501),
        ("slogan", 5),
        ("slogan", "a\x00b"),
        ("staff", "many"),
        ("staff", True),
        ("staff", "1e13"),
        ("staff", "NaN"),
        ("staff", "0.00001"),
        ("founded", "1956-13-01"),
        ("founded", "0001-01-01"),
        ("listed", "maybe"),
        ("uplink", "2G"),
        ("uplink", ["FTTH"]),
        ("floors", "B1"),
        ("floors", ["B1", {}]),
        ("nowhere", "x"),
    ],
)
def test_what_is_refused(definitions: list[AttributeDefinition], key: str, given: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        clean_attributes({key: given, "slogan": given if key == "slogan" else "x"}, definitions)
    assert set(refused.value.error_dict) == {key}


def test_text_of_files_is_read_and_written(definitions: list[AttributeDefinition]) -> None:
    texts = {"slogan": "为民", "staff": "1,200", "founded": "1956/10/1", "listed": "是", "uplink": "选FTTH", "floors": "b1；Choice F2"}
    read = {one.key: value_from_text(one, texts[one.key]) for one in definitions}
    assert clean_attributes(read, definitions) == EVERYTHING
    assert [value_as_text(one, EVERYTHING[one.key]) for one in definitions] == [
        "为民",
        "1,200",
        "1956-10-01",
        "yes",
        "Choice FTTH",
        "Choice B1, Choice F2",
    ]
    assert [value_for_file(one, EVERYTHING[one.key]) for one in definitions[1:3]] == [1200, datetime.date(1956, 10, 1)]


def test_writing_some_leaves_the_others_and_what_has_no_definition(manager: User, definitions: list[AttributeDefinition]) -> None:
    customer = CustomerFactory(manager=manager, attributes={**EVERYTHING, "forgotten": 1})
    written = update_customer(
        customer_id=customer.pk, actor=manager, seen=version_of(customer), attributes={"staff": 5, "listed": None}
    ).attributes
    assert written == {**{key: value for key, value in EVERYTHING.items() if key != "listed"}, "staff": 5, "forgotten": 1}
    assert merged({"a": 1}, {"a": None, "b": 2}) == {"b": 2}


def test_what_was_retired_or_deleted_may_stay(definitions: list[AttributeDefinition]) -> None:
    AttributeChoice.objects.filter(code="FTTH").update(is_active=False)
    AttributeChoice.objects.filter(code="B1").delete()
    now = definitions_in_use()
    assert clean_attributes({"uplink": "FTTH", "floors": ["B1", "F1"]}, now, present=EVERYTHING) == {
        "uplink": "FTTH",
        "floors": ["F1", "B1"],
    }
    with pytest.raises(ValidationError) as refused:
        clean_attributes({"uplink": "FTTH", "floors": ["B1"]}, now)
    assert set(refused.value.error_dict) == {"uplink", "floors"}


def test_a_required_one_must_be_there_when_a_customer_is_entered(manager: User, definitions: list[AttributeDefinition]) -> None:
    AttributeDefinition.objects.filter(key="staff").update(is_required=True)
    assert manager.org_unit is not None
    with pytest.raises(ValidationError) as refused:
        create_customer(actor=manager, manager=manager, org_unit=manager.org_unit, code="NEW-1", name="新客户")
    assert set(refused.value.error_dict) == {"attribute_staff"}
    entered = create_customer(
        actor=manager, manager=manager, org_unit=manager.org_unit, code="NEW-1", name="新客户", attributes={"staff": 3}
    )
    assert entered.attributes == {"staff": 3}
    renamed = update_customer(customer_id=entered.pk, actor=manager, seen=version_of(entered), short_name="新")
    assert renamed.attributes == {"staff": 3}


def _sent(client: Client, customer: Customer) -> dict[str, Any]:
    form = client.get(reverse("customers:customer_edit", args=[customer.pk])).context["form"]
    sent = {name: value for name, value in form.initial.items() if value is not None}
    return {**sent, "version": version_of(customer)}


def test_the_form_has_them_in_a_section_and_the_page_shows_them(
    client: Client, manager: User, definitions: list[AttributeDefinition]
) -> None:
    customer = CustomerFactory(manager=manager, attributes=EVERYTHING)
    client.force_login(manager)
    sent = _sent(client, customer)
    assert {name: value for name, value in sent.items() if name.startswith("attribute_")} == {
        f"attribute_{key}": "yes" if value is True else value for key, value in EVERYTHING.items()
    }
    url = reverse("customers:customer_edit", args=[customer.pk])
    text = unescape(client.get(url).content.decode())
    assert text.count("More about this customer") == 1
    refused = client.post(url, {**sent, "attribute_staff": "many", "attribute_uplink": "2G"})
    assert refused.status_code == 422
    assert set(refused.context["form"].errors) == {"attribute_staff", "attribute_uplink"}
    assert client.post(url, {**sent, "attribute_staff": "1300", "attribute_floors": ["F1"], "attribute_listed": "no"}).status_code == 302
    assert Customer.objects.get(pk=customer.pk).attributes == {**EVERYTHING, "staff": 1300, "floors": ["F1"], "listed": False}
    page = client.get(reverse("customers:customer_detail", args=[customer.pk])).content.decode()
    assert "<dt>The staff</dt><dd>1,300</dd>" in page
    assert "<dt>The floors</dt><dd>Choice F1</dd>" in page
    AttributeDefinition.objects.filter(key="staff").update(is_active=False)
    assert "The staff" not in client.get(reverse("customers:customer_detail", args=[customer.pk])).content.decode()
    assert client.post(url, _sent(client, customer.__class__.objects.get(pk=customer.pk))).status_code == 302
    assert Customer.objects.get(pk=customer.pk).attributes["staff"] == 1300


def test_somebody_elses_change_is_told_at_the_field(client: Client, manager: User, definitions: list[AttributeDefinition]) -> None:
    customer = CustomerFactory(manager=manager, attributes=EVERYTHING)
    client.force_login(manager)
    sent = _sent(client, customer)
    update_customer(customer_id=customer.pk, actor=manager, seen=version_of(customer), attributes={"uplink": "5G"})
    response = client.post(reverse("customers:customer_edit", args=[customer.pk]), {**sent, "attribute_slogan": "新"})
    assert response.status_code == 422
    errors = response.context["form"].errors
    assert (errors["attribute_uplink"], errors["attribute_slogan"]) == (["Now: Choice 5G"], ["Now: 为民"])
    assert "attribute_staff" not in errors


def test_the_history_names_each_and_puts_one_back(client: Client, manager: User, definitions: list[AttributeDefinition]) -> None:
    customer = CustomerFactory(manager=manager, attributes={**EVERYTHING, "forgotten": 1})
    Customer.objects.filter(pk=customer.pk).update(attributes={**EVERYTHING, "staff": 9, "uplink": "5G"})
    client.force_login(manager)
    page = client.get(reverse("customers:customer_history", args=[customer.pk]))
    changes = [(one.field, one.label, one.before, one.after) for one in page.context["versions"][0].changes]
    assert changes == [
        ("attributes.staff", "The staff", "1,200", "9"),
        ("attributes.uplink", "The uplink", "Choice FTTH", "Choice 5G"),
        ("attributes.forgotten", "forgotten", "1", '<span class="soft">—</span>'),
    ]
    text = page.content.decode()
    assert "field=attributes.staff" in text
    assert "field=attributes.forgotten" not in text
    event = page.context["versions"][0].key
    address = f"{reverse('customers:customer_restore', args=[customer.pk])}?version={event}"
    shown = client.get(f"{address}&field=attributes.staff").context["preview"]
    assert [(line.label, line.now, line.then) for line in shown.lines] == [("The staff", "9", "1,200")]
    client.post(f"{address}&field=attributes.staff", {"version": shown.version})
    assert Customer.objects.get(pk=customer.pk).attributes == {**EVERYTHING, "uplink": "5G"}
    client.post(address, {"version": version_of(Customer.objects.get(pk=customer.pk))})
    assert Customer.objects.get(pk=customer.pk).attributes == EVERYTHING


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("attribute_slogan=为", {"a"}),
        ("attribute_slogan=为民&attribute_slogan_op=is", {"a"}),
        ("attribute_slogan_op=empty", {"b", "c"}),
        ("attribute_staff_min=5&attribute_staff_max=1200", {"a", "b"}),
        ("attribute_staff_min=1200.5", set()),
        ("attribute_staff_op=filled", {"a", "b"}),
        ("attribute_founded_min=1950-01-01&attribute_founded_max=1956-10-01", {"a"}),
        ("attribute_founded_op=before&attribute_founded_max=1956-10-01", set()),
        ("attribute_listed=yes", {"a"}),
        ("attribute_listed=no", {"b"}),
        ("attribute_uplink=FTTH&attribute_uplink=5G", {"a", "b"}),
        ("attribute_uplink=FTTH&attribute_uplink_op=none", {"b", "c"}),
        ("attribute_floors=F2", {"a"}),
        ("attribute_floors=F1&attribute_floors=F2", {"a", "b"}),
    ],
)
def test_the_list_is_filtered_by_them(
    client: Client, manager: User, definitions: list[AttributeDefinition], query: str, found: set[str]
) -> None:
    CustomerFactory(manager=manager, code="A", name="甲a", attributes=EVERYTHING)
    CustomerFactory(manager=manager, code="B", name="乙b", attributes={"staff": 5, "listed": False, "uplink": "5G", "floors": ["F1"]})
    CustomerFactory(manager=manager, code="C", name="丙c")
    client.force_login(manager)
    response = client.get(f"{reverse('customers:customer_list')}?{query}")
    text = response.content.decode()
    assert response.status_code == 200
    assert {name[1] for name in ("甲a", "乙b", "丙c") if name in text} == found


def test_the_list_has_columns_of_them(client: Client, manager: User, definitions: list[AttributeDefinition]) -> None:
    AttributeDefinition.objects.filter(key="staff").update(is_column=True)
    AttributeDefinition.objects.filter(key="slogan").update(is_filter=False)
    CustomerFactory(manager=manager, attributes=EVERYTHING)
    client.force_login(manager)
    address = reverse("customers:customer_list")
    text = client.get(address).content.decode()
    floors = "Choice B1, Choice F2"
    assert ("The staff" in text, "1,200" in text, floors in text) == (True, True, False)
    assert floors in client.get(f"{address}?columns=name,attribute_floors").content.decode()
    assert "attribute_slogan-form" not in text
