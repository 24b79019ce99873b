"""Jobs over HTTP, and changes and files of many rows of a list: the same previews, jobs and undo as in the browser."""

from __future__ import annotations

from typing import Any, Final

from django.http import FileResponse, Http404, QueryDict
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework import exceptions, status
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.models import Action, User
from access.policy import require
from access.requests import signed_in
from common.api import ErrorSerializer, Refusal
from common.api.editing import as_texts, problems_of
from common.api.entity_tags import answered, tag_of_row
from common.api.idempotency import HEADER, idempotency_key
from common.api.lists import ListResource, ensure_known
from common.api.schema import READ_ERRORS, WRITE_ERRORS
from common.limits import ApiLimit, ExportLimit
from common.lists.registry import registered_list
from common.lists.selection import Selection
from jobs.api.refusals import told
from jobs.api.serializers import (
    JobInFullSerializer,
    JobResourceSerializer,
    NewChangeSerializer,
    NewExportSerializer,
    PreviewSerializer,
)
from jobs.models import Job
from jobs.services.bulk_changes import begin_change, begin_undo, operation_of, preview
from jobs.services.exports import ExportOrder, begin_export, fetch_file
from jobs.services.steering import cancel_job
from jobs.services.tokens import is_known
from jobs.tables import JobList

_LONGEST_TOKEN: Final = 64
_TOKEN: Final = OpenApiParameter(
    HEADER,
    str,
    OpenApiParameter.HEADER,
    description="A text of your own, up to 64 characters; required where something is begun. Repeated with the same order it begins "
    "nothing new and gets the first job, with 200; with another one it is refused (422).",
)
_PREVIEW_OR_KNOWN: Final = PolymorphicProxySerializer(
    component_name="PreviewOrJob", serializers=[PreviewSerializer, JobInFullSerializer], resource_type_field_name=None
)
_BEGUN: Final = {**WRITE_ERRORS, 409: ErrorSerializer, 422: ErrorSerializer, 429: ErrorSerializer}


class JobViewSet(ListResource):
    """Jobs of all kinds."""

    list_class = JobList
    serializer_class = JobResourceSerializer
    resource = "jobs"
    one, many = "job", "jobs"

    @extend_schema(
        operation_id="jobs_read",
        summary="Read a job",
        description="Its state and counts, why it does not go on, and its file.",
        responses={200: JobInFullSerializer, **READ_ERRORS},
    )
    def retrieve(self, request: Request, pk: int, **_kwargs: Any) -> Response:
        """Answer one job."""
        job = Job.objects.select_related("actor").get_visible(self.user, pk)
        content = in_full(job, self.user)
        return answered(request, content, tag_of_row(job, content))

    @extend_schema(
        operation_id="jobs_cancel",
        summary="Stop a job",
        description="What is done already stays.",
        request=None,
        responses={200: JobInFullSerializer, **_BEGUN},
    )
    def cancel(self, request: Request, pk: int) -> Response:  # noqa: ARG002  # DRF passes it
        """Stop it."""
        require(self.user, "jobs", Action.CHANGE)
        with told():
            return Response(in_full(cancel_job(job_id=pk, actor=self.user), self.user))

    @extend_schema(
        operation_id="jobs_undo",
        summary="Take a change of many rows back",
        description="Each row that nobody has changed since gets what it had before. It is a job of its own. Imports and batches have an "
        "undo with a preview elsewhere.",
        request=None,
        responses={201: JobInFullSerializer, **_BEGUN},
    )
    def undo(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Take it back."""
        require(self.user, "jobs", Action.CHANGE)
        with told():
            undo = begin_undo(job_id=pk, actor=self.user)
        return Response(in_full(undo, self.user), status=status.HTTP_201_CREATED)


class JobFileView(APIView):
    """The file that a job made."""

    metadata_class: Any = None

    @extend_schema(
        operation_id="jobs_file",
        summary="Take a job's file",
        description="For whoever began the job, as long as the file is kept. Each time is an event of the audit.",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY, **READ_ERRORS},
    )
    def get(self, request: Request, pk: int) -> FileResponse:
        """Answer the file."""
        file = fetch_file(file_id=pk, user=signed_in(request), request=request._request)
        try:
            return FileResponse(file.stored.open("rb"), as_attachment=True, filename=file.name)
        except FileNotFoundError as error:
            raise Http404 from error


class ListChangeView(APIView):
    """A change of many rows of a list."""

    metadata_class: Any = None
    parser_classes: Any = (JSONParser,)

    @extend_schema(
        operation_id="lists_change",
        summary="Change many rows of a list",
        description="First without `seen`: the preview, and nothing changes. Then with `seen`, the fingerprint of the preview: exactly the "
        "rows that were shown change, or nothing does (409, `fingerprint_changed`). Up to 10,000 rows are changed at once, more as a job "
        "under way. Each change is a job, which `jobs/{id}/undo/` takes back.",
        parameters=[_TOKEN],
        request=NewChangeSerializer,
        responses={200: _PREVIEW_OR_KNOWN, 201: JobInFullSerializer, **_BEGUN},
    )
    def post(self, request: Request, name: str, operation: str) -> Response:
        """Show what would change, or change it."""
        user = signed_in(request)
        if operation not in {one.key for one in registered_list(name)(request._request).get_bulk_operations()}:
            raise Http404
        sent = NewChangeSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        selection = _selection(name, sent.validated_data, user)
        bound = operation_of(selection, operation, user)
        data = QueryDict(mutable=True)
        for key, value in sent.validated_data["data"].items():
            data.setlist(key, as_texts(value))
        form = bound.form(data)
        if not form.is_valid():
            raise exceptions.ValidationError({"data": problems_of(form)})
        if unknown := sorted(set(data) - set(form.fields)):
            raise exceptions.ValidationError({f"data.{unknown[0]}": exceptions.ErrorDetail(_("There is no such field."), "unknown_field")})
        seen = sent.validated_data.get("seen")
        if seen is None:
            return Response(PreviewSerializer(preview(selection=selection, operation=bound, given=form.cleaned_data)).data)
        sent_data = {key: list(values) for key, values in data.lists()}
        token = idempotency_key(request, _LONGEST_TOKEN)
        with told():
            known = is_known(user, "change", token)
            job = begin_change(selection=selection, operation=bound, data=sent_data, given=form.cleaned_data, seen=seen, token=token)
        return _answer(job, user, known=known)


class ListExportView(APIView):
    """A file of rows of a list."""

    metadata_class: Any = None
    parser_classes: Any = (JSONParser,)
    throttle_classes: Any = (ApiLimit, ExportLimit)

    @extend_schema(
        operation_id="lists_export",
        summary="Have a file of many rows written",
        description="As a job; its `file` is then at `job-files/{id}/`. Masked as in the browser unless your role reveals.",
        parameters=[_TOKEN],
        request=NewExportSerializer,
        responses={200: JobInFullSerializer, 201: JobInFullSerializer, **_BEGUN},
    )
    def post(self, request: Request, name: str) -> Response:
        """Begin the job."""
        user = signed_in(request)
        require(user, registered_list(name)(request._request).module, Action.EXPORT)
        sent = NewExportSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        given = sent.validated_data
        selection = _selection(name, given, user)
        known = {column.key for column in selection.bound(user, Action.EXPORT).get_columns()}
        if unknown := sorted(set(given["columns"]) - known):
            reason = _("There is no field “%(name)s”. There are: %(known)s.") % {"name": unknown[0], "known": ", ".join(sorted(known))}
            raise Refusal("unknown_field", reason, field="columns")
        rows = selection.rows(user, Action.EXPORT).order_by().count()
        order = ExportOrder(selection, tuple(given["columns"]), given["form"])
        token = idempotency_key(request, _LONGEST_TOKEN)
        with told():
            again = is_known(user, "export", token)
            job = begin_export(order=order, actor=user, token=token, rows=rows)
        return _answer(job, user, known=again)


def in_full(job: Job, user: User) -> dict[str, Any]:
    """The job as it is answered."""
    return JobInFullSerializer(context={"user": user}).represent([job], user)[0]


def _answer(job: Job, user: User, *, known: bool) -> Response:
    """A job that was just begun, or the one that an earlier request with the same token has begun."""
    return Response(in_full(job, user), status=status.HTTP_200_OK if known else status.HTTP_201_CREATED)


def _selection(name: str, given: dict[str, Any], user: User) -> Selection:
    """The rows that were chosen. Raises Http404 and Refusal: a filter that the list does not know would choose everything."""
    rows = tuple(dict.fromkeys(given.get("rows", ())))
    selection = Selection(name, given["query"], given["scope"], () if given["everything"] else rows, given["everything"])
    if selection.is_empty:
        raise exceptions.ValidationError({"rows": [exceptions.ErrorDetail(_("Name the rows, or say everything."), "required")]})
    ensure_known(selection.bound(user))
    return selection
