"""Duplicates, merges and what is left of a merged customer, over the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from access.models import User
from customers.models import Customer, CustomerMerge, DuplicatePair
from jobs.models import Job
from tests.api.conftest import Api
from tests.factories.customers import ContactPersonFactory, CustomerFactory, make_pair

pytestmark = pytest.mark.django_db
ApiOf = Callable[[User], Api]
V1 = "/api/v1"


@pytest.fixture
def other(colleague: User) -> Customer:
    """The same customer, entered again."""
    return CustomerFactory(code="TWICE", name="云江市第一医院", manager=colleague, credit_code="91960101MA5K06TRCD", remark="大楼")


@pytest.fixture
def above(api_of: ApiOf, director: User) -> Api:
    """A system that acts for the director."""
    return api_of(director)


def order(api: Api, customer: Customer, other: Customer, **given: Any) -> dict[str, Any]:
    """What a merge takes, with the fingerprint of its preview."""
    asked = {"other": other.code, "reason": "重复", **given}
    shown = api.post(f"{V1}/customers/{customer.pk}/merge/", asked)
    assert shown.status_code == 200, shown.content
    return {**asked, "seen": shown.json()["fingerprint"]}


def test_pairs_are_listed_and_decided(customer: Customer, api: Api, foreign_manager: User, api_of: ApiOf) -> None:
    pair = make_pair(customer)
    found = api.get(f"{V1}/duplicates/?sign=name&count=yes").json()
    assert (found["count"], found["results"][0]["id"], found["results"][0]["signs"]) == (1, pair.pk, {"name": 80})
    assert {found["results"][0]["first"], found["results"][0]["second"]} == {pair.first_id, pair.second_id}
    one, decision = f"{V1}/duplicates/{pair.pk}/", f"{V1}/duplicates/{pair.pk}/decision/"
    assert api.post(decision, {}).json()["field"] == "is_duplicate"
    assert api_of(foreign_manager).post(decision, {"is_duplicate": False}).status_code == 404
    assert DuplicatePair.objects.get().state == "open"
    assert api.post(decision, {"is_duplicate": False}).json()["decided_by"] == customer.manager.username  # type: ignore[union-attr]
    assert api.get(f"{V1}/duplicates/").json()["results"] == []
    assert api.get(one).json()["state"] == "dismissed"
    assert api.get(f"{V1}/duplicates/?state=dismissed").json()["results"][0]["id"] == pair.pk
    assert api.post(decision, {"is_duplicate": True}).json()["state"] == "open"


def test_a_merge_shows_first_and_happens_once(
    customer: Customer, other: Customer, api: Api, above: Api, foreign_director: User, api_of: ApiOf
) -> None:
    person = ContactPersonFactory(customer=other)
    address = f"{V1}/customers/{customer.pk}/merge/"
    assert api.post(address, {"other": other.code}).status_code == 403
    assert api_of(foreign_director).post(address, {"other": other.code}).status_code == 404
    shown = above.post(address, {"other": "twice"}).json()
    fields = {row["name"]: row for row in shown["compared"]}
    assert (fields["credit_code"]["takes"], fields["name"]["takes"], shown["clashes"]) == (True, False, [])
    assert {"kind": "contact persons", "moved": 1, "left": 0} in shown["effects"]
    assert above.post(address, {"other": customer.code}).json()["field"] == "other"
    assert above.post(address, {"other": other.code, "take": ["code"]}).json()["code"] == "unknown_field"
    assert above.post(address, {"other": "NOWHERE"}).json()["code"] == "not_found"
    wanted = order(above, customer, other, take=["name", "remark"])
    assert not CustomerMerge.objects.exists()
    assert above.post(address, wanted).json()["code"] == "token_missing"
    assert above.post(address, {**wanted, "seen": "x"}, Idempotency_Key="m").json()["code"] == "merge_moved"
    Customer.objects.get(pk=other.pk).save()
    assert above.post(address, wanted, Idempotency_Key="m").status_code == 409
    wanted = order(above, customer, other, take=["name", "remark"])
    done = above.post(address, wanted, Idempotency_Key="m")
    assert (done.status_code, done.json()["state"], done.json()["goes"]) == (201, "done", other.pk)
    again = above.post(address, wanted, Idempotency_Key="m")
    assert (again.status_code, again.json()["id"]) == (200, done.json()["id"])
    assert above.post(address, {**wanted, "reason": "x"}, Idempotency_Key="m").status_code == 422
    customer.refresh_from_db()
    assert (customer.name, customer.remark, customer.credit_code) == ("云江市第一医院", "大楼", "")
    person.refresh_from_db()
    assert person.customer == customer
    assert CustomerMerge.objects.count() == 1


def test_a_merge_is_read_and_taken_back(
    customer: Customer, other: Customer, api: Api, above: Api, foreign_director: User, api_of: ApiOf
) -> None:
    wanted = order(above, customer, other)
    made = above.post(f"{V1}/customers/{customer.pk}/merge/", wanted, Idempotency_Key="m").json()
    one = f"{V1}/customer-merges/{made['id']}/"
    assert api.get(one).json()["goes_name"] == other.name
    assert [version["what"] for version in api.get(f"{one}history/").json()["results"]] == ["removed", "entered"]
    stranger = api_of(foreign_director)
    for path in ("", "history/", "undo/"):
        assert stranger.get(f"{one}{path}").status_code == 404
    assert api.get(f"{one}undo/").status_code == 404  # it takes the right to hand over
    assert api.post(f"{one}undo/").status_code == 404
    assert above.get(f"{one}undo/").status_code == 200
    undone = above.post(f"{one}undo/")
    assert (undone.status_code, undone.json()["state"]) == (201, "undone")
    again = above.post(f"{one}undo/")
    assert (again.status_code, again.json()["code"]) == (409, "undone_already")
    assert above.get(f"{one}undo/").json()["code"] == "wrong_state"
    assert api.get(f"{one}history/").status_code == 404
    assert Customer.objects.filter(pk=other.pk).exists()
    assert Job.objects.filter(kind="customer_merge").count() == 2


def test_a_merged_customer_names_the_one_it_went_into(
    customer: Customer, other: Customer, api: Api, above: Api, foreign_manager: User, api_of: ApiOf
) -> None:
    above.post(f"{V1}/customers/{customer.pk}/merge/", order(above, customer, other), Idempotency_Key="m")
    for path in ("", "lifecycle/", "contact-people/", "history/"):
        told = api.get(f"{V1}/customers/{other.pk}/{path}")
        assert (told.status_code, told.json()["code"]) == (404, "merged"), path
        assert (told.json()["customer"], told.json()["customer_code"]) == (customer.pk, customer.code)
        hidden = api_of(foreign_manager).get(f"{V1}/customers/{other.pk}/{path}")
        assert (hidden.status_code, hidden.json()["code"], "customer" in hidden.json()) == (404, "not_found", False)
    changed = api.request("PATCH", f"{V1}/customers/{other.pk}/", {"name": "x"}, If_Match="*")
    assert changed.json()["code"] == "merged"
    assert api.get(f"{V1}/customers/999999/").json()["code"] == "not_found"
