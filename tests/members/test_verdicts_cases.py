"""Corner cases of the check, each written down because it was once decided otherwise."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone

from access.models import User
from members.models import BatchRow, Member, VerdictRule
from members.verdict_codes import codes_of
from members.verdicts import read_severities
from products.models import Offer, ProductRule, Tariff
from tests.members import worlds
from tests.members.conftest import Shop, listed, numbers
from tests.members.factories import make_member, make_subscription

pytestmark = pytest.mark.django_db

(NUMBER,) = numbers(1)
TODAY = timezone.localdate()
TOMORROW = TODAY + datetime.timedelta(days=1)


def check(manager: User, shop: Shop, *actions: str, **cells: str) -> tuple[set[str], str, int]:
    """Verdicts, state and work of one row with `NUMBER`."""
    job = worlds.start(manager, shop.groups.own, listed(NUMBER, **cells), *actions)
    row = BatchRow.objects.get(job=job)
    return set(codes_of(row.verdicts)) - {"number_unassigned"}, row.state, row.todo


def test_leaving_here_and_elsewhere(manager: User, shop: Shop) -> None:
    """Whichever of two future ends is the later: both are told."""
    for own, other in ((1, 2), (2, 1)):
        Member.objects.all().delete()
        make_member(shop.groups.own, NUMBER, left_on=TODAY + datetime.timedelta(days=own))
        make_member(shop.groups.other, NUMBER, left_on=TODAY + datetime.timedelta(days=other))
        assert check(manager, shop, "join") == ({"already_leaving", "member_elsewhere"}, "f", 0)


def test_a_date_is_reversed_only_where_there_is_something_to_do(manager: User, shop: Shop) -> None:
    member = make_member(shop.groups.own, NUMBER, joined_on=TOMORROW)
    assert check(manager, shop, "join") == ({"already_member"}, "s", 0)
    assert check(manager, shop, "leave") == ({"date_reversed"}, "f", 1)
    assert check(manager, shop, "subscribe:VNET:V5") == ({"date_reversed"}, "f", 1)
    make_subscription(member, shop.tariffs["VNET", "V5"])
    assert check(manager, shop, "subscribe:VNET:V5") == ({"has_product"}, "s", 0)
    assert check(manager, shop, "change_tariff:VNET:V5") == ({"has_tariff"}, "s", 0)
    assert check(manager, shop, "change_tariff:VNET:V10") == ({"date_reversed"}, "f", 1)


def test_rules_of_products_do_not_meet_numbers_that_are_leaving(manager: User, shop: Shop) -> None:
    make_member(shop.groups.own, NUMBER, left_on=TOMORROW)
    assert check(manager, shop, "subscribe:DATA:D30", "subscribe:RING:R2", "unsubscribe:VNET") == ({"already_leaving"}, "s", 0)


def test_a_row_without_a_number_has_nothing_to_join(manager: User, shop: Shop) -> None:
    job = worlds.start(manager, shop.groups.own, [{"number": "12", "holder_name": "李静"}], "join")
    assert BatchRow.objects.get(job=job).todo == 0


def test_changing_a_tariff_that_the_number_does_not_have_needs_nothing(manager: User, shop: Shop) -> None:
    """RING needs VNET, but the number has no RING whose tariff could be changed: VNET may go."""
    shop.member(NUMBER, "VNET")
    assert check(manager, shop, "unsubscribe:VNET", "change_tariff:RING:R2") == ({"no_product"}, "e", 1)
    make_subscription(Member.objects.get(msisdn=NUMBER), shop.tariffs["RING", "R2"])
    assert "product_required" in check(manager, shop, "unsubscribe:VNET", "change_tariff:RING:R2")[0]


@pytest.mark.parametrize("retired", ["V5", "V10"])
def test_the_tariff_of_a_rows_own_offer_counts(manager: User, shop: Shop, retired: str) -> None:
    """The offer V10OFF brings V10: whether that is retired matters, not the batch's own V5."""
    day = TOMORROW.isoformat()
    Tariff.objects.filter(code=retired).update(retired_on=TOMORROW)
    codes, state, _todo = check(manager, shop, "join", "subscribe:VNET:V5", offer_code="V10OFF", effective_on=day)
    assert (codes, state) == (({"tariff_unknown"}, "f") if retired == "V10" else (set(), "e"))


def test_both_ways_of_an_exclusion(manager: User, shop: Shop) -> None:
    for number, held, wanted in zip(numbers(2), ("DATA", "RING"), ("RING:R2", "DATA:D30"), strict=True):
        shop.member(number, "VNET", held)
        job = worlds.start(manager, shop.groups.own, listed(number), f"subscribe:{wanted}")
        assert "product_excluded" in codes_of(BatchRow.objects.get(job=job).verdicts)


def test_leaving_ends_what_has_expired_on_the_day_it_expired(manager: User, shop: Shop) -> None:
    expired = make_subscription(make_member(shop.groups.own, NUMBER), shop.tariffs["VNET", "V5"], expires_on=datetime.date(2026, 2, 1))
    worlds.start(manager, shop.groups.own, listed(NUMBER), "leave", run=True)
    expired.refresh_from_db()
    assert expired.ended_on == datetime.date(2026, 2, 1)


def test_severities_where_the_table_says_nothing_or_nonsense() -> None:
    VerdictRule.objects.all().delete()
    VerdictRule.objects.create(code="blacklisted", severity="skip")
    VerdictRule.objects.create(code="date_reversed", severity="off")
    severities = read_severities()
    assert {code: severities.of(code) for code in ("number_unassigned", "commitment_exceeded", "has_product", "product_excluded")} == {
        "number_unassigned": "warning",
        "commitment_exceeded": "warning",
        "has_product": "skip",
        "product_excluded": "error",
    }
    assert severities.of("blacklisted") == severities.of("date_reversed") == "error"


def test_offers_of_others_and_withdrawn_ones_are_unknown(manager: User, shop: Shop) -> None:
    Offer.objects.filter(code="V10OFF").update(customer=shop.groups.other)
    Offer.objects.filter(code="V5OFF").update(status="withdrawn")
    for code in ("V5OFF", "V10OFF"):
        assert check(manager, shop, "join", "subscribe:VNET:V5", offer_code=code)[0] == {"offer_unknown"}


def test_a_rule_may_be_a_warning(manager: User, shop: Shop) -> None:
    VerdictRule.objects.filter(code="product_required").update(severity="warning")
    assert ProductRule.objects.filter(kind="requires").exists()
    assert check(manager, shop, "join", "subscribe:RING:R2") == ({"product_required"}, "e", 3)
