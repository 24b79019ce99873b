"""The catalogue, offers and group subscriptions over the API."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from access.models import User
from customers.models import Customer
from products.models import Discount, GroupSubscription, Offer, OfferStatus, Product, ProductRule, Tariff
from tests.api.conftest import Api, queries_of
from tests.factories.customers import CustomerFactory
from tests.products.factories import make_discount, make_group_subscription, make_offer, make_product, make_tariff

pytestmark = pytest.mark.django_db
ApiOf = Callable[[User], Api]

API = "/api/v1/"
TODAY = timezone.localdate()


def codes(answer: Any) -> list[str]:
    """The codes of a page."""
    assert answer.status_code == 200, answer.content
    return [row["code"] for row in answer.json()["results"]]


def path(kind: str, row: Any, step: str = "") -> str:
    """The address of a row, or of a step of it."""
    return f"{API}{kind}/{row.pk}/{step}"


# --- the catalogue ---------------------------------------------------------------------------------------------------------------------


def test_the_catalogue_is_read_with_tariffs_prices_and_rules(api: Api, tariff: Tariff, outsider: User, api_of: ApiOf) -> None:
    ring = make_product("RING", kind="ring_back", retired_on=TODAY)
    ProductRule.objects.create(product=ring, other=tariff.product, kind="requires")
    ProductRule.objects.create(product=make_product("LINE", kind="cloud"), other=ring, kind="excludes")
    assert codes(api.get(f"{API}products/?sort=-code")) == ["VNET", "RING", "LINE"]
    assert codes(api.get(f"{API}products/?kind=ring_back&kind=cloud&on_sale=yes")) == ["LINE"]
    assert codes(api.get(f"{API}products/?q=vne")) == ["VNET"]
    vnet = api.get(path("products", tariff.product)).json()
    assert [(one["code"], one["prices"][0]["fee"]) for one in vnet["tariffs"]] == [("VNET10", "10.00")]
    assert (vnet["on_sale"], [(one["kind"], one["other"]) for one in vnet["rules"]]) == (True, [("is_required_by", "RING")])
    found = api.get(path("products", ring)).json()
    assert (found["on_sale"], found["tariffs"]) == (False, [])
    assert [(one["kind"], one["other"]) for one in found["rules"]] == [("excludes", "LINE"), ("requires", "VNET")]
    assert api.get(f"{API}products/?colour=red").json()["code"] == "unknown_filter"
    assert api_of(outsider).get(f"{API}products/").status_code == 403


def test_only_its_keeper_writes_the_catalogue(api: Api, tariff: Tariff, administrator: User, director: User, api_of: ApiOf) -> None:
    keeper, product = api_of(administrator), tariff.product
    new = {"code": "IOT1", "kind": "iot", "name_en": "Meters", "name_zh": "抄表", "member_level": False}
    discount = {"code": "D8", "kind": "percent", "value": "120", "name_en": "Off", "name_zh": "折"}
    for other in (api, api_of(director)):
        assert other.post(f"{API}products/", new).status_code == 403
        assert other.request("PATCH", path("products", product), {"name_en": "x"}, If_Match="*").status_code == 403
    made = keeper.post(f"{API}products/", new)
    assert (made.status_code, made.json()["member_level"], made.json()["min_members"]) == (201, False, 0)
    assert made["Location"].endswith(path("products", Product.objects.get(code="IOT1")))
    again = keeper.post(f"{API}products/", new)
    assert (again.status_code, again.json()["reason"]) == (400, "This code is taken.")
    seen = keeper.get(path("products", product))["ETag"]
    assert keeper.request("PATCH", path("products", product), {"name_en": "x"}).status_code == 428
    changed = keeper.request("PATCH", path("products", product), {"min_members": 5}, If_Match=seen)
    assert (changed.status_code, changed.json()["min_members"], changed.json()["name_zh"]) == (200, 5, "V网")
    assert keeper.request("PATCH", path("products", product), {"min_members": 6}, If_Match=seen).status_code == 412
    assert keeper.request("PATCH", path("products", product), {"on_sale": False}, If_Match="*").json()["code"] == "read_only"
    refused = keeper.post(f"{API}discounts/", discount)
    assert (refused.status_code, refused.json()["field"]) == (400, "value")
    entered = keeper.post(f"{API}discounts/", {**discount, "value": "12.5", "approval_limit": 10})
    assert (entered.status_code, entered.json()["value"], entered.json()["in_use"]) == (201, "12.50", True)
    row = Discount.objects.get()
    read = entered.json()
    retired = keeper.request("PUT", path("discounts", row), {**read, "retired_on": TODAY.isoformat()}, If_Match=entered["ETag"])
    assert (retired.status_code, retired.json()["in_use"], retired.json()["approval_limit"]) == (200, False, "10.00")
    assert codes(api.get(f"{API}discounts/?in_use=no")) == ["D8"]


def test_tariffs_prices_and_rules_are_kept(api: Api, tariff: Tariff, administrator: User, api_of: ApiOf) -> None:
    keeper, product = api_of(administrator), tariff.product
    ring, new = make_product("RING"), {"code": "VNET20", "name_en": "20", "name_zh": "二十元"}
    assert api.post(path("products", product, "tariffs/"), new).status_code == 403
    made = keeper.post(path("products", product, "tariffs/"), new)
    assert (made.status_code, made.json()["product"], made.json()["unit"], made.json()["prices"]) == (201, "VNET", "month", [])
    assert keeper.post(path("products", product, "tariffs/"), new).status_code == 400
    row = Tariff.objects.get(code="VNET20")
    price = {"fee": "20", "effective_on": TODAY.isoformat()}
    priced = keeper.post(path("tariffs", row, "prices/"), price)
    assert (priced.status_code, priced.json()["prices"]) == (
        201,
        [{"fee": "20.00", "effective_on": price["effective_on"], "expires_on": None}],
    )
    assert keeper.post(path("tariffs", row, "prices/"), price).json()["field"] == "effective_on"
    assert keeper.request("PATCH", path("tariffs", row), {"name_en": "Twenty"}, If_Match=made["ETag"]).status_code == 412
    renamed = keeper.request("PATCH", path("tariffs", row), {"name_en": "Twenty"}, If_Match=priced["ETag"])
    assert (renamed.status_code, renamed.json()["name_zh"]) == (200, "二十元")
    assert codes(api.get(f"{API}tariffs/?product={product.pk}&sort=-code")) == ["VNET20", "VNET10"]
    assert codes(api.get(path("products", ring, "tariffs/"))) == []
    rules = path("products", product, "rules/")
    assert api.post(rules, {"kind": "excludes", "other": "RING"}).status_code == 403
    assert keeper.post(rules, {"kind": "excludes", "other": "NONE"}).json()["field"] == "other"
    ruled = keeper.post(rules, {"kind": "excludes", "other": "RING"}).json()["rules"]
    assert [(one["kind"], one["other"]) for one in ruled] == [("excludes", "RING")]
    assert keeper.post(rules, {"kind": "requires", "other": "RING"}).status_code == 400
    assert api.request("DELETE", f"{rules}{ruled[0]['id']}/").status_code == 403
    assert keeper.request("DELETE", f"{rules}{ruled[0]['id']}/").status_code == 204
    assert not ProductRule.objects.exists()


@pytest.mark.parametrize("table", ["products_product", "products_tariff", "products_discount", "products_offer", "members_member"])
def test_a_write_by_hand_makes_a_version(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgenabled FROM pg_trigger WHERE tgname LIKE 'pgtrigger_version_%%' AND tgrelid = %s::regclass", [table])
        assert cursor.fetchall() == [("A",)]


# --- offers ----------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def draft(customer: Customer, tariff: Tariff, manager: User) -> Offer:
    """A draft of the manager for the customer."""
    return make_offer(customer, tariff, [make_discount(value="20", code="D20")], code="DRAFT", status=OfferStatus.DRAFT, created_by=manager)


def test_offers_are_listed_and_priced(api: Api, draft: Offer, foreign_manager: User, viewer: User, api_of: ApiOf) -> None:
    hidden = make_offer(CustomerFactory(manager=foreign_manager), draft.tariff, code="HIDDEN")
    assert codes(api.get(f"{API}offers/?sort=code")) == ["DRAFT", "O1"]
    assert codes(api.get(f"{API}offers/?status=draft")) == ["DRAFT"]
    assert codes(api.get(f"{API}customers/{draft.customer_id}/offers/?status=approved")) == ["O1"]
    told = api.get(path("offers", draft)).json()
    assert (told["customer"], told["product"], told["tariff"], told["discounts"]) == ("YJ-000127", "VNET", "VNET:VNET10", ["D20"])
    assert (told["net_price"], told["stage"], told["created_by"]) == ("8.00", "draft", api.user.username)
    assert api.get(path("offers", hidden)).status_code == 404
    assert len(codes(api_of(viewer).get(f"{API}offers/"))) == 3
    part = api.get(f"{path('offers', draft)}?fields=code,net_price")
    assert part.json() == {"code": "DRAFT", "net_price": "8.00"}
    assert api.get(path("offers", draft), If_None_Match=api.get(path("offers", draft))["ETag"]).status_code == 304


def test_an_offer_from_its_draft_to_its_end(api: Api, customer: Customer, tariff: Tariff, director: User, api_of: ApiOf) -> None:
    make_discount(value="20", code="D20", approval_limit=10)
    above, offers = api_of(director), f"{API}customers/{customer.pk}/offers/"
    assert above.post(offers, {"tariff": "VNET:NONE"}).json()["code"] == "invalid_choice"
    made = above.post(offers, {"tariff": "VNET:VNET10", "discounts": ["D20"], "committed_members": 100})
    assert made.status_code == 201, made.content
    assert (made.json()["code"], made.json()["status"], made.json()["net_price"]) == ("YJ-000127-01", "draft", "8.00")
    row = Offer.objects.get(code="YJ-000127-01")
    changed = above.request("PATCH", path("offers", row), {"committed_members": 200}, If_Match=made["ETag"])
    assert (changed.status_code, changed.json()["committed_members"], changed.json()["discounts"]) == (200, 200, ["D20"])
    assert above.post(path("offers", row, "submit/")).status_code == 428
    assert above.post(path("offers", row, "submit/"), If_Match=made["ETag"]).status_code == 412
    submitted = above.post(path("offers", row, "submit/"), If_Match=changed["ETag"])
    assert (submitted.status_code, submitted.json()["status"]) == (200, "in_approval")
    late = above.request("PATCH", path("offers", row), {"committed_members": 1}, If_Match=submitted["ETag"])
    assert (late.status_code, late.json()["code"]) == (400, "state")
    assert api.post(path("offers", row, "approve/"), If_Match="*").status_code == 403  # it takes a director
    own = above.post(path("offers", row, "approve/"), If_Match=submitted["ETag"])
    assert own.status_code == 400  # the discount is above its limit, and the director wrote the terms
    returned = above.post(path("offers", row, "return/"), If_Match=submitted["ETag"])
    assert returned.json()["status"] == "draft"
    mine = api.request("PATCH", path("offers", row), {"expires_on": None}, If_Match=api.get(path("offers", row))["ETag"])
    assert (mine.status_code, mine.json()["created_by"]) == (200, api.user.username)
    waiting = api.post(path("offers", row, "submit/"), If_Match=mine["ETag"])
    approved = above.post(path("offers", row, "approve/"), If_Match=waiting["ETag"])
    assert (approved.json()["stage"], approved.json()["approved_by"]) == ("effective", director.username)
    withdrawn = api.post(path("offers", row, "withdraw/"), If_Match=approved["ETag"])
    assert withdrawn.json()["status"] == "withdrawn"
    assert api.post(path("offers", row, "withdraw/"), If_Match=withdrawn["ETag"]).json()["code"] == "state"


def test_whoever_approves_has_seen_the_terms(api: Api, draft: Offer, director: User, api_of: ApiOf) -> None:
    above = api_of(director)
    api.post(path("offers", draft, "submit/"), If_Match=api.get(path("offers", draft))["ETag"])
    seen = above.get(path("offers", draft))["ETag"]
    Offer.objects.filter(pk=draft.pk).update(committed_members=9_999)
    assert above.post(path("offers", draft, "approve/"), If_Match=seen).status_code == 412
    draft.refresh_from_db()
    assert draft.status == OfferStatus.IN_APPROVAL


# --- group subscriptions ---------------------------------------------------------------------------------------------------------------


def test_group_subscriptions_begin_and_end(api: Api, customer: Customer, foreign_manager: User, viewer: User, api_of: ApiOf) -> None:
    line = make_tariff(make_product("LINE", member_level=False), "300.00", code="L300")
    hidden = make_group_subscription(CustomerFactory(manager=foreign_manager), line)
    address = f"{API}customers/{customer.pk}/subscriptions/"
    assert api.get(address).json()["results"] == []
    made = api.post(address, {"tariff": "LINE:L300", "quantity": 2, "identifier": "LY-1"})
    assert made.status_code == 201, made.content
    assert (made.json()["monthly_fee"], made.json()["is_live"], made.json()["offer"]) == ("600.00", True, None)
    assert api.post(address, {"tariff": "LINE:L300", "offer": "NONE"}).json()["field"] == "offer"
    assert api.post(address, {"tariff": "LINE:NONE"}).json()["field"] == "tariff"
    assert api_of(viewer).post(address, {"tariff": "LINE:L300"}).status_code == 403
    row = GroupSubscription.objects.get(customer=customer)
    assert [one["id"] for one in api.get(f"{API}group-subscriptions/?live=yes").json()["results"]] == [row.pk]
    for method, step in (("GET", ""), ("POST", "end/")):
        assert api.request(method, path("group-subscriptions", hidden, step), {} if step else None).status_code == 404
    early = {"ended_on": (row.effective_on - datetime.timedelta(days=1)).isoformat()}
    assert api.post(path("group-subscriptions", row, "end/"), early).json()["field"] == "ended_on"
    ended = api.post(path("group-subscriptions", row, "end/"), {"ended_on": TODAY.isoformat()})
    assert (ended.status_code, ended.json()["is_live"]) == (200, False)
    assert api.post(path("group-subscriptions", row, "end/"), {"ended_on": TODAY.isoformat()}).status_code == 400
    assert api.get(f"{address}?live=no").json()["results"][0]["ended_on"] == TODAY.isoformat()


def test_the_number_of_rows_costs_no_query(api: Api, customer: Customer, draft: Offer) -> None:
    line = make_tariff(make_product("LINE", member_level=False))
    make_group_subscription(customer, line)
    lists = [f"{API}{what}/" for what in ("products", "tariffs", "discounts", "offers", "group-subscriptions")]
    before = [queries_of(api, address) for address in lists]
    for number in range(5):
        make_offer(customer, make_tariff(make_product(f"P{number}")), [make_discount()])
        make_group_subscription(customer, line, quantity=number + 1)
    assert [len(api.get(address).json()["results"]) > 5 for address in lists] == [True] * 5
    assert [queries_of(api, address) for address in lists] == before
    assert max(before) <= 11
