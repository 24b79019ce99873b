"""To-dos, notices, cards, saved views and leave cover over the API."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from access.models import Delegation, ListSetting, SavedView, User
from customers.models import Customer
from tests.api.conftest import Api
from tests.factories.customers import CustomerFactory
from tests.factories.workflow import make_notice, make_task
from workflow.models import CardArrangement, Notice, Task, TaskState

pytestmark = pytest.mark.django_db
ApiOf = Callable[[User], Api]

TASKS = "/api/v1/tasks/"
NOTICES = "/api/v1/notices/"
COVER = "/api/v1/cover/"
CARDS = "/api/v1/cards/home/"
VIEWS = "/api/v1/lists/customers/views/"
ARRANGEMENT = f"{VIEWS}arrangement/"


def one(row: Any) -> str:
    """The address of a to-do."""
    return f"{TASKS}{row.pk}/"


# --- to-dos ----------------------------------------------------------------------------------------------------------------------------


def test_a_to_do_is_made_changed_and_handed_on(api: Api, customer: Customer, colleague: User, foreign_manager: User) -> None:
    subject = f"customers.customer:{customer.pk}"
    made = api.post(TASKS, {"title": "送合同", "due_on": "2027-03-01", "due_time": "09:30", "priority": 1, "subject": subject})
    assert made.status_code == 201, made.content
    told = made.json()
    assert (told["assignee"], told["subject"], told["subject_name"]) == (api.user.username, subject, customer.name)
    assert (told["due_on"], told["due_time"], told["priority"], told["state"]) == ("2027-03-01", "09:30:00", 1, "open")
    task = Task.objects.get()
    assert (task.subject_key, task.creator) == (customer.pk, api.user)

    assert api.request("PATCH", one(task), {"title": "x"}).status_code == 428
    changed = api.request("PATCH", one(task), {"note": "周五前", "remind_at": "2027-02-28T08:00:00+08:00"}, If_Match=made["ETag"])
    assert (changed.status_code, changed.json()["note"], changed.json()["due_time"]) == (200, "周五前", "09:30:00")
    assert api.request("PATCH", one(task), {"note": "x"}, If_Match=made["ETag"]).status_code == 412
    whole = api.request("PUT", one(task), {"title": "送合同", "priority": 2}, If_Match=changed["ETag"])
    assert (whole.status_code, whole.json()["note"], whole.json()["due_on"]) == (200, "", None)
    assert api.request("PATCH", one(task), {"subject": "customers.customer:1"}, If_Match="*").json()["field"] == "subject"
    assert api.request("PATCH", one(task), {"due_time": "10:00"}, If_Match="*").json()["field"] == "due_on"

    handed = api.post(f"{one(task)}hand/", {"assignee": colleague.username})
    assert (handed.status_code, handed.json()["assignee"]) == (200, colleague.username)
    assert Notice.objects.get().recipient == colleague
    task.creator = colleague
    task.assignee = api.user
    task.save()
    assert api.post(f"{one(task)}hand/", {"assignee": foreign_manager.username}).status_code == 204  # out of sight
    assert api.get(one(task)).status_code == 404


def test_a_subject_out_of_reach_is_not_told_by_guessing_it(api: Api, manager: User, colleague: User) -> None:
    hidden, other = CustomerFactory(manager=colleague), CustomerFactory(manager=colleague)
    address = one(make_task(manager, hidden))
    assert api.get(address).json()["subject"] is None
    refused = [
        api.request("PATCH", address, {"subject": f"customers.customer:{customer.pk}"}, If_Match="*").json() for customer in (hidden, other)
    ]
    assert refused[0] == refused[1]
    assert refused[0]["code"] == "read_only"


def test_steps(api: Api, manager: User) -> None:
    task, other = make_task(manager), make_task(manager)
    day = (timezone.localdate() + datetime.timedelta(days=3)).isoformat()
    steps = f"{one(task)}steps/"
    assert api.post(steps, {"step": "put_off"}).json()["field"] == "until"
    assert api.post(steps, {"step": "put_off", "until": "2020-01-01"}).status_code == 400
    assert api.post(steps, {"step": "put_off", "until": day}).json()["due_on"] == day
    assert api.post(steps, {"step": "fly"}).json()["field"] == "step"
    assert api.post(steps, {"step": "done"}).json()["state"] == "done"
    assert api.post(steps, {"step": "put_off", "until": day}).status_code == 400
    assert api.post(steps, {"step": "reopen"}).json()["state"] == "open"
    assert api.post(f"{TASKS}end/", {"tasks": [task.pk, other.pk, 10**9], "end_as": "dropped"}).json() == {"ended": 2}
    assert set(Task.objects.values_list("state", flat=True)) == {TaskState.DROPPED}


def test_the_list_of_to_dos(api: Api, manager: User, colleague: User, director: User, outsider: User, api_of: ApiOf) -> None:
    hidden = CustomerFactory(manager=colleague)
    late = make_task(manager, hidden, due_on=timezone.localdate() - datetime.timedelta(days=1))
    given = make_task(colleague, creator=manager)
    theirs = make_task(colleague)

    def found(who: Api, query: str) -> set[int]:
        answer = who.get(f"{TASKS}?{query}")
        assert answer.status_code == 200, answer.content
        return {row["id"] for row in answer.json()["results"]}

    assert found(api, "") == {late.pk, given.pk}
    assert found(api, "whose=mine&when=overdue&state=open") == {late.pk}
    assert found(api_of(director), "whose=team") == {late.pk, given.pk, theirs.pk}
    told = api.get(one(late)).json()
    assert (told["is_late"], told["subject"], told["subject_name"]) == (True, None, None)  # the customer is a colleague's
    assert hidden.name not in api.get(TASKS).content.decode()
    stranger = api_of(outsider)
    assert (found(stranger, ""), stranger.get(one(late)).status_code) == (set(), 404)
    assert stranger.post(f"{one(late)}steps/", {"step": "done"}).status_code == 404
    assert stranger.post(f"{TASKS}end/", {"tasks": [late.pk]}).json() == {"ended": 0}
    assert stranger.post(TASKS, {"title": "own", "priority": 2}).json()["assignee"] == outsider.username
    assert stranger.post(TASKS, {"title": "x", "priority": 2, "assignee": manager.username}).json()["field"] == "assignee"
    refused = api.post(TASKS, {"title": "x", "priority": 2, "subject": f"customers.customer:{hidden.pk}"})
    assert (refused.status_code, refused.json()["field"]) == (400, "subject")
    assert refused.json()["reason"] == api.post(TASKS, {"title": "x", "priority": 2, "subject": "no.thing:1"}).json()["reason"]


def test_lists_take_the_same_queries_however_long(api: Api, manager: User, customer: Customer) -> None:
    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert api.get(address).status_code == 200
        return len(seen.captured_queries)

    borrower = User.objects.create(username="borrower", name="x")

    def more() -> None:
        make_task(manager, customer)
        make_notice(manager)
        SavedView.objects.create(owner=manager, list_name="customers", name=f"v{SavedView.objects.count()}", shared_unit=manager.org_unit)
        day = timezone.localdate() + datetime.timedelta(days=Delegation.objects.count())
        Delegation.objects.create(lender=manager, borrower=borrower, starts_on=day, ends_on=day)

    addresses = (TASKS, NOTICES, VIEWS, COVER)
    more()
    api.get(TASKS)
    for_one = [queries(address) for address in addresses]
    for _ in range(4):
        more()
    assert [queries(address) for address in addresses] == for_one


# --- notices and cards -----------------------------------------------------------------------------------------------------------------


def test_notices(api: Api, manager: User, colleague: User) -> None:
    first, second = make_notice(manager), make_notice(manager)
    make_notice(colleague)
    listed = api.get(NOTICES).json()["results"]
    assert [one["id"] for one in listed] == [second.pk, first.pk]
    assert "回访客户" in listed[0]["text"]
    assert listed[0]["url"] == "/tasks/1/"
    assert api.get(f"{NOTICES}unread/").json() == {"unread": 2}
    assert api.post(f"{NOTICES}read/", {"notices": [first.pk, Notice.objects.get(recipient=colleague).pk]}).json() == {"read": 1}
    assert [one["id"] for one in api.get(f"{NOTICES}?unread=yes").json()["results"]] == [second.pk]
    assert api.post(f"{NOTICES}read/", {}).json() == {"read": 1}
    assert api.get(f"{NOTICES}unread/").json() == {"unread": 0}
    assert Notice.objects.get(recipient=colleague).read_at is None
    assert api.get(f"{NOTICES}?unread=perhaps").status_code == 400
    seen = api.get(NOTICES)["ETag"]
    assert api.get(NOTICES, If_None_Match=seen).status_code == 304


def test_cards(api: Api, manager: User) -> None:
    first = api.get(CARDS)
    cards = first.json()["cards"]
    assert cards[0]["key"] == "tasks"
    assert "team" not in {card["key"] for card in cards}  # who directs nobody has none
    turned = [{"key": card["key"], "shown": card["key"] != "tasks", "wide": True} for card in reversed(cards)]
    assert api.request("PUT", CARDS, {"cards": turned}).status_code == 428
    kept = api.request("PUT", CARDS, {"cards": turned}, If_Match=first["ETag"])
    assert kept.status_code == 200, kept.content
    assert [{name: card[name] for name in ("key", "shown", "wide")} for card in kept.json()["cards"]] == turned
    assert api.request("PUT", CARDS, {"cards": turned}, If_Match=first["ETag"]).status_code == 412
    unknown = api.request("PUT", CARDS, {"cards": [{"key": "team", "shown": True, "wide": True}]}, If_Match="*")
    assert (unknown.status_code, unknown.json()["field"]) == (400, "cards.0.key")
    assert api.request("DELETE", CARDS, If_Match=kept["ETag"]).json() == first.json()
    assert not CardArrangement.objects.exists()
    assert api.get("/api/v1/cards/customer/").status_code == 404


# --- leave cover -----------------------------------------------------------------------------------------------------------------------


def test_leave_cover(api: Api, customer: Customer, colleague: User, foreign_manager: User, administrator: User, api_of: ApiOf) -> None:
    today = timezone.localdate()
    days = {"starts_on": today.isoformat(), "ends_on": (today + datetime.timedelta(days=3)).isoformat()}
    other = api_of(colleague)
    assert other.get(f"/api/v1/customers/{customer.pk}/").status_code == 404
    begun = api.post(COVER, {"borrower": colleague.username, **days, "reason": "休假"})
    assert (begun.status_code, begun.json()["state"]) == (201, "counting")
    again = api.post(COVER, {"borrower": colleague.username, **days})
    assert (again.status_code, again.json()["id"]) == (200, begun.json()["id"])
    begun = api.post(COVER, {"borrower": colleague.username, **days, "reason": "年假"})
    assert (begun.status_code, begun.json()["id"], begun.json()["reason"]) == (200, again.json()["id"], "年假")
    assert other.get(f"/api/v1/customers/{customer.pk}/").status_code == 200
    assert other.get(COVER).json() == api.get(COVER).json() == [begun.json()]
    assert api_of(foreign_manager).get(COVER).json() == []
    end = f"{COVER}{begun.json()['id']}/end/"
    for stranger in (colleague, administrator):
        assert api_of(stranger).post(end).status_code == 404
    assert api.post(end).json()["state"] == "ended"
    assert other.get(f"/api/v1/customers/{customer.pk}/").status_code == 404
    nobody, oneself, over = {"borrower": "nobody"}, {"borrower": api.user.username}, {"ends_on": "2020-01-01"}
    for wrong, field in ((nobody, "borrower"), (oneself, None), (over, "ends_on")):
        refused = api.post(COVER, {"borrower": colleague.username, **days, **wrong})
        assert (refused.status_code, refused.json()["field"]) == (400, field)
    assert Delegation.objects.count() == 1


# --- saved views -----------------------------------------------------------------------------------------------------------------------


def test_a_view_is_saved_changed_and_deleted(api: Api, colleague: User, foreign_manager: User, api_of: ApiOf) -> None:
    unit = api.user.org_unit
    assert unit is not None
    made = api.post(VIEWS, {"label": "A1", "query": "level=A1&sort=-value_score", "shared_unit": unit.code})
    assert made.status_code == 201, made.content
    path = f"/api/v1/list-views/{made.json()['id']}/"
    assert made["Location"].endswith(path)
    assert sorted(made.json()["query"].split("&")) == ["level=A1", "sort=-value_score"]
    assert (made.json()["shared_unit"], made.json()["is_own"]) == (unit.code, True)
    assert api.get(path, If_None_Match=made["ETag"]).status_code == 304
    assert api.post(VIEWS, {"label": "A1"}).status_code == 400  # the name is taken
    other = api_of(colleague)
    assert other.get(path).json()["is_own"] is False
    for method in ("PATCH", "DELETE"):
        assert other.request(method, path, {"label": "mine"}, If_Match="*").status_code == 404
    assert api_of(foreign_manager).get(path).status_code == 404

    SavedView.objects.update(parameters={"level": ["A1"], "columns": ["name,code"]})
    assert api.request("PATCH", path, {"label": "B1"}).status_code == 428
    changed = api.request("PATCH", path, {"query": "level=B1", "shared_unit": None}, If_Match=made["ETag"])
    assert (changed.status_code, changed.json()["label"], changed.json()["shared_unit"]) == (200, "A1", None)
    assert SavedView.objects.get().parameters == {"level": ["B1"], "columns": ["name,code"]}
    late = api.request("PATCH", path, {"label": "C1"}, If_Match=made["ETag"])
    assert (late.status_code, late["ETag"]) == (412, changed["ETag"])
    assert other.get(path).status_code == 404
    assert api.request("DELETE", path, If_Match=made["ETag"]).status_code == 412
    assert api.request("DELETE", path, If_Match=changed["ETag"]).status_code == 204
    assert not SavedView.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "field", "code"),
    [
        ({"label": ""}, "label", "blank"),
        ({"label": "x" * 61}, "label", "max_length"),
        ({"query": "colour=red"}, "colour", "unknown_filter"),
        ({"query": "sort=nothing"}, "sort", "unknown_sort"),
        ({"shared_unit": "QX01"}, "shared_unit", "out_of_reach"),
        ({"shared_unit": "NONE"}, "shared_unit", "out_of_reach"),
    ],
)
def test_what_no_view_can_be(api: Api, wrong: dict[str, Any], field: str, code: str) -> None:
    answer = api.post(VIEWS, {"label": "A1", **wrong})
    assert (answer.status_code, answer.json()["field"], answer.json()["code"]) == (400, field, code)
    assert not SavedView.objects.exists()


def test_the_tabs_of_a_list(api: Api, colleague: User, outsider: User, api_of: ApiOf) -> None:
    keys = [api.post(VIEWS, {"label": label}).json()["id"] for label in ("A", "B", "C")]
    strange = SavedView.objects.create(owner=colleague, list_name="customers", name="not shared")
    first = api.get(ARRANGEMENT)
    assert first.json() == {"first": None, "order": keys}
    wanted = {"first": keys[1], "order": [keys[2], keys[0]]}
    assert api.request("PUT", ARRANGEMENT, wanted).status_code == 428
    assert api.request("PUT", ARRANGEMENT, {**wanted, "first": strange.pk}, If_Match=first["ETag"]).json()["field"] == "first"
    assert api.request("PUT", ARRANGEMENT, {**wanted, "order": [strange.pk]}, If_Match=first["ETag"]).json()["field"] == "order"
    kept = api.request("PUT", ARRANGEMENT, wanted, If_Match=first["ETag"])
    assert kept.json() == {"first": keys[1], "order": [keys[2], keys[0], keys[1]]}
    assert api.request("PUT", ARRANGEMENT, wanted, If_Match=first["ETag"]).status_code == 412
    assert [view["id"] for view in api.get(VIEWS).json()] == [keys[2], keys[0], keys[1]]
    assert ListSetting.objects.get().default_view_id == keys[1]
    assert api_of(outsider).get(ARRANGEMENT).status_code == api.get("/api/v1/lists/none/views/arrangement/").status_code == 404
