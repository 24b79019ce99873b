"""Taking back what a batch did: prior values come back, and what was changed since is listed and left alone."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest
from django.http import Http404
from django.utils import timezone

from access.models import User
from jobs.errors import JobRefused
from jobs.models import Job, JobStatus
from jobs.services.steering import cancel_job
from jobs.services.work import advance
from members.models import Member, MemberSubscription
from members.services.batch_run import run_here
from members.services.batches import recheck_batch, undo_batch
from tests.members import worlds
from tests.members.conftest import Shop, listed, numbers
from tests.members.factories import make_member, make_subscription

pytestmark = pytest.mark.django_db

FIRST, SECOND = numbers(2)
TODAY = timezone.localdate()
Touch = Callable[[Shop], object]


def undo(job: Job, actor: User) -> Job:
    """Check the undo of a job and run what can be taken back."""
    return run_here(undo_batch(job_id=job.pk, actor=actor, run_when_checked=True))


def refused(job: Job, actor: User) -> str:
    """The code with which an undo is refused; nothing has changed then."""
    before = (Job.objects.count(), Member.objects.count())
    with pytest.raises(JobRefused) as refusal:
        undo_batch(job_id=job.pk, actor=actor)
    assert (Job.objects.count(), Member.objects.count()) == before
    return refusal.value.code


# --- everything comes back -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "actions",
    [
        ("join",),
        ("join", "subscribe:VNET:V5", "subscribe:RING:R2"),
        ("subscribe:DATA:D30",),
        ("unsubscribe:VNET",),
        ("change_tariff:VNET:V10:V10OFF",),
        ("subscribe:DATA:D30", "unsubscribe:VNET"),
        ("leave",),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("chunk_rows", [2, 1000])
def test_prior_values_come_back(manager: User, shop: Shop, actions: tuple[str, ...], chunk_rows: int) -> None:
    members, free = numbers(4), numbers(3, 5)
    for number in members:
        shop.member(number, "VNET", short_number=f"61{number[-1]}")
    # An expired subscription takes no place any more; whoever takes its place ends it, and an undo opens it again.
    expired = make_subscription(Member.objects.get(msisdn=FIRST), shop.tariffs["DATA", "D30"], expires_on=datetime.date(2026, 2, 1))
    before = worlds.picture(shop.groups)
    job = worlds.start(manager, shop.groups.own, listed(*members, *free), *actions, chunk_rows=chunk_rows, run=True)
    assert job.applied >= 3
    assert worlds.picture(shop.groups) != before
    undone = undo(job, manager)
    assert (undone.status, undone.applied, undone.conflicts, undone.undo_of_id) == (JobStatus.DONE, job.applied, 0, job.pk)
    assert worlds.picture(shop.groups) == before
    job.refresh_from_db()
    expired.refresh_from_db()
    assert (job.status, expired.ended_on, expired.ended_batch) == (JobStatus.UNDONE, None, None)


def test_the_same_numbers_can_be_run_again_after_an_undo(manager: User, shop: Shop) -> None:
    rows = listed(*numbers(4))
    undo(worlds.start(manager, shop.groups.own, rows, "join", "subscribe:VNET:V5", run=True), manager)
    again = worlds.start(manager, shop.groups.own, rows, "join", "subscribe:VNET:V5", run=True)
    assert (again.applied, Member.objects.count(), MemberSubscription.objects.count()) == (4, 4, 4)


def test_an_undo_is_checked_before_it_runs(manager: User, shop: Shop) -> None:
    job = worlds.start(manager, shop.groups.own, listed(FIRST, SECOND), "join", run=True)
    checked = run_here(undo_batch(job_id=job.pk, actor=manager))
    assert (checked.status, checked.eligible, checked.failed) == (JobStatus.VALIDATED, 2, 0)
    assert Member.objects.count() == 2
    assert worlds.finish(checked, manager).applied == 2
    assert not Member.objects.exists()


def test_conflicts_of_the_run_are_not_undone(manager: User, shop: Shop) -> None:
    job = worlds.start(manager, shop.groups.own, listed(FIRST, SECOND), "join")
    make_member(shop.groups.other, FIRST)
    assert worlds.finish(job, manager).applied == 1
    assert undo(job, manager).applied == 1
    assert [(each.msisdn, each.customer) for each in Member.objects.all()] == [(FIRST, shop.groups.other)]


# --- what was changed since stays ------------------------------------------------------------------------------------------------------


def _joined() -> Member:
    return Member.objects.get(msisdn=FIRST)


def _touch(row: Member | MemberSubscription, **values: object) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.save()


AFTER_JOIN: dict[str, Touch] = {
    "holder changed": lambda shop: _touch(_joined(), holder_name="王磊"),
    "left": lambda shop: _touch(_joined(), left_on=TODAY),
    "subscription ended": lambda shop: _touch(_joined().subscriptions.get(), ended_on=TODAY),
    "tariff changed": lambda shop: _touch(_joined().subscriptions.get(), tariff=shop.tariffs["VNET", "V10"]),
    "another product": lambda shop: make_subscription(_joined(), shop.tariffs["DATA", "D30"]),
}


@pytest.mark.parametrize("between", [False, True], ids=["before the check", "between check and run"])
@pytest.mark.parametrize("touch", AFTER_JOIN.values(), ids=AFTER_JOIN.keys())
def test_a_joined_number_that_was_changed_since_stays(manager: User, shop: Shop, touch: Touch, between: bool) -> None:
    job = worlds.start(manager, shop.groups.own, listed(FIRST, SECOND), "join", "subscribe:VNET:V5", run=True)
    _undo_around(manager, job, shop, touch, between=between)


AFTER_LEAVE: dict[str, Touch] = {
    "joined another group": lambda shop: make_member(shop.groups.other, FIRST),
    "joined again": lambda shop: make_member(shop.groups.own, FIRST),
    "short number given away": lambda shop: make_member(shop.groups.own, numbers(1, 50)[0], short_number="611"),
    "end moved": lambda shop: _touch(_joined(), left_on=TODAY + datetime.timedelta(days=5)),
}


@pytest.mark.parametrize("between", [False, True], ids=["before the check", "between check and run"])
@pytest.mark.parametrize("touch", AFTER_LEAVE.values(), ids=AFTER_LEAVE.keys())
def test_a_number_that_left_and_was_changed_since_stays(manager: User, shop: Shop, touch: Touch, between: bool) -> None:
    shop.member(FIRST, "VNET", short_number="611")
    shop.member(SECOND, "VNET", short_number="612")
    job = worlds.start(manager, shop.groups.own, listed(FIRST, SECOND), "leave", run=True)
    _undo_around(manager, job, shop, touch, between=between)


AFTER_CHANGE: dict[str, Touch] = {
    "ended again": lambda shop: _touch(_joined().subscriptions.get(ended_on=None), ended_on=TODAY),
    "left": lambda shop: _touch(_joined(), left_on=TODAY),
    "end moved": lambda shop: _touch(_joined().subscriptions.exclude(ended_on=None).get(), ended_on=TODAY + datetime.timedelta(days=1)),
}


@pytest.mark.parametrize("between", [False, True], ids=["before the check", "between check and run"])
@pytest.mark.parametrize("touch", AFTER_CHANGE.values(), ids=AFTER_CHANGE.keys())
def test_a_changed_tariff_that_was_changed_since_stays(manager: User, shop: Shop, touch: Touch, between: bool) -> None:
    for number in (FIRST, SECOND):
        shop.member(number, "VNET")
    job = worlds.start(manager, shop.groups.own, listed(FIRST, SECOND), "change_tariff:VNET:V10", run=True)
    _undo_around(manager, job, shop, touch, between=between)


def test_a_product_taken_again_since_stays(manager: User, shop: Shop) -> None:
    for number in (FIRST, SECOND):
        shop.member(number, "VNET")
    job = worlds.start(manager, shop.groups.own, listed(FIRST, SECOND), "unsubscribe:VNET", run=True)
    _undo_around(manager, job, shop, lambda shop: make_subscription(_joined(), shop.tariffs["VNET", "V10"]), between=False)


def _undo_around(manager: User, job: Job, shop: Shop, touch: Touch, *, between: bool) -> None:
    """Undo `job` with `touch` on the first number before the check or after it: that number stays, the second one goes back."""
    assert job.applied == 2
    if not between:
        touch(shop)
    undoing = run_here(undo_batch(job_id=job.pk, actor=manager))
    if between:
        touch(shop)
    before = worlds.picture(shop.groups)
    done = worlds.finish(undoing, manager)
    assert (done.status, done.applied) == (JobStatus.DONE_WITH_ERRORS, 1)
    assert (done.failed, done.conflicts) == ((0, 1) if between else (1, 0))
    assert worlds.states(done) == {FIRST: "c" if between else "f", SECOND: "e"}
    after = worlds.picture(shop.groups)
    assert [line for line in after if line[0] != SECOND] == [line for line in before if line[0] != SECOND]
    assert [line for line in after if line[0] == SECOND] != [line for line in before if line[0] == SECOND]


# --- refusals and repetition -----------------------------------------------------------------------------------------------------------


def test_undone_once(manager: User, shop: Shop) -> None:
    job = worlds.start(manager, shop.groups.own, listed(FIRST), "join", run=True)
    undoing = run_here(undo_batch(job_id=job.pk, actor=manager))
    assert refused(job, manager) == "undone_already"
    worlds.finish(undoing, manager)
    assert refused(job, manager) == "undone_already"
    assert refused(undoing, manager) == "wrong_state"


def test_nothing_to_undo(manager: User, shop: Shop) -> None:
    checked = worlds.start(manager, shop.groups.own, listed(FIRST), "join")
    assert refused(checked, manager) == "wrong_state"
    cancel_job(job_id=checked.pk, actor=manager)
    assert refused(checked, manager) == "nothing_to_undo"


def test_only_who_may_undoes(manager: User, colleague: User, viewer: User, shop: Shop) -> None:
    job = worlds.start(manager, shop.groups.own, listed(FIRST), "join", run=True)
    for actor in (colleague, viewer):
        with pytest.raises(Http404):
            undo_batch(job_id=job.pk, actor=actor)
    assert Job.objects.count() == Member.objects.count() == 1


@pytest.mark.parametrize("action", ["join", "leave", "subscribe:DATA:D30", "change_tariff:VNET:V10"])
def test_a_cancelled_undo_is_taken_up_again(manager: User, shop: Shop, action: str) -> None:
    """What the first try took back has nothing to do in the second; it is no conflict."""
    everyone = numbers(6)
    if action != "join":
        for number in everyone:
            shop.member(number, "VNET")
    before = worlds.picture(shop.groups)
    job = worlds.start(manager, shop.groups.own, listed(*everyone), action, chunk_rows=2, run=True)
    first = run_here(undo_batch(job_id=job.pk, actor=manager))
    worlds.approve(first, manager)
    assert advance(first.pk)
    cancel_job(job_id=first.pk, actor=manager)
    first = run_here(first)
    assert (first.status, first.applied) == (JobStatus.CANCELLED, 2)
    second = undo(job, manager)
    assert (second.status, second.skipped, second.failed, second.applied) == (JobStatus.DONE, 2, 0, 4)
    assert worlds.picture(shop.groups) == before


def test_a_run_that_was_cut_short_is_undone_as_far_as_it_came(manager: User, shop: Shop) -> None:
    job = worlds.start(manager, shop.groups.own, listed(*numbers(6)), "join", "subscribe:VNET:V5", chunk_rows=2)
    worlds.approve(job, manager)
    assert advance(job.pk)
    cancel_job(job_id=job.pk, actor=manager)
    assert run_here(job).applied == 2
    with pytest.raises(JobRefused):
        recheck_batch(job_id=job.pk, actor=manager)
    assert undo(job, manager).applied == 2
    assert not Member.objects.exists()
