"""The ground of a row moves between preview and run: the row becomes a conflict and nothing of it is changed; the others are run."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest
from django.utils import timezone

from access.models import User
from jobs.models import Job, JobStatus
from members.models import BatchRow, BlacklistedNumber, Member, MemberSubscription, VerdictRule
from members.verdict_codes import codes_of
from products.models import Offer, OfferStatus, ProductRule, Tariff
from tests.members import worlds
from tests.members.conftest import Shop, listed, numbers
from tests.members.factories import make_member, make_subscription
from tests.members.worlds import Groups

pytestmark = pytest.mark.django_db

FIRST, SECOND = numbers(2)
LATER = datetime.date(2099, 1, 1)
Move = Callable[[Shop], object]


def _member(shop: Shop) -> Member:
    return Member.objects.get(msisdn=FIRST, left_on=None)


def _live(shop: Shop, product: str) -> MemberSubscription:
    return MemberSubscription.objects.get(member__msisdn=FIRST, product__code=product, ended_on=None)


def _change(row: Member | MemberSubscription, **values: object) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.save()


JOINING: dict[str, Move] = {
    "joined elsewhere": lambda shop: make_member(shop.groups.other, FIRST),
    "joined here": lambda shop: make_member(shop.groups.own, FIRST),
    "found to leave another group later": lambda shop: make_member(shop.groups.other, FIRST, left_on=LATER),
    "blacklisted": lambda shop: BlacklistedNumber.objects.create(msisdn=FIRST, reason="诈骗"),
    "short number taken": lambda shop: make_member(shop.groups.own, numbers(1, 99)[0], short_number="611"),
}
ON_MEMBERS: dict[str, Move] = {
    "blacklisted": lambda shop: BlacklistedNumber.objects.create(msisdn=FIRST, reason="诈骗"),
    "holder changed": lambda shop: _change(_member(shop), holder_name="王磊"),
    "suspended": lambda shop: _change(_member(shop), state="suspended"),
    "left": lambda shop: _change(_member(shop), left_on=timezone.localdate()),
    "subscription ended": lambda shop: _change(_live(shop, "VNET"), ended_on=timezone.localdate()),
    "tariff changed": lambda shop: _change(_live(shop, "VNET"), tariff=shop.tariffs["VNET", "V10"]),
    "another product added": lambda shop: make_subscription(_member(shop), shop.tariffs["DATA", "D30"]),
}
ACTIONS = ("subscribe:RING:R2", "unsubscribe:VNET", "change_tariff:VNET:V10", "leave")


@pytest.mark.parametrize("move", JOINING.values(), ids=JOINING.keys())
def test_a_number_to_be_joined_that_has_moved_is_left_alone(manager: User, shop: Shop, move: Move) -> None:
    rows = [*listed(FIRST, short_number="611"), *listed(SECOND, short_number="612")]
    job = worlds.start(manager, shop.groups.own, rows, "join", "subscribe:VNET:V5")
    assert job.eligible == 2
    move(shop)
    before = worlds.picture(shop.groups)
    _assert_one_conflict(worlds.finish(job, manager))
    assert [line for line in worlds.picture(shop.groups) if line[0] != SECOND] == before
    joined = Member.objects.get(msisdn=SECOND)
    assert (joined.customer, joined.batch_id, joined.short_number) == (shop.groups.own, job.pk, "612")
    assert [each.product.code for each in joined.subscriptions.all()] == ["VNET"]


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("move", ON_MEMBERS.values(), ids=ON_MEMBERS.keys())
def test_a_member_that_has_moved_is_left_alone(manager: User, shop: Shop, move: Move, action: str) -> None:
    for number in (FIRST, SECOND):
        shop.member(number, "VNET")
    job = worlds.start(manager, shop.groups.own, listed(FIRST, SECOND), action)
    assert job.eligible == 2
    move(shop)
    before = worlds.picture(shop.groups)
    _assert_one_conflict(worlds.finish(job, manager))
    after = worlds.picture(shop.groups)
    assert [line for line in after if line[0] == FIRST] == [line for line in before if line[0] == FIRST]
    assert [line for line in after if line[0] == SECOND] != [line for line in before if line[0] == SECOND]


def _assert_one_conflict(job: Job) -> None:
    assert (job.status, job.applied, job.conflicts) == (JobStatus.DONE_WITH_ERRORS, 1, 1)
    assert worlds.states(job) == {FIRST: "c", SECOND: "e"}
    assert "changed_since" in codes_of(BatchRow.objects.get(job=job, msisdn=FIRST).verdicts)


CATALOGUE_MOVES: dict[str, Move] = {
    "offer withdrawn": lambda shop: Offer.objects.filter(code="V5OFF").update(status=OfferStatus.WITHDRAWN),
    "offer ended": lambda shop: Offer.objects.filter(code="V5OFF").update(expires_on=timezone.localdate()),
    "offer for another tariff": lambda shop: Offer.objects.filter(code="V5OFF").update(tariff=shop.tariffs["VNET", "V10"]),
    "tariff retired": lambda shop: Tariff.objects.filter(code="V5").update(retired_on=timezone.localdate()),
    "product retired": lambda shop: _retire(shop, "VNET"),
    "rule added": lambda shop: ProductRule.objects.create(product=shop.products["VNET"], kind="excludes", other=shop.products["DATA"]),
}


def _retire(shop: Shop, code: str) -> None:
    shop.products[code].retired_on = timezone.localdate()
    shop.products[code].save()


@pytest.mark.parametrize("move", CATALOGUE_MOVES.values(), ids=CATALOGUE_MOVES.keys())
def test_a_batch_whose_own_terms_have_moved_stops(manager: User, shop: Shop, move: Move) -> None:
    job = worlds.start(manager, shop.groups.own, listed(FIRST, SECOND), "join", "subscribe:VNET::V5OFF")
    move(shop)
    done = worlds.finish(job, manager)
    assert (done.status, done.applied, done.error) == (JobStatus.FAILED, 0, {"code": "ground_moved", "figures": {}})
    assert not Member.objects.exists()
    assert worlds.states(job) == {FIRST: "e", SECOND: "e"}


def test_other_offers_may_move(manager: User, shop: Shop) -> None:
    job = worlds.start(manager, shop.groups.own, listed(FIRST), "join", "subscribe:VNET:V5:V5OFF")
    Offer.objects.filter(code="V10OFF").update(status=OfferStatus.WITHDRAWN)
    assert worlds.finish(job, manager).status == JobStatus.DONE


ROW_CODES: dict[str, tuple[dict[str, str], Move]] = {
    "offer withdrawn": ({"offer_code": "V10OFF"}, lambda shop: Offer.objects.filter(code="V10OFF").update(status=OfferStatus.WITHDRAWN)),
    "offer ended": ({"offer_code": "V10OFF"}, lambda shop: Offer.objects.filter(code="V10OFF").update(expires_on=timezone.localdate())),
    "offer for another tariff": (
        {"offer_code": "V10OFF"},
        lambda shop: Offer.objects.filter(code="V10OFF").update(tariff=shop.tariffs["VNET", "V5"]),
    ),
    "tariff retired": ({"tariff_code": "V10"}, lambda shop: Tariff.objects.filter(code="V10").update(retired_on=timezone.localdate())),
    "tariff gone": ({"tariff_code": "V10"}, lambda shop: Tariff.objects.filter(code="V10").update(code="V11")),
}


@pytest.mark.parametrize(("cells", "move"), ROW_CODES.values(), ids=ROW_CODES.keys())
def test_a_row_whose_own_tariff_or_offer_has_moved_is_left_alone(manager: User, shop: Shop, cells: dict[str, str], move: Move) -> None:
    job = worlds.start(manager, shop.groups.own, [*listed(FIRST, **cells), *listed(SECOND)], "join", "subscribe:VNET:V5:V5OFF")
    assert job.eligible == 2
    move(shop)
    _assert_one_conflict(worlds.finish(job, manager))
    assert [member.msisdn for member in Member.objects.all()] == [SECOND]


def test_numbers_that_may_be_run_though_blacklisted_are_no_conflict(manager: User, shop: Shop) -> None:
    """With the rule switched off, or as a warning, such a number was seen in the check and is run."""
    BlacklistedNumber.objects.create(msisdn=FIRST, reason="诈骗")
    shop.member(SECOND, "VNET")
    BlacklistedNumber.objects.create(msisdn=SECOND, reason="诈骗")
    for severity, action in (("off", "join"), ("warning", "leave")):
        VerdictRule.objects.filter(code="blacklisted").update(severity=severity)
        job = worlds.start(manager, shop.groups.own, listed(FIRST if action == "join" else SECOND), action, run=True)
        assert (job.applied, job.conflicts) == (1, 0)


def test_all_rows_in_conflict(manager: User, shop: Shop) -> None:
    job = worlds.start(manager, shop.groups.own, listed(FIRST, SECOND), "join")
    for number in (FIRST, SECOND):
        make_member(shop.groups.other, number)
    done = worlds.finish(job, manager)
    assert (done.status, done.applied, done.conflicts) == (JobStatus.DONE_WITH_ERRORS, 0, 2)


def test_what_the_run_wrote(manager: User, groups: Groups, shop: Shop) -> None:
    """The stamps by which an undo knows its own work: one moment for everything of a chunk, and the batch's key."""
    job = worlds.start(manager, groups.own, listed(FIRST, SECOND), "join", "subscribe:VNET:V5", run=True)
    moment = job.chunks.get().applied_at
    assert {member.updated_at for member in Member.objects.all()} == {moment}
    assert {subscription.updated_at for subscription in MemberSubscription.objects.all()} == {moment}
    assert {(member.batch_id, member.left_batch_id, member.state, member.pay_mode) for member in Member.objects.all()} == {
        (job.pk, None, "active", "group")
    }
