"""The background work of an import: looking into the source, checking it, writing its chunks, ending it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from typing import IO, Any, Final

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils import timezone

from access.models import User
from customers.bulk.import_rows import amend_rows, counts_applied, counts_checked, give_up_rows, store_rows
from customers.bulk.import_undoing import UndoChunk, list_rows, undo_chunk
from customers.bulk.importing import WRITERS, ImportChunk, LostReach, link_rows, now_here
from customers.imports.checking import Options, RowChecker, SourceRow
from customers.imports.contact_rows import ContactRows
from customers.imports.customer_rows import CustomerRows
from customers.imports.fields import added_headings
from customers.models import DataImport, ImportRow, ImportState, ImportSubject
from customers.services.imports import ImportPlan, configure_import, may_import, remembered_mapping, run_at_once, runner_of
from customers.services.scoring import SCORED, scoring_is_on
from jobs.errors import JobRefused
from jobs.models import Job, JobChunk, JobStatus, SourceFile
from jobs.services.reading import ReaderRun, inspect_source, reading

_READER: Final = "customers.reading.child"
_BLOCK_ROWS: Final = 1_000
CHECKERS: Final[dict[str, type[RowChecker]]] = {ImportSubject.CUSTOMERS: CustomerRows, ImportSubject.CONTACT_PEOPLE: ContactRows}


def inspect(job: Job) -> None:
    """Find out how the source of `job` is laid out; a person says next what the columns hold, unless that was said beforehand."""
    found = DataImport.objects.get(job=job)
    inspection = inspect_source(_READER, _source(job), subject=found.subject, more=added_headings(found.subject))
    awaited = Job.objects.filter(pk=job.pk, awaits=job.awaits, source=job.source_id)
    if not awaited.update(rows=inspection["rows"], awaits="", updated_at=timezone.now()):
        return  # meanwhile it was cancelled or given another source
    kept = remembered_mapping(job.actor, found.subject, inspection["headings"])
    found.inspection = inspection | ({"mapping": kept, "remembered": True} if kept else {})
    found.save(update_fields=["inspection"])
    plan = ImportPlan.of(job)
    if plan is not None:
        mapping = dict(plan.mapping) or inspection["mapping"]
        with _as_refusals(job.actor):
            configure_import(job_id=job.pk, actor=job.actor, mapping=mapping, options=plan.options, run_when_checked=plan.run_when_checked)


@contextmanager
def _as_refusals(actor: User) -> Iterator[None]:
    """`actor`, in whose name a job goes on, may have lost the right to it meanwhile: then it ends, instead of being tried again."""
    try:
        yield
    except (Http404, PermissionDenied) as lost:
        raise JobRefused("import_lost_access", login=actor.username) from lost


def check(job: Job) -> None:
    """Read the source of `job`, say what each row comes to, and add it up."""
    found = DataImport.objects.get(job=job)
    checker = CHECKERS[found.subject](job.actor, found.mapping, Options(**job.parameters["options"]))
    with _rows_of(_source(job), found) as run:
        for block in _blocks(run.rows):
            store_rows(job.pk, checker.check(block))
    amend_rows(job.pk, *checker.settle(job.pk))
    found.inspection = (found.inspection or {}) | run.answer
    found.save(update_fields=["inspection"])
    _set_checked(job, checker.fingerprint, {"columns": sorted(checker.columns)})


def check_undo(job: Job) -> None:
    """List what the job that `job` undoes has written, and what of it was changed since."""
    undone = job.undo_of
    assert undone is not None
    columns = undone.summary.get("columns", [])
    subject = DataImport.objects.values_list("subject", flat=True).get(job=job)
    list_rows(UndoChunk(job.pk, subject, job.actor, frozenset(columns)), undone.pk)
    _set_checked(job, f"undo-{undone.pk}", {"columns": columns})


def _source(job: Job) -> SourceFile:
    if job.source is None:
        raise JobRefused("empty_file")
    return job.source


def _rows_of(source: SourceFile, found: DataImport) -> AbstractContextManager[ReaderRun]:
    return reading(_READER, source, {"task": "rows", "mapping": found.mapping, "subject": found.subject, "more": {}})


def _blocks(stream: IO[bytes]) -> Iterator[list[SourceRow]]:
    while texts := list(islice(stream, _BLOCK_ROWS)):
        yield [(line, cells) for line, *cells in map(json.loads, texts)]


def _set_checked(job: Job, fingerprint: str, summary: dict[str, Any]) -> None:
    """Add up and offer the preview. A job that was cancelled meanwhile stays so."""
    counts = Counter(counts_checked(job.pk))
    left = ImportRow.objects.filter(job=job, is_conflict=True).count()
    job.rows = sum(counts.values()) + left
    job.eligible = counts[ImportState.CREATED] + counts[ImportState.UPDATED]
    job.skipped = counts[ImportState.UNCHANGED]
    job.failed = counts[ImportState.ERROR] + counts[ImportState.DUPLICATE] + left
    job.fingerprint = fingerprint
    job.summary = summary | {"counts": {str(state): number for state, number in counts.items()}, "left": left}
    if Job.objects.select_for_update().filter(pk=job.pk, awaits=job.awaits).first() is None:
        return
    job.status, job.awaits, job.error = JobStatus.VALIDATED, "", None
    job.save()
    runner = runner_of(job)
    if runner is not None:
        with _as_refusals(runner):
            run_at_once(job, runner)


# --- running ---------------------------------------------------------------------------------------------------------------------------


def run_chunk(job: Job, chunk: JobChunk) -> None:
    """Write or take back one chunk of `job` in the open transaction."""
    subject = DataImport.objects.values_list("subject", flat=True).get(job=job)
    actor = User.objects.get(pk=job.approved_by_id or job.actor_id)
    if not may_import(actor, subject):
        raise JobRefused("import_lost_access", login=actor.username)
    columns = frozenset(job.summary["columns"])
    if scoring_is_on():
        columns -= frozenset(SCORED)  # rules came into force since the check, or since the import: what they found stays
    try:
        if job.undo_of_id:
            chunk.applied, chunk.conflicts = undo_chunk(UndoChunk(job.pk, subject, actor, columns, chunk.first, chunk.last))
        else:
            chunk.applied, chunk.conflicts = WRITERS[subject].apply(ImportChunk(job.pk, chunk.first, chunk.last, actor, columns))
    except LostReach as lost:
        raise JobRefused("import_lost_access", login=actor.username) from lost
    chunk.applied_at = now_here()


def poison_chunk(job: Job, chunk: JobChunk) -> None:
    """Mark the one row of a chunk that fails whenever it is tried."""
    chunk.conflicts = give_up_rows(job.pk, chunk.first, chunk.last)


def finish(job: Job) -> None:
    """Hang rows below others of the same file, keep what was written of each kind, and mark the undone job when its undo has ended."""
    if not job.undo_of_id:
        link_rows(job.pk, DataImport.objects.values_list("subject", flat=True).get(job=job))
    job.summary = job.summary | {"applied": counts_applied(job.pk)}
    if job.undo_of_id and job.status in (JobStatus.DONE, JobStatus.DONE_WITH_ERRORS):
        Job.objects.filter(pk=job.undo_of_id).update(status=JobStatus.UNDONE, updated_at=timezone.now())
