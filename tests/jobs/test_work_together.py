"""Several workers at one job: each position once, nobody waits for long, and what is under way counts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial

import pytest
from django.db import transaction
from django.utils import timezone

from access.models import User
from jobs.locks import lock_dispatch
from jobs.models import ChunkState, Job, JobAttempt, JobChunk, JobMode, JobStatus
from jobs.services.dispatch import dispatch
from jobs.services.steering import cancel_job, pause_job
from jobs.services.work import advance
from tests.jobs.trial import Trial, looking_job, refuse, running_job, trial_kind
from tests.threads import aside, soon, together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def trial(transactional_db: None) -> Iterator[Trial]:
    """The kind of job that the tests run."""
    with trial_kind() as trial:
        yield trial


def exhaust(job: Job) -> Job:
    """Advance until nothing is due."""
    while advance(job.pk):
        pass
    job.refresh_from_db()
    return job


def hold(trial: Trial, first: int) -> tuple[threading.Event, threading.Event]:
    """Let the chunk from position `first` on wait at its end. Returns (it is there, it may end)."""
    there, go = threading.Event(), threading.Event()

    def wait(chunk: JobChunk) -> None:
        if chunk.first == first:
            there.set()
            soon(go)

    trial.after = wait
    return there, go


def test_four_workers_do_each_position_once(trial: Trial, manager: User) -> None:
    job = running_job(manager, rows=120, chunk_rows=3)
    together(*[partial(exhaust, Job.objects.get(pk=job.pk))] * 4)
    job = exhaust(job)
    assert sorted(trial.done) == list(range(1, 121))
    assert (job.status, job.applied, trial.finished) == (JobStatus.DONE, 120, [JobStatus.DONE])
    assert not JobAttempt.objects.filter(ended_at=None).exists()
    assert JobAttempt.objects.filter(job=job).count() == 40


def test_a_chunk_under_way_is_passed_over(trial: Trial, manager: User) -> None:
    job = running_job(manager, rows=6)
    there, go = hold(trial, 1)
    with aside(lambda: advance(job.pk)):
        soon(there)
        assert advance(job.pk)
        assert advance(job.pk)
        assert trial.done == [3, 4, 5, 6]
        assert not advance(job.pk)
        go.set()
    assert exhaust(job).status == JobStatus.DONE
    assert sorted(trial.done) == list(range(1, 7))


def test_cancelling_does_not_wait_for_the_chunk_under_way(trial: Trial, manager: User) -> None:
    job = running_job(manager, rows=6)
    there, go = hold(trial, 1)
    with aside(lambda: exhaust(job)):
        soon(there)
        assert cancel_job(job_id=job.pk, actor=manager).status == JobStatus.RUNNING
        assert not advance(job.pk)
        assert Job.objects.get(pk=job.pk).status == JobStatus.RUNNING
        go.set()
    job = exhaust(job)
    assert (job.status, job.applied, trial.done) == (JobStatus.CANCELLED, 2, [1, 2])


def test_pausing_does_not_wait_either(trial: Trial, manager: User) -> None:
    job = running_job(manager, rows=6)
    there, go = hold(trial, 1)
    with aside(lambda: exhaust(job)):
        soon(there)
        pause_job(job_id=job.pk, actor=manager)
        go.set()
    assert exhaust(job).status == JobStatus.PAUSED
    assert trial.done == [1, 2]


def test_all_or_none_cancelled_amid_its_run_is_rolled_back(trial: Trial, manager: User) -> None:
    job = running_job(manager, rows=6, chunk_rows=6, mode=JobMode.ATOMIC)
    there, go = hold(trial, 1)
    with aside(lambda: advance(job.pk)):
        soon(there)
        cancel_job(job_id=job.pk, actor=manager)
        go.set()
    job = exhaust(job)
    assert (job.status, job.applied, trial.done) == (JobStatus.CANCELLED, 0, [])
    assert job.chunks.get().state == ChunkState.OPEN


def test_a_stop_waits_for_what_others_have_under_way(trial: Trial, manager: User) -> None:
    """The counts of a run that one worker stops hold what another one was just applying."""
    job = running_job(manager, rows=6)
    there, go = hold(trial, 1)
    trial.before = lambda chunk: refuse(chunk) if chunk.first == 3 else None
    with aside(lambda: advance(job.pk)):
        soon(there)
        with aside(lambda: advance(job.pk)) as stopping:
            assert not stopping.done()
            go.set()
    job = exhaust(job)
    assert (job.status, job.applied, trial.done) == (JobStatus.FAILED, 2, [1, 2])


def test_a_single_work_is_done_by_one(trial: Trial, manager: User) -> None:
    """Whoever comes meanwhile goes away, and does not look like an attempt that died."""
    job = looking_job(manager)
    there, go = threading.Event(), threading.Event()
    looks: list[int] = []

    def look(job: Job) -> None:
        looks.append(job.pk)
        there.set()
        soon(go)

    trial.look = look
    with aside(lambda: advance(job.pk)):
        soon(there)
        for _ in range(20):
            assert not advance(job.pk)
        assert JobAttempt.objects.count() == 1
        go.set()
    job.refresh_from_db()
    assert (job.status, looks) == (JobStatus.VALIDATED, [job.pk])


def test_one_dispatcher_at_a_time(trial: Trial, manager: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.services.dispatch.hint", lambda job_id: None)
    running_job(manager)
    there, go = threading.Event(), threading.Event()

    def occupy() -> None:
        with transaction.atomic():
            assert lock_dispatch()
            there.set()
            soon(go)

    with aside(occupy):
        soon(there)
        assert dispatch() == 0
        go.set()
    assert dispatch() == 1
    Job.objects.update(heartbeat_at=timezone.now())
    assert dispatch() == 0
