"""What the pages of an import show: the steps, the figures, and what may be done next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from access.models import Action, User
from access.requests import signed_in
from customers.import_tables import ImportRowList
from customers.models import DataImport, ImportState, ImportSubject
from customers.services.imports import CHECK, CHECK_UNDO, KIND, UNDOABLE, ensure_may_import, may_import
from jobs.errors import describe
from jobs.flow import Step, Tile, figure, last_duration
from jobs.models import ACTIVE_OR_DONE, Job, JobStatus
from jobs.services.steering import WAITING

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise  # the stubs' name of a lazy text

SOURCE: Final = "source"
COLUMNS: Final = "columns"
PREVIEW: Final = "preview"
RUN: Final = "run"
STEP_LABELS: Final[dict[str, _StrPromise]] = {
    SOURCE: gettext_lazy("File"),
    COLUMNS: gettext_lazy("Columns"),
    PREVIEW: gettext_lazy("Preview"),
    RUN: gettext_lazy("Import"),
}


class ImportPage:
    """One import as one person sees it."""

    def __init__(self, job: Job, data_import: DataImport, user: User) -> None:
        """Use `read_page`; this asks nobody."""
        self.job = job
        self.data_import = data_import
        self.subject = ImportSubject(data_import.subject)
        self.user = user
        self.may_change = may_import(user, self.subject) and Job.objects.visible_to(user, Action.CHANGE).filter(pk=job.pk).exists()
        self.may_export = Job.objects.visible_to(user, Action.EXPORT).filter(pk=job.pk).exists()

    @property
    def inspection(self) -> dict[str, Any]:
        """What was found in the source; empty before it was looked into."""
        found: dict[str, Any] = self.data_import.inspection or {}
        return found

    @property
    def is_configurable(self) -> bool:
        """Whether source and columns may still be changed."""
        job = self.job
        return job.status in (JobStatus.UPLOADED, JobStatus.VALIDATED, JobStatus.FAILED) and not job.started_at and not job.undo_of_id

    @property
    def is_waiting(self) -> bool:
        """Whether a worker has still to read or check the source."""
        return bool(self.job.awaits) and self.job.status in WAITING

    @property
    def may_discard(self) -> bool:
        """Whether the import can be given up before it runs."""
        return self.may_change and self.job.status in WAITING

    @property
    def may_undo(self) -> bool:
        """Whether what the import did can be taken back."""
        job = self.job
        return self.may_change and job.status in UNDOABLE and not job.undo_of_id and bool(job.applied) and self.undo is None

    @property
    def undo(self) -> Job | None:
        """The job that takes this one back, or has done so."""
        return self.job.undone_by

    @property
    def reason(self) -> str:
        """Why the job does not go on; empty where nothing is wrong."""
        error = self.job.error
        return describe(error["code"], error.get("figures", {})) if error else ""

    @property
    def step(self) -> str:
        """The step that fits the job's status."""
        job = self.job
        if job.started_at or job.status in ACTIVE_OR_DONE or job.status in (JobStatus.UNDONE, JobStatus.CANCELLED):
            return RUN
        if job.status == JobStatus.UPLOADED or (job.status == JobStatus.FAILED and not job.undo_of_id and not self.data_import.mapping):
            return COLUMNS
        return PREVIEW

    def url(self, step: str) -> str:
        """The address of a step."""
        return reverse(f"customers:import_{step}", args=[self.job.pk])

    @property
    def list_url(self) -> str:
        """The list of what is imported."""
        return reverse(LIST_NAMES[self.subject])

    def steps(self, current: str) -> list[Step]:
        """The way through; an import that undoes another begins at its preview."""
        keys = [PREVIEW, RUN] if self.job.undo_of_id else list(STEP_LABELS)
        place = keys.index(current)
        reachable = {SOURCE, COLUMNS} if self.is_configurable and self.may_change else set()
        if self.step == PREVIEW:
            reachable.add(PREVIEW)
        return [
            Step(
                STEP_LABELS[key],
                "current" if key == current else "done" if index < place else "todo",
                self.url(key) if key in reachable and key != current else "",
            )
            for index, key in enumerate(keys)
        ]

    def context(self, step: str) -> dict[str, Any]:
        """What every step's template needs."""
        job = self.job
        return {
            "page": self,
            "job": job,
            "subject": self.subject,
            "subject_label": subject_title(self.subject),
            "steps": self.steps(step),
            "cancel_url": reverse("customers:import_cancel", args=[job.pk]),
            "error_file": bool(self.may_export and job.fingerprint and (job.failed or job.conflicts)),
            "check_seconds": last_duration(job, CHECK, CHECK_UNDO),
        }


LIST_NAMES: Final[dict[str, str]] = {
    ImportSubject.CUSTOMERS: "customers:customer_list",
    ImportSubject.CONTACT_PEOPLE: "customers:contact_person_list",
}


def subject_title(subject: str) -> str:
    """What is imported, as a heading."""
    return _("Import of customers") if subject == ImportSubject.CUSTOMERS else _("Import of contact persons")


def first_steps() -> list[Step]:
    """The way through, before there is a job."""
    return [Step(label, "current" if key == SOURCE else "todo", "") for key, label in STEP_LABELS.items()]


def subject_of(text: str, user: User) -> str:
    """The subject that an address names. Raises Http404, PermissionDenied when `user` may not import it."""
    if text not in ImportSubject.values:
        raise Http404
    ensure_may_import(user, text)
    return text


def read_page(request: HttpRequest, pk: int, action: str = Action.VIEW) -> ImportPage:
    """The import with key `pk`. Raises Http404 when it is hidden, missing, or a job of another kind."""
    user = signed_in(request)
    jobs = Job.objects.select_related("actor", "source", "undo_of", "approved_by").filter(kind=KIND)
    job = jobs.get_visible(user, pk, action)
    data_import = DataImport.objects.filter(job=job).first()
    if data_import is None:
        raise Http404
    return ImportPage(job, data_import, user)


# --- figures ---------------------------------------------------------------------------------------------------------------------------


def tiles_before(page: ImportPage, rows: ImportRowList) -> list[Tile]:
    """The figures of a checked import: what would happen, as tabs."""
    counts: dict[str, int] = page.job.summary.get("counts", {})
    left = page.job.summary.get("left", 0)
    if page.job.undo_of_id:
        removed, restored = counts.get(ImportState.CREATED, 0), counts.get(ImportState.UPDATED, 0)
        return [
            _tile(rows, "all", _("Rows"), page.job.rows),
            _tile(rows, "created", _("Entered by the import"), removed, _("will be removed") if removed else ""),
            _tile(rows, "updated", _("Changed by the import"), restored, _("get their old values back") if restored else ""),
            _tile(rows, "left", _("Changed since"), left, _("left alone") if left else ""),
        ]
    return _state_tiles(rows, counts)


def tiles_after(page: ImportPage, rows: ImportRowList, duration: str) -> list[Tile]:
    """The figures of a finished run."""
    job = page.job
    applied: dict[str, int] = job.summary.get("applied", {})
    left = job.conflicts + job.summary.get("left", 0)
    created, updated = applied.get(ImportState.CREATED, 0), applied.get(ImportState.UPDATED, 0)
    not_run = job.eligible - job.applied - job.conflicts
    note = ngettext("%(count)s not run", "%(count)s not run", not_run) % {"count": figure(not_run)} if not_run > 0 else ""
    if job.undo_of_id:
        return [
            _tile(rows, "created", _("Removed"), created, note),
            _tile(rows, "updated", _("Have their old values back"), updated),
            _tile(rows, "left", _("Changed since"), left, _("left alone") if left else ""),
            Tile(_("Duration"), duration),
        ]
    counts: dict[str, int] = job.summary.get("counts", {})
    return [
        _tile(rows, "created", pgettext("import", "Entered"), created, note),
        _tile(rows, "updated", pgettext("import", "Changed"), updated),
        _tile(rows, "left", _("Left alone"), left, _("changed since the check") if left else ""),
        *_state_tiles(rows, counts)[3:],
        Tile(_("Duration"), duration),
    ]


def _state_tiles(rows: ImportRowList, counts: dict[str, int]) -> list[Tile]:
    return [
        _tile(rows, "created", pgettext("import", "New"), counts.get(ImportState.CREATED, 0)),
        _tile(rows, "updated", pgettext("import", "Changes"), counts.get(ImportState.UPDATED, 0)),
        _tile(rows, "unchanged", pgettext("import", "Unchanged"), counts.get(ImportState.UNCHANGED, 0)),
        _tile(rows, "duplicate", pgettext("import", "Duplicates"), counts.get(ImportState.DUPLICATE, 0)),
        _tile(rows, "error", _("Errors"), counts.get(ImportState.ERROR, 0)),
    ]


def _tile(rows: ImportRowList, show: str, label: str, count: int, note: str = "") -> Tile:
    return Tile(label, figure(count), note, f"{rows.url}?{urlencode({'show': show})}", rows.show == show)
