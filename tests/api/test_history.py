"""The history of customers and contact persons over the API, and putting old values back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from access.models import User
from customers.models import Customer
from tests.api.conftest import Api
from tests.factories.customers import ContactPersonFactory

pytestmark = pytest.mark.django_db


def test_what_stood_before_is_put_back(customer: Customer, api: Api, foreign_manager: User, api_of: Callable[[User], Api]) -> None:
    one = f"/api/v1/customers/{customer.pk}/"
    first = api.get(one)
    api.request("PATCH", one, {"remark": "旧楼", "short_name": "一院"}, If_Match=first["ETag"])
    api.request("PATCH", one, {"remark": "新楼"}, If_Match=api.get(one)["ETag"])
    history = api.get(f"{one}history/")
    last, before = history.json()["results"][:2]
    assert [(change["field"], change["before"], change["after"]) for change in last["changes"]] == [("remark", "旧楼", "新楼")]
    assert (last["what"], last["actor"]) == ("changed", str(customer.manager))
    assert api.get(f"{one}history/?below={last['id']}").json()["results"][0]["id"] == before["id"]
    assert api.get(f"{one}history/", If_None_Match=history["ETag"]).status_code == 304
    restore = f"{one}history/restore/"
    stranger = api_of(foreign_manager)
    assert (stranger.get(f"{one}history/").status_code, stranger.post(restore, {"version": last["id"]}, If_Match="*").status_code) == (
        404,
        404,
    )
    seen = api.get(one)["ETag"]
    assert api.post(restore, {"version": last["id"], "field": "remark"}).status_code == 428
    assert api.post(restore, {"version": last["id"], "field": "lifecycle"}, If_Match=seen).json()["code"] == "unknown_version"
    assert api.post(restore, {"version": 1, "field": "remark"}, If_Match=seen).json()["code"] == "unknown_version"
    assert api.post(restore, {"version": last["id"], "field": "remark"}, If_Match=first["ETag"]).status_code == 412
    back = api.post(restore, {"version": last["id"], "field": "remark"}, If_Match=seen)
    assert (back.status_code, back.json()["remark"], back.json()["short_name"]) == (200, "旧楼", "一院")
    assert back["ETag"] != seen
    whole = api.post(restore, {"version": before["id"]}, If_Match=back["ETag"]).json()
    assert (whole["remark"], whole["short_name"]) == (first.json()["remark"], first.json()["short_name"])


def test_of_people_too_and_masked(customer: Customer, api: Api) -> None:
    person = ContactPersonFactory(customer=customer, phone="13912345678", title="院长")
    one = f"/api/v1/contact-people/{person.pk}/"
    api.request("PATCH", one, {"phone": "13812345678", "title": "书记"}, If_Match=api.get(one)["ETag"])
    last = api.get(f"{one}history/").json()["results"][0]
    told = {change["field"]: (change["before"], change["after"]) for change in last["changes"]}
    assert told["title"] == ("院长", "书记")
    assert "1391234" not in str(told["phone"])
    back = api.post(f"{one}history/restore/", {"version": last["id"], "field": "title"}, If_Match=api.get(one)["ETag"])
    assert (back.status_code, back.json()["title"]) == (200, "院长")
