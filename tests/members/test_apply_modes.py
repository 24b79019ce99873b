"""All rows or none, and only what the preview showed."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils import timezone

from access.models import User
from jobs.errors import JobRefused
from jobs.models import Job, JobMode, JobStatus
from members.models import BatchRow, Member
from members.services.batch_run import run_here
from members.services.batches import BatchOptions, approve_batch, create_batch, recheck_batch
from members.services.plan import ActionSpec
from tests.members import worlds
from tests.members.conftest import Shop, listed, numbers
from tests.members.factories import make_member

pytestmark = pytest.mark.django_db


def refused(job: Job, actor: User, *, fingerprint: str | None = None, confirm_repeat: bool = False) -> str:
    """The code with which a batch is refused to be run; nothing has changed then."""
    before = Job.objects.values().get(pk=job.pk)
    with pytest.raises(JobRefused) as refusal:
        approve_batch(
            job_id=job.pk, actor=actor, fingerprint=job.fingerprint if fingerprint is None else fingerprint, confirm_repeat=confirm_repeat
        )
    assert Job.objects.values().get(pk=job.pk) == before
    assert not job.chunks.exists()
    return refusal.value.code


# --- modes -----------------------------------------------------------------------------------------------------------------------------


def test_all_or_none_runs_in_one_chunk(manager: User, shop: Shop) -> None:
    job = worlds.start(manager, shop.groups.own, listed(*numbers(7)), "join", mode=JobMode.ATOMIC, chunk_rows=2, run=True)
    assert (job.status, job.applied, job.chunks.count()) == (JobStatus.DONE, 7, 1)
    assert Member.objects.count() == 7


def test_all_or_none_is_refused_with_failed_rows(manager: User, shop: Shop) -> None:
    job = worlds.start(manager, shop.groups.own, [*listed(*numbers(3)), {"number": "12"}], "join", mode=JobMode.ATOMIC)
    assert (job.eligible, job.failed) == (3, 1)
    assert refused(job, manager) == "atomic_has_errors"
    assert not Member.objects.exists()


def test_all_or_none_passes_over_rows_with_nothing_to_do(manager: User, shop: Shop) -> None:
    shop.member(numbers(1)[0])
    job = worlds.start(manager, shop.groups.own, listed(*numbers(3)), "join", mode=JobMode.ATOMIC, run=True)
    assert (job.status, job.applied, job.skipped) == (JobStatus.DONE, 2, 1)


def test_one_conflict_stops_all_or_none(manager: User, shop: Shop) -> None:
    job = worlds.start(manager, shop.groups.own, listed(*numbers(3)), "join", "subscribe:VNET:V5", mode=JobMode.ATOMIC)
    make_member(shop.groups.other, numbers(3)[1])
    before = worlds.picture(shop.groups)
    done = worlds.finish(job, manager)
    assert (done.status, done.applied, done.conflicts) == (JobStatus.FAILED, 0, 0)
    assert done.error == {"code": "atomic_conflict", "figures": {"conflicts": 1}}
    assert worlds.picture(shop.groups) == before
    assert set(worlds.states(job).values()) == {"e"}
    again = run_here(recheck_batch(job_id=job.pk, actor=manager))
    assert (again.status, again.eligible, again.failed) == (JobStatus.VALIDATED, 2, 1)


def test_good_rows_run_without_the_others(manager: User, shop: Shop) -> None:
    job = worlds.start(manager, shop.groups.own, [*listed(*numbers(5)), {"number": "12"}], "join", chunk_rows=2, run=True)
    assert (job.status, job.applied, job.failed, job.chunks.count()) == (JobStatus.DONE_WITH_ERRORS, 5, 1, 3)
    assert [chunk.applied for chunk in job.chunks.order_by("first")] == [2, 2, 1]


# --- what was previewed is what runs ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fingerprint", ["", "0" * 64])
def test_another_preview_than_the_current_one(manager: User, shop: Shop, fingerprint: str) -> None:
    job = worlds.start(manager, shop.groups.own, listed(*numbers(2)), "join")
    assert refused(job, manager, fingerprint=fingerprint) == "fingerprint_changed"


def test_the_preview_changes_with_the_ground(manager: User, shop: Shop) -> None:
    member = shop.member(numbers(1)[0], "VNET")
    job = worlds.start(manager, shop.groups.own, listed(*numbers(1)), "leave")
    seen = job.fingerprint
    same = run_here(recheck_batch(job_id=job.pk, actor=manager))
    assert same.fingerprint == seen
    member.holder_name = "王磊"
    member.save()
    moved = run_here(recheck_batch(job_id=job.pk, actor=manager))
    assert moved.eligible == 1
    assert moved.fingerprint != seen
    assert refused(moved, manager, fingerprint=seen) == "fingerprint_changed"


def test_nothing_eligible(manager: User, shop: Shop) -> None:
    job = worlds.start(manager, shop.groups.own, [{"number": "12"}], "join")
    assert refused(job, manager) == "nothing_eligible"


def test_run_once(manager: User, shop: Shop) -> None:
    job = worlds.start(manager, shop.groups.own, listed(*numbers(2)), "join", run=True)
    with pytest.raises(JobRefused) as refusal:
        worlds.approve(job, manager)
    assert refusal.value.code == "wrong_state"
    assert Member.objects.count() == 2


# --- repeated batches ------------------------------------------------------------------------------------------------------------------


def test_the_same_again_within_a_day_asks_first(manager: User, shop: Shop) -> None:
    rows = listed(*numbers(2))
    first = worlds.start(manager, shop.groups.own, rows, "join", run=True)
    second = worlds.start(manager, shop.groups.own, rows, "join", "subscribe:VNET:V5")
    assert approve_batch(job_id=second.pk, actor=manager, fingerprint=second.fingerprint).status == JobStatus.APPROVED
    Member.objects.all().delete()
    third = worlds.start(manager, shop.groups.own, rows, "join")
    with pytest.raises(JobRefused) as refusal:
        approve_batch(job_id=third.pk, actor=manager, fingerprint=third.fingerprint)
    assert (refusal.value.code, refusal.value.figures) == ("repeated_batch", {"job": first.pk})
    assert not Member.objects.exists()
    approve_batch(job_id=third.pk, actor=manager, fingerprint=third.fingerprint, confirm_repeat=True)
    assert run_here(third).applied == 2


def test_an_idempotency_key_gives_the_first_job(manager: User, colleague: User, administrator: User, shop: Shop) -> None:
    options = BatchOptions([ActionSpec("join")], effective_on=timezone.localdate())
    source = worlds.csv_source(listed(*numbers(2)))

    def create(actor: User) -> Job:
        return create_batch(
            customer_id=shop.groups.own.pk, actor=actor, source=source, source_name="n.csv", options=options, idempotency_key="k1"
        )

    first = create(manager)
    assert create(manager).pk == first.pk
    assert Job.objects.count() == 1
    assert create(administrator).pk != first.pk
    with pytest.raises(Http404):
        create(colleague)
    assert Job.objects.count() == 2


# --- who may -------------------------------------------------------------------------------------------------------------------------


def test_only_who_may_change_the_members_starts_or_runs_a_batch(
    manager: User, colleague: User, viewer: User, outsider: User, director: User, foreign_director: User, shop: Shop
) -> None:
    job = worlds.start(manager, shop.groups.own, listed(*numbers(2)), "join")
    for actor, error in (
        (colleague, Http404),
        (foreign_director, Http404),
        (viewer, (Http404, PermissionDenied)),
        (outsider, (Http404, PermissionDenied)),
    ):
        with pytest.raises(error):
            worlds.start(actor, shop.groups.own, listed(*numbers(2)), "join")
        with pytest.raises(error):
            approve_batch(job_id=job.pk, actor=actor, fingerprint=job.fingerprint)
    job.refresh_from_db()
    assert (Job.objects.count(), job.status, Member.objects.count()) == (1, JobStatus.VALIDATED, 0)
    approve_batch(job_id=job.pk, actor=director, fingerprint=job.fingerprint)
    assert run_here(job).applied == 2
    assert set(BatchRow.objects.visible_to(manager)) == set(BatchRow.objects.filter(job=job))
    assert not BatchRow.objects.visible_to(colleague).exists()


def test_seeing_all_and_changing_the_own_is_not_changing_all(manager: User, viewer: User, shop: Shop) -> None:
    """Two roles of one person must not add up to what neither allows."""
    from access.models import RoleAssignment
    from access.services.standard_roles import ensure_standard_roles

    assert viewer.org_unit is not None
    RoleAssignment.objects.create(user=manager, role=ensure_standard_roles()["viewer"], org_unit=viewer.org_unit)
    actor = User.objects.get(pk=manager.pk)
    with pytest.raises(Http404):
        worlds.start(actor, shop.groups.other, listed(*numbers(2)), "join")
    assert worlds.start(actor, shop.groups.own, listed(*numbers(2)), "join").eligible == 2
