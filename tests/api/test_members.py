"""Numbers over the API: read masked, changed where the browser's form changes them."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from access.models import User
from customers.models import Customer
from members.models import Member
from products.models import Tariff
from tests.api.conftest import Api, queries_of
from tests.factories.customers import CustomerFactory
from tests.members.factories import make_member, make_subscription
from tests.products.factories import make_tariff

pytestmark = pytest.mark.django_db
ApiOf = Callable[[User], Api]

MEMBERS = "/api/v1/members/"


@pytest.fixture
def member(customer: Customer, tariff: Tariff) -> Member:
    """A number on VNET."""
    row = make_member(customer, "8613912340001", holder_name="李静", department="内科")
    make_subscription(row, tariff)
    return row


def keys(answer: Any) -> list[int]:
    """The ids of a page."""
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


def test_numbers_are_read_masked(api: Api, member: Member, foreign_manager: User, outsider: User, api_of: ApiOf) -> None:
    other, hidden = CustomerFactory(code="OTHER", manager=api.user), CustomerFactory(code="HIDDEN", manager=foreign_manager)
    second, foreign = make_member(other, "8613912340002"), make_member(hidden, "8613912340003")
    left = make_member(member.customer, "8613912340004", left_on=timezone.localdate())
    assert keys(api.get(MEMBERS)) == [member.pk, second.pk]
    assert keys(api.get(f"{MEMBERS}?customer=other")) == [second.pk]
    assert keys(api.get(f"{MEMBERS}?customer=HIDDEN")) == keys(api.get(f"{MEMBERS}?customer=NOBODY")) == []
    assert keys(api.get(f"{MEMBERS}?stage=left")) == [left.pk]
    assert keys(api.get(f"{MEMBERS}?q=内科")) == [member.pk]
    assert keys(api.get(f"/api/v1/customers/{member.customer_id}/members/?product={member.subscriptions.get().product_id}")) == [member.pk]
    answer = api.get(f"{MEMBERS}{member.pk}/")
    assert "13912340001" not in answer.content.decode()
    told = answer.json()
    assert (told["customer"], told["stage"], told["products"]) == ("YJ-000127", "active", ["VNET"])
    assert told["number"].endswith("0001")
    held = api.get(f"{MEMBERS}{member.pk}/subscriptions/").json()
    assert [(one["tariff"], one["offer"], one["live"], one["net_price"]) for one in held] == [("VNET:VNET10", None, True, "10.00")]
    assert api.get(f"{MEMBERS}{left.pk}/").json()["stage"] == "left"
    assert api.get(f"{MEMBERS}{foreign.pk}/").status_code == api.get(f"{MEMBERS}{foreign.pk}/subscriptions/").status_code == 404
    assert api.get(f"/api/v1/customers/{hidden.pk}/members/").status_code == 404
    assert api_of(outsider).get(MEMBERS).status_code == 403


def test_what_is_kept_of_a_number_is_changed(api: Api, member: Member, viewer: User, api_of: ApiOf) -> None:
    address = f"{MEMBERS}{member.pk}/"
    read = api.get(address)
    assert api.request("PATCH", address, {"holder_name": "王磊"}).status_code == 428
    assert api_of(viewer).request("PATCH", address, {"holder_name": "王磊"}, If_Match=read["ETag"]).status_code == 403
    changed = api.request("PATCH", address, {"holder_name": "王磊", "short_number": "６１８"}, If_Match=read["ETag"])
    assert changed.status_code == 200, changed.content
    assert (changed.json()["holder_name"], changed.json()["short_number"], changed.json()["department"]) == ("王磊", "618", "内科")
    assert api.request("PATCH", address, {"holder_name": "赵敏"}, If_Match=read["ETag"]).status_code == 412
    assert api.request("PATCH", address, {"short_number": "12"}, If_Match="*").json()["field"] == "short_number"
    assert api.request("PATCH", address, {"number": "13912340009"}, If_Match="*").json()["code"] == "read_only"
    emptied = api.request("PUT", address, {**changed.json(), "department": ""}, If_Match=changed["ETag"])
    assert (emptied.status_code, emptied.json()["department"], emptied.json()["number"]) == (200, "", read.json()["number"])
    Member.objects.filter(pk=member.pk).update(left_on=timezone.localdate() - datetime.timedelta(days=1))
    late = api.request("PATCH", address, {"holder_name": "x"}, If_Match="*")
    assert (late.status_code, Member.objects.get().holder_name) == (400, "王磊")


def test_departments_of_many_numbers(api: Api, member: Member) -> None:
    make_member(member.customer, "8613912340002", department="外科")
    change = "/api/v1/lists/members/changes/edit/"
    order: dict[str, Any] = {
        "everything": True,
        "scope": {"customer": str(member.customer_id)},
        "query": "department=内科",
        "data": {"field": "department", "value": "急诊"},
    }
    shown = api.post(change, order)
    assert (shown.status_code, shown.json()["changing"]) == (200, 1), shown.content
    done = api.post(change, {**order, "seen": shown.json()["fingerprint"]}, Idempotency_Key="t")
    assert (done.status_code, done.json()["applied"]) == (201, 1)
    assert api.post(f"/api/v1/jobs/{done.json()['id']}/undo/").status_code == 201
    assert sorted(Member.objects.values_list("department", flat=True)) == ["内科", "外科"]
    assert api.post(change, {**order, "scope": {}}).status_code == 404
    everywhere = {"everything": True, "query": "department=外科", "data": {"field": "department", "value": "急诊"}}
    assert api.post("/api/v1/lists/all_members/changes/edit/", everywhere).json()["changing"] == 1


def test_the_number_of_rows_costs_no_query(api: Api, member: Member, tariff: Tariff) -> None:
    before = [queries_of(api, address) for address in (MEMBERS, f"{MEMBERS}{member.pk}/subscriptions/")]
    for number in range(2, 7):
        make_subscription(make_member(member.customer, f"861391234000{number}"), tariff)
        make_subscription(member, make_tariff())
    assert len(keys(api.get(MEMBERS))) == 6
    assert [queries_of(api, address) for address in (MEMBERS, f"{MEMBERS}{member.pk}/subscriptions/")] == before
    assert max(before) <= 10
