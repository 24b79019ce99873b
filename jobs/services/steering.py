"""What people do to a job while it waits or runs: cancel, pause, resume."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from access.models import Action, User
from jobs.errors import JobRefused
from jobs.models import Job, JobStatus
from jobs.services.dispatch import hint_on_commit
from jobs.services.work import RUN

WAITING = frozenset({JobStatus.UPLOADED, JobStatus.CHECKING, JobStatus.VALIDATED})
ACTIVE = frozenset({JobStatus.APPROVED, JobStatus.RUNNING, JobStatus.PAUSED})


@transaction.atomic
def cancel_job(*, job_id: int, actor: User) -> Job:
    """Stop a job: at once while nothing runs, else after the chunk under way. What was applied stays and can be undone.

    Raises Http404 when the job is hidden from `actor`, JobRefused (wrong_state) when it is finished.
    """
    job = Job.objects.select_for_update(of=("self",), no_key=True).get_visible(actor, job_id, Action.CHANGE)
    if job.is_finished:
        raise JobRefused("wrong_state", state=job.get_status_display())
    now = timezone.now()
    job.cancel_requested_at = now
    if job.status in WAITING:
        job.status, job.awaits, job.finished_at = JobStatus.CANCELLED, "", now
    elif job.status == JobStatus.PAUSED:
        job.status = JobStatus.RUNNING
    job.save(update_fields=["cancel_requested_at", "status", "awaits", "finished_at", "updated_at"])
    if job.awaits:
        hint_on_commit(job)
    return job


@transaction.atomic
def pause_job(*, job_id: int, actor: User) -> Job:
    """Hold a run after the chunk under way.

    Raises Http404 when the job is hidden from `actor`, JobRefused (wrong_state) when it does not run.
    """
    job = Job.objects.select_for_update(of=("self",), no_key=True).get_visible(actor, job_id, Action.CHANGE)
    if job.awaits != RUN or job.status == JobStatus.PAUSED:
        raise JobRefused("wrong_state", state=job.get_status_display())
    job.status = JobStatus.PAUSED
    job.save(update_fields=["status", "updated_at"])
    return job


@transaction.atomic
def resume_job(*, job_id: int, actor: User) -> Job:
    """Let a paused run go on.

    Raises Http404 when the job is hidden from `actor`, JobRefused (wrong_state) when it is not paused.
    """
    job = Job.objects.select_for_update(of=("self",), no_key=True).get_visible(actor, job_id, Action.CHANGE)
    if job.status != JobStatus.PAUSED:
        raise JobRefused("wrong_state", state=job.get_status_display())
    job.status = JobStatus.RUNNING
    job.save(update_fields=["status", "updated_at"])
    hint_on_commit(job)
    return job
