"""What the API takes and gives for batch provisioning."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, cast

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.utils import html

from jobs.api.flow import (
    InspectionSerializer,
    JobErrorSerializer,
    MappingField,
    ProgressSerializer,
    inspection_told,
    progress_told,
    read_mapping,
)
from jobs.models import Job, JobMode, JobStatus
from members.api.links import links_of
from members.models import ProvisioningBatch
from members.reading.headings import FIELDS
from members.services.plan import ActionSpec, PlanInvalid
from members.services.wording import refusal_text
from members.verdict_codes import CODES

_ACTION_PARTS: Final = ("kind", "product", "tariff", "offer")
_ACTION_SCHEMA: Final = {
    "oneOf": [
        {"type": "string", "description": "`join`, `leave`, `subscribe:PRODUCT:TARIFF[:OFFER]`, `unsubscribe:PRODUCT`, `change_tariff:…`"},
        {"type": "object", "properties": {name: {"type": "string"} for name in _ACTION_PARTS}, "required": ["kind"]},
    ]
}

_DAY_SCHEMA: Final = {"type": "string", "format": "date", "nullable": True}


# --- what it takes ---------------------------------------------------------------------------------------------------------------------


@extend_schema_field(_ACTION_SCHEMA)
class ActionField(serializers.Field[ActionSpec, Any, str, Any]):
    """An action as text (`subscribe:P:T:O`) or as an object with `kind`, `product`, `tariff`, `offer`."""

    def to_internal_value(self, data: Any) -> ActionSpec:
        """Read either form."""
        try:
            if isinstance(data, str):
                return ActionSpec.parse(data)
            if isinstance(data, Mapping) and set(data) <= set(_ACTION_PARTS) and all(isinstance(part, str) for part in data.values()):
                kind = ActionSpec.parse(str(data.get("kind", ""))).kind
                return ActionSpec(kind, *(str(data.get(name, "")) for name in _ACTION_PARTS[1:]))
        except PlanInvalid as invalid:
            raise serializers.ValidationError(invalid.message, "invalid_action") from invalid
        parts = ", ".join(_ACTION_PARTS)
        raise serializers.ValidationError(_("An action is a text, or an object with %(parts)s.") % {"parts": parts}, "invalid_action")

    def to_representation(self, value: ActionSpec) -> str:
        """The text form."""
        return str(value)


class ActionsField(serializers.ListField):
    """A list of actions; a form may repeat the field, or hold the whole list as JSON."""

    child = ActionField()

    def get_value(self, dictionary: Any) -> Any:
        """Take a form's field apart."""
        if not html.is_html_input(dictionary):
            return super().get_value(dictionary)
        texts = dictionary.getlist(self.field_name)
        return [action for text in texts for action in _listed(text)] if texts else super().get_value(dictionary)


def _listed(text: Any) -> list[Any]:
    if isinstance(text, str) and text.lstrip().startswith(("[", "{")):
        try:
            value = json.loads(text)
        except ValueError:
            return [text]
        return value if isinstance(value, list) else [value]
    return [text]


class NumbersMappingField(MappingField):
    """Which column, counted from 0, holds which field of a source of numbers."""

    def to_internal_value(self, data: Any) -> dict[str, int]:
        """Read and check the columns."""
        mapping = read_mapping(super().to_internal_value(data), FIELDS)
        if mapping and "number" not in mapping:
            raise serializers.ValidationError(_("Say which column holds the numbers."), "invalid_mapping")
        return mapping


class NewJobSerializer(serializers.Serializer[Any]):
    """A new batch: for whom, which numbers, and what shall be done with them."""

    customer = serializers.CharField(max_length=32, help_text="The customer's code.")
    file = serializers.FileField(required=False, allow_empty_file=True, help_text="An .xlsx or .csv file with a column of numbers.")
    numbers = serializers.CharField(required=False, trim_whitespace=False, help_text="Instead of a file: numbers, or cells as text.")
    actions = ActionsField(allow_empty=False, max_length=16, help_text="What shall be done with every number, in this order.")
    effective = serializers.DateField(required=False, help_text="The effective date of rows without one. Default: today.")
    expiry = serializers.DateField(required=False, allow_null=True, help_text="The expiry of rows without one. Default: none.")
    mode = serializers.ChoiceField(JobMode.choices, default=JobMode.VALID, help_text="All rows or none, or the good rows now.")
    mapping = NumbersMappingField(required=False, help_text="Which column, from 0, holds which field. Default: guessed from the headings.")
    run = serializers.BooleanField(
        default=False, help_text="Run it as soon as it is checked, if any row is eligible. Default: stop at the preview."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Exactly one source."""
        if attrs.get("file") is not None and attrs.get("numbers"):
            raise serializers.ValidationError({"numbers": [_("Both a file and numbers are given. Leave out one of them.")]}, "two_sources")
        if attrs.get("file") is None and not attrs.get("numbers", "").strip():
            raise serializers.ValidationError({"file": [_("Give a file, or numbers.")]}, "required")
        return attrs


class ApprovalSerializer(serializers.Serializer[Any]):
    """The consent to run what the preview showed."""

    fingerprint = serializers.CharField(max_length=64, help_text="The fingerprint of the job as it was seen. Only that set of rows runs.")
    confirm_repeat = serializers.BooleanField(default=False, help_text="Run it though the same source and actions ran within a day.")


# --- what it gives ---------------------------------------------------------------------------------------------------------------------


class ActionCountSerializer(serializers.Serializer[Any]):
    """For how many eligible rows an action has something to do."""

    action = serializers.CharField()
    eligible = serializers.IntegerField()


class RevenueSerializer(serializers.Serializer[Any]):
    """Monthly fees in CNY that the batch begins and ends, before (gross) and after (net) discounts."""

    begun_gross = serializers.DecimalField(14, 2)
    begun_net = serializers.DecimalField(14, 2)
    ended_gross = serializers.DecimalField(14, 2)
    ended_net = serializers.DecimalField(14, 2)


class JobSerializer(serializers.Serializer[Job]):
    """A batch as a list shows it."""

    id = serializers.IntegerField(source="pk")
    url = serializers.SerializerMethodField()
    status = serializers.ChoiceField(JobStatus.choices)
    customer = serializers.CharField(source="provisioning.customer.code", help_text="The customer's code.")
    customer_name = serializers.CharField(source="provisioning.customer.name")
    source_name = serializers.CharField(allow_blank=True)
    mode = serializers.ChoiceField(JobMode.choices)
    actions = serializers.SerializerMethodField()
    created_by = serializers.CharField(source="actor.username", help_text="A login.")
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    undo_of = serializers.IntegerField(source="undo_of_id", allow_null=True, help_text="The job that this one takes back.")
    rows = serializers.IntegerField()
    eligible = serializers.IntegerField()
    skipped = serializers.IntegerField(help_text="Rows on which there is nothing to do.")
    failed = serializers.IntegerField(help_text="Rows with errors.")
    warned = serializers.IntegerField(help_text="Eligible rows with a warning.")
    applied = serializers.IntegerField(help_text="Written at the end of the run; while it runs see `progress`.")
    conflicts = serializers.IntegerField(help_text="Rows left alone because they had changed since the check.")

    def get_url(self, job: Job) -> str:
        """The job's own address."""
        return str(links_of(job, self.context["request"])["self"])

    def get_actions(self, job: Job) -> list[str]:
        """The actions in their text form."""
        return [str(ActionSpec(**action)) for action in job.parameters.get("actions", [])]


class JobDetailSerializer(JobSerializer):
    """A batch in full."""

    effective = serializers.SerializerMethodField()
    expiry = serializers.SerializerMethodField()
    approved_by = serializers.CharField(source="approved_by.username", allow_null=True, default=None, help_text="A login.")
    undone_by = serializers.SerializerMethodField(help_text="The job that takes this one back, or has done so.")
    verdicts = serializers.SerializerMethodField(help_text="Rows by verdict; those of the group as a whole count the rows concerned.")
    action_counts = serializers.SerializerMethodField()
    revenue = serializers.SerializerMethodField()
    fingerprint = serializers.CharField(allow_blank=True, help_text="What an approval has to name; empty before the check.")
    progress = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    inspection = serializers.SerializerMethodField()
    links = serializers.SerializerMethodField(help_text="Addresses of what can be done next, and of the rows and the error files.")

    @extend_schema_field(_DAY_SCHEMA)
    def get_effective(self, job: Job) -> str | None:
        """The effective date of rows without one."""
        return cast("str | None", job.parameters.get("effective_on"))

    @extend_schema_field(_DAY_SCHEMA)
    def get_expiry(self, job: Job) -> str | None:
        """The expiry of rows without one."""
        return cast("str | None", job.parameters.get("expires_on"))

    def get_undone_by(self, job: Job) -> int | None:
        """The undo that did not fail and was not cancelled."""
        undo = job.undone_by
        return undo.pk if undo is not None else None

    @extend_schema_field({"type": "object", "properties": {code: {"type": "integer"} for code in CODES}})
    def get_verdicts(self, job: Job) -> dict[str, int]:
        """Rows by code."""
        return dict(job.summary.get("verdicts", {}))

    @extend_schema_field(ActionCountSerializer(many=True))
    def get_action_counts(self, job: Job) -> list[dict[str, Any]]:
        """Eligible rows by action."""
        return list(job.summary.get("actions", []))

    @extend_schema_field(RevenueSerializer(allow_null=True))
    def get_revenue(self, job: Job) -> dict[str, str] | None:
        """Fees begun and ended; null before the check."""
        return cast("dict[str, str] | None", job.summary.get("revenue"))

    @extend_schema_field(ProgressSerializer(allow_null=True))
    def get_progress(self, job: Job) -> dict[str, Any] | None:
        """How far the run is; null before it starts."""
        return progress_told(job)

    @extend_schema_field(JobErrorSerializer(allow_null=True))
    def get_error(self, job: Job) -> dict[str, str] | None:
        """Why the job does not go on, in the language of the request."""
        if not job.error:
            return None
        return {"code": job.error["code"], "reason": refusal_text(job.error["code"], job.error.get("figures", {}))}

    @extend_schema_field(InspectionSerializer(allow_null=True))
    def get_inspection(self, job: Job) -> dict[str, Any] | None:
        """How the source was read; null before that."""
        batch: ProvisioningBatch = job.provisioning
        return inspection_told(batch.inspection, batch.mapping)

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "string", "format": "uri"}})
    def get_links(self, job: Job) -> dict[str, str]:
        """Addresses by what they do."""
        return links_of(job, self.context["request"], self.context["user"])


class VerdictSerializer(serializers.Serializer[Any]):
    """A finding of a row."""

    code = serializers.ChoiceField(CODES)
    severity = serializers.ChoiceField(["error", "warning", "skip"])
    text = serializers.CharField(help_text="What was found, in the language of the request.")


class RowSerializer(serializers.Serializer[Any]):
    """A row of a batch."""

    line = serializers.IntegerField(help_text="The row's number in the source, from 1.")
    state = serializers.ChoiceField(
        ["eligible", "skipped", "failed", "conflict"], help_text="Eligible rows are applied once the run is done."
    )
    number = serializers.CharField(allow_null=True, help_text="E.164 digits, masked unless you may reveal; null where there is none.")
    cells = serializers.ListField(child=serializers.CharField(allow_blank=True), help_text="The row as it stood in the source.")
    verdicts = VerdictSerializer(many=True)
