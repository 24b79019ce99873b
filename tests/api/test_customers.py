"""Customers and the people at them over the API: the browser's filters, forms and services, and no lost update."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from access.models import User
from customers.models import ContactPerson, Customer, Industry, Tag
from tests.api.conftest import Api
from tests.factories.customers import ContactPersonFactory, CustomerFactory

pytestmark = pytest.mark.django_db
ApiOf = Callable[[User], Api]

CUSTOMERS = "/api/v1/customers/"
PEOPLE = "/api/v1/contact-people/"


def one(row: Any, path: str = CUSTOMERS) -> str:
    """The address of a row."""
    return f"{path}{row.pk}/"


def change(api: Api, row: Customer, **fields: Any) -> Any:
    """Read a customer and change it by what was read."""
    return api.request("PATCH", one(row), fields, If_Match=api.get(one(row))["ETag"])


# --- reading ---------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def three(manager: User) -> list[Customer]:
    """Three customers of the manager."""
    return [CustomerFactory(code=f"C-{n}", name=f"客户{n}", level=level, manager=manager) for n, level in enumerate(("A1", "B1", "C"))]


def codes(answer: Any) -> list[str]:
    """The codes of a page."""
    assert answer.status_code == 200, answer.content
    return [row["code"] for row in answer.json()["results"]]


def test_the_list_filters_sorts_and_pages_as_the_browser_does(api: Api, three: list[Customer], foreign_manager: User) -> None:
    CustomerFactory(code="FOREIGN", manager=foreign_manager)
    assert codes(api.get(f"{CUSTOMERS}?level=A1&level=B1&sort=-code")) == ["C-1", "C-0"]
    assert codes(api.get(f"{CUSTOMERS}?level=A1&level_op=none&sort=code")) == ["C-1", "C-2"]
    assert codes(api.get(f"{CUSTOMERS}?q=客户2")) == ["C-2"]
    first = api.get(f"{CUSTOMERS}?sort=level,-code&limit=2&count=yes").json()
    assert ([row["code"] for row in first["results"]], first["count"], first["more_than_count"]) == (["C-0", "C-1"], 3, False)
    second = api.get(first["next"].removeprefix("http://testserver"))
    assert codes(second) == ["C-2"]
    assert codes(api.get(second.json()["previous"].removeprefix("http://testserver"))) == ["C-0", "C-1"]


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ("colour=red", "unknown_filter", "colour"),
        ("sort=nothing", "unknown_sort", "sort"),
        ("level=Z9", "invalid", "level"),
        ("value_score_min=x", "invalid", "value_score"),
        ("limit=0", "invalid", "limit"),
        ("limit=501", "invalid", "limit"),
        ("cursor=xyz", "invalid_cursor", "cursor"),
        ("fields=name,secret", "unknown_field", "fields"),
    ],
)
def test_what_the_list_does_not_know_is_refused_by_name(api: Api, customer: Customer, query: str, code: str, field: str) -> None:
    answer = api.get(f"{CUSTOMERS}?{query}")
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, code, field)


def test_a_field_that_is_not_asked_for_costs_no_query(api: Api, three: list[Customer]) -> None:
    api.get(CUSTOMERS)
    assert api.get(f"{CUSTOMERS}?fields=id,code").json()["results"][0].keys() == {"id", "code"}
    assert "tags" not in api.get(f"{CUSTOMERS}?omit=tags").json()["results"][0]

    def queries(address: str) -> list[str]:
        with CaptureQueriesContext(connection) as seen:
            api.get(address)
        return [query["sql"] for query in seen.captured_queries]

    few, all_of_them = queries(f"{CUSTOMERS}?fields=id,code"), queries(CUSTOMERS)
    assert len(few) == len(all_of_them) - 1
    assert not any('access_user" ON' in sql or "customers_industry" in sql for sql in few if "customers_customer" in sql)
    CustomerFactory.create_batch(5, manager=three[0].manager)
    assert len(queries(CUSTOMERS)) == len(all_of_them)


# --- versions --------------------------------------------------------------------------------------------------------------------------


def test_what_is_known_already_is_not_sent_again(api: Api, customer: Customer, manager: User) -> None:
    for path in (one(customer), CUSTOMERS):
        first = api.get(path)
        assert "no-store" in first["Cache-Control"]
        again = api.get(path, If_None_Match=first["ETag"])
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
        User.objects.filter(pk=manager.pk).update(name=manager.name + "新")  # of another row, and still a part of the answer
        manager.refresh_from_db()
        assert api.get(path, If_None_Match=first["ETag"]).status_code == 200


def test_a_write_says_what_it_has_seen(api: Api, customer: Customer) -> None:
    seen = api.get(f"{one(customer)}?fields=name")["ETag"]  # of a part of the customer, and good for all of it
    for method in ("PUT", "PATCH"):
        answer = api.request(method, one(customer), {"name": "新"})
        assert (answer.status_code, answer.json()["code"]) == (428, "precondition_required")
    changed = api.request("PATCH", one(customer), {"short_name": "一院"}, If_Match=seen)
    assert (changed.status_code, changed.json()["short_name"]) == (200, "一院")
    late = api.request("PATCH", one(customer), {"short_name": "二院"}, If_Match=seen)
    assert (late.status_code, late.json()["code"], late["ETag"]) == (412, "stale", changed["ETag"])
    assert Customer.objects.get().short_name == "一院"
    assert api.request("PATCH", one(customer), {"short_name": "二院"}, If_Match=late["ETag"]).status_code == 200
    assert api.request("PATCH", one(customer), {"short_name": "三院"}, If_Match="W/" + late["ETag"]).status_code == 412


def touched(customer: Customer) -> dict[str, Callable[[], Any]]:
    """Every kind of write that does not ask the services: each must make a version."""

    def sql() -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE customers_customer SET remark = 'by hand' WHERE id = %s", [customer.pk])

    def whatever_the_session_says() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("UPDATE customers_customer SET remark = 'replica' WHERE id = %s", [customer.pk])
            cursor.execute("SET LOCAL session_replication_role = origin")

    return {
        "update": lambda: Customer.objects.filter(pk=customer.pk).update(remark="queryset"),
        "bulk_update": lambda: Customer.objects.bulk_update([Customer(pk=customer.pk, remark="bulk")], ["remark"]),
        "sql": sql,
        "replica": whatever_the_session_says,
    }


@pytest.mark.parametrize("how", ["update", "bulk_update", "sql", "replica"])
def test_every_write_makes_a_version(api: Api, customer: Customer, how: str) -> None:
    seen = api.get(one(customer))["ETag"]
    touched(customer)[how]()
    assert api.request("PATCH", one(customer), {"remark": "mine"}, If_Match=seen).status_code == 412


# --- writing ---------------------------------------------------------------------------------------------------------------------------


def test_a_customer_is_entered_changed_and_replaced(api: Api, manager: User) -> None:
    Industry.objects.create(code="I65", name_en="Software", name_zh="软件")
    Tag.objects.create(code="VIP", name_en="VIP", name_zh="重要")
    new = {"code": "api-1", "name": "云江软件园", "level": "A2", "industry": "I65", "tags": ["VIP"], "credit_limit": "1000.50"}
    made = api.post(CUSTOMERS, new)
    assert made.status_code == 201, made.content
    row = Customer.objects.get()
    assert made["Location"] == f"http://testserver{one(row)}"
    assert (row.code, row.industry.code, str(row.credit_limit), row.manager) == ("API-1", "I65", "1000.50", manager)  # type: ignore[union-attr]
    assert (made.json()["tags"], made.json()["lifecycle"]) == (["VIP"], "potential")
    changed = change(api, row, tags=[], industry=None, remark="x")
    assert (changed.json()["tags"], changed.json()["industry"], changed.json()["level"]) == ([], None, "A2")
    read = changed.json()
    replaced = api.request("PUT", one(row), {**read, "remark": "", "name": "云江软件城"}, If_Match=changed["ETag"])
    assert replaced.status_code == 200, replaced.content
    row.refresh_from_db()
    assert (row.name, row.pinyin[:5], row.remark, row.level) == ("云江软件城", "yunji", "", "A2")


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"name": ""}, "required", "name"),
        ({"level": "Z"}, "invalid_choice", "level"),
        ({"value_score": -1}, "min_value", "value_score"),
        ({"value_score": "many"}, "invalid", "value_score"),
        ({"credit_code": "91"}, "credit_code_form", "credit_code"),
        ({"industry": "NONE"}, "invalid_choice", "industry"),
        ({"parent": "NOWHERE"}, "unknown_customer", "parent"),
        ({"lifecycle": "left"}, "read_only", "lifecycle"),
        ({"code": "OTHER"}, "read_only", "code"),
        ({"manager": None}, "read_only", "manager"),
        ({"colour": "red"}, "unknown_field", "colour"),
        ({"attributes": {"nothing": 1}}, "unknown_field", "attributes.nothing"),
        ({"tags": "VIP"}, "not_a_list", "tags"),
        ({"bank_account": "62****"}, "masked", "bank_account"),
    ],
)
def test_the_form_says_what_may_be(api: Api, customer: Customer, fields: dict[str, Any], code: str, field: str) -> None:
    Tag.objects.create(code="VIP", name_en="VIP", name_zh="重要")
    before = Customer.objects.values().get()
    answer = change(api, customer, **fields)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, code, field)
    assert Customer.objects.values().get() == before


def test_masked_values_stay_masked_and_stay_as_they_are(api: Api, customer: Customer) -> None:
    person = ContactPersonFactory(customer=customer, phone="8613912340001")
    read = api.get(one(person, PEOPLE))
    assert "13912340001" not in read.content.decode()
    changed = api.request("PATCH", one(person, PEOPLE), {"phone": read.json()["phone"], "title": "院长"}, If_Match=read["ETag"])
    assert changed.status_code == 200, changed.content
    person.refresh_from_db()
    assert (person.phone, person.title) == ("8613912340001", "院长")
    half = {"id_number": "X1234567"}
    assert api.request("PATCH", one(person, PEOPLE), half, If_Match=changed["ETag"]).json()["code"] == "id_type"
    both = api.request("PATCH", one(person, PEOPLE), {**half, "id_type": "passport"}, If_Match=changed["ETag"])
    assert both.status_code == 200, both.content
    assert "X1234567" not in both.content.decode()


def test_a_person_is_entered_and_deleted(api: Api, customer: Customer) -> None:
    made = api.post(PEOPLE, {"customer": customer.code, "name": "李静", "role": "decision", "is_key_person": True})
    assert made.status_code == 201, made.content
    person = ContactPerson.objects.get()
    assert (person.is_key_person, person.do_not_contact, made.json()["customer"]) == (True, False, customer.code)
    assert [row["id"] for row in api.get(f"{PEOPLE}?role=decision").json()["results"]] == [person.pk]
    assert api.request("DELETE", one(person, PEOPLE)).status_code == 428
    ContactPerson.objects.update(title="later")
    assert api.request("DELETE", one(person, PEOPLE), If_Match=made["ETag"]).status_code == 412
    assert api.request("DELETE", one(person, PEOPLE), If_Match=api.get(one(person, PEOPLE))["ETag"]).status_code == 204
    assert not ContactPerson.objects.exists()


# --- access ----------------------------------------------------------------------------------------------------------------------------


def test_who_reports_to_whom_is_written_within_a_customer(api: Api, customer: Customer, manager: User, foreign_manager: User) -> None:
    head = ContactPersonFactory(customer=customer)
    elsewhere, hidden = (ContactPersonFactory(customer=CustomerFactory(manager=one)) for one in (manager, foreign_manager))
    made = api.request("POST", PEOPLE, {"customer": customer.code, "name": "孙科长", "reports_to": head.pk})
    assert (made.status_code, made.json()["reports_to"]) == (201, head.pk), made.content
    person = ContactPerson.objects.get(name="孙科长")
    for row, superior in ((head, person), (person, elsewhere), (person, hidden), (person, person)):
        refused = api.request("PATCH", one(row, PEOPLE), {"reports_to": superior.pk}, If_Match=api.get(one(row, PEOPLE))["ETag"])
        assert (refused.status_code, refused.json()["field"]) == (400, "reports_to"), refused.content
    refused = api.request("POST", PEOPLE, {"customer": customer.code, "name": "李工", "reports_to": elsewhere.pk})
    assert (refused.status_code, refused.json()["field"]) == (400, "reports_to"), refused.content
    emptied = api.request("PATCH", one(person, PEOPLE), {"reports_to": None}, If_Match=api.get(one(person, PEOPLE))["ETag"])
    assert (emptied.status_code, emptied.json()["reports_to"]) == (200, None)
    assert not ContactPerson.objects.exclude(reports_to=None).exists()


def test_what_is_hidden_is_missing(api: Api, foreign_manager: User, viewer: User, outsider: User, api_of: ApiOf) -> None:
    hidden = CustomerFactory(code="HIDDEN", manager=foreign_manager)
    person = ContactPersonFactory(customer=hidden)
    for row, path in ((hidden, CUSTOMERS), (person, PEOPLE)):
        for method in ("GET", "PATCH", "PUT"):
            answer = api.request(method, one(row, path), None if method == "GET" else {}, If_Match="*")
            assert (answer.status_code, answer.json()) == (404, api.get(f"{path}{10**30}/").json())
        looker = api_of(viewer)
        assert looker.get(one(row, path)).status_code == 200
        assert looker.request("PATCH", one(row, path), {}, If_Match="*").status_code == 403
        assert looker.post(path, {}).status_code == 403
        assert api_of(outsider).get(path).status_code == 403
    assert api.post(PEOPLE, {"customer": "HIDDEN", "name": "x"}).json()["code"] == "unknown_customer"
    below = CustomerFactory(manager=api.user, parent=hidden)
    assert (api.get(one(below)).json()["parent"], change(api, below, remark="x").status_code) == (None, 200)
    assert change(api, below, parent=None).status_code == 200
    assert Customer.objects.get(pk=below.pk).parent == hidden
