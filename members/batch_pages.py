"""What the pages of a batch show: the steps, the figures, the chips of findings, and what may be done next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from access.models import Action, User
from access.requests import signed_in
from access.scope import allowed
from jobs.flow import Step, Tile, figure, last_duration
from jobs.models import ACTIVE_OR_DONE, Job, JobMode, JobStatus
from jobs.services.steering import WAITING
from members.batch_tables import BatchRowList
from members.bulk.undoing import applied_rows
from members.models import ProvisioningBatch, Severity
from members.services.batches import CHECK, CHECK_UNDO, KIND, UNDOABLE
from members.services.error_file import XLSX_MAX_ROWS
from members.services.plan import ActionSpec
from members.services.wording import ActionWords, refusal_text
from members.verdicts import GROUP_CODES, LABELS, Severities
from products.money import yuan

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise  # the stubs' name of a lazy text

SOURCE: Final = "source"
ACTIONS: Final = "actions"
PREVIEW: Final = "preview"
RUN: Final = "run"
STEP_LABELS: Final[dict[str, _StrPromise]] = {
    SOURCE: gettext_lazy("Source"),
    ACTIONS: pgettext_lazy("batch", "Actions"),
    PREVIEW: gettext_lazy("Preview"),
    RUN: gettext_lazy("Run"),
}
_CHIPS_SHOWN: Final = 6
_SEVERITY_ORDER: Final = (Severity.ERROR, Severity.WARNING, Severity.SKIP)
_TONES: Final = {Severity.ERROR: "bad", Severity.WARNING: "warn", Severity.SKIP: "idle"}


@dataclass(frozen=True, slots=True)
class Chip:
    """A kind of finding with its count of rows; `url` filters by it, or takes the filter away where it is set."""

    label: str
    count: int
    tone: str
    url: str
    active: bool


class BatchPage:
    """One batch as one person sees it."""

    def __init__(self, job: Job, batch: ProvisioningBatch, user: User) -> None:
        """Use `read_page`; this asks nobody."""
        self.job = job
        self.batch = batch
        self.user = user
        self.may_change = allowed(user, "members", Action.CHANGE) and Job.objects.visible_to(user, Action.CHANGE).filter(pk=job.pk).exists()
        self.may_export = Job.objects.visible_to(user, Action.EXPORT).filter(pk=job.pk).exists()
        self.words = ActionWords.of(job.parameters)

    @property
    def inspection(self) -> dict[str, Any]:
        """What was found in the source; empty before it was looked into."""
        found: dict[str, Any] = self.batch.inspection or {}
        return found

    @property
    def is_configurable(self) -> bool:
        """Whether source and actions may still be changed."""
        return (
            self.job.status in (JobStatus.UPLOADED, JobStatus.VALIDATED, JobStatus.FAILED)
            and not self.job.started_at
            and not self.job.undo_of_id
        )

    @property
    def is_waiting(self) -> bool:
        """Whether a worker has still to read or check the source."""
        return bool(self.job.awaits) and self.job.status in WAITING

    @property
    def is_blocked(self) -> bool:
        """Whether all rows or none shall run, and not all can."""
        return self.job.mode == JobMode.ATOMIC and bool(self.job.failed) and not self.job.undo_of_id

    @property
    def may_discard(self) -> bool:
        """Whether the batch can be given up before it runs."""
        return self.may_change and self.job.status in WAITING

    @property
    def may_recheck(self) -> bool:
        """Whether the batch can be checked again as it is."""
        job = self.job
        if not self.may_change or job.undo_of_id or "actions" not in job.parameters:
            return False
        return job.status == JobStatus.VALIDATED or (job.status == JobStatus.FAILED and not applied_rows(job.pk))

    @property
    def may_undo(self) -> bool:
        """Whether what the batch did can be taken back."""
        return (
            self.may_change
            and self.job.status in UNDOABLE
            and not self.job.undo_of_id
            and self.undo is None
            and bool(applied_rows(self.job.pk))
        )

    @property
    def members_query(self) -> str:
        """The query that narrows the customer's members to those of this batch; empty where it has none any more."""
        job = self.job
        return f"?{urlencode({'batch': job.pk})}" if job.applied and not job.undo_of_id and job.status != JobStatus.UNDONE else ""

    @property
    def undo(self) -> Job | None:
        """The job that takes this one back, or has done so."""
        return self.job.undone_by

    @property
    def reason(self) -> str:
        """Why the job does not go on; empty where nothing is wrong."""
        error = self.job.error
        return refusal_text(error["code"], error.get("figures", {})) if error else ""

    @property
    def step(self) -> str:
        """The step that fits the job's status."""
        job = self.job
        if job.started_at or job.status in ACTIVE_OR_DONE or job.status in (JobStatus.UNDONE, JobStatus.CANCELLED):
            return RUN
        if job.status == JobStatus.UPLOADED or (job.status == JobStatus.FAILED and not job.undo_of_id and "actions" not in job.parameters):
            return ACTIONS
        return PREVIEW

    def url(self, step: str) -> str:
        """The address of a step."""
        return reverse(f"members:batch_{step}", args=[self.job.pk])

    def steps(self, current: str) -> list[Step]:
        """The way through; a batch that undoes another begins at its preview."""
        keys = [PREVIEW, RUN] if self.job.undo_of_id else list(STEP_LABELS)
        place = keys.index(current)
        reachable = {SOURCE, ACTIONS} if self.is_configurable and self.may_change else set()
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

    def check_seconds(self) -> str:
        """How long the last check took; empty where there was none."""
        return last_duration(self.job, CHECK, CHECK_UNDO)

    def context(self, step: str) -> dict[str, Any]:
        """What every step's template needs."""
        left_out = self.job.failed + self.job.skipped + self.job.conflicts
        return {
            "page": self,
            "job": self.job,
            "batch": self.batch,
            "customer": self.batch.customer,
            "steps": self.steps(step),
            "actions_text": self.words.sentence,
            "cancel_url": reverse("members:batch_cancel", args=[self.job.pk]),
            "pause_url": reverse("members:batch_pause", args=[self.job.pk]),
            "resume_url": reverse("members:batch_resume", args=[self.job.pk]),
            "error_file": bool(self.may_export and self.job.fingerprint and left_out),
            "error_file_fits": left_out <= XLSX_MAX_ROWS,
        }


def read_page(request: HttpRequest, pk: int, action: str = Action.VIEW) -> BatchPage:
    """The batch with key `pk`. Raises Http404 when it is hidden, missing, or a job of another kind."""
    user = signed_in(request)
    jobs = Job.objects.select_related("actor", "source", "undo_of", "approved_by").filter(kind=KIND)
    job = jobs.get_visible(user, pk, action)
    batch = ProvisioningBatch.objects.select_related("customer").filter(job=job).first()
    if batch is None:
        raise Http404
    return BatchPage(job, batch, user)


# --- figures ---------------------------------------------------------------------------------------------------------------------------


def tiles_before(page: BatchPage, rows: BatchRowList) -> list[Tile]:
    """The figures of a checked batch."""
    job, severities = page.job, rows.explainer.severities
    if job.undo_of_id:
        return [
            _tile(rows, "eligible", _("Can be taken back"), job.eligible),
            _tile(rows, "failed", _("Changed since"), job.failed, _("left alone") if job.failed else ""),
            _tile(rows, "skipped", _("Gone already"), job.skipped),
        ]
    kinds = len(_found(job, severities, Severity.ERROR))
    return [
        _tile(rows, "eligible", _("Eligible"), job.eligible, _actions_note(page)),
        _tile(rows, "skipped", _("Skipped"), job.skipped, _labels(_found(job, severities, Severity.SKIP)) if job.skipped else ""),
        _tile(
            rows,
            "failed",
            _("Errors"),
            job.failed,
            ngettext("%(count)d kind", "%(count)d kinds", kinds) % {"count": kinds} if kinds else "",
        ),
        _tile(rows, "warned", _("Warnings"), job.warned, _labels(_found(job, severities, Severity.WARNING)) if job.warned else ""),
        *_revenue_tile(job.summary.get("revenue")),
    ]


def tiles_after(page: BatchPage, rows: BatchRowList, speed: str) -> list[Tile]:
    """The figures of a finished run; `speed` says how long it took."""
    job = page.job
    not_run = job.eligible - job.applied - job.conflicts
    applied = _tile(
        rows,
        "eligible",
        _("Taken back") if job.undo_of_id else _("Applied"),
        job.applied,
        ngettext("%(count)s not run", "%(count)s not run", not_run) % {"count": figure(not_run)} if not_run > 0 else "",
    )
    conflicts = _tile(rows, "conflict", _("Conflicts"), job.conflicts, _("changed since the check") if job.conflicts else "")
    left = _tile(rows, "failed", _("Changed since") if job.undo_of_id else _("Errors"), job.failed, _("left alone") if job.failed else "")
    return [
        applied,
        conflicts,
        left,
        _tile(rows, "skipped", _("Gone already") if job.undo_of_id else _("Skipped"), job.skipped),
        Tile(_("Duration"), speed),
    ]


def _tile(rows: BatchRowList, show: str, label: str, count: int, note: str = "") -> Tile:
    active = rows.show == show and not rows.verdict
    return Tile(label, figure(count), note, _rows_url(rows, show=show), active)


def _rows_url(rows: BatchRowList, **parameters: str) -> str:
    return f"{rows.url}?{urlencode(parameters)}"


def _actions_note(page: BatchPage) -> str:
    counted = page.job.summary.get("actions", [])
    return " · ".join(f"{page.words.short(ActionSpec.parse(each['action']))} {figure(each['eligible'])}" for each in counted)


def _found(job: Job, severities: Severities, severity: Severity) -> list[str]:
    verdicts: dict[str, int] = job.summary.get("verdicts", {})
    codes = [code for code in verdicts if code in LABELS and code not in GROUP_CODES and severities.of(code) == severity]
    return sorted(codes, key=lambda code: -verdicts[code])


def _labels(codes: Iterable[str]) -> str:
    return " · ".join(str(LABELS[code]) for code in codes)


def _revenue_tile(revenue: dict[str, str] | None) -> list[Tile]:
    if not revenue:
        return []
    net = Decimal(revenue["begun_net"]) - Decimal(revenue["ended_net"])
    gross = Decimal(revenue["begun_gross"]) - Decimal(revenue["ended_gross"])
    note = _("discounts %(amount)s") % {"amount": signed_yuan(net - gross)} if net != gross else _("no discounts")
    return [Tile(_("Monthly revenue change"), signed_yuan(net), note)]


def signed_yuan(amount: Decimal) -> str:
    """An amount in CNY with its sign: `+¥1,200`, `−¥9.90`, `¥0`."""
    return f"{'+' if amount > 0 else '−' if amount < 0 else ''}{yuan(abs(amount))}"


@dataclass(frozen=True, slots=True)
class Chips:
    """The kinds of findings, errors first, the most frequent first; `more` are those for which the line has no room."""

    shown: list[Chip]
    more: list[Chip]


def chips_of(page: BatchPage, rows: BatchRowList) -> Chips:
    """The kinds of findings of the batch's rows."""
    verdicts: dict[str, int] = page.job.summary.get("verdicts", {})
    severities = rows.explainer.severities
    chips = []
    for severity in _SEVERITY_ORDER:
        for code in _found(page.job, severities, severity):
            active = rows.verdict == code
            url = rows.url if active else _rows_url(rows, verdict=code)
            chips.append(Chip(str(LABELS[code]), verdicts[code], _TONES[severity], url, active))
    shown = chips[:_CHIPS_SHOWN]
    return Chips(shown + [chip for chip in chips[_CHIPS_SHOWN:] if chip.active], [chip for chip in chips[_CHIPS_SHOWN:] if not chip.active])


@dataclass(frozen=True, slots=True)
class GroupFinding:
    """A finding about the group as a whole. `blocks`: nothing can run while it stands."""

    label: str
    rows: int
    blocks: bool


def group_findings(job: Job) -> list[GroupFinding]:
    """What the check found about the group as a whole."""
    blocking = job.summary.get("group_errors", [])
    found: dict[str, int] = job.summary.get("group", {})
    return [GroupFinding(str(LABELS[code]), count, code in blocking) for code, count in found.items() if code in LABELS]
