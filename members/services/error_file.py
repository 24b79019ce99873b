"""The error file of a batch: the user's own columns, and beside them what was found.

Numbers stand in it in full for whoever may both export the batch and reveal it; for everybody else they are masked, be it the person who
uploaded them: a file travels on.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

from django.http import HttpRequest
from django.utils.translation import gettext as _

from access.audit import record_event
from access.models import Action, AuditEventKind, User
from common.cells import neutralised
from common.masking import mask_digits
from jobs.models import Job
from jobs.sheets import write_records
from members.models import BatchRow, ProvisioningBatch, RowState, Severity
from members.querysets import BatchRowQuerySet
from members.services.explaining import Explainer

_PAGE: Final = 2_000
XLSX_MAX_ROWS: Final = 100_000


def error_rows(job: Job) -> BatchRowQuerySet:
    """The rows that were not applied or need a look: failed, skipped and conflicting ones, in the order of the source."""
    return BatchRow.objects.filter(job=job).exclude(state=RowState.ELIGIBLE).order_by("line")


def begin_export(job: Job, reader: User, form: str, request: HttpRequest | None = None) -> bool:
    """Enter into the audit that `reader` takes the error file of `job` out as `form`; returns whether numbers stand in it in full."""
    in_full = Job.objects.visible_to(reader, Action.REVEAL).filter(pk=job.pk).exists()
    details = {"file": "errors", "form": form, "rows": error_rows(job).count(), "revealed": in_full}
    record_event(AuditEventKind.EXPORTED, actor=reader, request=request, target=job, details=details)
    return in_full


def write_error_file(job: Job, reader: User, path: Path) -> None:
    """Write the error file of `job` to `path`, as a workbook when it ends in `.xlsx`, else as CSV in UTF-8 with a byte order mark."""
    form = "xlsx" if path.suffix.lower() == ".xlsx" else "csv"
    in_full = begin_export(job, reader, form)
    if form == "xlsx":
        with path.open("wb") as file:
            write_xlsx(job, reader, file, in_full=in_full)
    else:
        with path.open("w", encoding="utf-8-sig", newline="") as text:
            for line in csv_lines(job, reader, in_full=in_full):
                text.write(line)


class _Echo:
    """A file that hands back what is written to it, so that a CSV writer can feed a streamed answer."""

    def write(self, text: str) -> str:
        return text


def csv_lines(job: Job, reader: User, *, in_full: bool) -> Iterator[str]:
    """The error file as CSV lines, the first one its headings, read page by page."""
    writer = csv.writer(_Echo())
    for record in _records(job, reader, in_full=in_full):
        yield str(writer.writerow([neutralised(cell) for cell in record]))


def write_xlsx(job: Job, reader: User, file: BinaryIO, *, in_full: bool) -> None:
    """The error file as a workbook."""
    write_records(file, _("Errors"), islice(_records(job, reader, in_full=in_full), XLSX_MAX_ROWS + 1))


def _records(job: Job, reader: User, *, in_full: bool) -> Iterator[Sequence[str]]:
    batch = ProvisioningBatch.objects.get(job=job)
    inspection = batch.inspection or {}
    headings: list[str] = inspection.get("headings", [])
    explainer = Explainer(job.parameters, batch.mapping or inspection.get("mapping", {}), reader, in_full=in_full)
    as_seen = str if in_full else mask_digits
    width = max(len(headings), 1)
    outcomes = {state.value: str(state.label) for state in RowState}
    yield [*map(as_seen, headings), _("Row"), _("Outcome"), _("Findings")]
    rows = iter(error_rows(job).iterator(chunk_size=_PAGE))
    while page := list(islice(rows, _PAGE)):
        for row, explanations in zip(page, explainer.explain(page), strict=True):
            cells = [as_seen(cell) for cell in (row.cells + [""] * width)[:width]]
            findings = [each.text for each in explanations if each.severity != Severity.OFF]
            yield [*cells, str(row.line), outcomes[row.state], "; ".join(findings)]
