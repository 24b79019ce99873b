"""What is read of one customer, of people and of lists over the API, and what the search leads to."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from access.models import AuditEvent, AuditEventKind, User
from common.lists.registry import registered_lists
from customers.models import Customer
from customers.services.details import update_customer
from customers.services.lifecycle import move_customer
from jobs.models import Job
from jobs.services.work import advance
from products.models import Tariff
from tests.api.conftest import Api
from tests.factories.customers import ContactPersonFactory, CustomerFactory
from tests.factories.workflow import make_task
from tests.members.factories import make_member, make_subscription

pytestmark = pytest.mark.django_db
ApiOf = Callable[[User], Api]


def below(customer: Customer, what: str) -> str:
    """An address below a customer's."""
    return f"/api/v1/customers/{customer.pk}/{what}"


def following(answer: Any) -> str:
    """The address of the next page."""
    return str(answer.json()["next"]).removeprefix("http://testserver")


# --- timeline --------------------------------------------------------------------------------------------------------------------------


def test_the_timeline_page_by_page(api: Api, customer: Customer, foreign_manager: User, api_of: ApiOf) -> None:
    move_customer(customer_id=customer.pk, actor=api.user, to="warned", reason="竞标")
    for name in ("一", "二"):
        customer.refresh_from_db()
        update_customer(customer_id=customer.pk, actor=api.user, seen=customer.updated_at.isoformat(), short_name=name)
    whole = api.get(below(customer, "timeline/")).json()
    changes = {one["after"]: one["before"] for row in whole["results"] if row["kind"] == "fields" for one in row["details"]}
    assert (changes["一"], changes["二"]) == ("", "一")
    assert [one["note"] for one in whole["results"] if one["kind"] == "lifecycle"][:1] == ["竞标"]
    told: list[Any] = []
    address = below(customer, "timeline/?limit=2")
    while address:
        page = api.get(address)
        assert page.status_code == 200, page.content
        told += page.json()["results"]
        address = following(page) if page.json()["next"] else ""
    assert told == whole["results"]
    assert {one["kind"] for one in api.get(below(customer, "timeline/?kind=lifecycle")).json()["results"]} == {"lifecycle"}
    assert api.get(below(customer, "timeline/?last=2020-01-01")).json() == {"next": None, "results": []}
    for query, field in (("kind=colour", "kind"), ("first=x", "first"), ("cursor=x", "cursor"), ("limit=0", "limit"), ("of=me", "of")):
        answer = api.get(below(customer, f"timeline/?{query}"))
        assert (answer.status_code, answer.json()["field"]) == (400, field)
    again = api.get(below(customer, "timeline/"), If_None_Match=api.get(below(customer, "timeline/"))["ETag"])
    assert again.status_code == 304
    assert api_of(foreign_manager).get(below(customer, "timeline/")).status_code == 404


# --- hierarchy -------------------------------------------------------------------------------------------------------------------------


def test_the_hierarchy_with_its_figures(
    api: Api, customer: Customer, tariff: Tariff, foreign_manager: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    child = CustomerFactory(code="CHILD", parent=customer, manager=api.user)
    grandchild = CustomerFactory(code="GRANDCHILD", parent=child, manager=api.user)
    hidden = CustomerFactory(code="HIDDEN", parent=customer, manager=foreign_manager)
    make_subscription(make_member(customer, "8613912340001"), tariff)
    make_subscription(make_member(grandchild, "8613912340002"), tariff)
    answer = api.get(below(child, "hierarchy/"))
    assert [one["code"] for one in answer.json()["above"]] == [customer.code]
    assert [row["figures"] for row in answer.json()["branches"]] == [[], []]
    with django_assert_max_num_queries(16):
        whole = api.get(below(customer, "hierarchy/?figures=yes&levels=1"))
    told = whole.json()
    assert hidden.name not in whole.content.decode()
    assert (told["size"], told["has_hidden"], told["is_cut"]) == (3, True, False)
    assert [(row["customer"]["code"], row["depth"], row["below"], row["is_closed"]) for row in told["branches"]] == [
        (customer.code, 0, 2, False),
        ("CHILD", 1, 1, True),
    ]
    figures = {one["key"]: (one["own"], one["total"]) for one in told["branches"][0]["figures"]}
    assert (figures["members"], figures["revenue"]) == (("1", "2"), ("10.00", "20.00"))
    assert [one["key"] for one in told["roll_ups"]] == list(figures)
    for query, field in (("levels=33", "levels"), ("levels=x", "levels"), ("figures=1", "figures"), ("depth=1", "depth")):
        refused = api.get(below(customer, f"hierarchy/?{query}"))
        assert (refused.status_code, refused.json()["field"]) == (400, field)
    assert api.get(below(hidden, "hierarchy/")).status_code == 404


# --- file ------------------------------------------------------------------------------------------------------------------------------


def test_the_whole_file_is_taken_out(api: Api, customer: Customer, viewer: User, api_of: ApiOf) -> None:
    ContactPersonFactory(customer=customer, phone="8613912340001")
    answer = api.get(below(customer, "file.pdf"), Accept="application/pdf")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert b"".join(answer.streaming_content).startswith(b"%PDF-")
    assert AuditEvent.objects.filter(kind=AuditEventKind.EXPORTED, actor=api.user, details__form="pdf").count() == 1
    refused = api_of(viewer).get(below(customer, "file.pdf"), Accept="application/pdf")
    assert (refused.status_code, refused["Content-Type"]) == (404, "application/json")


# --- people ----------------------------------------------------------------------------------------------------------------------------


def test_people_are_those_in_reach(
    manager: User, colleague: User, director: User, foreign_manager: User, administrator: User, outsider: User, api_of: ApiOf
) -> None:
    def logins(user: User, query: str = "") -> set[str]:
        answer = api_of(user).get(f"/api/v1/people/{query}")
        assert answer.status_code == 200, answer.content
        return {row["username"] for row in answer.json()["results"]}

    make_task(manager, CustomerFactory(manager=manager), due_on=timezone.localdate() - datetime.timedelta(days=1))
    colleague.is_active = False
    colleague.save()
    assert logins(manager) == {manager.username}
    assert logins(director) == {manager.username, director.username, outsider.username}
    assert {colleague.username, foreign_manager.username} <= logins(administrator)
    assert logins(administrator, "?is_active=no") == {colleague.username}
    assert logins(administrator, f"?org_unit={foreign_manager.org_unit.parent_id}") == {foreign_manager.username}  # type: ignore[union-attr]
    assert logins(director, f"?q={manager.name}") == {manager.username}
    told = api_of(director).get(f"/api/v1/people/{manager.pk}/").json()
    assert (told["org_unit"], told["roles"], told["figures"]["late"]) == ("YJ01A", None, 1)
    assert api_of(manager).get(f"/api/v1/people/{manager.pk}/").json()["figures"] is None
    above = api_of(administrator)
    assert above.get(f"/api/v1/people/{manager.pk}/").json()["roles"] == ["account_manager"]
    role = manager.assignments.get().role_id
    assert logins(administrator, f"?role={role}") == {manager.username, colleague.username, foreign_manager.username}
    assert api_of(director).get(f"/api/v1/people/?role={role}").status_code == 400
    assert api_of(director).get(f"/api/v1/people/{foreign_manager.pk}/").status_code == 404
    assert api_of(outsider).get("/api/v1/people/").status_code == 403


# --- lists -----------------------------------------------------------------------------------------------------------------------------


def test_every_list_that_may_be_exported_is_a_file(
    api: Api, administrator: User, customer: Customer, tariff: Tariff, outsider: User, api_of: ApiOf
) -> None:
    make_member(customer, "8613912340001")
    above = api_of(administrator)
    told = {one["name"]: one for one in above.get("/api/v1/lists/").json()}
    assert set(told) == {kind.name for kind in registered_lists()}
    assert {"customers", "contact-people", "members", "all_members", "products", "discounts", "offers", "jobs", "people"} <= set(told)
    assert [one["key"] for one in told["all_members"]["operations"]] == ["edit"]
    scopes = {"customer": customer.pk, "product": tariff.product_id}
    files = 0
    for name, one in told.items():
        if one["scope_required"] and not set(one["scope"]) <= set(scopes):
            continue
        scope = {key: str(scopes[key]) for key in one["scope"]} if one["scope_required"] else {}
        order = {"everything": True, "scope": scope, "form": "csv", "columns": [column["key"] for column in one["columns"]]}
        begun = above.post(f"/api/v1/lists/{name}/exports/", order, Idempotency_Key=f"t-{name}")
        assert begun.status_code == 201, (name, begun.content)
        job = Job.objects.get(pk=begun.json()["id"])
        while advance(job.pk):
            pass
        job.refresh_from_db()
        assert job.status == "done", (name, job.error)
        files += 1
    assert files >= 11
    assert not [one["name"] for one in api.get("/api/v1/lists/").json() if one["may_export"] and one["name"] in ("products", "offers")]
    assert api_of(outsider).get("/api/v1/lists/").json() == []


# --- search ----------------------------------------------------------------------------------------------------------------------------


def test_the_search_leads_to_resources(api: Api, customer: Customer, tariff: Tariff) -> None:
    person, member = ContactPersonFactory(customer=customer, name="陈一鸣"), make_member(customer, "8613912340001")
    for text, key, address in (
        (customer.code, "customers", f"/api/v1/customers/{customer.pk}/"),
        ("陈一鸣", "people", f"/api/v1/contact-people/{person.pk}/"),
        ("13912340001", "numbers", f"/api/v1/members/{member.pk}/"),
        ("VNET", "products", f"/api/v1/products/{tariff.product_id}/"),
        ("O1", "offers", f"/api/v1/offers/{customer.offers.get().pk}/"),
    ):
        groups = {group["key"]: group["results"] for group in api.get(f"/api/v1/search/?q={text}").json()}
        assert groups[key][0]["api_url"] == address, groups
        assert api.get(address).status_code == 200
    pages = api.get("/api/v1/search/?q=customers").json()
    assert {one["api_url"] for group in pages if group["key"] == "pages" for one in group["results"]} == {None}
