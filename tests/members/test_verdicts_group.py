"""Rules of the group as a whole, and what a batch brings and ends a month: counted over its eligible rows."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone

from access.models import User
from jobs.errors import JobRefused
from jobs.models import Job
from members.models import VerdictRule
from products.models import Offer, Product, TariffPrice
from tests.members import worlds
from tests.members.conftest import LONG_AGO, Shop, listed, numbers
from tests.members.factories import make_member, make_subscription

pytestmark = pytest.mark.django_db

EXPIRED = datetime.date(2026, 2, 1)


def group_verdicts(job: Job) -> dict[str, int]:
    """The verdicts on the group, with the rows concerned."""
    found: dict[str, int] = job.summary["group"]
    assert {code: count for code, count in job.summary["verdicts"].items() if code in found} == found
    return found


@pytest.fixture
def minimum(shop: Shop) -> int:
    """VNET wants four numbers."""
    Product.objects.filter(code="VNET").update(min_members=4)
    return 4


@pytest.mark.parametrize(("had", "joining", "warned"), [(0, 3, 3), (0, 4, 0), (1, 2, 2), (2, 2, 0), (0, 1, 1)])
def test_too_few_on_a_product_to_begin_with(manager: User, shop: Shop, minimum: int, had: int, joining: int, warned: int) -> None:
    for number in numbers(had, 50):
        shop.member(number, "VNET")
    job = worlds.start(manager, shop.groups.own, listed(*numbers(joining)), "join", "subscribe:VNET:V5")
    assert group_verdicts(job) == ({"below_min_members": warned} if warned else {})
    assert worlds.finish(job, manager).applied == joining


@pytest.mark.parametrize("action", ["leave", "unsubscribe:VNET"])
@pytest.mark.parametrize(("had", "going", "warned"), [(6, 2, 0), (6, 3, 3), (6, 6, 0), (4, 1, 1)])
def test_too_few_left_on_a_product(manager: User, shop: Shop, minimum: int, action: str, had: int, going: int, warned: int) -> None:
    """None at all is not too few: the group gives the product up."""
    for number in numbers(had):
        shop.member(number, "VNET")
    job = worlds.start(manager, shop.groups.own, listed(*numbers(going)), action)
    assert group_verdicts(job) == ({"below_min_members": warned} if warned else {})


def test_expired_subscriptions_do_not_count(manager: User, shop: Shop, minimum: int) -> None:
    for number in numbers(3):
        make_subscription(make_member(shop.groups.own, number), shop.tariffs["VNET", "V5"], expires_on=EXPIRED)
    again = worlds.start(manager, shop.groups.own, listed(*numbers(3)), "subscribe:VNET:V5")
    assert group_verdicts(again) == {"below_min_members": 3}


def test_only_eligible_rows_count(manager: User, shop: Shop, minimum: int) -> None:
    rows = [*listed(*numbers(3)), *listed(*numbers(3)), {"number": "12"}]
    assert group_verdicts(worlds.start(manager, shop.groups.own, rows, "join", "subscribe:VNET:V5")) == {"below_min_members": 3}


@pytest.mark.parametrize(("had", "joining", "warned"), [(0, 3, 0), (0, 4, 4), (2, 1, 0), (2, 2, 2)])
def test_more_on_an_offer_than_agreed(manager: User, shop: Shop, had: int, joining: int, warned: int) -> None:
    Offer.objects.filter(code="V5OFF").update(committed_members=3)
    for number in numbers(had, 50):
        make_subscription(make_member(shop.groups.own, number), shop.tariffs["VNET", "V5"], offer=shop.offers["V5OFF"])
    job = worlds.start(manager, shop.groups.own, listed(*numbers(joining)), "join", "subscribe:VNET::V5OFF")
    assert group_verdicts(job) == ({"commitment_exceeded": warned} if warned else {})


def test_offers_that_rows_name_count_too(manager: User, shop: Shop) -> None:
    Offer.objects.filter(code="V10OFF").update(committed_members=1)
    rows = [*listed(*numbers(2), offer_code="V10OFF"), *listed(*numbers(2, 10))]
    job = worlds.start(manager, shop.groups.own, rows, "join", "subscribe:VNET::V5OFF")
    assert group_verdicts(job) == {"commitment_exceeded": 2}


def test_numbers_that_leave_an_offer_make_room(manager: User, shop: Shop) -> None:
    Offer.objects.filter(code="V10OFF").update(committed_members=2)
    for number in numbers(2):
        make_subscription(make_member(shop.groups.own, number), shop.tariffs["VNET", "V10"], offer=shop.offers["V10OFF"])
    for number in numbers(2, 10):
        make_subscription(make_member(shop.groups.own, number), shop.tariffs["VNET", "V5"])
    rows = [*listed(*numbers(2), offer_code="V5OFF"), *listed(*numbers(2, 10), offer_code="V10OFF")]
    job = worlds.start(manager, shop.groups.own, rows, "change_tariff:VNET:V5")
    assert (job.eligible, group_verdicts(job)) == (4, {})


@pytest.mark.parametrize(("severity", "outcome"), [("error", "group_rule"), ("warning", ""), ("off", "")])
def test_a_rule_of_the_group_may_forbid(manager: User, shop: Shop, minimum: int, severity: str, outcome: str) -> None:
    VerdictRule.objects.filter(code="below_min_members").update(severity=severity)
    job = worlds.start(manager, shop.groups.own, listed(*numbers(2)), "join", "subscribe:VNET:V5")
    assert group_verdicts(job) == ({} if severity == "off" else {"below_min_members": 2})
    if not outcome:
        assert worlds.finish(job, manager).applied == 2
        return
    with pytest.raises(JobRefused) as refusal:
        worlds.finish(job, manager)
    assert (refusal.value.code, refusal.value.figures) == (outcome, {"rule": "below_min_members"})


def test_monthly_revenue_begun_and_ended(manager: User, shop: Shop) -> None:
    for (product, code), fee in {("VNET", "V5"): 5, ("VNET", "V10"): 10, ("RING", "R2"): 2}.items():
        TariffPrice.objects.create(tariff=shop.tariffs[product, code], fee=fee, effective_on=LONG_AGO)
    for number in numbers(3):
        shop.member(number, "VNET")
    make_subscription(make_member(shop.groups.own, numbers(1, 9)[0]), shop.tariffs["VNET", "V5"], expires_on=EXPIRED)
    changing = worlds.start(manager, shop.groups.own, listed(*numbers(3), *numbers(1, 20)), "change_tariff:VNET:V10")
    assert (changing.eligible, changing.summary["revenue"]["begun_gross"], changing.summary["revenue"]["ended_gross"]) == (
        3,
        "30.00",
        "15.00",
    )
    leaving = worlds.start(manager, shop.groups.own, listed(*numbers(3), *numbers(1, 9)), "leave")
    assert (leaving.eligible, leaving.summary["revenue"]["ended_gross"]) == (4, "15.00")
    rows = [*listed(*numbers(2, 30)), *listed(*numbers(1, 40), tariff_code="V10")]
    joining = worlds.start(
        manager, shop.groups.own, rows, "join", "subscribe:VNET:V5", "subscribe:RING:R2", effective_on=timezone.localdate()
    )
    assert (joining.eligible, joining.summary["revenue"]["begun_net"]) == (3, "26.00")
