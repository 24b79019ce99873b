"""Imports for tests: sources made of rows, and the whole way in this process."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook

from access.models import User
from customers.imports.checking import Options
from customers.models import DataImport, ImportRow
from customers.services.imports import approve_import, configure_import, create_import
from jobs.models import Job
from jobs.services.files import keep_source
from jobs.services.work import advance

CUSTOMERS = "customers"
CONTACTS = "contact-people"


def workbook(rows: Sequence[Sequence[Any]]) -> bytes:
    """A workbook with these rows."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Sheet")
    for row in rows:
        sheet.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def work_off(job: Job) -> Job:
    """Do all that the job awaits."""
    while advance(job.pk):
        pass
    job.refresh_from_db()
    return job


def checked(actor: User, subject: str, rows: Sequence[Sequence[Any]], *, options: Options | None = None, csv: bool = False) -> Job:
    """An import of a file with these rows, checked, with the columns that were guessed."""
    content = "\n".join(",".join(map(str, row)) for row in rows).encode() if csv else workbook(rows)
    source = keep_source(io.BytesIO(content), "csv" if csv else "xlsx")
    job = work_off(create_import(subject=subject, actor=actor, source=source, source_name="file"))
    inspection = DataImport.objects.get(job=job).inspection
    assert inspection is not None, job.error
    return work_off(configure_import(job_id=job.pk, actor=actor, mapping=inspection["mapping"], options=options or Options()))


def imported(actor: User, subject: str, rows: Sequence[Sequence[Any]], **chosen: Any) -> Job:
    """The same, and run."""
    return run(checked(actor, subject, rows, **chosen), actor)


def run(job: Job, actor: User) -> Job:
    """Run a checked import."""
    return work_off(approve_import(job_id=job.pk, actor=actor, fingerprint=job.fingerprint))


def told(job: Job) -> list[tuple[int, str, list[tuple[str, str]]]]:
    """Of each row its line, its state and its findings with their fields."""
    rows = ImportRow.objects.filter(job=job).order_by("line")
    return [(row.line, row.state, [(code, field) for code, field, _figures in row.findings]) for row in rows]
