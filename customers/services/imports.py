"""The life of an import as people steer it: begun, told what its columns hold, checked, approved, taken back."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from access.models import Action, User
from access.policy import require
from access.scope import allowed
from common.masking import mask_digits
from customers.bulk.import_rows import line_range
from customers.bulk.importing import moved_rows
from customers.imports.checking import Options
from customers.imports.fields import REQUIRED
from customers.models import DataImport, ImportLayout, ImportRow, ImportSubject
from jobs.errors import JobRefused
from jobs.models import Job, JobChunk, JobMode, JobStatus, SourceFile
from jobs.services.dispatch import hint_on_commit
from jobs.services.quotas import ensure_may_open
from jobs.services.tokens import asked_of, known_job, save_once
from jobs.services.work import RUN

KIND: Final = "customer_import"
INSPECT: Final = "inspect"
CHECK: Final = "check"
CHECK_UNDO: Final = "check_undo"
CHUNK_LINES: Final = 5_000
"""Lines of a chunk; wide rows with many indexes, so that a chunk takes about a second."""
UNDOABLE: Final = (JobStatus.DONE, JobStatus.DONE_WITH_ERRORS, JobStatus.CANCELLED, JobStatus.FAILED)
_CONFIGURABLE: Final = (JobStatus.UPLOADED, JobStatus.VALIDATED, JobStatus.FAILED)
_PLAN: Final = "plan"
_RUN_BY: Final = "run_by"
"""The parameter with the key of whoever asked that the rows be run as soon as they are checked."""


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What another system says of an import beforehand, so that nobody has to be asked what the columns hold.

    Attributes:
        mapping: column of the source (from 0) by field name; empty: as the headings say.
        run_when_checked: run it as soon as it is checked, if any row can be.
    """

    mapping: Mapping[str, int] = field(default_factory=dict)
    options: Options = field(default_factory=Options)
    run_when_checked: bool = False

    @classmethod
    def of(cls, job: Job) -> ImportPlan | None:
        """What was said of `job`; None where a person is asked."""
        kept = job.parameters.get(_PLAN)
        return cls(kept["mapping"], Options(**kept["options"]), kept["run_when_checked"]) if kept else None


def may_import(user: Any, subject: str) -> bool:
    """Whether `user` may import rows of `subject`: who may enter or change them, and start jobs."""
    writes = (Action.ADD, Action.CHANGE) if subject == ImportSubject.CUSTOMERS else (Action.CHANGE,)
    return allowed(user, "jobs", Action.ADD) and any(allowed(user, "customers", action) for action in writes)


def ensure_may_import(user: User, subject: str) -> None:
    """Raise PermissionDenied unless `user` may import rows of `subject`."""
    require(user, "jobs", Action.ADD)
    if not may_import(user, subject):
        raise PermissionDenied


@transaction.atomic
def create_import(
    *,
    subject: str,
    actor: User,
    source: SourceFile,
    source_name: str,
    idempotency_key: str = "",
    plan: ImportPlan | None = None,
    asked: Any = None,
) -> Job:
    """Begin an import: its source is looked into first, then a person says what the columns hold, or `plan` has said so.

    The job is reached as the actor's own customers are: by the actor, and by those who answer for the actor's unit. A repeated
    `idempotency_key` of the same actor returns the first job; `asked` is what else has to be the same then.

    Raises PermissionDenied, JobRefused (too_many_open_jobs, token_reused).
    """
    ensure_may_import(actor, subject)
    known = known_job(actor, idempotency_key, asked) if idempotency_key else None
    if known is not None:
        return known
    ensure_may_open(actor)
    job = Job(
        kind=KIND,
        title=_("Import of customers") if subject == ImportSubject.CUSTOMERS else _("Import of contact persons"),
        actor=actor,
        manager=actor,
        org_unit=actor.org_unit,
        source=source,
        source_name=mask_digits(source_name)[:200],
        idempotency_key=idempotency_key,
        awaits=INSPECT,
        parameters={_PLAN: asdict(plan)} if plan is not None else {},
    )
    if idempotency_key:
        begun = save_once(job, asked)
        if begun is not job:
            return begun
    else:
        job.save()
    DataImport.objects.create(job=job, subject=ImportSubject(subject))
    hint_on_commit(job)
    return job


def _locked(job_id: int, actor: User) -> tuple[Job, DataImport]:
    """The job and what belongs to it. Raises Http404 when it is hidden from `actor` or of another kind, PermissionDenied."""
    job = Job.objects.select_for_update(of=("self",)).filter(kind=KIND).get_visible(actor, job_id, Action.CHANGE)
    found = DataImport.objects.get(job=job)
    ensure_may_import(actor, found.subject)
    return job, found


@transaction.atomic
def configure_import(*, job_id: int, actor: User, mapping: dict[str, int], options: Options, run_when_checked: bool = False) -> Job:
    """Say what the columns hold, or say it anew, and have the rows checked. The choice is proposed again for the same headings.

    Raises Http404, PermissionDenied, JobRefused: wrong_state once it has been run or while it is being checked, columns_missing where
    no column holds what tells one row from another.
    """
    job, found = _locked(job_id, actor)
    _ensure_configurable(job)
    missing = [name for name in REQUIRED[found.subject] if name not in mapping]
    if missing:
        raise JobRefused("columns_missing", fields=", ".join(missing))
    found.mapping = mapping
    found.save(update_fields=["mapping"])
    headings = (found.inspection or {}).get("headings", [])
    if headings:
        ImportLayout.objects.update_or_create(
            user=actor, subject=found.subject, headings_hash=hash_of(headings), defaults={"mapping": mapping}
        )
    job.parameters = {"options": asdict(options), **_wish(actor, run_when_checked), **asked_of(job)}
    _await_check(job)
    return job


def remembered_mapping(actor: User, subject: str, headings: list[str]) -> dict[str, int] | None:
    """What `actor` chose last for a file with these headings."""
    kept = ImportLayout.objects.filter(user=actor, subject=subject, headings_hash=hash_of(headings)).first()
    return dict(kept.mapping) if kept else None


def hash_of(headings: list[str]) -> str:
    """A short name for a row of headings."""
    return hashlib.sha256(json.dumps(headings, ensure_ascii=False).encode()).hexdigest()


@transaction.atomic
def recheck_import(*, job_id: int, actor: User) -> Job:
    """Check an import again on today's ground; it stops at the preview. Raises Http404, PermissionDenied, JobRefused (wrong_state)."""
    job, found = _locked(job_id, actor)
    _ensure_configurable(job)
    if not found.mapping:
        raise JobRefused("wrong_state", state=str(job.get_status_display()))
    job.parameters.pop(_RUN_BY, None)
    _await_check(job)
    return job


@transaction.atomic
def replace_source(*, job_id: int, actor: User, source: SourceFile, source_name: str) -> Job:
    """Give an import that has not been run another source, such as the mended file.

    Raises Http404, PermissionDenied, JobRefused (wrong_state) once it has been run or while it is being checked.
    """
    job, found = _locked(job_id, actor)
    _ensure_configurable(job)
    found.inspection, found.mapping = None, {}
    found.save(update_fields=["inspection", "mapping"])
    job.source, job.source_name = source, mask_digits(source_name)[:200]
    job.rows = job.eligible = job.skipped = job.failed = 0
    job.summary, job.fingerprint = {}, ""
    job.parameters.pop(_PLAN, None)
    _await(job, JobStatus.UPLOADED, INSPECT)
    return job


def _ensure_configurable(job: Job) -> None:
    if job.status not in _CONFIGURABLE or job.undo_of_id or job.started_at:
        raise JobRefused("wrong_state", state=str(job.get_status_display()))


def _await_check(job: Job) -> None:
    _await(job, JobStatus.CHECKING, CHECK)


def _await(job: Job, status: JobStatus, work: str) -> None:
    ImportRow.objects.filter(job=job).delete()
    job.attempts.all().delete()
    job.status, job.awaits = status, work
    job.error = job.finished_at = job.cancel_requested_at = job.heartbeat_at = None
    job.save()
    hint_on_commit(job)


@transaction.atomic
def approve_import(*, job_id: int, actor: User, fingerprint: str) -> Job:
    """Run exactly what the preview with `fingerprint` showed.

    Raises Http404, PermissionDenied, JobRefused: wrong_state, fingerprint_changed, nothing_eligible, import_moved when customers were
    changed by others since the check.
    """
    job, found = _locked(job_id, actor)
    if job.status != JobStatus.VALIDATED:
        raise JobRefused("wrong_state", state=str(job.get_status_display()))
    if not fingerprint or fingerprint != job.fingerprint:
        raise JobRefused("fingerprint_changed")
    if not job.eligible:
        raise JobRefused("nothing_eligible")
    moved = 0 if job.undo_of_id else moved_rows(job.pk, found.subject)
    if moved:
        raise JobRefused("import_moved", rows=moved)
    _start_run(job, actor)
    return job


def _wish(actor: User, run_when_checked: bool) -> dict[str, int]:
    """The part of a job's parameters that says who wants it run as soon as it is checked; that need not be who began it."""
    return {_RUN_BY: actor.pk} if run_when_checked else {}


def runner_of(job: Job) -> User | None:
    """Who asked that `job` be run as soon as it is checked; None where it waits for its approval."""
    return User.objects.get(pk=job.parameters[_RUN_BY]) if _RUN_BY in job.parameters else None


def run_at_once(job: Job, runner: User) -> None:
    """Run the checked `job` with the rights and in the name of `runner`; where it cannot be run, it waits, with the reason as its error.

    Raises Http404, PermissionDenied where `runner` may not run it by now.
    """
    try:
        approve_import(job_id=job.pk, actor=runner, fingerprint=job.fingerprint)
    except JobRefused as refusal:
        Job.objects.filter(pk=job.pk).update(error=refusal.as_json(), updated_at=timezone.now())


def _start_run(job: Job, actor: User) -> None:
    if job.undo_of_id:
        done = JobChunk.objects.filter(job=job.undo_of_id, state="done").values_list("first", "last")
        ranges = list(done)
    else:
        first, last = line_range(job.pk)
        size = math.ceil((last - first + 1) / math.ceil((last - first + 1) / CHUNK_LINES))
        ranges = [(start, min(start + size - 1, last)) for start in range(first, last + 1, size)]
    JobChunk.objects.bulk_create(JobChunk(job=job, first=start, last=end) for start, end in ranges)
    job.status, job.awaits = JobStatus.APPROVED, RUN
    job.approved_by = actor
    job.started_at = timezone.now()
    job.heartbeat_at = None
    job.save()
    hint_on_commit(job)


@transaction.atomic
def undo_import(*, job_id: int, actor: User, run_when_checked: bool = False) -> Job:
    """Make the job that takes back what job `job_id` wrote. It is checked first and lists what has changed since.

    Raises Http404, PermissionDenied, JobRefused: wrong_state, undone_already, nothing_to_undo, rows_dropped.
    """
    undone, found = _locked(job_id, actor)
    existing = undone.undone_by
    if existing is not None:
        raise JobRefused("undone_already", job=existing.pk)
    if undone.status not in UNDOABLE or undone.undo_of_id:
        raise JobRefused("wrong_state", state=str(undone.get_status_display()))
    if not undone.applied:
        raise JobRefused("nothing_to_undo")
    if not ImportRow.objects.filter(job=undone).exists():
        raise JobRefused("rows_dropped")
    job = Job.objects.create(
        kind=KIND,
        title=_("Undo of #%(job)s: %(title)s") % {"job": undone.pk, "title": undone.title},
        actor=actor,
        manager_id=undone.manager_id,
        org_unit_id=undone.org_unit_id,
        source_name=undone.source_name,
        undo_of=undone,
        mode=JobMode.VALID,
        status=JobStatus.CHECKING,
        awaits=CHECK_UNDO,
        parameters={"options": undone.parameters.get("options", {}), **_wish(actor, run_when_checked)},
    )
    DataImport.objects.create(job=job, subject=found.subject, inspection=found.inspection, mapping=found.mapping)
    hint_on_commit(job)
    return job
