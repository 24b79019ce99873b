"""Changes of many rows of a list: a preview, the change itself exactly once and bound to what was seen, and the way back.

Each is a job, so that the audit knows what belonged together; a small one is carried out in the request, a large one by the workers. The
record of the job (`JobRow`) holds the rows as the preview saw them: one that somebody has changed since is left alone.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.http import Http404, QueryDict
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from access.models import Action, User
from access.policy import require
from common.lists.bulk import BulkOperation, Given, Obstacle
from common.lists.selection import Selection
from common.masking import mask_digits
from jobs.bulk import fingerprint_of, fingerprint_of_rows, keep_changed_rows, keep_rows, locked_versions, mark_changed, write_back
from jobs.errors import JobRefused
from jobs.models import Job, JobChunk, JobRow, JobStatus
from jobs.services.dispatch import hint_on_commit
from jobs.services.quotas import ensure_may_open
from jobs.services.tokens import known_job, save_once, token_key
from jobs.services.work import RUN, advance

KIND: Final = "bulk_change"
AT_ONCE: Final = 10_000
CHUNK_ROWS: Final = 5_000
SAMPLE_ROWS: Final = 20
_TITLE_LENGTH: Final = 200


@dataclass(frozen=True, slots=True)
class Sample:
    """A row of the preview: its name, and the value before and after."""

    name: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would do.

    Attributes:
        title: the change in words.
        total: rows that were chosen and are seen.
        closed: those of them that the user may not change.
        holding: those that hold the value already.
        obstacles: reasons with the number of rows that each keeps from being changed.
        changing: rows that would change.
        sample: the first of these.
        fingerprint: what the change is bound to.
    """

    title: str
    total: int
    closed: int
    holding: int
    obstacles: list[tuple[str, int]]
    changing: int
    sample: list[Sample]
    fingerprint: str


def operation_of(selection: Selection, key: str, user: User) -> BulkOperation:
    """The operation `key` of the list, bound to the rows that `user` may change by it. Raises Http404 where there is none for the user."""
    found = next((one for one in selection.bound(user).get_bulk_operations() if one.key == key), None)
    if found is None:
        raise Http404
    return type(found)(selection.bound(user, found.action))


def preview(*, selection: Selection, operation: BulkOperation, given: Given) -> Preview:
    """What the change would do to the chosen rows, by a fixed number of queries."""
    user = operation.user
    total = selection.rows(user).order_by().count()
    reached = selection.among(operation.definition.state.matching).order_by()
    open_rows = reached.count()
    differing = operation.differing(reached, given)
    obstacles = [(obstacle, differing.filter(obstacle.rows).count()) for obstacle in operation.obstacles(given)]
    changing = _changing(operation, reached, given)
    digest = fingerprint_of_rows(changing)
    count = int(digest.partition("-")[0])
    shown = selection.among(operation.definition.state.ordered)
    rows = _changing(operation, shown, given)[:SAMPLE_ROWS]
    return Preview(
        title=operation.title(given),
        total=total,
        closed=max(0, total - open_rows),
        holding=max(0, open_rows - differing.count()),
        obstacles=[(str(obstacle.reason), number) for obstacle, number in obstacles if number],
        changing=count,
        sample=[Sample(mask_digits(str(row)), operation.old(row, given), operation.new(row, given)) for row in rows],
        fingerprint=digest,
    )


def _changing(operation: BulkOperation, rows: models.QuerySet[Any], given: Given) -> models.QuerySet[Any]:
    return _without(operation.differing(rows, given), list(operation.obstacles(given)))


def _without(rows: models.QuerySet[Any], obstacles: list[Obstacle]) -> models.QuerySet[Any]:
    for obstacle in obstacles:
        rows = rows.exclude(obstacle.rows)
    return rows


# --- beginning -------------------------------------------------------------------------------------------------------------------------


def begin_change(*, selection: Selection, operation: BulkOperation, data: Mapping[str, Any], given: Given, seen: str, token: str) -> Job:
    """Change the rows as the preview with the fingerprint `seen` said. A second call with the same `token` returns the first one's job,
    though the two come at the same moment.

    A small change is done when this returns, a large one is under way. `data` is what the form was sent, `given` what it cleaned.

    Raises JobRefused: fingerprint_changed where the chosen rows are no longer those that were seen, nothing_eligible, too_many_open_jobs,
    token_missing, and token_reused where the token was given with another change.
    """
    actor: User = operation.user
    key = token_key("change", token)
    sent = {name: value for name, value in data.items() if isinstance(value, list)}
    asked = [selection.facts, operation.key, sent, seen]
    with transaction.atomic():
        known = known_job(actor, key, asked)
        if known is not None:
            return known
        ensure_may_open(actor)
        parameters = {
            "selection": selection.dump(),
            "operation": operation.key,
            "data": sent,
            "language": translation.get_language() or settings.LANGUAGE_CODE,
        }
        title = f"{operation.definition.title}: {operation.title(given)}"[:_TITLE_LENGTH]
        job = _new_job(actor, title=title, parameters=parameters, idempotency_key=key)
        if (first := save_once(job, asked)) is not job:
            return first
        rows = _changing(operation, selection.among(operation.definition.state.matching), given)
        count = keep_rows(job, rows, operation.columns(given))
        if fingerprint_of(job) != seen:
            raise JobRefused("fingerprint_changed")
        _divide(job, count)
    return _begun(job)


def begin_undo(*, job_id: int, actor: User) -> Job:
    """Take a change back: each row that nobody has changed since gets what it had before.

    Raises Http404 when the job is hidden from `actor`, JobRefused: wrong_state, undone_already, nothing_to_undo, rows_dropped.
    """
    with transaction.atomic():
        job = Job.objects.select_for_update(of=("self",), no_key=True).get_visible(actor, job_id, Action.CHANGE)
        other = Job.objects.filter(undo_of=job).exclude(status__in=(JobStatus.FAILED, JobStatus.CANCELLED)).first()
        if other is not None:
            raise JobRefused("undone_already", job=other.pk)
        if not may_be_undone(job):
            raise JobRefused("wrong_state", state=job.get_status_display())
        title = _("Undo: %(title)s") % {"title": job.title}
        undo = _new_job(actor, title=title[:_TITLE_LENGTH], parameters=job.parameters, undo_of=job)
        undo.save()
        count = keep_changed_rows(undo, job)
        if not count:
            raise JobRefused("rows_dropped" if job.applied else "nothing_to_undo")
        _divide(undo, count)
    return _begun(undo)


def may_be_undone(job: Job) -> bool:
    """Whether `job` is a change that is over, and itself no undo."""
    return job.kind == KIND and job.undo_of_id is None and job.is_finished and bool(job.applied) and job.status != JobStatus.UNDONE


def _new_job(actor: User, **values: Any) -> Job:
    return Job(kind=KIND, actor=actor, status=JobStatus.APPROVED, awaits=RUN, approved_by=actor, started_at=timezone.now(), **values)


def _divide(job: Job, count: int) -> None:
    if not count:
        raise JobRefused("nothing_eligible")
    firsts = range(1, count + 1, CHUNK_ROWS)
    JobChunk.objects.bulk_create(JobChunk(job=job, first=first, last=min(first + CHUNK_ROWS - 1, count)) for first in firsts)
    job.rows = job.eligible = count
    job.save(update_fields=["rows", "eligible", "updated_at"])


def _begun(job: Job) -> Job:
    """Carry a small change out here and now; hint the workers at a large one. What is interrupted here, the workers finish."""
    if job.eligible <= AT_ONCE:
        while advance(job.pk):
            pass
    else:
        with transaction.atomic():
            hint_on_commit(job)
    job.refresh_from_db()
    return job


# --- running ---------------------------------------------------------------------------------------------------------------------------


def run_chunk(job: Job, chunk: JobChunk) -> None:
    """Change the rows of one chunk, as far as the job's owner may still change them and nobody else has. Raises JobRefused."""
    with translation.override(job.parameters["language"]):
        operation, given = _read(job)
        kept = {row.key: row for row in JobRow.objects.filter(job=job, position__range=(chunk.first, chunk.last))}
        reached = operation.model._default_manager.visible_to(job.actor, operation.action)  # type: ignore[attr-defined]
        operation.lock_first()
        versions = locked_versions(reached.filter(pk__in=list(kept)))
        keys = [key for key, version in versions.items() if version == kept[key].version]
        moment = timezone.now()
        try:
            _change(job, operation, given, {key: kept[key].before for key in keys}, moment)
        except (PermissionDenied, ValidationError) as error:
            raise JobRefused("change_refused") from error
        mark_changed(job, operation.model, keys)
    chunk.applied, chunk.conflicts, chunk.applied_at = len(keys), len(kept) - len(keys), moment


def _change(job: Job, operation: BulkOperation, given: Given, before: Mapping[int, Any], moment: datetime.datetime) -> None:
    """Change the rows with the keys of `before`, or where the job is an undo give them what `before` says."""
    rows = operation.model._default_manager.filter(pk__in=list(before))
    if job.undo_of_id is None:
        operation.apply(rows, given, moment)
    elif not operation.restore(rows, given, before, moment):
        write_back(job, operation.model, operation.columns(given), list(before), moment)


def _read(job: Job) -> tuple[BulkOperation, Given]:
    """The operation and what its form says now to the job's owner."""
    data = QueryDict(mutable=True)
    for name, values in job.parameters["data"].items():
        data.setlist(name, values)
    try:
        selection = Selection.load(job.parameters["selection"])
        operation = operation_of(selection, job.parameters["operation"], job.actor)
        require(job.actor, operation.definition.module, operation.action)
    except (Http404, PermissionDenied) as error:
        raise JobRefused("change_refused") from error
    form = operation.form(data) if job.undo_of_id is None else operation.form_of_done(data)
    if not form.is_valid():
        raise JobRefused("change_refused")
    return operation, form.cleaned_data


def finish(job: Job) -> None:
    """The change that an undo took back says so."""
    if job.undo_of_id is not None and job.applied:
        Job.objects.filter(pk=job.undo_of_id).update(status=JobStatus.UNDONE, updated_at=timezone.now())
