"""Batch provisioning over HTTP: create, look, approve, watch, take the errors, undo. The services decide; this only translates."""

from __future__ import annotations

from typing import Any, Final, cast

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from access.models import Action, User
from access.policy import require
from common.api import ErrorSerializer, Paging, Refusal
from common.api.idempotency import HEADER, idempotency_key
from customers.models import Customer
from jobs.api.flow import UndoSerializer
from jobs.models import Job, SourceFile
from jobs.services.files import format_of, keep_source
from jobs.services.steering import cancel_job, pause_job, resume_job
from members.api.base import AWAY, BAD, IN_THE_WAY, BatchViewSet
from members.api.filters import JobApiFilters
from members.api.refusals import told
from members.api.serializers import ApprovalSerializer, JobDetailSerializer, JobSerializer, NewJobSerializer
from members.services.batches import KIND, BatchOptions, approve_batch, create_batch, recheck_batch, undo_batch
from members.services.pasted import pasted_source
from members.services.reach import customers_to_provision

_KEY_LENGTH: Final = 80
_KEY_HEADER: Final = OpenApiParameter(
    HEADER,
    str,
    OpenApiParameter.HEADER,
    description="A text of your own, up to 80 characters. A request that repeats it makes nothing new and gets the first job, with 200.",
)


@extend_schema_view(
    list=extend_schema(
        operation_id="provisioning_jobs_list",
        summary="List batches",
        description="All that you may see, the latest first.",
        responses={200: JobSerializer(many=True), **BAD, 401: ErrorSerializer, 403: ErrorSerializer},
    )
)
class ProvisioningJobViewSet(BatchViewSet):
    """Batches: the lists of numbers that are put on products in one go."""

    serializer_class = JobDetailSerializer
    pagination_class = Paging
    filterset_class = JobApiFilters

    def get_queryset(self) -> QuerySet[Job]:
        """Batches that the user may see."""
        jobs = Job.objects.visible_to(self.user()).filter(kind=KIND)
        return jobs.select_related("actor", "approved_by", "provisioning__customer").order_by("-id")

    def _told(self, pk: int, code: int = status.HTTP_200_OK) -> Response:
        """The batch in full, read anew."""
        serializer = JobDetailSerializer(self.batch(pk), context={"request": self.request, "user": self.user()})
        headers = {"Location": str(serializer.data["url"])} if code == status.HTTP_201_CREATED else {}
        return Response(serializer.data, status=code, headers=headers)

    def _require_change(self) -> User:
        user = self.user()
        require(user, "members", Action.CHANGE)
        require(user, "jobs", Action.CHANGE)
        return user

    # --- reading

    def list(self, request: Request) -> Response:
        """Answer one page of batches."""
        require(self.user(), "jobs", Action.VIEW)
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        serializer = JobSerializer(cast("Any", page), many=True, context={"request": request})
        return self.get_paginated_response(serializer.data)

    @extend_schema(
        operation_id="provisioning_jobs_read",
        summary="Look at a batch",
        description="Its state, counts, findings, progress while it runs, and the fingerprint that an approval has to name.",
        responses={200: JobDetailSerializer, **AWAY},
    )
    def retrieve(self, request: Request, pk: int) -> Response:  # noqa: ARG002  # DRF passes it
        """Answer one batch in full."""
        return self._told(pk)

    # --- writing

    @extend_schema(
        operation_id="provisioning_jobs_create",
        summary="Create a batch",
        description="A worker reads and checks it; then it is `validated` and waits for its approval, or it runs at once where `run` is "
        "set. A source that cannot be read ends as `failed`, with the reason in `error`.",
        parameters=[_KEY_HEADER],
        request={"multipart/form-data": NewJobSerializer, "application/json": NewJobSerializer},
        responses={
            200: JobDetailSerializer,
            201: JobDetailSerializer,
            **BAD,
            401: ErrorSerializer,
            403: ErrorSerializer,
            413: ErrorSerializer,
            415: ErrorSerializer,
        },
    )
    def create(self, request: Request) -> Response:
        """Keep the source and start the batch."""
        user = self.user()
        require(user, "members", Action.CHANGE)
        require(user, "jobs", Action.ADD)
        key = idempotency_key(request, _KEY_LENGTH)
        known = self.get_queryset().filter(actor=user, idempotency_key=key).first() if key else None
        if known is not None:
            return self._told(known.pk)
        wanted = NewJobSerializer(data=self.body())
        wanted.is_valid(raise_exception=True)
        job = _create(user, wanted.validated_data, key)
        return self._told(job.pk, status.HTTP_201_CREATED)

    @extend_schema(
        operation_id="provisioning_jobs_approve",
        summary="Run what the preview showed",
        description="Only the set of rows with this fingerprint runs. A row whose ground has moved since is left alone and counted as a "
        "conflict.",
        request=ApprovalSerializer,
        responses={200: JobDetailSerializer, **IN_THE_WAY},
    )
    def approve(self, request: Request, pk: int) -> Response:
        """Start the run."""
        user = self._require_change()
        self.batch(pk)
        wanted = ApprovalSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        with told():
            approve_batch(job_id=pk, actor=user, **wanted.validated_data)
        return self._told(pk)

    @extend_schema(
        operation_id="provisioning_jobs_recheck",
        summary="Check a batch again",
        description="On today's ground, with what it was told before. It stops at the preview; the fingerprint changes where anything has.",
        request=None,
        responses={200: JobDetailSerializer, **IN_THE_WAY},
    )
    def recheck(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Have it checked again."""
        return self._steer(pk, recheck_batch)

    @extend_schema(
        operation_id="provisioning_jobs_cancel",
        summary="Cancel a batch",
        description="At once while nothing runs, else after the chunk under way. What was applied stays and can be undone.",
        request=None,
        responses={200: JobDetailSerializer, **IN_THE_WAY},
    )
    def cancel(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Stop it."""
        return self._steer(pk, cancel_job)

    @extend_schema(
        operation_id="provisioning_jobs_pause",
        summary="Hold a run",
        description="After the chunk under way.",
        request=None,
        responses={200: JobDetailSerializer, **IN_THE_WAY},
    )
    def pause(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Hold it."""
        return self._steer(pk, pause_job)

    @extend_schema(
        operation_id="provisioning_jobs_resume",
        summary="Let a held run go on",
        description="From the first chunk that is not done.",
        request=None,
        responses={200: JobDetailSerializer, **IN_THE_WAY},
    )
    def resume(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Let it go on."""
        return self._steer(pk, resume_job)

    @extend_schema(
        operation_id="provisioning_jobs_undo",
        summary="Undo a batch",
        description="Makes a job of its own, checked first: its failed rows have changed since and are left alone. Approve it like any "
        "other.",
        request=UndoSerializer,
        responses={201: JobDetailSerializer, **IN_THE_WAY},
    )
    def undo(self, request: Request, pk: int) -> Response:
        """Make the undo."""
        user = self._require_change()
        self.batch(pk)
        wanted = UndoSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        with told():
            job = undo_batch(job_id=pk, actor=user, run_when_checked=wanted.validated_data["run"])
        return self._told(job.pk, status.HTTP_201_CREATED)

    def _steer(self, pk: int, write: Any) -> Response:
        user = self._require_change()
        self.batch(pk)
        with told():
            write(job_id=pk, actor=user)
        return self._told(pk)


def _create(user: User, wanted: dict[str, Any], key: str) -> Job:
    customer = _customer(user, wanted["customer"])
    source, name = _source(wanted, user)
    options = BatchOptions(
        actions=wanted["actions"],
        effective_on=wanted.get("effective") or timezone.localdate(),
        expires_on=wanted.get("expiry"),
        mode=wanted["mode"],
        mapping=wanted.get("mapping"),
        run_when_checked=wanted["run"],
    )
    with told():
        return create_batch(customer_id=customer.pk, actor=user, source=source, source_name=name, options=options, idempotency_key=key)


def _customer(user: User, code: str) -> Customer:
    customer = customers_to_provision(user).filter(code=code).first()
    if customer is None:
        raise Refusal("unknown_customer", _("There is no such customer, or it is outside your reach."), field="customer")
    return customer


def _source(wanted: dict[str, Any], user: User) -> tuple[SourceFile, str]:
    file = wanted.get("file")
    if file is None:
        with told("numbers"):
            return pasted_source(wanted["numbers"], uploader=user), _("pasted numbers")
    with told("file"):
        return keep_source(file, format_of(file.name), uploader=user), file.name
