"""Two batches on the same numbers at the same time: no deadlock, and the second one sees what the first one did."""

from __future__ import annotations

import random
from functools import partial

import pytest

from access.models import User
from jobs.models import Job, JobAttempt, JobStatus
from members.models import Member, MemberSubscription
from members.services.batch_run import run_here
from members.services.batches import undo_batch
from tests.members import worlds
from tests.members.conftest import Shop, listed, numbers
from tests.members.test_apply_references import orphans
from tests.threads import together

pytestmark = pytest.mark.django_db(transaction=True)

COUNT = 300
ORDERS = {"opposite": lambda numbers: numbers[::-1], "shuffled": lambda numbers: random.Random(7).sample(numbers, len(numbers))}


def run_both(one: Job, other: Job) -> tuple[Job, Job]:
    """Run two approved batches, two workers at each."""
    together(*(partial(run_here, Job.objects.get(pk=job.pk)) for job in (one, other) for _ in range(2)))
    for job in (one, other):
        job.refresh_from_db()
    assert not JobAttempt.objects.exclude(error="").exists()
    assert not JobAttempt.objects.filter(ended_at=None).exists()
    assert (one.applied + other.applied, one.conflicts + other.conflicts) == (COUNT, COUNT)
    assert {one.status, other.status} <= {JobStatus.DONE, JobStatus.DONE_WITH_ERRORS}
    return one, other


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("action", ["join", "join subscribe:VNET:V5"])
def test_two_groups_join_the_same_numbers(manager: User, foreign_manager: User, shop: Shop, action: str, order: str) -> None:
    shop.groups.other.manager = foreign_manager
    shop.groups.other.save()
    wanted = numbers(COUNT)
    one = worlds.start(manager, shop.groups.own, listed(*wanted), *action.split(), chunk_rows=40)
    other = worlds.start(foreign_manager, shop.groups.other, listed(*ORDERS[order](wanted)), *action.split(), chunk_rows=70)
    one, other = run_both(worlds.approve(one, manager), worlds.approve(other, foreign_manager))
    assert sorted(Member.objects.values_list("msisdn", flat=True)) == wanted
    for job, customer in ((one, shop.groups.own), (other, shop.groups.other)):
        assert Member.objects.filter(batch=job, customer=customer).count() == job.applied
        assert MemberSubscription.objects.filter(batch=job, customer=customer).count() == job.applied * ("subscribe" in action)
    assert not orphans()


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    "actions",
    [("change_tariff:VNET:V10", "leave"), ("unsubscribe:VNET", "change_tariff:VNET:V10"), ("subscribe:DATA:D30", "unsubscribe:VNET")],
    ids=str,
)
def test_two_batches_change_the_same_members(manager: User, director: User, shop: Shop, actions: tuple[str, str], order: str) -> None:
    wanted = numbers(COUNT)
    worlds.start(manager, shop.groups.own, listed(*wanted), "join", "subscribe:VNET:V5", run=True)
    one = worlds.start(manager, shop.groups.own, listed(*wanted), actions[0], chunk_rows=40)
    other = worlds.start(director, shop.groups.own, listed(*ORDERS[order](wanted)), actions[1], chunk_rows=70)
    one, other = run_both(worlds.approve(one, manager), worlds.approve(other, director))
    done = {job.pk: {number for number, state in worlds.states(job).items() if state == "e"} for job in (one, other)}
    assert done[one.pk] | done[other.pk] == set(wanted)
    assert not done[one.pk] & done[other.pk]


def test_an_undo_and_a_batch_on_the_same_members(manager: User, director: User, shop: Shop) -> None:
    wanted = numbers(COUNT)
    first = worlds.start(manager, shop.groups.own, listed(*wanted), "join", "subscribe:VNET:V5", run=True, chunk_rows=50)
    undo = run_here(undo_batch(job_id=first.pk, actor=manager))
    other = worlds.start(director, shop.groups.own, listed(*wanted[::-1]), "change_tariff:VNET:V10", chunk_rows=70)
    undo, other = run_both(worlds.approve(undo, manager), worlds.approve(other, director))
    assert Member.objects.count() == other.applied
    assert MemberSubscription.objects.filter(ended_on=None, tariff=shop.tariffs["VNET", "V10"]).count() == other.applied
    assert not orphans()
