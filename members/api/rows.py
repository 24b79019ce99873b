"""The rows of a batch, and its error file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import Any, BinaryIO, Final, cast

from django.conf import settings
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import translation
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from access.models import Action, User
from access.reveals import record_reveal, revealable
from common.api import ErrorSerializer, Paging, Refusal
from common.limits import ApiLimit, ExportLimit
from common.masking import mask_digits, mask_number
from jobs.api.flow import CSV_TYPE, CsvRenderer, XlsxRenderer
from jobs.models import Job
from jobs.sheets import XLSX_TYPE
from members.api.base import AWAY, BAD, BatchViewSet
from members.api.filters import STATES, RowApiFilters
from members.api.serializers import RowSerializer
from members.models import BatchRow, ProvisioningBatch, Severity
from members.services.error_file import XLSX_MAX_ROWS, begin_export, csv_lines, error_rows, write_xlsx
from members.services.explaining import Explainer

_STATE_NAMES: Final = {state.value: name for name, state in STATES.items()}


class _RowPaging(Paging):
    """Rows in the order of the source."""

    ordering = "line"
    page_size = 100
    max_page_size = 1_000


class RowViewSet(BatchViewSet):
    """The rows of one batch."""

    serializer_class = RowSerializer
    pagination_class = _RowPaging
    filterset_class = RowApiFilters

    def get_queryset(self) -> QuerySet[BatchRow]:
        """The rows of the batch in the address."""
        return BatchRow.objects.visible_to(self.user()).filter(job=self.kwargs["pk"])

    @extend_schema(
        operation_id="provisioning_jobs_rows",
        summary="List the rows of a batch",
        description="In the order of the source, with the cells as they stood there and what was found. Empty before the check. Numbers "
        "are masked (138****5678) unless your role reveals those of the batch; that you saw them is then kept in the audit.",
        responses={200: RowSerializer(many=True), **BAD, **AWAY},
    )
    def list(self, request: Request, pk: int) -> Response:
        """Answer one page of rows."""
        job = self.batch(pk)
        page: list[BatchRow] = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        in_full = bool(revealable(self.user(), page[:1]))
        if in_full:
            record_reveal(self.user(), page, ["cells"], request=request._request, count=len(page))
        rows = _explained(job, page, self.user(), in_full=in_full)
        return self.get_paginated_response(RowSerializer(cast("Any", rows), many=True).data)


def _explained(job: Job, rows: list[BatchRow], reader: User, *, in_full: bool) -> list[dict[str, Any]]:
    """Rows with their findings, by a constant number of queries; numbers masked unless `in_full`."""
    batch: ProvisioningBatch = job.provisioning
    mapping = batch.mapping or (batch.inspection or {}).get("mapping", {})
    explained = Explainer(job.parameters, mapping, reader, in_full=in_full).explain(rows)
    return [
        {
            "line": row.line,
            "state": _STATE_NAMES[row.state],
            "number": row.msisdn if in_full or not row.msisdn else mask_number(row.msisdn),
            "cells": row.cells if in_full else [mask_digits(cell) for cell in row.cells],
            "verdicts": [
                {"code": each.code, "severity": each.severity.value, "text": each.text}
                for each in explanations
                if each.severity != Severity.OFF
            ],
        }
        for row, explanations in zip(rows, explained, strict=True)
    ]


# --- the error file --------------------------------------------------------------------------------------------------------------------


class ErrorFileViewSet(BatchViewSet):
    """The rows that were not applied or need a look, as a file."""

    pagination_class = None
    throttle_classes = (ApiLimit, ExportLimit)

    @extend_schema(
        operation_id="provisioning_jobs_errors_csv",
        summary="Take the error file as CSV",
        description="The rows that were not applied or need a look: your own columns, then row, outcome and findings. UTF-8 with a byte "
        "order mark.",
        responses={(200, CSV_TYPE): OpenApiTypes.STR, **AWAY},
    )
    def csv(self, request: Request, pk: int) -> HttpResponseBase:
        """Stream the error file."""
        job = self.batch(pk, Action.EXPORT)
        in_full = begin_export(job, self.user(), "csv", request._request)
        lines = _csv(job, self.user(), translation.get_language() or settings.LANGUAGE_CODE, in_full=in_full)
        headers = {"Content-Disposition": f'attachment; filename="errors-{job.pk}.csv"'}
        return StreamingHttpResponse(lines, content_type=f"{CSV_TYPE}; charset=utf-8", headers=headers)

    @extend_schema(
        operation_id="provisioning_jobs_errors_xlsx",
        summary="Take the error file as a workbook",
        description=f"As the CSV file, every cell a text. Of at most {XLSX_MAX_ROWS:,} rows; beyond that take the CSV file.",
        responses={(200, XLSX_TYPE): OpenApiTypes.BINARY, **AWAY, 409: ErrorSerializer},
    )
    def xlsx(self, request: Request, pk: int) -> HttpResponseBase:
        """Write the error file and send it."""
        job = self.batch(pk, Action.EXPORT)
        if error_rows(job)[XLSX_MAX_ROWS : XLSX_MAX_ROWS + 1].exists():
            raise Refusal("too_many_rows", _("These are too many rows for a workbook. Take the CSV file."), status=status.HTTP_409_CONFLICT)
        file = tempfile.TemporaryFile()  # noqa: SIM115  # the response closes it
        write_xlsx(job, self.user(), cast("BinaryIO", file), in_full=begin_export(job, self.user(), "xlsx", request._request))
        file.seek(0)
        return FileResponse(file, as_attachment=True, filename=f"errors-{job.pk}.xlsx", content_type=XLSX_TYPE)

    def get_renderers(self) -> list[BaseRenderer]:
        """The file's own type beside JSON, which tells errors."""
        return [CsvRenderer() if self.action == "csv" else XlsxRenderer(), JSONRenderer()]


def _csv(job: Job, reader: User, language: str, *, in_full: bool) -> Iterator[str]:
    """The file piece by piece, in the language of the request: it is written when the request is long over."""
    yield "\ufeff"
    with translation.override(language):
        yield from csv_lines(job, reader, in_full=in_full)
