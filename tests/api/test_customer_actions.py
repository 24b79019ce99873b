"""What is done to a customer over the API beside changing its fields."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group

from access.models import User
from customers.models import Customer, CustomerRelation, LifecycleReason, RelationKind, ScoringBand, ScoringRule, Tag
from tests.api.conftest import Api
from tests.factories.customers import ContactPersonFactory, CustomerFactory, RegionFactory

pytestmark = pytest.mark.django_db
ApiOf = Callable[[User], Api]


def path_of(customer: Customer, what: str = "") -> str:
    """An address below a customer's."""
    return f"/api/v1/customers/{customer.pk}/{what}"


def test_a_customer_is_handed_over(customer: Customer, api: Api, director: User, colleague: User, api_of: ApiOf) -> None:
    above = api_of(director)
    to = {"manager": colleague.username, "org_unit": colleague.org_unit.code, "reason": "休假"}  # type: ignore[union-attr]
    assert api.post(path_of(customer, "assignment/"), to, If_Match="*").status_code == 403  # it takes a director
    assert above.post(path_of(customer, "assignment/"), to).status_code == 428
    seen = above.get(path_of(customer))["ETag"]
    done = above.post(path_of(customer, "assignment/"), to, If_Match=seen)
    assert (done.status_code, done.json()["manager"]) == (200, colleague.username)
    assert above.post(path_of(customer, "assignment/"), to, If_Match=seen).status_code == 412
    history = above.get(path_of(customer, "assignment/")).json()
    assert [(one["to_manager"], one["reason"]) for one in history][:1] == [(colleague.username, "休假")]
    assert api.get(path_of(customer)).status_code == 404  # the reach has moved


def test_a_customer_takes_a_step(customer: Customer, api: Api) -> None:
    LifecycleReason.objects.create(code="PRICE", name_en="Price", name_zh="价格", to_state="warned")
    found = api.get(path_of(customer, "lifecycle/")).json()
    assert (found["state"], found["next"], [one["code"] for one in found["reasons"]]) == ("active", ["warned", "left"], ["PRICE"])
    assert api.post(path_of(customer, "lifecycle/"), {"to": "saved", "reason": "x"}).json()["field"] == "to"
    assert api.post(path_of(customer, "lifecycle/"), {"to": "warned"}).json()["field"] == "reason"
    moved = api.post(path_of(customer, "lifecycle/"), {"to": "warned", "reason_entry": "PRICE"})
    assert (moved.status_code, moved.json()["lifecycle"]) == (200, "warned")
    assert api.get(path_of(customer, "lifecycle/")).json()["changes"][0]["reason_entry"] == "PRICE"


def test_a_score_is_explained(customer: Customer, api: Api, director: User, api_of: ApiOf) -> None:
    assert api.get(path_of(customer, "score/")).json() == {"score": None, "held_level": None}
    assert api.post(path_of(customer, "score/")).status_code == 400
    rule = ScoringRule.objects.create(code="SIZE", name_en="Size", name_zh="规模", measure="key_people", weight=3)
    ScoringBand.objects.create(rule=rule, at_least=0, points=40)
    told = api.post(path_of(customer, "score/"))
    assert told.status_code == 200, told.content
    assert (told.json()["score"]["score"], told.json()["score"]["lines"][0]["rule"]) == (40, "Size")
    held = {"level": "A1", "last_day": "2999-01-01", "reason": "样板"}
    assert api.post(path_of(customer, "level/"), held, If_Match="*").status_code == 403
    above = api_of(director)
    seen = above.get(path_of(customer))["ETag"]
    assert above.post(path_of(customer, "level/"), held).status_code == 428
    assert above.post(path_of(customer, "level/"), held, If_Match=seen).json()["level"] == "A1"
    assert above.post(path_of(customer, "level/"), held, If_Match=seen).status_code == 412
    assert api.get(path_of(customer, "score/")).json()["held_level"]["reason"] == "样板"
    assert above.post(path_of(customer, "level/end/")).status_code == 428
    assert above.post(path_of(customer, "level/end/"), If_Match=seen).status_code == 412
    assert above.post(path_of(customer, "level/end/"), If_Match=above.get(path_of(customer))["ETag"]).status_code == 200
    assert api.get(path_of(customer, "score/")).json()["held_level"] is None


def test_relations_from_both_sides(customer: Customer, api: Api, foreign_manager: User) -> None:
    RelationKind.objects.create(code="SUPPLIES", name_en="supplies", name_zh="供应", inverse_en="is supplied by", inverse_zh="采购自")
    other, hidden = CustomerFactory(code="OTHER", manager=api.user), CustomerFactory(code="HIDDEN", manager=foreign_manager)
    relations = path_of(customer, "relations/")
    made = api.post(relations, {"other": "OTHER", "kind": "SUPPLIES", "inverse": True, "begins_on": "2026-01-01"})
    assert made.status_code == 201, made.content
    assert (made.json()["customer"], made.json()["other"]) == ("OTHER", customer.code)
    assert api.get(path_of(other, "relations/")).json()["results"] == [made.json()]
    assert api.post(relations, {"other": "HIDDEN", "kind": "SUPPLIES"}).json()["field"] == "other"
    assert api.post(relations, {"other": "OTHER", "kind": "NONE"}).json()["field"] == "kind"
    row = CustomerRelation.objects.get()
    path = f"/api/v1/customer-relations/{row.pk}/"
    changed = api.request("PATCH", path, {"note": "年度合同"}, If_Match=made["ETag"])
    assert (changed.json()["note"], changed.json()["begins_on"]) == ("年度合同", "2026-01-01")
    assert api.request("PATCH", path, {"kind": "X"}, If_Match=changed["ETag"]).json()["code"] == "read_only"
    CustomerRelation.objects.filter(pk=row.pk).update(customer=hidden)
    one_sided = api.get(path)
    assert (one_sided.json()["customer"], one_sided.json()["note"]) == (None, None)
    assert api.request("PATCH", path, {"note": "x"}, If_Match=one_sided["ETag"]).json()["code"] == "read_only"
    assert api.request("DELETE", path, If_Match=api.get(path)["ETag"]).status_code == 204


def test_people_of_one_customer_and_the_dictionaries(customer: Customer, api: Api, api_of: ApiOf, foreign_manager: User) -> None:
    ContactPersonFactory(customer=CustomerFactory(manager=api.user))
    person = ContactPersonFactory(customer=customer)
    assert [row["id"] for row in api.get(path_of(customer, "contact-people/")).json()["results"]] == [person.pk]
    for what in ("contact-people/", "relations/", "assignment/", "lifecycle/", "score/"):
        assert api_of(foreign_manager).get(path_of(customer, what)).status_code == 404
    region = RegionFactory(code="53", parent=RegionFactory(code="5"))
    Tag.objects.create(code="VIP", name_en="VIP", name_zh="重要")
    regions = api.get("/api/v1/dictionaries/regions/").json()
    assert [(one["code"], one["parent"]) for one in regions] == [("5", None), (region.code, "5")]
    assert api.get("/api/v1/dictionaries/tags/").json()[0]["colour"] == "grey"
    for name in ("industries", "relation-kinds", "lifecycle-reasons", "attributes"):
        assert api.get(f"/api/v1/dictionaries/{name}/").status_code == 200
    assert api.get("/api/v1/dictionaries/users/").status_code == 404


def test_a_customer_is_shared(customer: Customer, api: Api, colleague: User, foreign_manager: User, viewer: User, api_of: ApiOf) -> None:
    sharing, group = path_of(customer, "sharing/"), Group.objects.create(name="医疗组")
    other = api_of(foreign_manager)
    to = {"person": foreign_manager.username, "permission": "view"}
    assert other.get(sharing).status_code == other.post(sharing, to).status_code == 404
    shared = api.post(sharing, to)
    assert shared.status_code == 200, shared.content
    assert [(one["person"], one["permission"], one["granted_by"]) for one in shared.json()["shared"]] == [
        (foreign_manager.username, "view", api.user.username)
    ]
    assert api.user.username in {one["person"] for one in shared.json()["readers"]}
    assert other.get(path_of(customer)).status_code == 200
    assert other.post(sharing, {"group": group.name, "permission": "view"}).status_code == 404  # it is not passed on
    assert api_of(viewer).post(sharing, to).status_code == 403
    assert [one["permission"] for one in api.post(sharing, {**to, "permission": "change"}).json()["shared"]] == ["change"]
    assert len(api.post(sharing, {"group": group.name, "permission": "view"}).json()["shared"]) == 2
    for wrong, field in (
        ({"permission": "view"}, None),
        ({**to, "group": group.name}, None),
        ({**to, "person": "nobody"}, "person"),
        ({**to, "person": api.user.username}, "person"),
        ({"group": "none", "permission": "view"}, "group"),
        ({**to, "permission": "own"}, "permission"),
        ({"person": foreign_manager.username}, "permission"),
    ):
        refused = api.post(sharing, wrong)
        assert (refused.status_code, refused.json()["field"]) == (400, field), wrong
    assert api.post(f"{sharing}end/", {"person": colleague.username}).json()["code"] == "not_shared"
    assert api.post(f"{sharing}end/", {"group": group.name}).json()["shared"][0]["person"] == foreign_manager.username
    assert other.post(f"{sharing}end/", {"person": foreign_manager.username}).status_code == 404
    assert api.post(f"{sharing}end/", {"person": foreign_manager.username}).json()["shared"] == []
    assert other.get(path_of(customer)).status_code == 404
