"""Moving jobs forward. PostgreSQL says what is due; a Celery message only hints that somebody should look.

`advance` does one piece of a job's work: a single work (reading, checking) in one transaction, or one chunk of its run in one
transaction. A worker that dies rolls back and leaves nothing held. Attempts are written in their own transactions before the work, so
that they count whatever happens.
"""

from __future__ import annotations

import logging
import os
import socket
from typing import Final

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone

from common.change_context import change_context
from common.masking import mask_log
from jobs.errors import JobRefused
from jobs.kinds import kind_of, tell_of_failure
from jobs.locks import lock_job_work
from jobs.models import ChunkState, Job, JobAttempt, JobChunk, JobMode, JobStatus
from jobs.notices import tell_of_end
from jobs.reference import new_reference

logger = logging.getLogger(__name__)

RUN: Final = "run"
MAX_ERRORS: Final = 3
MAX_JOB_ERRORS: Final = 200  # past these it is not single rows that are at fault
MAX_DEATHS: Final = 12  # attempts that ended without a word: the worker was killed, which is seldom the row's fault


def advance(job_id: int) -> bool:
    """Do the next piece of work of job `job_id`.

    Returns whether more is due and nobody else is at it, so that the caller should come again.
    """
    job = Job.objects.select_related("actor").filter(pk=job_id).first()
    if job is None or not job.awaits:
        return False
    with change_context(job=job.pk, user=job.actor_id, login=job.actor.username):
        return _advance_run(job) if job.awaits == RUN else _advance_single(job)


# --- single works ----------------------------------------------------------------------------------------------------------------------


def _advance_single(job: Job) -> bool:
    attempt = _begin_single(job)
    if attempt is None:
        return False
    if _is_worn_out(job, None):
        attempt.delete()
        _fail(job, JobRefused("worked_too_often", reference=_last_reference(job)))
        return False
    try:
        with transaction.atomic():
            if not lock_job_work(job.pk):
                attempt.delete()
                return False
            job.refresh_from_db()
            if job.awaits and job.awaits != RUN:
                kind_of(job).single[job.awaits](job)
    except JobRefused as refusal:
        _fail(job, refusal)
    except Exception as error:  # noqa: BLE001  (kept with the attempt, and tried again)
        _record_error(attempt, error)
        return not _is_connection_lost(error)
    _end_attempt(attempt)
    return bool(Job.objects.filter(pk=job.pk).exclude(awaits="").exists())


def _fail(job: Job, refusal: JobRefused) -> None:
    same = Job.objects.filter(pk=job.pk, source=job.source_id).exclude(awaits="")  # a source replaced meanwhile is not at fault
    now = timezone.now()
    with transaction.atomic():
        if same.update(status=JobStatus.FAILED, awaits="", error=refusal.as_json(), finished_at=now, updated_at=now):
            job.status, job.error = JobStatus.FAILED, refusal.as_json()
            tell_of_failure(job)
            tell_of_end(job)


# --- runs ------------------------------------------------------------------------------------------------------------------------------


def _advance_run(job: Job) -> bool:
    claimed = _claim(job)
    if claimed is None:
        return _finish_if_over(job.pk)
    chunk, attempt = claimed
    if _is_worn_out(job, chunk):
        attempt.delete()
        _split_or_poison(job, chunk)
        return True
    try:
        with transaction.atomic():
            if not (_lock_open(chunk) and _may_go_on(job)):
                attempt.delete()
                return True
            with change_context(chunk=chunk.pk):
                _apply(job, chunk)
    except JobRefused as refusal:
        _end_attempt(attempt)
        _stop_run(job, refusal)
        return False
    except Exception as error:  # noqa: BLE001  (kept with the attempt, and tried again)
        _record_error(attempt, error)
        return not _is_connection_lost(error)
    _end_attempt(attempt)
    return True


def _claim(job: Job) -> tuple[JobChunk, JobAttempt] | None:
    """The first open chunk that nobody works at, with an attempt entered for it; None when there is none or the job shall stop."""
    with transaction.atomic():
        if Job.objects.filter(pk=job.pk, awaits=RUN, cancel_requested_at=None, status__in=_MAY_RUN).update(
            status=JobStatus.RUNNING, heartbeat_at=timezone.now()
        ):
            chunk = _unlocked(JobChunk.objects.filter(job=job, state=ChunkState.OPEN)).first()
            if chunk is not None:
                return chunk, JobAttempt.objects.create(job=job, chunk=chunk, work=RUN, worker=_worker_name())
    return None


_MAY_RUN: Final = (JobStatus.APPROVED, JobStatus.RUNNING)


def _unlocked(chunks: QuerySet[JobChunk]) -> QuerySet[JobChunk]:
    """Those of `chunks` that nobody works at, locked for us; in an order without the job's columns, or the job would be locked too."""
    return chunks.select_for_update(skip_locked=True, of=("self",)).order_by("first")


def _lock_open(chunk: JobChunk) -> bool:
    return _unlocked(JobChunk.objects.filter(pk=chunk.pk, state=ChunkState.OPEN)).first() is not None


def _may_go_on(job: Job) -> bool:
    """Whether the run still goes on, now that a chunk of it is locked: whoever ends a run locks or awaits its open chunks first."""
    job.refresh_from_db()
    return job.awaits == RUN and job.status in _MAY_RUN and job.cancel_requested_at is None


def _apply(job: Job, chunk: JobChunk) -> None:
    run_chunk = kind_of(job).run_chunk
    if run_chunk is None:
        raise TypeError(f"{job.kind} has no chunks")
    run_chunk(job, chunk)
    chunk.state = ChunkState.DONE
    chunk.save(update_fields=["state", "applied", "conflicts", "applied_at"])
    if job.mode == JobMode.ATOMIC and Job.objects.filter(pk=job.pk, cancel_requested_at__isnull=False).exists():
        raise _CancelledWhileRunning


class _CancelledWhileRunning(JobRefused):
    """Rolls an all-or-none run back that was cancelled before its end."""

    def __init__(self) -> None:
        super().__init__("wrong_state", state=str(JobStatus.CANCELLED.label))


def _stop_run(job: Job, refusal: JobRefused) -> None:
    if isinstance(refusal, _CancelledWhileRunning):
        _finish_if_over(job.pk)
        return
    with transaction.atomic():
        locked = Job.objects.select_for_update(no_key=True).get(pk=job.pk)
        if locked.awaits == RUN:
            # Other workers may be at chunks of the job: what they apply counts, so wait for them.
            list(JobChunk.objects.select_for_update(of=("self",)).filter(job=locked, state=ChunkState.OPEN).order_by("first"))
            locked.error = refusal.as_json()
            _close(locked, JobStatus.FAILED)


def _finish_if_over(job_id: int) -> bool:
    """End the run when every chunk is dealt with, or it was cancelled and nobody works any more."""
    with transaction.atomic():
        job = Job.objects.select_for_update(no_key=True).get(pk=job_id)
        if job.awaits != RUN or job.status == JobStatus.PAUSED:
            return False
        open_chunks = JobChunk.objects.filter(job=job, state=ChunkState.OPEN)
        if job.cancel_requested_at is not None and open_chunks.exists():
            if len(_unlocked(open_chunks)) < open_chunks.count():
                return False  # a chunk is under way; whoever works at it comes back here
            _close(job, JobStatus.CANCELLED)
        elif not open_chunks.exists():
            poisoned = JobChunk.objects.filter(job=job, state=ChunkState.POISONED).exists()
            _close(job, JobStatus.DONE_WITH_ERRORS if poisoned else JobStatus.DONE)
        return False


def _close(job: Job, status: JobStatus) -> None:
    totals = JobChunk.objects.filter(job=job).aggregate(applied=Sum("applied"), conflicts=Sum("conflicts"))
    job.applied = totals["applied"] or 0
    job.conflicts = totals["conflicts"] or 0
    if status == JobStatus.DONE and (job.conflicts or job.failed):
        status = JobStatus.DONE_WITH_ERRORS
    job.status = status
    job.awaits = ""
    job.finished_at = timezone.now()
    finish = kind_of(job).finish
    if finish is not None:
        finish(job)
    job.save()
    tell_of_end(job)


# --- attempts --------------------------------------------------------------------------------------------------------------------------


def _begin_single(job: Job) -> JobAttempt | None:
    """An attempt at the job's single work, None when somebody is at it: what is under way must not look like an attempt that died."""
    with transaction.atomic():
        if not lock_job_work(job.pk):
            return None
        Job.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now())
        return JobAttempt.objects.create(job=job, work=job.awaits, worker=_worker_name())


def _end_attempt(attempt: JobAttempt) -> None:
    JobAttempt.objects.filter(pk=attempt.pk).update(ended_at=timezone.now())


def _record_error(attempt: JobAttempt, error: Exception) -> None:
    reference = new_reference()
    logger.error("job %s, attempt %s failed, reference %s", attempt.job_id, attempt.pk, reference, exc_info=error)
    if _is_connection_lost(error):
        connection.close()  # the try counts as a death; the dispatcher comes again
        return
    text = mask_log(f"{reference} {type(error).__name__}: {error}")[:2_000]
    JobAttempt.objects.filter(pk=attempt.pk).update(ended_at=timezone.now(), error=text)


def _is_connection_lost(error: Exception) -> bool:
    return isinstance(error, InterfaceError) or (isinstance(error, OperationalError) and not connection.is_usable())


def _is_worn_out(job: Job, chunk: JobChunk | None) -> bool:
    tries = JobAttempt.objects.filter(job=job, chunk=chunk, work=job.awaits)
    errors = tries.exclude(error="").count()
    deaths = tries.filter(ended_at=None).count()
    return errors >= _errors_allowed(chunk) or deaths > MAX_DEATHS


def _errors_allowed(chunk: JobChunk | None) -> int:
    """Three, but one for a part of a chunk that has had its three: it is on the way down to the row at fault."""
    if chunk is None or chunk.first == chunk.last:
        return MAX_ERRORS
    is_part = JobChunk.objects.filter(job=chunk.job_id, state=ChunkState.SPLIT, first__lte=chunk.first, last__gte=chunk.last).exists()
    return 1 if is_part else MAX_ERRORS


def _last_reference(job: Job) -> str:
    text = JobAttempt.objects.filter(job=job).exclude(error="").values_list("error", flat=True).first()
    return (text or "—").partition(" ")[0]


def _split_or_poison(job: Job, chunk: JobChunk) -> None:
    """Halve a chunk that keeps failing, down to the one row that is at fault, which fails alone.

    An all-or-none run fails whole, and so does one in which nearly everything fails.
    """
    if job.mode == JobMode.ATOMIC or JobAttempt.objects.filter(job=job).exclude(error="").count() > MAX_JOB_ERRORS:
        _stop_run(job, JobRefused("worked_too_often", reference=_last_reference(job)))
        return
    with transaction.atomic():
        if not _lock_open(chunk):
            return
        if chunk.first == chunk.last:
            chunk.state, chunk.conflicts = ChunkState.POISONED, 1
            poison = kind_of(job).poison_chunk
            if poison is not None:
                poison(job, chunk)
        else:
            middle = (chunk.first + chunk.last) // 2
            JobChunk.objects.bulk_create(
                JobChunk(job=job, first=first, last=last) for first, last in ((chunk.first, middle), (middle + 1, chunk.last))
            )
            chunk.state = ChunkState.SPLIT
        chunk.save(update_fields=["state", "conflicts"])


def _worker_name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"
