"""The rows of an import as a list: the columns of the file, old and new values of what changes, and what was found."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cached_property, partial
from typing import Any, ClassVar, Final

from django.db.models import Q, QuerySet
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from common.lists import NOTHING, Beside, Column, ListDefinition, dot
from common.masking import mask_digits
from customers.imports.fields import CODES, SECRET, labels_of
from customers.imports.findings import message_of
from customers.imports.old_values import MASKS, OldValues
from customers.models import DataImport, ImportRow, ImportState
from jobs.models import ChunkState, Job, JobChunk

MAX_COLUMNS: Final = 8
SHOWS: Final = {
    "all": None,
    "created": ImportState.CREATED,
    "updated": ImportState.UPDATED,
    "unchanged": ImportState.UNCHANGED,
    "duplicate": ImportState.DUPLICATE,
    "error": ImportState.ERROR,
    "left": None,
}
_LINE_DIGITS: Final = 8
_SHORT_AMOUNT: Final = re.compile(r"[¥￥]?\s*(?:\d{1,9}|\d{1,3}(?:[,，]\d{3}){1,2})(?:\.\d{1,2})?\s*元?", re.ASCII)
"""Below 1,000,000,000 CNY: fewer digits than a mobile number, an identity card or a bank account has."""


class ImportRowList(ListDefinition):
    """The rows of one import (`job=`, `data_import=`), as the address asks: `show` one of `SHOWS`."""

    name = "import_rows"
    model = ImportRow
    title = gettext_lazy("Rows")
    search_fields: ClassVar[Sequence[str]] = ("label__icontains",)
    search_label = gettext_lazy("Row, code or name")
    default_sort = "line"

    def __init__(self, request: Any, *, job: Job, data_import: DataImport, **kwargs: Any) -> None:
        """Bind the list to the request and to the import, whose job the user may see."""
        super().__init__(request, **kwargs)
        self.job = job
        self.subject = data_import.subject
        inspection = data_import.inspection or {}
        self.headings: list[str] = inspection.get("headings", [])
        self.mapping: dict[str, int] = data_import.mapping
        self.labels = labels_of(self.subject)
        wanted = request.GET.get("show", "")
        self.show = wanted if wanted in SHOWS else self._first_shown()

    def _first_shown(self) -> str:
        """What needs a look comes first."""
        counts = self.job.summary.get("counts", {})
        if self.job.conflicts or self.job.summary.get("left"):
            return "left"
        return "error" if counts.get(ImportState.ERROR) else "duplicate" if counts.get(ImportState.DUPLICATE) else "all"

    @property
    def empty_text(self) -> str:  # type: ignore[override]  # it depends on what is asked for
        """What an empty grid means."""
        if self.show == "all" and not self.job.rows:
            return _("The rows of this job are no longer kept.")
        return _("No such rows.")

    def queryset(self) -> QuerySet[Any]:
        """The job's rows of the kind that is shown."""
        rows = super().queryset().filter(job=self.job)
        if self.show == "left":
            return rows.filter(is_conflict=True)
        state = SHOWS[self.show]
        return rows if state is None else rows.filter(state=state, is_conflict=False)

    def search(self, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        """By the row's number in the file, or a part of its code or name."""
        condition = Q(label__icontains=text)
        if text.isascii() and text.isdigit() and len(text) <= _LINE_DIGITS:
            condition |= Q(line=int(text))
        return queryset.filter(condition)

    def first_rows(self, queryset: QuerySet[Any]) -> list[Any]:
        """Read the page with its cells, and what stood before."""
        rows = super().first_rows(queryset)
        old = OldValues(self.subject, rows, self.user)
        for row in rows:
            row.cells = json.loads(row.raw)
            row.old = {name: value for name in self.mapping if (value := old.of(row, name)) is not None}
            row.at_fault = {place for _code, place, _figures in row.findings if place}
        return rows

    def get_columns(self) -> list[Column]:
        """The row's number in the file, the fields in order, the file's other columns, and the findings."""
        mapped = [name for name in self.labels if name in self.mapping]
        taken = set(self.mapping.values())
        others = [column for column in range(len(self.headings)) if column not in taken]
        shown = [self._field_column(name, hide=place > 1) for place, name in enumerate(mapped)]
        shown += [self._other_column(column) for column in others]
        line = Column(key="line", label=gettext_lazy("Row"), value="line", sort=("line",), numeric=True)
        return [line, *shown[:MAX_COLUMNS], Column(key="findings", label=gettext_lazy("Findings"), value=self._findings)]

    @property
    def hidden_columns(self) -> int:
        """How many columns of the file are not shown."""
        return max(len(self.headings) - MAX_COLUMNS, 0)

    def _field_column(self, name: str, *, hide: bool) -> Column:
        return Column(key=f"f-{name}", label=self.labels[name], value=partial(self._field_cell, name), hide_on_phone=hide)

    def _other_column(self, column: int) -> Column:
        label = mask_digits(self.headings[column]) or "—"
        return Column(key=f"c{column}", label=label, value=partial(_plain_cell, column), hide_on_phone=True)

    def _field_cell(self, name: str, row: Any) -> SafeString:
        column = self.mapping[name]
        text = row.cells[column].strip() if column < len(row.cells) else ""
        shown = masked_cell(name, text)
        if name in row.old:
            return format_html('<span class="cell-new"><del>{}</del> {}</span>', row.old[name], shown or "—")
        if name in row.at_fault:
            style = "cell-warn" if row.state == ImportState.DUPLICATE else "cell-bad"
            return format_html('<span class="{}">{}</span>', style, shown or "—")
        return format_html("{}", shown) if shown else NOTHING

    def _findings(self, row: Any) -> SafeString:
        parts = [] if row.is_conflict else [self._outcome(row)]
        tone = "warn" if row.is_conflict or row.state == ImportState.DUPLICATE else "bad"
        parts += [dot(tone, text) for text in findings_of(row, self.labels)]
        parts += [self._change_on_phone(name, row) for name in row.old]
        return format_html('<span class="findings">{}</span>', format_html_join("", "{}", ((part,) for part in parts)))

    def _change_on_phone(self, name: str, row: Any) -> SafeString:
        """What changes, where the columns have no room."""
        return format_html('<span class="d-md-none">{}: {}</span>', self.labels[name], self._field_cell(name, row))

    def _outcome(self, row: Any) -> SafeString:
        if row.state in (ImportState.ERROR, ImportState.DUPLICATE):
            return SafeString("")
        if row.state == ImportState.UNCHANGED:
            return dot("idle", _("As it is already"))
        if not self.job.started_at:
            return dot("ok", self._plan(row))
        if self.job.finished_at is None:
            return dot("run", _("Running or waiting"))
        done = any(first <= row.line <= last for first, last in self._done)
        return dot("ok", self._deed(row)) if done else dot("idle", _("Not run"))

    def _plan(self, row: Any) -> str:
        if self.job.undo_of_id:
            return _("Will be removed") if row.state == ImportState.CREATED else _("Gets its old values back")
        return _("Will be entered") if row.state == ImportState.CREATED else _("Will be changed")

    def _deed(self, row: Any) -> str:
        if self.job.undo_of_id:
            return _("Removed") if row.state == ImportState.CREATED else _("Has its old values back")
        return pgettext("import", "Entered") if row.state == ImportState.CREATED else pgettext("import", "Changed")

    @cached_property
    def _done(self) -> list[tuple[int, int]]:
        return list(JobChunk.objects.filter(job=self.job, state=ChunkState.DONE).values_list("first", "last"))


def masked_cell(name: str, text: str) -> str:
    """A cell of field `name` as everybody may see it.

    Whoever says what the columns hold may say that phones are remarks: so numbers of people are masked in every field but the codes, which
    look like them, and amounts too short to be one.
    """
    if name in SECRET:
        return MASKS[name](text) if text else text
    plain = name in CODES or (name == "credit_limit" and _SHORT_AMOUNT.fullmatch(text))
    return text if plain else mask_digits(text)


def _plain_cell(column: int, row: Any) -> Beside | SafeString:
    text = row.cells[column].strip() if column < len(row.cells) else ""
    return format_html("{}", mask_digits(text)) if text else NOTHING


def findings_of(row: ImportRow, labels: dict[str, Any]) -> list[str]:
    """What was found in a row, each as a sentence that names the field."""
    told = []
    for code, name, figures in row.findings:
        words = message_of(code, figures)
        told.append(_("%(field)s: %(finding)s") % {"field": labels[name], "finding": words} if name in labels else words)
    return told
