"""The rows of a batch as a list: the columns of the user's own file, what was found in each row, and the cells at fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, Final

from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from access.models import Action
from access.number_search import number_condition, shown_end, shown_start
from access.reveals import mark_revealable, shown
from access.scope import allowed
from common.lists import Beside, Column, ListAction, ListDefinition, dot
from common.lists.state import ListState
from common.masking import mask_digits, mask_number
from common.reading.dates import parse_date
from jobs.models import Job
from jobs.tables import JobList
from members.forms_batch import FIELD_LABELS
from members.models import BatchRow, ProvisioningBatch, RowState, Severity
from members.reading.normalise import clean_text
from members.roster import international
from members.sensitive import cell_name
from members.services.batches import KIND
from members.services.explaining import Explainer, Explanation, normalised_from
from members.services.plan import ActionSpec
from members.services.wording import ActionWords
from members.verdict_codes import BIT, CODES
from members.verdicts import GROUP_CODES

MAX_COLUMNS: Final = 8
SHOWS: Final = ("all", "eligible", "skipped", "failed", "warned", "conflict")
_STATES: Final = {"eligible": RowState.ELIGIBLE, "skipped": RowState.SKIPPED, "failed": RowState.FAILED, "conflict": RowState.CONFLICT}
_TONES: Final = {Severity.ERROR: "bad", Severity.WARNING: "warn", Severity.SKIP: "idle"}
_ORDER: Final = (Severity.ERROR, Severity.WARNING, Severity.SKIP)
_TEXT_LIMITS: Final = {"holder_name": 64, "department": 64, "employee_no": 32}
_LINE_DIGITS: Final = 8
_FIELD_OF: Final = {
    "tariff_unknown": ("tariff_code",),
    "offer_unknown": ("offer_code",),
    "date_reversed": ("effective_on", "expires_on"),
    "date_outside_offer": ("effective_on", "expires_on"),
    "short_number_malformed": ("short_number",),
    "short_number_taken": ("short_number",),
}


def row_codes() -> list[str]:
    """The verdicts that stand on rows."""
    return [code for code in CODES if code not in GROUP_CODES]


def fields_at_fault(code: str, cell: Mapping[str, str]) -> list[str]:
    """The fields of a row that the verdict `code` is about; `cell` is the row's cell by field name, of mapped fields only."""
    match code:
        case "date_unreadable":
            return [name for name in ("effective_on", "expires_on") if cell.get(name, "").strip() and parse_date(cell[name]) is None]
        case "text_too_long" | "text_control":
            return [name for name, limit in _TEXT_LIMITS.items() if clean_text(cell.get(name, ""), limit)[1] == BIT[code]]
    return [name for name in _FIELD_OF.get(code, ("number",)) if name in cell]


class BatchList(JobList):
    """All batches that the user may see, the latest first, with what each does."""

    name = "batches"
    title = gettext_lazy("Batch provisioning")
    columns: ClassVar[Sequence[Column]] = (
        *JobList.columns[:2],
        Column(
            key="actions", label=pgettext_lazy("batch", "Actions"), values=lambda rows, _user: actions_in_words(rows), hide_on_phone=True
        ),
        *JobList.columns[2:],
    )
    empty_text = gettext_lazy("No batch yet. Begin one: choose a customer and a file with numbers.")

    def queryset(self) -> QuerySet[Any]:
        """Jobs of this kind."""
        return super().queryset().filter(kind=KIND)

    def row_url(self, row: Any) -> str:
        """The batch's page."""
        return reverse("members:batch_detail", args=[row.pk])

    def actions(self) -> list[ListAction]:
        """A new batch."""
        if not allowed(self.user, "members", Action.CHANGE):
            return []
        return [ListAction(label=_("New batch"), url=reverse("members:batch_new"), icon="plus", primary=True, shortcut="n")]


def actions_in_words(jobs: Sequence[Any]) -> dict[int, str]:
    """What each job does, by its key; two queries for all."""
    specs = {job.pk: [ActionSpec(**action) for action in job.parameters.get("actions", [])] for job in jobs}
    words = ActionWords(spec for own in specs.values() for spec in own)
    return {pk: " + ".join(words.short(spec) for spec in own) for pk, own in specs.items()}


class _RowsState(ListState):
    """Counts that the check has added up already are not counted again."""

    @cached_property
    def count(self) -> int:
        """How many rows match; exact where the job knows it."""
        definition = self.definition
        assert isinstance(definition, BatchRowList)
        known = None if self.search_text.strip() else definition.known_count
        return super().count if known is None else known

    @property
    def count_text(self) -> str:
        """The count for people."""
        return super().count_text if self.search_text.strip() else number_format(self.count, force_grouping=True)


class BatchRowList(ListDefinition):
    """The rows of one batch (`job=`, `batch=`), as the address asks: `show` one of `SHOWS`, `verdict` a code."""

    name = "batch_rows"
    model = BatchRow
    title = gettext_lazy("Rows")
    search_fields: ClassVar[Sequence[str]] = ("msisdn",)
    search_label = gettext_lazy("Row or number")
    default_sort = "line"

    def __init__(self, request: Any, *, job: Job, batch: ProvisioningBatch, **kwargs: Any) -> None:
        """Bind the list to the request and to the batch, whose job the user may see."""
        super().__init__(request, **kwargs)
        self.job = job
        inspection = batch.inspection or {}
        self.headings: list[str] = inspection.get("headings", [])
        self.mapping: dict[str, int] = batch.mapping or inspection.get("mapping", {})
        self.explainer = Explainer(job.parameters, self.mapping, self.user)
        verdict = request.GET.get("verdict", "")
        self.verdict = verdict if verdict in row_codes() else ""
        wanted = request.GET.get("show", "")
        self.show = wanted if wanted in SHOWS else ("all" if self.verdict else self._first_shown())

    def _first_shown(self) -> str:
        """What needs a look comes first."""
        if self.job.started_at and self.job.conflicts:
            return "conflict"
        return "failed" if self.job.failed else "all"

    @property
    def empty_text(self) -> str:  # type: ignore[override]  # it depends on what is asked for
        """What an empty grid means."""
        if self.show == "all" and not self.verdict:
            return _("The rows of this job are no longer kept.")
        return _("No such rows.")

    def queryset(self) -> QuerySet[Any]:
        """The job's rows of the kind that is shown."""
        rows = super().queryset().filter(job=self.job)
        if self.show in _STATES:
            rows = rows.filter(state=_STATES[self.show])
        if self.show == "warned":
            rows = _with_bits(rows.filter(state=RowState.ELIGIBLE), self.explainer.severities.warnings)
        return _with_bits(rows, BIT[self.verdict]) if self.verdict else rows

    def search(self, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        """By the row's number in the file, or by digits of its number; by who may not reveal them: the whole number, or digits shown."""
        digits = "".join(character for character in text if character.isascii() and character.isdigit())
        if not digits:
            return queryset.none()
        condition = number_condition(
            BatchRow, self.user, "jobs", any_part=Q(msisdn__contains=digits.removeprefix("0")), shown_part=_shown_part(digits)
        )
        if len(digits) <= _LINE_DIGITS:
            condition |= Q(line=int(digits))
        return queryset.filter(condition)

    @property
    def known_count(self) -> int | None:
        """How many rows are shown, where the job's own counts say it."""
        job = self.job
        if self.verdict:
            count: int | None = job.summary.get("verdicts", {}).get(self.verdict, 0)
            return count if self.show == "all" and not job.started_at else None
        if job.started_at and self.show in ("all", "warned"):
            return job.rows if self.show == "all" else None
        eligible = job.applied if job.finished_at else None if job.started_at else job.eligible
        return {
            "all": job.rows,
            "eligible": eligible,
            "skipped": job.skipped,
            "failed": job.failed,
            "warned": job.warned,
            "conflict": job.conflicts if job.finished_at else None,
        }[self.show]

    @cached_property
    def state(self) -> ListState:
        """What the templates show."""
        return _RowsState(self)

    def first_rows(self, queryset: QuerySet[Any]) -> list[Any]:
        """Read the page and find out what is wrong with its rows."""
        rows = super().first_rows(queryset)
        for row, explanations in zip(rows, self.explainer.explain(rows), strict=True):
            told = [each for each in explanations if each.severity != Severity.OFF]
            row.explanations = sorted(told, key=lambda each: _ORDER.index(each.severity))
            row.at_fault = self._columns_at_fault(row)
        return rows

    def _columns_at_fault(self, row: Any) -> dict[int, str]:
        """Column to style class of the cells that a finding is about; an error wins over a warning."""
        cells = row.cells
        by_field = {name: cells[column] for name, column in self.mapping.items() if column < len(cells)}
        found: dict[int, str] = {}
        for explanation in row.explanations:
            if explanation.severity == Severity.SKIP:
                continue
            style = "cell-bad" if explanation.severity == Severity.ERROR else "cell-warn"
            for name in fields_at_fault(explanation.code, by_field):
                if found.get(self.mapping[name]) != "cell-bad":
                    found[self.mapping[name]] = style
        return found

    def get_columns(self) -> list[Column]:
        """The row's number in the file, the file's own columns (mapped ones first), and the findings."""
        mapped = [self.mapping[name] for name in FIELD_LABELS if name in self.mapping]
        others = [column for column in range(len(self.headings)) if column not in mapped]
        shown = (mapped + others)[:MAX_COLUMNS]
        own = [self._source_column(column, hide=place > 0) for place, column in enumerate(shown)]
        line = Column(key="line", label=gettext_lazy("Row"), value="line", sort=("line",), numeric=True)
        return [line, *own, Column(key="findings", label=gettext_lazy("Findings"), value=self._findings)]

    @property
    def hidden_columns(self) -> int:
        """How many columns of the file are not shown."""
        return max(len(self.headings) - MAX_COLUMNS, 0)

    def _source_column(self, column: int, *, hide: bool) -> Column:
        heading = self.headings[column] if column < len(self.headings) else ""
        label = heading or next((str(FIELD_LABELS[name]) for name, place in self.mapping.items() if place == column), "")
        return Column(key=f"c{column}", label=mask_digits(label) or "—", values=partial(_cells, column), hide_on_phone=hide)

    def _findings(self, row: Any) -> SafeString:
        parts = [_finding(explanation) for explanation in row.explanations]
        if not any(each.severity in (Severity.ERROR, Severity.SKIP) for each in row.explanations):
            parts.insert(0, self._outcome(row))
        if written := normalised_from(row, self.mapping):
            note = format_html('<span class="soft">{}</span>', _("normalised to %(number)s") % {"number": mask_number(written)})
            parts.append(note)
        return format_html('<span class="findings">{}</span>', format_html_join("", "{}", ((part,) for part in parts)))

    def _outcome(self, row: Any) -> SafeString:
        if row.state == RowState.CONFLICT:
            return dot("warn", _("Changed since the check"))
        if row.state == RowState.SKIPPED:
            return dot("idle", _("Gone already") if self.job.undo_of_id else _("Nothing to do"))
        if row.state == RowState.FAILED:
            return dot("bad", _("Error"))
        if not self.job.started_at:
            return dot("ok", _("Can be taken back") if self.job.undo_of_id else _("Eligible"))
        if self.job.finished_at is None or not self.job.applied:
            return dot("idle", _("Not run")) if self.job.finished_at else dot("run", _("Running or waiting"))
        return dot("ok", _("Taken back") if self.job.undo_of_id else _("Applied"))


def _shown_part(digits: str) -> Q:
    """Rows whose number begins or ends with as many of the digits as a mask shows, else rows with just this number."""
    if shown_start(digits):
        return Q(msisdn__startswith=international(digits)) | Q(msisdn__endswith=digits)
    return Q(msisdn__endswith=digits) if shown_end(digits) else Q(msisdn=international(digits))


def _with_bits(rows: QuerySet[Any], mask: int) -> QuerySet[Any]:
    found: QuerySet[Any] = rows.annotate(found_bits=F("verdicts").bitand(mask)).exclude(found_bits=0)
    return found


def _cells(column: int, rows: Sequence[Any], user: Any) -> dict[Any, Beside]:
    """The cells of one column of the source, each masked, and marked where a finding is about it."""
    mark_revealable(user, rows)
    return {row.pk: _cell(user, row, column) for row in rows}


def _cell(user: Any, row: Any, column: int) -> Beside:
    found = shown(user, row, cell_name(column))
    style = row.at_fault.get(column)
    return found if style is None else Beside(format_html('<span class="{}">{}</span>', style, found.content), found.beside)


def _finding(explanation: Explanation) -> SafeString:
    return dot(_TONES.get(explanation.severity, "idle"), explanation.text)
