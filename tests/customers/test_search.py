"""Searching customers by parts of names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest
from django.db import connection
from django.test import RequestFactory

from access.models import User
from common.lists.state import ListState
from customers import searching, tables
from customers.models import Customer
from customers.tables import CustomerList
from tests.factories.customers import CustomerFactory
from tests.personas import Organisation

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("医院", {"云江市第一医院", "ACME Medical 医院"}),
        ("院", {"云江市第一医院", "ACME Medical 医院"}),
        ("acme med", {"ACME Medical 医院"}),
        ("一院", {"云江市第一医院"}),  # the short name
        ("医第", set()),
        ("第一医院云", set()),
        ("%", set()),
        ("医", {"云江市第一医院", "ACME Medical 医院"}),
        ("hs1", {"云江市第一医院"}),  # the code
        ("91310000mA1", {"ACME Medical 医院"}),  # the credit code
        ("yjsd", {"云江市第一医院"}),
    ],
)
def test_parts_of_names(text: str, found: set[str]) -> None:
    CustomerFactory(name="云江市第一医院", short_name="市一院", code="HS1")
    CustomerFactory(name="ACME Medical 医院", credit_code="91310000MA1FL3X88U")
    assert {customer.name for customer in Customer.objects.matching(text)} == found


def test_pairs_that_stand_apart_are_no_match() -> None:
    CustomerFactory(name="江市云江")
    assert not Customer.objects.matching("云江市").exists()


def test_a_search_has_an_index_for_each_of_its_comparisons() -> None:
    with connection.cursor() as cursor:
        # Without these only a union of what the comparisons' own indexes find is left, whatever a small table would make cheaper.
        for way in ("seqscan", "indexscan", "indexonlyscan"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        plan = Customer.objects.matching("医院").explain()
    assert "customer_names" in plan, plan
    assert "Seq Scan" not in plan, plan


NAMES = (
    "云江市第一医院",
    "云江市第二医院",
    "北城医院",
    "云江市云江市第三医院",
    "阿城云江市医院",
    "医院云江市",
    "云江市",
    "周庄云江市小学",
    "云江",
)


@pytest.fixture
def many(manager: User, organisation: Organisation) -> None:
    for name in NAMES * 2:
        CustomerFactory(name=name, org_unit=organisation.team, manager=manager)
    CustomerFactory(name="云江市外", org_unit=organisation.other_city)


def _pages(person: User, text: str) -> Iterator[ListState]:
    """Two rows on a page, forwards from the first to the last, then back to the first."""
    short = type("Short", (CustomerList,), {"page_size": 2})
    address, forwards = f"/customers/?q={text}", True
    while address:
        request = RequestFactory().get(address)
        request.user = User.objects.get(pk=person.pk)
        state = short(request).state
        yield state
        forwards = forwards and bool(state.next_url)
        address = state.next_url if forwards else state.previous_url


def _keys(states: Iterable[ListState]) -> list[list[int]]:
    return [[row.source.pk for row in state.rows] for state in states]


@pytest.mark.parametrize("text", ["云江市", "yun", "院"])
@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("rank", ["manager", "director", "administrator"])
def test_first_what_begins_with_the_text(rank: str, text: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    person = request.getfixturevalue(rank)
    found = list(Customer.objects.visible_to(person).matching(text))
    begin = {customer.pk for customer in found if (customer.pinyin if text.isascii() else customer.name).startswith(text)}
    ordered = [customer.pk for customer in sorted(found, key=lambda one: (one.pk not in begin, one.pinyin, one.pk))]
    there = [ordered[place : place + 2] for place in range(0, len(ordered), 2)]
    wanted = there + there[-2::-1]
    assert len(ordered) > 6
    assert _keys(_pages(person, text)) == wanted
    for many_are, tried, common in ((1, (1, 3), False), (1, (500,), False), (1, (2,), True)):
        monkeypatch.setattr(tables, "MANY", many_are)
        monkeypatch.setattr(searching, "TRIED", tried)
        monkeypatch.setattr(searching, "COMMON", 0 if common else 10**9)
        assert _keys(_pages(person, text)) == wanted, (many_are, tried, common)


@pytest.mark.usefixtures("many")
def test_another_order_and_another_filter_hold_for_searches_that_find_many(manager: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MANY", 1)
    monkeypatch.setattr(searching, "TRIED", (2,))
    Customer.objects.filter(name=NAMES[1]).update(level="A1")
    for parameters in ("q=云江市&sort=-name", "q=云江市&sort=code", "q=云江市&level=A1"):
        request = RequestFactory().get(f"/customers/?{parameters}")
        request.user = manager
        state = CustomerList(request).state
        found = Customer.objects.visible_to(manager).matching("云江市")
        assert {row.source.pk for row in state.rows} == {row.pk for row in found if "level" not in parameters or row.level == "A1"}
    assert state.count_text == "1+"


@pytest.mark.usefixtures("many")
def test_a_search_is_counted_to_a_thousand(manager: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for common in (0, 10**9):
        monkeypatch.setattr(searching, "COMMON", common)
        for limit, text in ((4, "4+"), (1_000, "14")):
            monkeypatch.setattr(tables, "MANY", limit)
            request = RequestFactory().get("/customers/?q=云江市")
            request.user = User.objects.get(pk=manager.pk)
            assert CustomerList(request).state.count_text == text


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("rank", ["manager", "director", "administrator"])
def test_what_begins_with_the_text_is_never_counted_as_more_than_it_is(rank: str, request: pytest.FixtureRequest, manager: User) -> None:
    """Names that only sound like the text are among those that the index of pinyin finds."""
    CustomerFactory.create_batch(3, name="云江是", org_unit=manager.org_unit, manager=manager)
    found = Customer.objects.visible_to(request.getfixturevalue(rank)).matching("云江市")
    begun = sum(customer.name.startswith("云江市") for customer in found)
    assert 4 <= begun < 30
    assert searching.count_of_begun(found, "云江市", 30) == begun
    assert searching.count_of_begun(found, "云江市", 3) <= 3
    assert searching.count_of_begun(found, "医院", 30) == 2
