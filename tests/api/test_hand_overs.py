"""Hand-overs over the API: drafted, changed, offered, decided, by the services of the pages."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest

from access.models import User
from customers.models import Customer, HandOver
from tests.api.conftest import Api
from tests.factories.customers import CustomerFactory

pytestmark = pytest.mark.django_db
ApiOf = Callable[[User], Api]
ALL = "/api/v1/hand-overs/"


@pytest.fixture
def portfolio(manager: User) -> list[Customer]:
    """Three customers of the manager."""
    return [CustomerFactory(code=f"A-{number}", manager=manager) for number in (1, 2, 3)]


def managers() -> dict[str, Any]:
    return dict(Customer.objects.order_by("code").values_list("code", "manager__username"))


def test_the_whole_way(
    portfolio: list[Customer], manager: User, colleague: User, director: User, foreign_director: User, api_of: ApiOf
) -> None:
    boss, taker, giver, stranger = (api_of(user) for user in (director, colleague, manager, foreign_director))
    terms = {"giver": manager.username, "receiver": colleague.username, "reason": "轮岗"}
    assert boss.post(ALL, {**terms, "receiver": "nobody"}).json()["field"] == "receiver"
    assert boss.post(ALL, {**terms, "only": ["NOWHERE"]}).json()["field"] == "only"
    assert boss.post(ALL, {**terms, "state": "done"}).json()["code"] == "read_only"
    assert stranger.post(ALL, terms).status_code == 400
    made = boss.post(ALL, {**terms, "only": ["A-1", "A-2"]})
    assert made.status_code == 201, made.content
    assert (made.json()["steps"], made.json()["state"], made.json()["moves_unit"]) == (["offer", "withdraw"], "draft", True)
    one = made["Location"].removeprefix("http://testserver")
    assert (giver.get(one).status_code, taker.get(one).status_code, stranger.get(one).status_code) == (404, 404, 404)
    added = boss.post(f"{one}items/", {"only": ["A-3"]})
    assert added.status_code == 200, added.content
    assert boss.post(f"{one}items/", {"only": ["A-3"]}).status_code == 400
    items = {row["customer"]: row["id"] for row in boss.get(f"{one}items/").json()["results"]}
    assert set(items) == {"A-1", "A-2", "A-3"}
    kept = f"/api/v1/hand-over-items/{items['A-1']}/"
    seen = boss.get(kept)["ETag"]
    assert boss.request("PATCH", kept, {"note": "合同在谈"}).status_code == 428
    noted = boss.request("PATCH", kept, {"note": "合同在谈"}, If_Match=seen)
    assert (noted.status_code, noted.json()["note"]) == (200, "合同在谈"), noted.content
    assert boss.request("PATCH", kept, {"note": "x"}, If_Match=seen).status_code == 412
    out = f"/api/v1/hand-over-items/{items['A-2']}/"
    assert boss.request("DELETE", out, If_Match=boss.get(out)["ETag"]).status_code == 204
    day = (datetime.date.today() + datetime.timedelta(days=1)).isoformat()  # noqa: DTZ011
    seen = boss.get(one)["ETag"]
    changed = boss.request("PATCH", one, {"effective_on": day, "moves_unit": False}, If_Match=seen)
    assert (changed.status_code, changed.json()["effective_on"], changed.json()["reason"]) == (200, day, "轮岗"), changed.content
    assert boss.request("PATCH", one, {"effective_on": day}, If_Match=seen).status_code == 412
    back = {"effective_on": datetime.date.today().isoformat()}  # noqa: DTZ011
    assert boss.request("PATCH", one, back, If_Match=changed["ETag"]).json()["moves_unit"] is False
    steps = f"{one}steps/"
    assert boss.post(steps, {"step": "nothing"}).json()["field"] == "step"
    assert stranger.post(steps, {"step": "offer"}).status_code == 404
    assert boss.post(steps, {"step": "offer"}).json()["state"] == "offered"
    assert boss.request("PATCH", one, back, If_Match=boss.get(one)["ETag"]).json()["code"] == "state"
    assert taker.get(f"{ALL}?whose=decide").json()["results"][0]["id"] == made.json()["id"]
    assert taker.get(one).json()["steps"] == ["accept", "refuse"]
    decision = f"/api/v1/hand-over-items/{items['A-3']}/decision/"
    assert taker.post(decision, {"take": False}).json()["field"] == "reason"
    assert boss.post(decision, {"take": False, "reason": "x"}).status_code == 403
    assert taker.post(decision, {"take": False, "reason": "行业不熟"}).json()["state"] == "refused"
    assert boss.post(steps, {"step": "accept"}).status_code == 403
    assert taker.post(steps, {"step": "accept"}).json()["state"] == "done"
    assert managers() == {"A-1": "wanglei", "A-2": "lijing", "A-3": "lijing"}
    assert boss.post(steps, {"step": "return"}).json()["field"] == "reason"
    assert boss.post(steps, {"step": "return", "reason": "弄错"}).json()["state"] == "returned"
    assert managers()["A-1"] == "lijing"


def test_the_own_portfolio_as_a_whole_is_approved_first(
    portfolio: list[Customer], manager: User, colleague: User, director: User, api: Api, api_of: ApiOf
) -> None:
    made = api.post(ALL, {"receiver": colleague.username, "reason": "休假"}).json()
    assert HandOver.objects.get().items.count() == 3
    steps = f"{ALL}{made['id']}/steps/"
    assert api.post(steps, {"step": "offer"}).json()["state"] == "approval"
    assert api_of(director).get(f"{ALL}{made['id']}/").json()["steps"] == ["approve", "refuse", "withdraw"]
    assert api_of(director).post(steps, {"step": "approve"}).json()["approver"] == director.username
    assert api.post(steps, {"step": "withdraw"}).json()["state"] == "withdrawn"
    draft = api.post(ALL, {"receiver": colleague.username, "reason": "休假"}).json()
    assert api.post(f"{ALL}{draft['id']}/steps/", {"step": "withdraw"}).status_code == 204
    assert api.get(f"{ALL}{draft['id']}/").status_code == 404
    assert managers() == dict.fromkeys(("A-1", "A-2", "A-3"), manager.username)
