"""What the API gives and takes of imports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.api.fields import Fetched, ResourceSerializer
from customers.import_pages import ImportPage
from customers.import_tables import masked_cell
from customers.imports.findings import message_of
from customers.models import ContactPerson, Customer, DataImport, ImportRow, ImportState, ImportSubject
from jobs.api.flow import InspectionSerializer, JobErrorSerializer, MappingField, ProgressSerializer, inspection_told, progress_told
from jobs.api.serializers import JobResourceSerializer
from jobs.errors import describe
from jobs.models import Job

STATE_NAMES: Final[dict[str, str]] = {state.value: state.name.lower() for state in ImportState}
_COUNTS: Final = {"type": "object", "properties": {name: {"type": "integer"} for name in STATE_NAMES.values()}}
_WRITTEN: Final = {"type": "object", "properties": {name: {"type": "integer"} for name in ("created", "updated")}}
_TEXTS: Final = {"type": "object", "additionalProperties": {"type": "string"}}


# --- what it takes ---------------------------------------------------------------------------------------------------------------------


@extend_schema_field(
    {"type": "array", "items": {"type": "object"}, "example": [{"code": "YJ-000127", "name": "云江第一医院", "attributes": {"seats": 120}}]}
)
class RowsField(serializers.JSONField):
    """Rows as objects; `customers.imports.given_rows` looks at their keys."""

    def to_internal_value(self, data: Any) -> list[dict[str, Any]]:
        """A list of objects, with something in it and not with too much."""
        rows = super().to_internal_value(data)
        if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
            raise serializers.ValidationError(_("Send a list of objects."), "invalid")
        if len(rows) > settings.BATCH_MAX_ROWS:
            raise serializers.ValidationError(describe("too_many_rows", {"limit": settings.BATCH_MAX_ROWS}), "too_many_rows")
        return rows


class ImportOptionsSerializer(serializers.Serializer[Any]):
    """What an import does with its rows."""

    clears_blanks = serializers.BooleanField(default=False, help_text="An empty cell empties the field. Default: it leaves it as it is.")
    takes_namesakes = serializers.BooleanField(
        default=False, help_text="New rows with a name that is there already are entered all the same. Default: left out, as duplicates."
    )
    run = serializers.BooleanField(
        default=False, help_text="Run it as soon as it is checked, if any row can be. Default: stop at the preview."
    )


class NewImportSerializer(ImportOptionsSerializer):
    """A new import: what the rows are, and the rows."""

    subject = serializers.ChoiceField(ImportSubject.choices)
    file = serializers.FileField(required=False, allow_empty_file=True, help_text="An .xlsx or .csv file with headings.")
    rows = RowsField(
        required=False,
        help_text="Instead of a file: objects by the fields of `customers/` or `contact-people/`. A key that is left out is an empty cell.",
    )
    mapping = MappingField(required=False, help_text="Of a file: which column, from 0, holds which field. Default: as the headings say.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Exactly one source."""
        if attrs.get("file") is not None and attrs.get("rows"):
            raise serializers.ValidationError({"rows": [_("Both a file and rows are given. Leave out one of them.")]}, "two_sources")
        if attrs.get("file") is None and not attrs.get("rows"):
            raise serializers.ValidationError({"file": [_("Give a file, or rows.")]}, "required")
        if attrs.get("rows") and attrs.get("mapping"):
            raise serializers.ValidationError({"mapping": [_("Rows say by their keys what they hold.")]}, "invalid_mapping")
        return attrs


class ImportColumnsSerializer(ImportOptionsSerializer):
    """What the columns of a source hold."""

    mapping = MappingField(help_text="Which column, from 0, holds which field.")


class ImportApprovalSerializer(serializers.Serializer[Any]):
    """The consent to run what the preview showed."""

    fingerprint = serializers.CharField(max_length=64, help_text="The fingerprint of the import as it was seen.")


# --- what it gives ---------------------------------------------------------------------------------------------------------------------


class _SubjectField(Fetched, serializers.CharField):
    """What the rows of imports are; one query."""

    def fetch(self, rows: Sequence[Any], user: Any) -> Mapping[Any, Any]:  # noqa: ARG002  # part of the job
        """By the keys of their jobs."""
        return dict(DataImport.objects.filter(job__in=rows).values_list("job_id", "subject"))


class ImportSerializer(JobResourceSerializer):
    """An import of customers or contact persons: a job."""

    kind: Any = None
    may_be_undone: Any = None
    subject = _SubjectField(read_only=True, help_text="`customers` or `contact-people`.")
    source_name = serializers.CharField(read_only=True)
    clears_blanks = serializers.SerializerMethodField()
    takes_namesakes = serializers.SerializerMethodField()
    counts = serializers.SerializerMethodField(help_text="Rows by what the check found of them; of an undo, what it would take back.")
    left_alone = serializers.SerializerMethodField(help_text="Rows that were changed meanwhile; of an undo, since the import.")
    written = serializers.SerializerMethodField(help_text="Rows that the run wrote.")
    started_at = serializers.DateTimeField(read_only=True, allow_null=True)

    def get_clears_blanks(self, job: Job) -> bool:
        """Whether empty cells empty fields."""
        return bool(job.parameters.get("options", {}).get("clears_blanks"))

    def get_takes_namesakes(self, job: Job) -> bool:
        """Whether namesakes are entered."""
        return bool(job.parameters.get("options", {}).get("takes_namesakes"))

    @extend_schema_field(_COUNTS)
    def get_counts(self, job: Job) -> dict[str, int]:
        """By the names of the states."""
        counts = job.summary.get("counts", {})
        return {name: counts.get(state, 0) for state, name in STATE_NAMES.items()}

    def get_left_alone(self, job: Job) -> int:
        """Those found by the check, and those found by the run."""
        return job.conflicts + int(job.summary.get("left", 0))

    @extend_schema_field(_WRITTEN)
    def get_written(self, job: Job) -> dict[str, int]:
        """By the names of the states that are written."""
        applied = job.summary.get("applied", {})
        return {STATE_NAMES[state.value]: applied.get(state, 0) for state in (ImportState.CREATED, ImportState.UPDATED)}


class ImportInFullSerializer(ImportSerializer):
    """An import, with what keeps it from going on and what can be done with it."""

    approved_by = serializers.CharField(source="approved_by.username", read_only=True, allow_null=True, default=None, help_text="A login.")
    undone_by = serializers.SerializerMethodField(help_text="The job that takes this one back, or has done so.")
    fingerprint = serializers.CharField(read_only=True, help_text="What an approval has to name; empty before the check.")
    progress = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    inspection = serializers.SerializerMethodField()
    links = serializers.SerializerMethodField(help_text="Addresses of what can be done next, of the rows and of the error file.")

    @property
    def _page(self) -> ImportPage:
        page: ImportPage = self.context["page"]
        return page

    def get_undone_by(self, job: Job) -> int | None:  # noqa: ARG002  # the page has it
        """The undo that did not fail and was not cancelled."""
        return self._page.undo.pk if self._page.undo is not None else None

    @extend_schema_field(ProgressSerializer(allow_null=True))
    def get_progress(self, job: Job) -> dict[str, Any] | None:
        """How far the run is; null before it starts."""
        return progress_told(job)

    @extend_schema_field(JobErrorSerializer(allow_null=True))
    def get_error(self, job: Job) -> dict[str, str] | None:
        """Why it does not go on, in the language of the request."""
        return {"code": job.error["code"], "reason": self._page.reason} if job.error else None

    @extend_schema_field(InspectionSerializer(allow_null=True))
    def get_inspection(self, job: Job) -> dict[str, Any] | None:  # noqa: ARG002
        """How the source was read; null before that."""
        return inspection_told(self._page.inspection, self._page.data_import.mapping)

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "string", "format": "uri"}})
    def get_links(self, job: Job) -> dict[str, str]:  # noqa: ARG002
        """Addresses by what they do."""
        links: dict[str, str] = self.context["links"]
        return links


class _KeyField(Fetched, serializers.IntegerField):
    """The customer or contact person that a row means, where the reader reaches it; one query."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"read_only": True, "allow_null": True, **kwargs})

    def fetch(self, rows: Sequence[Any], user: Any) -> Mapping[Any, Any]:
        """Through the access policy."""
        model: Any = Customer if self.context["page"].subject == ImportSubject.CUSTOMERS else ContactPerson
        targets = {row.pk: row.target for row in rows if row.target is not None}
        reached = (
            set(model.objects.visible_to(user).filter(pk__in=set(targets.values())).values_list("pk", flat=True)) if targets else set()
        )
        return {key: target for key, target in targets.items() if target in reached}


class RowFindingSerializer(serializers.Serializer[Any]):
    """What was found in a row."""

    code = serializers.CharField()
    field = serializers.CharField(allow_null=True, help_text="The field at fault; null: the row as a whole.")
    text = serializers.CharField(help_text="In the language of the request.")


class ImportRowSerializer(ResourceSerializer):
    """A row of an import, as `first_rows` of its list reads it."""

    line = serializers.IntegerField(read_only=True, help_text="Its number in the source, from 1.")
    row = serializers.SerializerMethodField(help_text="Its place below the headings, from 1: of `rows` that were sent, the how manieth.")
    state = serializers.SerializerMethodField(help_text="`created`, `updated`, `unchanged`, `duplicate`, `error` or `left`.")
    id = _KeyField(help_text="The customer or contact person; null before it is entered, and where it is out of reach.")
    values = serializers.SerializerMethodField(help_text="What stands in the source, by field; sensitive values masked.")
    old = serializers.SerializerMethodField(help_text="What stood in the fields that change, as people read it.")
    findings = serializers.SerializerMethodField()

    def get_row(self, row: ImportRow) -> int:
        """Below the headings."""
        return row.line - int(self.context["page"].inspection.get("header_line", 0))

    def get_state(self, row: ImportRow) -> str:
        """What it comes to."""
        return "left" if row.is_conflict else STATE_NAMES[row.state]

    @extend_schema_field(_TEXTS)
    def get_values(self, row: Any) -> dict[str, str]:
        """The cells of the known columns."""
        mapping: dict[str, int] = self.context["page"].data_import.mapping
        texts = {name: row.cells[column].strip() if column < len(row.cells) else "" for name, column in mapping.items()}
        return {name: masked_cell(name, text) for name, text in texts.items()}

    @extend_schema_field(_TEXTS)
    def get_old(self, row: Any) -> dict[str, str]:
        """By field."""
        return {name: str(value) for name, value in row.old.items()}

    @extend_schema_field(RowFindingSerializer(many=True))
    def get_findings(self, row: ImportRow) -> list[dict[str, Any]]:
        """In the language of the request."""
        return [{"code": code, "field": name or None, "text": message_of(code, figures)} for code, name, figures in row.findings]
