"""Lists taken out as files: a few rows at once, many as a job whose file its owner fetches.

What is written is what the person sees at the moment of writing: the list is built anew from its name and its address parameters, of the
rows that may be exported, masked as on the page unless they may be revealed. Each export is an event of the audit.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from tempfile import NamedTemporaryFile
from typing import Any, BinaryIO, Final, cast

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files import File
from django.db import transaction
from django.http import Http404, HttpRequest
from django.utils import timezone, translation
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _

from access.audit import record_event
from access.models import Action, AuditEventKind, User
from access.policy import require
from access.scope import allowed
from common.lists import Column, ListDefinition
from common.lists.export import Table, notes_on, write
from common.lists.selection import Selection
from jobs.errors import JobRefused
from jobs.models import Job, JobFile, JobStatus
from jobs.services.dispatch import hint_on_commit
from jobs.services.progress import tell_done
from jobs.services.quotas import ensure_may_open
from jobs.services.retention import FILE_KEPT
from jobs.services.tokens import known_job, save_once, token_key

KIND: Final = "export"
WORK: Final = "export"
AT_ONCE: Final = 5_000


@dataclass(frozen=True, slots=True)
class ExportOrder:
    """What is to be written: which rows, which columns (by their keys, in order), and in which form (`xlsx` or `csv`)."""

    selection: Selection
    columns: tuple[str, ...]
    form: str

    def bound(self, user: User) -> ListDefinition:
        """The list of the rows that `user` may export. Raises Http404 and PermissionDenied."""
        return self.selection.bound(user, Action.EXPORT)


class _Cancelled(Exception):
    """The owner cancelled the job while its file was written."""


def export_at_once(*, order: ExportOrder, user: User, file: BinaryIO, request: HttpRequest | None = None) -> str:
    """Write the file and enter that into the audit; returns its name. Raises Http404 and PermissionDenied."""
    definition = order.bound(user)
    count = write(_table(order, definition), order.form, file)
    _record(order, definition, count, request=request, target=None)
    return file_name(definition, order.form)


@transaction.atomic
def begin_export(*, order: ExportOrder, actor: User, token: str, rows: int) -> Job:
    """Have a worker write the file. A second call with the same `token` returns the first one's job, though both come at the same moment.

    Raises JobRefused (too_many_open_jobs, token_missing, token_reused where it was given with another order), Http404, PermissionDenied.
    """
    key = token_key("export", token)
    asked = [order.selection.facts, order.columns, order.form]
    known = known_job(actor, key, asked)
    if known is not None:
        return known
    ensure_may_open(actor)
    definition = order.bound(actor)
    parameters = {
        "list": definition.name,
        "selection": order.selection.dump(),
        "columns": list(order.columns),
        "form": order.form,
        "language": translation.get_language() or settings.LANGUAGE_CODE,
    }
    job = Job(
        kind=KIND,
        title=_("Export: %(list)s") % {"list": definition.title},
        actor=actor,
        status=JobStatus.RUNNING,
        awaits=WORK,
        parameters=parameters,
        idempotency_key=key,
        rows=rows,
        eligible=rows,
        started_at=timezone.now(),
    )
    if (first := save_once(job, asked)) is not job:
        return first
    hint_on_commit(job)
    return job


def run_export(job: Job) -> None:
    """The single work of an export's job: write its file. Raises JobRefused (export_refused)."""
    with translation.override(job.parameters["language"]):
        try:
            _write_for(job)
        except (PermissionDenied, Http404) as error:
            raise JobRefused("export_refused") from error
        except _Cancelled:
            _end(job, JobStatus.CANCELLED)


def _write_for(job: Job) -> None:
    parameters = job.parameters
    order = ExportOrder(Selection.load(parameters["selection"]), tuple(parameters["columns"]), parameters["form"])
    definition = order.bound(job.actor)
    settings.MEDIA_ROOT.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=settings.MEDIA_ROOT, prefix="export-") as draft:
        count = write(_table(order, definition, job), order.form, cast("BinaryIO", draft))
        draft.flush()
        size = draft.tell()
        draft.seek(0)
        kept = JobFile(job=job, name=file_name(definition, order.form), size=size, expires_at=timezone.now() + FILE_KEPT)
        kept.stored.save(f"{job.pk}-{secrets.token_hex(8)}.{order.form}", File(draft), save=False)
    try:
        kept.save()
        revealed = _record(order, definition, count, request=None, target=job)
        job.applied, job.summary = count, {"revealed": revealed}
        _end(job, JobStatus.DONE)
    except BaseException:
        kept.stored.delete(save=False)
        raise


def _end(job: Job, status: JobStatus) -> None:
    job.status, job.awaits, job.finished_at = status, "", timezone.now()
    job.save(update_fields=["status", "awaits", "finished_at", "applied", "summary", "updated_at"])


def _table(order: ExportOrder, definition: ListDefinition, job: Job | None = None) -> Table:
    def told(rows: int) -> None:
        if job is None:
            return
        tell_done(job.pk, rows)
        if Job.objects.filter(pk=job.pk, cancel_requested_at__isnull=False).exists():
            raise _Cancelled

    chosen = _("all that match") if order.selection.everything else _("chosen one by one")
    columns = chosen_columns(definition, order.columns)
    rows = order.selection.among(definition.state.ordered)
    related = [path for column in columns for path in column.related]
    return Table(
        title=str(definition.title),
        columns=columns,
        rows=rows.select_related(*related) if related else rows,
        user=definition.user,
        notes=notes_on(definition, chosen=chosen),
        told=told,
    )


def chosen_columns(definition: ListDefinition, keys: Sequence[str]) -> list[Column]:
    """The columns with `keys`, in their order; all that the list shows where none is named."""
    known = {column.key: column for column in definition.get_columns()}
    return [known[key] for key in keys if key in known] or definition.state.columns


def _record(order: ExportOrder, definition: ListDefinition, count: int, *, request: HttpRequest | None, target: Job | None) -> bool:
    """Enter the export into the audit; whether it holds values that are masked for others."""
    columns = chosen_columns(definition, order.columns)
    revealed = [column.key for column in columns if column.sensitive] if allowed(definition.user, definition.module, Action.REVEAL) else []
    notes = notes_on(definition, chosen=_("all that match") if order.selection.everything else _("chosen one by one"))
    details: dict[str, Any] = {
        "list": definition.name,
        "form": order.form,
        "rows": count,
        "columns": [column.key for column in columns],
        "filter": [f"{word} {text}" for word, text in notes[1:-2]],
        "revealed": revealed,
    }
    record_event(AuditEventKind.EXPORTED, actor=definition.user, request=request, target=target, details=details)
    return bool(revealed)


def file_name(definition: ListDefinition, form: str) -> str:
    """The list and the moment, such as `Customers-2026-03-02-1405.xlsx`."""
    return get_valid_filename(f"{definition.title}-{timezone.localtime():%Y-%m-%d-%H%M}.{form}")


def fetch_file(*, file_id: int, user: User, request: HttpRequest) -> JobFile:
    """The file of a job of `user`, entered into the audit.

    Raises Http404 where it is another's, has expired, or its list is hidden by now, PermissionDenied where `user` may export the list no
    more, or may no more read what the file holds unmasked.
    """
    file = JobFile.objects.select_related("job").filter(pk=file_id, job__actor=user, expires_at__gt=timezone.now()).first()
    if file is None or not allowed(user, "jobs", Action.VIEW):
        raise Http404
    selection = Selection.load(file.job.parameters["selection"])
    definition = ExportOrder(selection, tuple(file.job.parameters["columns"]), file.job.parameters["form"]).bound(user)
    require(user, definition.module, Action.EXPORT)
    if file.job.summary.get("revealed", True):
        require(user, definition.module, Action.REVEAL)
    details = {"file": file.name, "rows": file.job.applied, "job": file.job_id, "fetched": True}
    record_event(AuditEventKind.EXPORTED, actor=user, request=request, target=file.job, details=details)
    return file
