"""The oracle on examples worked out by hand: it judges the product, so it is judged itself."""

from __future__ import annotations

import datetime

import pytest

from tests.oracle.cells import read_day, read_number, read_short
from tests.oracle.provisioning import (
    Action,
    Membership,
    Offer,
    Order,
    Product,
    Subscription,
    Tariff,
    World,
    carry_out,
    judge,
    picture,
)

TODAY = datetime.date(2026, 12, 1)
LONG_AGO = datetime.date(2020, 1, 1)
NUMBER = "8613800000001"


def day(shift: int) -> datetime.date:
    """A day counted from today."""
    return TODAY + datetime.timedelta(days=shift)


@pytest.mark.parametrize(
    ("text", "number", "kind", "verdict"),
    [
        ("13800000001", NUMBER, "mobile", None),
        ("+86 138-0000-0001", NUMBER, "mobile", None),
        ("00８６（138）00000001.0", NUMBER, "mobile", None),
        ("010-84567890", "861084567890", "fixed", None),
        ("+8610 84567890", "861084567890", "fixed", None),
        ("07551234567", "867551234567", "fixed", None),
        ("1064812345678", "861064812345678", "iot", None),
        ("12800000001", None, None, "number_malformed"),
        ("1.38E+10", None, None, "number_malformed"),
        ("1380000000", None, None, "number_malformed"),
        ("\u3000 ", None, None, "number_missing"),
    ],
)
def test_numbers(text: str, number: str | None, kind: str | None, verdict: str | None) -> None:
    assert read_number(text) == (number, kind, verdict)


@pytest.mark.parametrize(
    "text", ["2026-12-01", "2026/12/1", "2026.12.01", "2026年12月1日", "20261201", "46357", "2026-12-01 00:00:00", "２０２６-12-01"]
)
def test_days(text: str) -> None:
    assert read_day(text) == (TODAY, True)


@pytest.mark.parametrize("text", ["2026-02-30", "12/01/2026", "1979-12-31", "2026121", "tomorrow"])
def test_no_days(text: str) -> None:
    assert read_day(text) == (None, False)


def test_short_numbers() -> None:
    assert [read_short(text)[0] for text in ("610", "６１２", "699999")] == ["610", "612", "699999"]
    assert {read_short(text)[1] for text in ("61", "600", "710", "6100000", "61a")} == {"short_number_malformed"}
    assert read_short(" ") == (None, None)


def world(*memberships: Membership) -> World:
    """VNET (V5, V10) alone; RING (R2) needs it; DATA (D30) bears no RING."""
    return World(
        products=[Product(code, LONG_AGO) for code in ("VNET", "RING", "DATA")],
        tariffs=[Tariff("VNET", "V5"), Tariff("VNET", "V10", day(10)), Tariff("RING", "R2"), Tariff("DATA", "D30")],
        offers=[Offer("V5OFF", "OWN", "VNET", "V5", LONG_AGO, day(30))],
        excludes={("DATA", "RING")},
        requires={("RING", "VNET")},
        memberships=list(memberships),
        segments={"86138"},
    )


def member(*products: str, group: str = "OWN", left: datetime.date | None = None, **values: str) -> Membership:
    """A membership since long ago, on products under their first tariff."""
    terms = {"VNET": "V5", "RING": "R2", "DATA": "D30"}
    return Membership(
        group,
        NUMBER,
        "mobile",
        LONG_AGO,
        left,
        subscriptions=[Subscription(code, terms[code], None, LONG_AGO) for code in products],
        **values,
    )


JOIN, LEAVE = Action("join"), Action("leave")
SUBSCRIBE, UNSUBSCRIBE = Action("subscribe", "VNET", "V5"), Action("unsubscribe", "VNET")
RING, DATA, CHANGE = Action("subscribe", "RING", "R2"), Action("subscribe", "DATA", "D30"), Action("change_tariff", "VNET", "V10")


def one(world: World, *actions: Action, expires: datetime.date | None = None, **cells: str) -> tuple[set[str], str, set[int]]:
    """Verdicts, state and work of one row."""
    (finding,) = judge(world, Order("OWN", actions, TODAY, expires), [(2, {"number": "13800000001", **cells})])
    return finding.codes, finding.state, finding.todo


@pytest.mark.parametrize(
    ("standing", "actions", "codes", "state", "todo"),
    [
        ([], [JOIN, SUBSCRIBE], set(), "e", {0, 1}),
        ([member()], [JOIN, SUBSCRIBE], {"already_member"}, "e", {1}),
        ([member("VNET")], [JOIN, SUBSCRIBE], {"already_member", "has_product"}, "s", set()),
        ([member(group="OTHER")], [JOIN], {"member_elsewhere"}, "f", set()),
        ([member(group="OTHER", left=day(1))], [JOIN], {"member_elsewhere"}, "f", set()),
        ([member(group="OTHER", left=TODAY)], [JOIN], set(), "e", {0}),
        ([member(left=day(1))], [LEAVE], {"already_leaving"}, "s", set()),
        ([], [LEAVE], {"not_a_member"}, "f", set()),
        ([member(state="porting")], [LEAVE], {"number_porting"}, "f", {0}),
        ([member("VNET", "RING")], [UNSUBSCRIBE], {"product_required"}, "f", {0}),
        ([member("VNET")], [UNSUBSCRIBE, RING], {"product_required"}, "f", {0, 1}),
        ([member()], [UNSUBSCRIBE], {"no_product"}, "s", set()),
        ([member("RING")], [DATA], {"product_excluded"}, "f", {0}),
        ([], [JOIN, SUBSCRIBE, RING, DATA], {"product_excluded"}, "f", {0, 1, 2, 3}),
        ([], [JOIN, RING], {"product_required"}, "f", {0, 1}),
        ([member("VNET")], [CHANGE], set(), "e", {0}),
        ([member("VNET")], [Action("change_tariff", "VNET", "V5")], {"has_tariff"}, "s", set()),
        ([member("VNET")], [Action("change_tariff", "VNET", "", "V5OFF")], set(), "e", {0}),
    ],
)
def test_standings(standing: list[Membership], actions: list[Action], codes: set[str], state: str, todo: set[int]) -> None:
    assert one(world(*standing), *actions) == (codes, state, todo)


def test_dates() -> None:
    here = world(member("VNET"))
    assert one(here, CHANGE, expires_on="2026-12-01")[0] == {"date_reversed"}
    assert one(here, LEAVE, effective_on="2019-12-31")[0] == {"date_reversed"}
    assert one(here, CHANGE, effective_on="2026-12-11")[0] == {"tariff_unknown"}
    assert one(here, Action("change_tariff", "VNET", "", "V5OFF"), expires=day(31))[0] == {"date_outside_offer"}
    assert one(here, LEAVE, effective_on="soon")[0] == {"date_unreadable"}


def test_own_codes_of_a_row() -> None:
    here = world(member("VNET"))
    assert one(here, DATA, tariff_code="V5")[0] == {"tariff_unknown"}
    assert one(here, CHANGE, tariff_code="V5")[0] == {"has_tariff"}
    assert one(here, CHANGE, offer_code="V5OFF") == (set(), "e", {0})
    assert one(here, CHANGE, offer_code="V5OFF", tariff_code="V10")[0] == {"tariff_unknown"}
    assert one(here, CHANGE, offer_code="NONE")[0] == {"offer_unknown"}


def test_the_first_of_repeated_rows_stands() -> None:
    rows = [(2, {"number": "13800000001", "short_number": "611"}), (3, {"number": "+8613800000001", "short_number": "612"})]
    rows.append((4, {"number": "13800000002", "short_number": "611"}))
    first, second, third = judge(world(), Order("OWN", (JOIN,), TODAY), rows)
    assert (first.state, second.codes, second.duplicate_of) == ("e", {"duplicate_in_file"}, 2)
    assert third.codes == {"short_number_taken"}


def test_the_world_afterwards_and_as_it_was() -> None:
    before = world(member("VNET"))
    order = Order("OWN", (CHANGE,), TODAY, day(60))
    after = carry_out(before, order, judge(before, order, [(2, {"number": "13800000001"})]))
    assert picture(before.memberships) == picture(world(member("VNET")).memberships)
    assert after.memberships[0].subscriptions == [
        Subscription("VNET", "V5", None, LONG_AGO, ended=TODAY),
        Subscription("VNET", "V10", None, TODAY, day(60)),
    ]
    gone = carry_out(after, Order("OWN", (LEAVE,), day(5)), judge(after, Order("OWN", (LEAVE,), day(5)), [(2, {"number": "13800000001"})]))
    assert (gone.memberships[0].left, gone.memberships[0].subscriptions[1].ended) == (day(5), day(5))
