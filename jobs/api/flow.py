"""What the APIs of jobs with a source have in common: how much may be sent, which columns hold what, and what such a job tells."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from common.api import Refusal, TooLarge
from common.api.files import FileRenderer
from common.masking import mask_digits
from jobs.errors import describe
from jobs.models import Job
from jobs.services.progress import progress_of
from jobs.services.reading import NOTES
from jobs.sheets import XLSX_TYPE
from jobs.uploads import UploadLimit, limit_upload

_FORM_BYTES: Final = 1 << 20
"""Bytes of a request beside the file itself: the other fields and the frame around them."""
CSV_TYPE: Final = "text/csv"


# --- how much may be sent --------------------------------------------------------------------------------------------------------------


class TakesSources(GenericViewSet[Any]):
    """Mixed into a view that takes files."""

    _limit: UploadLimit | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what is too large by its declared length, and watch the rest as it arrives: before anybody reads the body."""
        declared = request.META.get("CONTENT_LENGTH") or "0"
        if declared == "0" and request.headers.get("Transfer-Encoding"):
            reason = _("Say how long the request is: Content-Length is missing.")
            raise Refusal("length_required", reason, status=status.HTTP_411_LENGTH_REQUIRED)
        if declared.isdecimal() and int(declared) > settings.UPLOAD_MAX_BYTES + _FORM_BYTES:
            raise _too_large(int(declared))
        self._limit = limit_upload(request._request)
        super().initial(request, *args, **kwargs)

    def body(self) -> Any:
        """The fields of the request. Raises TooLarge when a file among them is."""
        data = self.request.data
        if self._limit is not None and self._limit.size:
            raise _too_large(self._limit.size)
        return data


def _too_large(size: int) -> TooLarge:
    return TooLarge(describe("file_too_large", {"size": size, "limit": settings.UPLOAD_MAX_BYTES}), field="file")


# --- which columns hold what -----------------------------------------------------------------------------------------------------------


@extend_schema_field({"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}, "example": {"name": 1, "code": 0}})
class MappingField(serializers.JSONField):
    """Which column, counted from 0, holds which field; `read_mapping` checks it, where the fields are known."""


def read_mapping(mapping: Any, known: Collection[str]) -> dict[str, int]:
    """A mapping of fields that are `known`, checked. Raises ValidationError (`invalid_mapping`)."""
    if not isinstance(mapping, dict) or not set(mapping) <= set(known):
        fields = ", ".join(known)
        raise serializers.ValidationError(_("A mapping is an object; its fields are: %(fields)s.") % {"fields": fields}, "invalid_mapping")
    columns = list(mapping.values())
    highest = settings.BATCH_MAX_COLUMNS - 1
    if not all(type(column) is int and 0 <= column <= highest for column in columns):
        raise serializers.ValidationError(_("Columns are numbers from 0 to %(highest)s.") % {"highest": highest}, "invalid_mapping")
    if len(set(columns)) < len(columns):
        raise serializers.ValidationError(_("One column cannot hold two fields."), "invalid_mapping")
    return mapping


# --- what is told ----------------------------------------------------------------------------------------------------------------------


class UndoSerializer(serializers.Serializer[Any]):
    """How to take a job back."""

    run = serializers.BooleanField(default=False, help_text="Run the undo as soon as it is checked. Default: stop at its preview.")


class JobErrorSerializer(serializers.Serializer[Any]):
    """Why a job does not go on."""

    code = serializers.CharField()
    reason = serializers.CharField()


class ProgressSerializer(serializers.Serializer[Any]):
    """How far a run is."""

    done = serializers.IntegerField(help_text="Rows dealt with, conflicts included.")
    total = serializers.IntegerField()
    conflicts = serializers.IntegerField()
    percent = serializers.IntegerField()
    rate = serializers.FloatField(allow_null=True, help_text="Rows a second; null while it cannot be told.")
    seconds_left = serializers.FloatField(allow_null=True)
    elapsed = serializers.FloatField(help_text="Seconds since the run began.")


class NoteSerializer(serializers.Serializer[Any]):
    """Something to know of a source."""

    code = serializers.CharField()
    text = serializers.CharField()


class InspectionSerializer(serializers.Serializer[Any]):
    """How the source was read."""

    header_line = serializers.IntegerField(help_text="The row of the headings, from 1; 0 where there are none.")
    headings = serializers.ListField(child=serializers.CharField(allow_blank=True))
    mapping = serializers.DictField(child=serializers.IntegerField(), help_text="The column, from 0, of each field.")
    encoding = serializers.CharField(allow_blank=True)
    sheet = serializers.CharField(allow_blank=True)
    notes = NoteSerializer(many=True)


def progress_told(job: Job) -> dict[str, Any] | None:
    """How far the run is; None before it starts."""
    return None if job.started_at is None else dict(ProgressSerializer(progress_of(job)).data)


def inspection_told(found: Mapping[str, Any] | None, mapping: Mapping[str, int]) -> dict[str, Any] | None:
    """How a source was read, by what its reader `found` and the `mapping` that was chosen; None before that."""
    if not found:
        return None
    notes = [{"code": code, "text": str(NOTES[code])} for code in found.get("notes", []) if code in NOTES]
    plain = {name: found.get(name) for name in ("header_line", "encoding", "sheet")}
    plain["headings"] = [mask_digits(heading) for heading in found.get("headings", [])]
    return {**plain, "mapping": mapping or found.get("mapping", {}), "notes": notes}


# --- files -----------------------------------------------------------------------------------------------------------------------------


class CsvRenderer(FileRenderer):
    """For views that answer with CSV."""

    media_type = CSV_TYPE
    format = "csv"


class XlsxRenderer(FileRenderer):
    """For views that answer with a workbook."""

    media_type = XLSX_TYPE
    format = "xlsx"
