"""Files of imports: the template to fill in, and the error file, which can be mended and imported again.

Masked values stand in the error file in full for whoever may both export the import and reveal it; for everybody else they are masked, be
it the person who uploaded them: a file travels on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import BinaryIO, Final

from django.conf import settings
from django.db.models import Q, TextChoices
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import override

from access.audit import record_event
from access.models import Action, AuditEventKind, User
from common.cells import neutralised
from common.masking import mask_digits
from customers.attributes import PREFIX, definitions_in_use
from customers.import_tables import findings_of, masked_cell
from customers.imports.fields import labels_of
from customers.models import (
    CertificateType,
    ContactRole,
    CustomerLevel,
    CustomerScale,
    DataImport,
    ImportRow,
    ImportState,
    ImportSubject,
    Industry,
    Lifecycle,
    Region,
)
from customers.querysets import ImportRowQuerySet
from jobs.models import Job
from jobs.sheets import write_records, write_template

_PAGE: Final = 2_000
MOST_ROWS: Final = 100_000
_CHOICES: Final[dict[str, dict[str, type[TextChoices]]]] = {
    ImportSubject.CUSTOMERS: {"scale": CustomerScale, "level": CustomerLevel, "lifecycle": Lifecycle},
    ImportSubject.CONTACT_PEOPLE: {"role": ContactRole, "id_type": CertificateType},
}


def error_rows(job: Job) -> ImportRowQuerySet:
    """The rows that were not, or will not be, written: errors, duplicates and conflicts, in the order of the file."""
    left_out = Q(state__in=(ImportState.ERROR, ImportState.DUPLICATE)) | Q(is_conflict=True)
    return ImportRow.objects.filter(left_out, job=job).order_by("line")


def write_error_file(job: Job, reader: User, file: BinaryIO, request: HttpRequest) -> None:
    """Write the first `MOST_ROWS` of them with the file's own columns and the reasons; the audit keeps that it was taken out."""
    in_full = Job.objects.visible_to(reader, Action.REVEAL).filter(pk=job.pk).exists()
    details = {"file": "errors", "form": "xlsx", "rows": error_rows(job).count(), "revealed": in_full}
    record_event(AuditEventKind.EXPORTED, actor=reader, request=request, target=job, details=details)
    write_records(file, _("Errors"), islice(_records(job, in_full=in_full), MOST_ROWS + 1))


def _records(job: Job, *, in_full: bool) -> Iterator[Sequence[str]]:
    found = DataImport.objects.get(job=job)
    headings: list[str] = (found.inspection or {}).get("headings", [])
    labels = labels_of(found.subject)
    by_column = {column: name for name, column in found.mapping.items()}
    yield [*(heading if in_full else mask_digits(heading) for heading in headings), _("Row"), _("Reason")]
    for row in error_rows(job).iterator(chunk_size=_PAGE):
        cells = [str(cell) for cell in json.loads(row.raw)][: len(headings)]
        cells += [""] * (len(headings) - len(cells))
        shown = cells if in_full else [_masked(by_column.get(column), cell) for column, cell in enumerate(cells)]
        yield [*map(neutralised, shown), str(row.line), "; ".join(findings_of(row, labels))]


def _masked(name: str | None, cell: str) -> str:
    return mask_digits(cell) if name is None else masked_cell(name, cell)


def write_import_template(subject: str, language: str, file: BinaryIO) -> None:
    """Write the workbook to fill in, in `language`: the columns, those that administrators defined too, and what may stand in them."""
    with override(language):
        labels = labels_of(subject)
        title = str(ImportSubject(subject).label)
        write_template(file, title, [str(label) for label in labels.values()], {_("Values"): _values(subject, labels)})


def _values(subject: str, labels: dict[str, object]) -> Iterator[Sequence[str]]:
    """What may stand in the columns with fixed values: code, and the names in each language."""
    yield [_("Column"), _("Code"), "English", "中文"]
    for name, choices in _CHOICES[subject].items():
        for value in choices:
            yield [str(labels[name]), str(value.value), *_in_each_language(value)]
    if subject == ImportSubject.CUSTOMERS:
        for name, model in (("industry", Industry), ("region", Region)):
            for code, *names in model.objects.values_list("code", "name_en", "name_zh"):
                yield [str(labels[name]), code, *names]
        for definition in definitions_in_use():
            for choice in definition.choices.all():
                yield [str(labels[f"{PREFIX}{definition.key}"]), choice.code, choice.name_en, choice.name_zh]


def _in_each_language(choice: TextChoices) -> list[str]:
    words = []
    for language, _label in settings.LANGUAGES:
        with override(language):
            words.append(str(choice.label))
    return words
