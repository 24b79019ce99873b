"""Access is asked anew for every chunk: whoever loses it stops the run there, and what was applied stays and can be taken back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from access.models import RoleAssignment, RolePermission, User
from customers.models import Customer
from jobs.models import Job, JobStatus
from jobs.services.work import advance
from members.models import Member
from members.services.batch_run import run_here
from members.services.batches import BatchOptions, configure_batch, create_batch, recheck_batch, undo_batch
from members.services.plan import ActionSpec
from tests.members import worlds
from tests.members.conftest import Shop, listed, numbers

pytestmark = pytest.mark.django_db

Loss = Callable[[User, Customer, User], object]
LOSSES: dict[str, Loss] = {
    "disabled": lambda actor, customer, other: User.objects.filter(pk=actor.pk).update(is_active=False),
    "role revoked": lambda actor, customer, other: RoleAssignment.objects.filter(user=actor).delete(),
    "right taken": lambda actor, customer, other: RolePermission.objects.filter(
        role__code="account_manager", module="members", action="change"
    ).delete(),
    "customer handed over": lambda actor, customer, other: Customer.objects.filter(pk=customer.pk).update(manager=other),
    "customer moved to another unit": lambda actor, customer, other: Customer.objects.filter(pk=customer.pk).update(
        manager=None, org_unit=other.org_unit
    ),
}


def _run_half(shop: Shop, actor: User) -> Job:
    job = worlds.start(actor, shop.groups.own, listed(*numbers(6)), "join", "subscribe:VNET:V5", chunk_rows=2)
    worlds.approve(job, actor)
    assert advance(job.pk)
    assert Member.objects.count() == 2
    return job


@pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES.keys())
def test_access_lost_amid_a_run(manager: User, foreign_manager: User, administrator: User, shop: Shop, lose: Loss) -> None:
    job = _run_half(shop, manager)
    lose(manager, shop.groups.own, foreign_manager)
    assert not advance(job.pk)
    job.refresh_from_db()
    assert (job.status, job.awaits, job.applied) == (JobStatus.FAILED, "", 2)
    assert job.error == {"code": "actor_lost_access", "figures": {"login": manager.username}}
    assert sorted(Member.objects.values_list("msisdn", flat=True)) == numbers(2)
    assert not advance(job.pk)
    undone = undo_batch(job_id=job.pk, actor=User.objects.get(pk=administrator.pk), run_when_checked=True)
    assert run_here(undone).applied == 2
    assert not Member.objects.exists()


def test_the_one_who_approved_counts(manager: User, director: User, shop: Shop) -> None:
    """A run goes on in the name of the director who approved it, though the manager who asked for it is gone."""
    job = worlds.start(manager, shop.groups.own, listed(*numbers(6)), "join", chunk_rows=2)
    worlds.approve(job, director)
    assert advance(job.pk)
    User.objects.filter(pk=manager.pk).update(is_active=False)
    assert run_here(job).applied == 6


def test_whoever_asks_for_the_run_runs_it(manager: User, director: User, shop: Shop) -> None:
    """Somebody else may have a batch checked, but it is not run in the name of whoever began it without asking."""
    options = BatchOptions([ActionSpec("join")], effective_on=timezone.localdate(), run_when_checked=True)
    source = worlds.csv_source([{"number": "12"}])
    job = run_here(create_batch(customer_id=shop.groups.own.pk, actor=manager, source=source, source_name="n.csv", options=options))
    assert (job.status, job.error) == (JobStatus.VALIDATED, {"code": "nothing_eligible", "figures": {}})
    Job.objects.filter(pk=job.pk).update(source=worlds.csv_source(listed(*numbers(2))))
    stopped = run_here(recheck_batch(job_id=job.pk, actor=director))
    assert (stopped.status, stopped.eligible, stopped.approved_by) == (JobStatus.VALIDATED, 2, None)
    configure_batch(job_id=job.pk, actor=director, options=options)
    done = run_here(job)
    assert (done.status, done.applied, done.approved_by) == (JobStatus.DONE, 2, director)


def test_an_undo_stops_too(manager: User, shop: Shop) -> None:
    job = worlds.start(manager, shop.groups.own, listed(*numbers(6)), "join", chunk_rows=2, run=True)
    undo = run_here(undo_batch(job_id=job.pk, actor=manager))
    worlds.approve(undo, manager)
    assert advance(undo.pk)
    User.objects.filter(pk=manager.pk).update(is_active=False)
    assert not advance(undo.pk)
    undo.refresh_from_db()
    job.refresh_from_db()
    assert (undo.status, undo.applied, job.status) == (JobStatus.FAILED, 2, JobStatus.DONE)
    assert sorted(Member.objects.values_list("msisdn", flat=True)) == numbers(6)[2:]
