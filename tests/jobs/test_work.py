"""Moving a job forward piece by piece: cancelled, paused, failing, dying; each piece is done once."""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.http import Http404
from django.utils import timezone
from kombu import Connection

from access.models import User
from jobs.errors import JobRefused
from jobs.models import ChunkState, Job, JobAttempt, JobChunk, JobMode, JobStatus
from jobs.services import work
from jobs.services.dispatch import dispatch, lanes_of
from jobs.services.steering import cancel_job, pause_job, resume_job
from jobs.services.work import MAX_DEATHS, MAX_ERRORS, RUN, advance
from jobs.tasks import work as work_task
from tests.jobs.trial import WORK, Trial, fail, looking_job, refuse, running_job, trial_kind

pytestmark = pytest.mark.django_db

PATIENCE = 500


@pytest.fixture
def trial(db: None) -> Iterator[Trial]:
    """The kind of job that the tests run."""
    with trial_kind() as trial:
        yield trial


def exhaust(job: Job) -> Job:
    """Advance until nothing is due, as workers do, and further: what is done stays done."""
    for _ in range(PATIENCE):
        if not advance(job.pk):
            break
    else:
        pytest.fail("the job never comes to rest")
    assert not advance(job.pk)
    job.refresh_from_db()
    return job


# --- runs ------------------------------------------------------------------------------------------------------------------------------


def test_every_position_is_done_once_in_order(trial: Trial, manager: User) -> None:
    job = exhaust(running_job(manager, rows=7))
    assert trial.done == [1, 2, 3, 4, 5, 6, 7]
    assert (job.status, job.awaits, job.applied, trial.finished) == (JobStatus.DONE, "", 7, [JobStatus.DONE])
    assert job.finished_at is not None
    assert not JobAttempt.objects.filter(ended_at=None).exists()
    for _ in range(3):
        assert not advance(job.pk)
    assert len(trial.done) == 7


def test_nothing_is_due_of_an_unknown_or_finished_job(trial: Trial, manager: User) -> None:
    assert not advance(0)
    job = exhaust(running_job(manager))
    assert not advance(job.pk)


def test_one_step_is_one_chunk(trial: Trial, manager: User) -> None:
    job = running_job(manager, rows=4)
    assert advance(job.pk)
    assert trial.done == [1, 2]
    job.refresh_from_db()
    assert (job.status, job.awaits, job.applied) == (JobStatus.RUNNING, RUN, 0)
    assert job.heartbeat_at is not None


def test_cancelled_after_the_chunk_under_way(trial: Trial, manager: User) -> None:
    job = running_job(manager)
    assert advance(job.pk)
    cancel_job(job_id=job.pk, actor=manager)
    job = exhaust(job)
    assert (job.status, job.applied, trial.done) == (JobStatus.CANCELLED, 2, [1, 2])
    with pytest.raises(JobRefused):
        cancel_job(job_id=job.pk, actor=manager)


def test_cancelled_when_all_is_done_is_done(trial: Trial, manager: User) -> None:
    job = running_job(manager, rows=2)
    trial.after = lambda chunk: Job.objects.filter(pk=job.pk).update(cancel_requested_at=timezone.now())
    assert exhaust(job).status == JobStatus.DONE


def test_cancelled_between_claim_and_work(trial: Trial, manager: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that has picked a chunk but not yet locked it must not run it once the job has ended."""
    job = running_job(manager)
    claim = work._claim

    def claim_and_end(claimed: Job) -> object:
        answer = claim(claimed)
        monkeypatch.setattr(work, "_claim", claim)
        cancel_job(job_id=job.pk, actor=manager)
        assert not advance(job.pk)
        return answer

    monkeypatch.setattr(work, "_claim", claim_and_end)
    advance(job.pk)
    job = exhaust(job)
    assert (job.status, job.applied, trial.done) == (JobStatus.CANCELLED, 0, [])
    assert not JobAttempt.objects.exists()


def test_all_or_none_cancelled_while_it_runs_leaves_nothing(trial: Trial, manager: User) -> None:
    job = running_job(manager, rows=5, chunk_rows=5, mode=JobMode.ATOMIC)
    trial.after = lambda chunk: Job.objects.filter(pk=job.pk).update(cancel_requested_at=timezone.now())
    # In one connection the request is rolled back together with the chunk, so it is made again.
    assert not advance(job.pk)
    cancel_job(job_id=job.pk, actor=manager)
    job = exhaust(job)
    assert (job.status, job.applied, trial.done) == (JobStatus.CANCELLED, 0, [])


def test_paused_and_resumed(trial: Trial, manager: User) -> None:
    job = running_job(manager)
    assert advance(job.pk)
    pause_job(job_id=job.pk, actor=manager)
    assert not advance(job.pk)
    assert trial.done == [1, 2]
    with pytest.raises(JobRefused):
        pause_job(job_id=job.pk, actor=manager)
    resume_job(job_id=job.pk, actor=manager)
    with pytest.raises(JobRefused):
        resume_job(job_id=job.pk, actor=manager)
    assert exhaust(job).status == JobStatus.DONE
    assert trial.done == list(range(1, 9))


def test_paused_and_cancelled(trial: Trial, manager: User) -> None:
    job = running_job(manager)
    assert advance(job.pk)
    pause_job(job_id=job.pk, actor=manager)
    cancel_job(job_id=job.pk, actor=manager)
    assert exhaust(job).status == JobStatus.CANCELLED
    assert trial.done == [1, 2]


def test_steering_is_for_those_who_may(trial: Trial, manager: User, colleague: User, viewer: User) -> None:
    job = running_job(manager)
    for actor in (colleague, viewer):
        for steer in (cancel_job, pause_job, resume_job):
            with pytest.raises(Http404):
                steer(job_id=job.pk, actor=actor)
    job.refresh_from_db()
    assert (job.status, job.cancel_requested_at) == (JobStatus.APPROVED, None)


# --- failures --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("position", [1, 6, 16])
def test_a_poison_row_fails_alone(trial: Trial, manager: User, position: int) -> None:
    trial.after = fail(position)
    job = exhaust(running_job(manager, rows=16, chunk_rows=16))
    assert sorted(trial.done) == [each for each in range(1, 17) if each != position]
    assert (job.status, job.applied, job.conflicts, trial.poisoned) == (JobStatus.DONE_WITH_ERRORS, 15, 1, [position])
    assert JobAttempt.objects.exclude(error="").count() == MAX_ERRORS + 3 + MAX_ERRORS  # whole, three halvings, the row


def test_several_poison_rows_fail_alone(trial: Trial, manager: User) -> None:
    trial.before = fail(2, 3, 11)
    job = exhaust(running_job(manager, rows=16, chunk_rows=8))
    assert sorted(trial.done) == [each for each in range(1, 17) if each not in (2, 3, 11)]
    assert (job.applied, job.conflicts, sorted(trial.poisoned)) == (13, 3, [2, 3, 11])


def test_an_error_of_the_database_rolls_the_chunk_back(trial: Trial, manager: User) -> None:
    def divide(chunk: JobChunk) -> None:
        if chunk.first == 3:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")

    trial.after = divide
    job = exhaust(running_job(manager, rows=4))
    assert sorted(trial.done) == [1, 2, 4]
    assert (job.applied, job.conflicts) == (3, 1)


def test_a_passing_error_does_no_harm(trial: Trial, manager: User) -> None:
    errors = iter([ValueError("once"), ValueError("twice")])

    def sometimes(chunk: JobChunk) -> None:
        if chunk.first == 3 and (error := next(errors, None)):
            raise error

    trial.after = sometimes
    job = exhaust(running_job(manager))
    assert trial.done == list(range(1, 9))
    assert (job.status, JobAttempt.objects.exclude(error="").count()) == (JobStatus.DONE, 2)
    assert not JobChunk.objects.exclude(state=ChunkState.DONE).exists()


def test_when_nearly_everything_fails_the_run_stops(trial: Trial, manager: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "MAX_JOB_ERRORS", 20)
    trial.before = fail(*range(1, 65))
    job = exhaust(running_job(manager, rows=64, chunk_rows=64))
    assert job.status == JobStatus.FAILED
    assert job.error is not None
    assert job.error["code"] == "worked_too_often"
    assert not trial.done


def test_all_or_none_fails_whole(trial: Trial, manager: User) -> None:
    trial.after = fail(3)
    job = exhaust(running_job(manager, rows=8, chunk_rows=8, mode=JobMode.ATOMIC))
    assert (job.status, job.applied, trial.done) == (JobStatus.FAILED, 0, [])
    assert job.error is not None
    reference = job.error["figures"]["reference"]
    assert JobAttempt.objects.filter(error__startswith=reference).exists()


def test_a_refusal_stops_the_run_and_says_why(trial: Trial, manager: User) -> None:
    trial.before = lambda chunk: refuse(chunk) if chunk.first == 5 else None
    job = exhaust(running_job(manager))
    assert (job.status, job.applied, trial.done) == (JobStatus.FAILED, 4, [1, 2, 3, 4])
    assert job.error == {"code": "ground_moved", "figures": {}}
    assert not JobAttempt.objects.exclude(error="").exists()


# --- deaths ----------------------------------------------------------------------------------------------------------------------------


def test_killed_workers_are_counted_apart_from_errors(trial: Trial, manager: User) -> None:
    """A few attempts that ended without a word are not the row's fault; very many are."""
    job = running_job(manager, rows=4, chunk_rows=4)
    chunk = job.chunks.get()
    JobAttempt.objects.bulk_create(JobAttempt(job=job, chunk=chunk, work=RUN) for _ in range(MAX_DEATHS - 1))
    assert exhaust(job).status == JobStatus.DONE
    deadly = running_job(manager, rows=4, chunk_rows=4)
    JobAttempt.objects.bulk_create(JobAttempt(job=deadly, chunk=deadly.chunks.get(), work=RUN) for _ in range(MAX_DEATHS + 1))
    assert exhaust(deadly).status == JobStatus.DONE
    assert list(deadly.chunks.order_by("first", "-last").values_list("first", "last", "state")) == [
        (1, 4, ChunkState.SPLIT),
        (1, 2, ChunkState.DONE),
        (3, 4, ChunkState.DONE),
    ]
    assert trial.done == [1, 2, 3, 4] * 2


# --- single works ----------------------------------------------------------------------------------------------------------------------


def test_a_single_work_is_done_once(trial: Trial, manager: User) -> None:
    looks: list[int] = []
    trial.look = lambda job: looks.append(job.pk)
    job = exhaust(looking_job(manager))
    assert (job.status, looks) == (JobStatus.VALIDATED, [job.pk])


def test_a_single_work_that_fails_thrice_is_given_up(trial: Trial, manager: User) -> None:
    def explode(job: Job) -> None:
        raise ValueError("no")

    trial.look = explode
    job = exhaust(looking_job(manager))
    assert (job.status, job.awaits) == (JobStatus.FAILED, "")
    assert job.error is not None
    assert job.error["code"] == "worked_too_often"
    assert JobAttempt.objects.filter(error__startswith=job.error["figures"]["reference"]).exists()
    assert JobAttempt.objects.count() == MAX_ERRORS


def test_a_single_work_may_refuse(trial: Trial, manager: User) -> None:
    def refuse_to_look(job: Job) -> None:
        raise JobRefused("only_headings")

    trial.look = refuse_to_look
    job = exhaust(looking_job(manager))
    assert (job.status, job.error) == (JobStatus.FAILED, {"code": "only_headings", "figures": {}})


def test_a_job_that_waits_is_cancelled_at_once(trial: Trial, manager: User) -> None:
    job = looking_job(manager)
    cancel_job(job_id=job.pk, actor=manager)
    job = exhaust(job)
    assert (job.status, job.awaits) == (JobStatus.CANCELLED, "")


# --- hints -----------------------------------------------------------------------------------------------------------------------------


def test_the_dispatcher_hints_what_is_due_and_quiet(trial: Trial, manager: User, monkeypatch: pytest.MonkeyPatch) -> None:
    hinted: list[int] = []
    monkeypatch.setattr("jobs.services.dispatch.hint", hinted.append)
    now = timezone.now()
    never, quiet, lively = running_job(manager), looking_job(manager), running_job(manager)
    Job.objects.filter(pk=quiet.pk).update(heartbeat_at=now - datetime.timedelta(seconds=4))
    Job.objects.filter(pk=lively.pk).update(heartbeat_at=now)
    paused, done = running_job(manager), exhaust(running_job(manager, rows=2))
    pause_job(job_id=paused.pk, actor=manager)
    assert dispatch() == 2
    assert hinted == [never.pk] * lanes_of(JobMode.VALID, RUN) + [quiet.pk]
    assert done.awaits == ""
    assert quiet.awaits == WORK


def test_a_dead_messenger_is_no_error(
    trial: Trial, manager: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    nobody_listens: dict[str, Any] = {
        "connection": Connection("redis://127.0.0.1:1/0", transport_options=settings.CELERY_BROKER_TRANSPORT_OPTIONS)
    }
    job = running_job(manager)
    monkeypatch.setattr("jobs.tasks.work.apply_async", partial(work_task.apply_async, **nobody_listens))
    asked = time.monotonic()
    assert dispatch() == 1
    assert time.monotonic() - asked < 2
    assert "out of reach" in caplog.text
    assert exhaust(job).status == JobStatus.DONE
