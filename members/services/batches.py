"""The life of a batch as people steer it: made, configured, approved, undone."""

from __future__ import annotations

import datetime
import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from access.models import Action, User
from access.policy import require
from common.masking import mask_digits
from customers.models import Customer
from jobs.errors import JobRefused
from jobs.models import ACTIVE_OR_DONE, Job, JobChunk, JobMode, JobStatus, SourceFile
from jobs.services.dispatch import hint_on_commit
from jobs.services.quotas import ensure_may_open
from jobs.services.work import RUN
from members.bulk.rows import drop_rows, has_rows
from members.bulk.undoing import applied_rows
from members.models import ProvisioningBatch
from members.services.plan import ActionSpec, Plan, parameters_of, plan_batch
from members.services.reach import customer_to_provision

KIND: Final = "provisioning"
INSPECT: Final = "inspect"
CHECK: Final = "check"
CHECK_UNDO: Final = "check_undo"
RUN_BY: Final = "run_by"
"""The parameter with the key of whoever asked that the rows be run as soon as they are checked; that need not be who began the batch."""
REPEAT_WINDOW: Final = datetime.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """What a batch shall do.

    Attributes:
        mapping: column of the source (from 0) by field name; empty: guessed from the headings.
        run_when_checked: approve it as soon as it is checked, if any row is eligible (commands and other systems).
    """

    actions: Sequence[ActionSpec]
    effective_on: datetime.date
    expires_on: datetime.date | None = None
    mode: str = JobMode.VALID
    mapping: dict[str, int] | None = None
    run_when_checked: bool = False


@transaction.atomic
def create_batch(
    *, customer_id: int, actor: User, source: SourceFile, source_name: str, options: BatchOptions | None = None, idempotency_key: str = ""
) -> Job:
    """Start a batch for a customer. Without `options` its source is looked into first and a person chooses; with them it is checked.

    A repeated `idempotency_key` of the same actor returns the first job.

    Raises Http404 when the customer is hidden from `actor`, PermissionDenied without the right to change members, PlanInvalid, JobRefused
    (too_many_open_jobs).
    """
    require(actor, "members", Action.CHANGE)
    require(actor, "jobs", Action.ADD)
    customer = customer_to_provision(actor, customer_id)
    known = _known_job(actor, idempotency_key)
    if known is not None:
        return known
    ensure_may_open(actor)
    job = Job(
        kind=KIND,
        title=customer.name,
        actor=actor,
        customer_key=customer.pk,
        manager_id=customer.manager_id,
        org_unit_id=customer.org_unit_id,
        source=source,
        source_name=mask_digits(source_name)[:200],
        idempotency_key=idempotency_key,
        awaits=INSPECT,
    )
    if options is not None:
        _configure(job, customer, options, actor)
    try:
        with transaction.atomic():
            job.save()
    except IntegrityError:
        known = _known_job(actor, idempotency_key)
        if known is None:
            raise
        return known
    ProvisioningBatch.objects.create(job=job, customer=customer, mapping=(options.mapping or {}) if options else {})
    hint_on_commit(job)
    return job


def _known_job(actor: User, idempotency_key: str) -> Job | None:
    return Job.objects.filter(actor=actor, idempotency_key=idempotency_key).first() if idempotency_key else None


def _configure(job: Job, customer: Customer, options: BatchOptions, actor: User) -> Plan:
    plan = plan_batch(customer, options.actions, effective_on=options.effective_on, expires_on=options.expires_on)
    job.parameters = parameters_of(options.actions, options.effective_on, options.expires_on) | {
        "chunk_rows": settings.BATCH_CHUNK_ROWS,
        **_wish(actor, options.run_when_checked),
    }
    job.mode = options.mode
    job.status, job.awaits, job.error, job.finished_at = JobStatus.CHECKING, CHECK, None, None
    return plan


def _wish(actor: User, run_when_checked: bool) -> dict[str, int]:
    return {RUN_BY: actor.pk} if run_when_checked else {}


_CONFIGURABLE: Final = (JobStatus.UPLOADED, JobStatus.VALIDATED, JobStatus.FAILED)


@transaction.atomic
def configure_batch(*, job_id: int, actor: User, options: BatchOptions) -> Job:
    """Say what a batch shall do, or say it anew, and have it checked.

    Raises Http404 when the job is hidden from `actor`, PermissionDenied without the right to change members, PlanInvalid, JobRefused
    (wrong_state) once it has been run.
    """
    job = Job.objects.select_for_update(of=("self",)).get_visible(actor, job_id, Action.CHANGE)
    require(actor, "members", Action.CHANGE)
    batch = ProvisioningBatch.objects.select_related("customer").get(job=job)
    _ensure_configurable(job)
    _configure(job, batch.customer, options, actor)
    batch.mapping = options.mapping or {}
    batch.save(update_fields=["mapping"])
    _await_check(job)
    return job


@transaction.atomic
def recheck_batch(*, job_id: int, actor: User) -> Job:
    """Check a batch again on today's ground, with what it was told before. It stops at the preview, whoever wanted it run at once.

    Raises Http404 when the job is hidden from `actor`, JobRefused (wrong_state) unless it is ready to run or failed before any row was
    applied.
    """
    job = Job.objects.select_for_update(of=("self",)).get_visible(actor, job_id, Action.CHANGE)
    require(actor, "members", Action.CHANGE)
    failed_whole = job.status == JobStatus.FAILED and "actions" in job.parameters and not applied_rows(job.pk)
    if (job.status != JobStatus.VALIDATED and not failed_whole) or job.undo_of_id:
        raise JobRefused("wrong_state", state=str(job.get_status_display()))
    job.status, job.awaits, job.error, job.started_at, job.finished_at = JobStatus.CHECKING, CHECK, None, None, None
    job.parameters.pop(RUN_BY, None)
    JobChunk.objects.filter(job=job).delete()
    _await_check(job)
    return job


@transaction.atomic
def replace_source(*, job_id: int, actor: User, source: SourceFile, source_name: str) -> Job:
    """Give a batch that has not been run another source, such as the mended file; its actions are kept, and a person looks at them again.

    Raises Http404 when the job is hidden from `actor`, JobRefused (wrong_state) once it has been run or while it is being checked.
    """
    job = Job.objects.select_for_update(of=("self",)).get_visible(actor, job_id, Action.CHANGE)
    require(actor, "members", Action.CHANGE)
    _ensure_configurable(job)
    ProvisioningBatch.objects.filter(job=job).update(inspection=None, mapping={})
    job.source, job.source_name = source, mask_digits(source_name)[:200]
    job.status, job.awaits, job.error, job.finished_at = JobStatus.UPLOADED, INSPECT, None, None
    job.rows = job.eligible = job.skipped = job.failed = job.warned = 0
    job.summary, job.fingerprint = {}, ""
    _await_check(job)
    return job


@transaction.atomic
def choose_mode(*, job_id: int, actor: User, mode: str) -> Job:
    """Run all rows or none, or the good rows now. The check says what each row is, whatever the mode, so it stands.

    Raises Http404 when the job is hidden from `actor`, JobRefused (wrong_state) unless it is ready to run.
    """
    job = Job.objects.select_for_update(of=("self",)).get_visible(actor, job_id, Action.CHANGE)
    require(actor, "members", Action.CHANGE)
    if job.status != JobStatus.VALIDATED or job.undo_of_id:
        raise JobRefused("wrong_state", state=str(job.get_status_display()))
    job.mode = JobMode(mode)
    job.save(update_fields=["mode", "updated_at"])
    return job


def _ensure_configurable(job: Job) -> None:
    if job.status not in _CONFIGURABLE or job.undo_of_id or job.started_at:
        raise JobRefused("wrong_state", state=str(job.get_status_display()))


def _await_check(job: Job) -> None:
    drop_rows(job.pk)
    job.attempts.all().delete()
    job.cancel_requested_at = None
    job.heartbeat_at = None
    job.save()
    hint_on_commit(job)


@transaction.atomic
def approve_batch(*, job_id: int, actor: User, fingerprint: str, confirm_repeat: bool = False) -> Job:
    """Run exactly the set of rows that the preview with `fingerprint` showed.

    Raises Http404 when the job is hidden from `actor`, JobRefused: wrong_state, fingerprint_changed, nothing_eligible, atomic_has_errors,
    group_rule, repeated_batch (the same source and actions within a day, unless `confirm_repeat`).
    """
    job = Job.objects.select_for_update(of=("self",)).get_visible(actor, job_id, Action.CHANGE)
    require(actor, "members", Action.CHANGE)
    if job.status != JobStatus.VALIDATED:
        raise JobRefused("wrong_state", state=str(job.get_status_display()))
    if not fingerprint or fingerprint != job.fingerprint:
        raise JobRefused("fingerprint_changed")
    ensure_may_run(job)
    repeated = None if confirm_repeat else repeated_job(job)
    if repeated is not None:
        raise JobRefused("repeated_batch", job=repeated.pk)
    start_run(job, actor)
    return job


def ensure_may_run(job: Job) -> None:
    """Raise JobRefused when nothing is eligible, an all-or-none batch has errors, or a rule of the whole group is an error."""
    if not job.eligible:
        raise JobRefused("nothing_eligible")
    if job.mode == JobMode.ATOMIC and job.failed and not job.undo_of_id:
        raise JobRefused("atomic_has_errors", failed=job.failed)
    broken = job.summary.get("group_errors", [])
    if broken:
        raise JobRefused("group_rule", rule=", ".join(broken))


def repeated_job(job: Job) -> Job | None:
    """A job of the last day that ran the same source with the same actions for the same customer."""
    if job.undo_of_id:
        return None
    since = timezone.now() - REPEAT_WINDOW
    others = Job.objects.filter(
        kind=KIND, customer_key=job.customer_key, source=job.source_id, created_at__gte=since, status__in=ACTIVE_OR_DONE, undo_of=None
    )
    same = [other for other in others.exclude(pk=job.pk).order_by("-id")[:50] if _asked(other) == _asked(job)]
    return same[0] if same else None


def _asked(job: Job) -> str:
    wanted = {name: job.parameters.get(name) for name in ("actions", "effective_on", "expires_on")}
    return hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()


def start_run(job: Job, actor: User) -> None:
    """Cut the checked rows into chunks and let the workers run them."""
    last = int(job.summary.get("last_position") or job.rows)
    size = last if job.mode == JobMode.ATOMIC else _chunk_size(last, int(job.parameters.get("chunk_rows") or settings.BATCH_CHUNK_ROWS))
    JobChunk.objects.bulk_create(JobChunk(job=job, first=first, last=min(first + size - 1, last)) for first in range(1, last + 1, size))
    job.status, job.awaits = JobStatus.APPROVED, RUN
    job.approved_by = actor
    job.started_at = timezone.now()
    job.heartbeat_at = None
    job.save()
    hint_on_commit(job)


def _chunk_size(rows: int, most: int) -> int:
    """At most `most` rows, and so that every lane has as many chunks as the others: none waits at the end while another still works."""
    rounds = math.ceil(rows / (most * settings.BATCH_LANES))
    return math.ceil(rows / (rounds * settings.BATCH_LANES)) if rows > most else most


UNDOABLE: Final = (JobStatus.DONE, JobStatus.DONE_WITH_ERRORS, JobStatus.CANCELLED, JobStatus.FAILED)


@transaction.atomic
def undo_batch(*, job_id: int, actor: User, run_when_checked: bool = False) -> Job:
    """Make the job that takes back what job `job_id` did. It is checked first and lists what has changed since.

    Raises Http404 when the job is hidden from `actor`, JobRefused: wrong_state, undone_already, nothing_to_undo, rows_dropped.
    """
    undone = Job.objects.select_for_update(of=("self",)).get_visible(actor, job_id, Action.CHANGE)
    require(actor, "members", Action.CHANGE)
    existing = undone.undone_by
    if existing is not None:
        raise JobRefused("undone_already", job=existing.pk)
    if undone.status not in UNDOABLE or undone.undo_of_id or undone.kind != KIND:
        raise JobRefused("wrong_state", state=str(undone.get_status_display()))
    if not applied_rows(undone.pk):
        raise JobRefused("nothing_to_undo")
    if not has_rows(undone.pk):
        raise JobRefused("rows_dropped")
    job = Job.objects.create(
        kind=KIND,
        title=_("Undo of #%(job)s: %(title)s") % {"job": undone.pk, "title": undone.title},
        actor=actor,
        customer_key=undone.customer_key,
        manager_id=undone.manager_id,
        org_unit_id=undone.org_unit_id,
        source_name=undone.source_name,
        undo_of=undone,
        mode=JobMode.VALID,
        status=JobStatus.CHECKING,
        awaits=CHECK_UNDO,
        parameters={name: value for name, value in undone.parameters.items() if name != RUN_BY} | _wish(actor, run_when_checked),
    )
    batch = ProvisioningBatch.objects.get(job=undone)
    ProvisioningBatch.objects.create(job=job, customer_id=batch.customer_id, inspection=batch.inspection, mapping=batch.mapping)
    hint_on_commit(job)
    return job


def settled(job: Job) -> dict[str, Any]:
    """The numbers that commands and the API report of a job."""
    return {
        "job": job.pk,
        "status": job.status,
        "rows": job.rows,
        "eligible": job.eligible,
        "skipped": job.skipped,
        "failed": job.failed,
        "applied": job.applied,
        "conflicts": job.conflicts,
        "verdicts": job.summary.get("verdicts", {}),
    }
