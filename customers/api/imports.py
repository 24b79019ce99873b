"""Imports of customers and contact persons over HTTP: begin, look, approve, watch, take the errors, undo. The services decide."""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, BinaryIO, Final, cast

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import FileResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, status
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from access.models import Action, User
from access.requests import signed_in
from common.api import ErrorSerializer, Refusal
from common.api.editing import details_of
from common.api.entity_tags import answered, tag_of_row, tagged
from common.api.fields import chosen_fields
from common.api.idempotency import HEADER, idempotency_key
from common.api.lists import ListResource
from common.api.schema import READ_ERRORS, WRITE_ERRORS
from common.limits import ApiLimit, ExportLimit
from common.lists import ChoicesFilter
from common.lists.definition import ListDefinition
from customers.api.import_serializers import (
    ImportApprovalSerializer,
    ImportColumnsSerializer,
    ImportInFullSerializer,
    ImportRowSerializer,
    ImportSerializer,
    NewImportSerializer,
)
from customers.import_pages import ImportPage, read_page
from customers.import_tables import SHOWS, ImportRowList
from customers.imports.checking import Options
from customers.imports.fields import labels_of
from customers.imports.given_rows import FORMAT, source_of_rows
from customers.models import ImportSubject
from customers.services.import_files import write_error_file
from customers.services.imports import (
    KIND,
    ImportPlan,
    approve_import,
    configure_import,
    create_import,
    ensure_may_import,
    may_import,
    recheck_import,
    undo_import,
)
from jobs.api.flow import TakesSources, UndoSerializer, XlsxRenderer, read_mapping
from jobs.api.refusals import told
from jobs.filters import JobFilters
from jobs.models import Job, JobStatus
from jobs.services.files import format_of, keep_source
from jobs.services.steering import ACTIVE, WAITING, cancel_job
from jobs.services.tokens import known_job, token_key
from jobs.sheets import XLSX_TYPE
from jobs.tables import JobList

_LONGEST_TOKEN: Final = 64
_PURPOSE: Final = "import"
_NAME: Final = "api:import_{}"
_TOKEN: Final = OpenApiParameter(
    HEADER,
    str,
    OpenApiParameter.HEADER,
    description="A text of your own, up to 64 characters. Repeated with the same import it begins nothing new and gets the first job, "
    "with 200; with another one it is refused (422).",
)
_IN_THE_WAY: Final = {**WRITE_ERRORS, 409: ErrorSerializer}


class ImportFilters(JobFilters):
    """Of imports."""

    subject = ChoicesFilter(field_name="data_import__subject", choices=ImportSubject.choices, label=gettext_lazy("Subject"))


class ImportList(JobList):
    """The imports that the user may see."""

    name = "imports"
    title = gettext_lazy("Imports")
    filterset_class = ImportFilters

    def queryset(self) -> QuerySet[Any]:
        """The jobs of this kind."""
        return super().queryset().filter(kind=KIND)


class _OneImport(ListResource):
    """A view of one import, as its page sees it."""

    @property
    def user(self) -> User:
        """Who asks."""
        return signed_in(self.request)

    def page(self, pk: int, action: str = Action.VIEW) -> ImportPage:
        """The import with key `pk`. Raises Http404 when it is hidden, missing, or a job of another kind."""
        return read_page(cast("Any", self.request), pk, action)


class ImportViewSet(TakesSources, _OneImport):
    """Imports."""

    list_class = ImportList
    serializer_class = ImportSerializer
    parser_classes: Any = (JSONParser, MultiPartParser)
    resource = "imports"
    one, many = "import", "imports"

    # --- reading

    @extend_schema(
        operation_id="imports_read",
        summary="Look at an import",
        description="Its state, counts and progress, how its source was read, and the fingerprint that an approval has to name.",
        responses={200: ImportInFullSerializer, **READ_ERRORS},
    )
    def retrieve(self, request: Request, pk: int, **_kwargs: Any) -> Response:
        """Answer one import in full."""
        content, tag = self._in_full(pk)
        return answered(request, content, tag)

    def _in_full(self, pk: int) -> tuple[dict[str, Any], str]:
        page = self.page(pk)
        urls = {name: self.request.build_absolute_uri(reverse(_NAME.format(name), args=[pk])) for name in _links_of(page)}
        links = {"self" if name == "detail" else name: url for name, url in urls.items()}
        serializer = ImportInFullSerializer(context={"page": page, "links": links})
        content = serializer.represent([page.job], self.user)[0]
        return content, tag_of_row(page.job, content)

    def told(self, pk: int, code: int = status.HTTP_200_OK) -> Response:
        """The import as it is after a write."""
        content, tag = self._in_full(pk)
        response = tagged(Response(content, status=code), tag)
        if code == status.HTTP_201_CREATED:
            response["Location"] = self.request.build_absolute_uri(reverse(_NAME.format("detail"), args=[pk]))
        return response

    # --- writing

    @extend_schema(
        operation_id="imports_create",
        summary="Begin an import",
        description="Enters and changes customers by their code, contact persons by their customer, name and phone. A worker reads and "
        "checks the rows; then it is `validated` and waits for its approval, or it runs at once where `run` is set. A source that cannot "
        "be read, or whose columns are not known, ends as `failed`, with the reason in `error`.",
        parameters=[_TOKEN],
        request={"multipart/form-data": NewImportSerializer, "application/json": NewImportSerializer},
        responses={
            200: ImportInFullSerializer,
            201: ImportInFullSerializer,
            **dict.fromkeys((400, 401, 403, 413, 415, 422, 429, 503), ErrorSerializer),
        },
    )
    def create(self, request: Request) -> Response:
        """Keep the source and begin the import."""
        if not any(may_import(self.user, subject) for subject in ImportSubject.values):
            raise PermissionDenied
        sent = NewImportSerializer(data=self.body())
        sent.is_valid(raise_exception=True)
        given = sent.validated_data
        ensure_may_import(self.user, given["subject"])
        token = idempotency_key(request, _LONGEST_TOKEN)
        with told("file" if given.get("file") is not None else "rows"):
            job, known = _begin(self.user, given, token)
        return self.told(job.pk, status.HTTP_200_OK if known else status.HTTP_201_CREATED)

    @extend_schema(
        operation_id="imports_columns",
        summary="Say what the columns hold",
        description="Or say it anew; the rows are then checked again. As long as the import has not been run.",
        request=ImportColumnsSerializer,
        responses={200: ImportInFullSerializer, **_IN_THE_WAY},
    )
    def columns(self, request: Request, pk: int) -> Response:
        """Have it checked with other columns."""
        page = self._changeable(pk)
        sent = ImportColumnsSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        given = sent.validated_data
        wanted = {"mapping": _mapping(given, page.subject), "options": _options(given), "run_when_checked": given["run"]}
        return self._steer(pk, lambda: configure_import(job_id=pk, actor=self.user, **wanted))

    @extend_schema(
        operation_id="imports_approve",
        summary="Run what the preview showed",
        description="A row that somebody has changed since is left alone and counted.",
        request=ImportApprovalSerializer,
        responses={200: ImportInFullSerializer, **_IN_THE_WAY},
    )
    def approve(self, request: Request, pk: int) -> Response:
        """Start the run."""
        self._changeable(pk)
        sent = ImportApprovalSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        return self._steer(pk, lambda: approve_import(job_id=pk, actor=self.user, **sent.validated_data))

    @extend_schema(
        operation_id="imports_recheck",
        summary="Check an import again",
        description="On today's ground, with the same columns. It stops at the preview.",
        request=None,
        responses={200: ImportInFullSerializer, **_IN_THE_WAY},
    )
    def recheck(self, request: Request, pk: int) -> Response:  # noqa: ARG002  # DRF passes it
        """Have it checked again."""
        self._changeable(pk)
        return self._steer(pk, lambda: recheck_import(job_id=pk, actor=self.user))

    @extend_schema(
        operation_id="imports_cancel",
        summary="Cancel an import",
        description="At once while nothing runs, else after the chunk under way. What was written stays and can be undone.",
        request=None,
        responses={200: ImportInFullSerializer, **_IN_THE_WAY},
    )
    def cancel(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Stop it."""
        self._changeable(pk)
        return self._steer(pk, lambda: cancel_job(job_id=pk, actor=self.user))

    @extend_schema(
        operation_id="imports_undo",
        summary="Undo an import",
        description="Makes a job of its own, checked first: what was changed since the import is left alone. Approve it like any other.",
        request=UndoSerializer,
        responses={201: ImportInFullSerializer, **_IN_THE_WAY},
    )
    def undo(self, request: Request, pk: int) -> Response:
        """Make the undo."""
        self._changeable(pk)
        sent = UndoSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        with told():
            job = undo_import(job_id=pk, actor=self.user, run_when_checked=sent.validated_data["run"])
        return self.told(job.pk, status.HTTP_201_CREATED)

    def _changeable(self, pk: int) -> ImportPage:
        page = self.page(pk, Action.CHANGE)
        ensure_may_import(self.user, page.subject)
        return page

    def _steer(self, pk: int, write: Callable[[], Job]) -> Response:
        with told():
            write()
        return self.told(pk)


class ImportRowsViewSet(_OneImport):
    """The rows of one import."""

    list_class = ImportRowList
    serializer_class = ImportRowSerializer
    resource = "imports_rows"
    one, many = "row", "rows of an import"
    parameters = frozenset({"show"})
    _page: ImportPage

    def serializer(self) -> ImportRowSerializer:
        """For the fields that the request asks for."""
        return ImportRowSerializer(chosen=chosen_fields(self.request, ImportRowSerializer), context={"page": self._page})

    def definition(self, action: str = "") -> ListDefinition:
        """The rows of the import in the address, all of them unless `show` names a kind."""
        definition = super().definition(action)
        assert isinstance(definition, ImportRowList)
        asked = self.request.query_params.get("show", "all")
        if asked not in SHOWS:
            raise Refusal("invalid", _("Use one of: %(known)s.") % {"known": ", ".join(SHOWS)}, field="show")
        definition.show = asked
        return definition

    def scope(self) -> dict[str, Any]:
        """The import."""
        return {"job": self._page.job, "data_import": self._page.data_import}

    @extend_schema(
        operation_id="imports_rows",
        summary="List the rows of an import",
        description="In the order of the source, with what each comes to and what was found. Empty before the check.",
        parameters=[OpenApiParameter("show", str, enum=list(SHOWS), description="What the rows come to.")],
    )
    def list(self, request: Request, **_kwargs: Any) -> Response:
        """Answer one page of rows."""
        self._page = self.page(self.kwargs["pk"])
        return super().list(request)


class ImportErrorsViewSet(_OneImport):
    """The rows that were left out, as a file."""

    list_class = ImportList
    serializer_class = ImportSerializer
    resource = "imports_errors"
    one, many = "error file", "error files"
    throttle_classes: Any = (ApiLimit, ExportLimit)

    @extend_schema(
        operation_id="imports_errors",
        summary="Take the error file as a workbook",
        description="The rows that were or will be left out: your own columns, then row and reason. It can be mended and sent again.",
        responses={(200, XLSX_TYPE): OpenApiTypes.BINARY, **READ_ERRORS},
    )
    def xlsx(self, request: Request, pk: int) -> FileResponse:
        """Write the error file and send it."""
        page = self.page(pk, Action.EXPORT)
        file = tempfile.TemporaryFile()  # noqa: SIM115  # the response closes it
        write_error_file(page.job, self.user, cast("BinaryIO", file), request._request)
        file.seek(0)
        return FileResponse(file, as_attachment=True, filename=f"errors-{pk}.xlsx", content_type=XLSX_TYPE)

    def get_renderers(self) -> list[BaseRenderer]:
        """The file's own type beside JSON, which tells errors."""
        return [XlsxRenderer(), JSONRenderer()]


def _begin(user: User, given: dict[str, Any], token: str) -> tuple[Job, bool]:
    """The import, and whether an earlier request with the same token has begun it. Raises JobRefused, ValidationError."""
    content, form, name, mapping = _content(given)
    plan = ImportPlan(mapping, _options(given), given["run"])
    asked = [given["subject"], hashlib.file_digest(content, "sha256").hexdigest(), asdict(plan)]
    content.seek(0)
    wanted: dict[str, Any] = {"subject": given["subject"], "actor": user, "source_name": name, "plan": plan, "asked": asked}
    if not token:
        return create_import(source=keep_source(content, form, uploader=user), **wanted), False
    key = token_key(_PURPOSE, token)
    known = known_job(user, key, asked)
    if known is not None:
        return known, True
    return create_import(source=keep_source(content, form, uploader=user), idempotency_key=key, **wanted), False


def _content(given: dict[str, Any]) -> tuple[Any, str, str, dict[str, int]]:
    """The content of the source, its format, its name, and the mapping that was given. Raises JobRefused, ValidationError."""
    file = given.get("file")
    if file is not None:
        return file, format_of(file.name), file.name, _mapping(given, given["subject"])
    try:
        content, mapping = source_of_rows(given["rows"], given["subject"])
    except ValidationError as error:
        raise exceptions.ValidationError({"rows": details_of(error)}) from error
    return io.BytesIO(content), FORMAT, _("rows of a program"), mapping


def _mapping(given: dict[str, Any], subject: str) -> dict[str, int]:
    wanted = given.get("mapping") or {}
    try:
        return read_mapping(wanted, list(labels_of(subject)))
    except exceptions.ValidationError as error:
        raise exceptions.ValidationError({"mapping": error.detail}) from error


def _options(given: dict[str, Any]) -> Options:
    return Options(given["clears_blanks"], given["takes_namesakes"])


def _links_of(page: ImportPage) -> list[str]:
    """What can be done with an import as it is, by whoever asks."""
    job = page.job
    steps = {
        "errors": page.may_export and bool(job.fingerprint),
        "columns": page.may_change and page.is_configurable,
        "approve": page.may_change and job.status == JobStatus.VALIDATED,
        "recheck": page.may_change and page.is_configurable and bool(page.data_import.mapping),
        "cancel": page.may_change and (job.status in WAITING or job.status in ACTIVE),
        "undo": page.may_undo,
    }
    return ["detail", "rows", *(name for name, possible in steps.items() if possible)]
