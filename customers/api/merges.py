"""Merging customers over HTTP: the preview, the merge bound to it, what it did, and its way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework import exceptions, serializers, status
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.api.history import BELOW, VersionPageSerializer, version_page
from access.models import Action, User
from access.policy import require
from access.requests import signed_in
from common.api import ErrorSerializer
from common.api.entity_tags import answered, tag_of_content
from common.api.idempotency import HEADER, idempotency_key
from common.api.lists import row_of
from common.api.schema import READ_ERRORS, WRITE_ERRORS
from common.versions import version_of
from customers.api.serializers import TextField
from customers.bulk.merging import clashes_of, effects_of
from customers.comparison import LOSER, Compared, chosen, compared
from customers.former import former_customers
from customers.models import Customer, CustomerMerge, MergeState
from customers.services.merging import Choices, begin_merge, begin_undo, fingerprint_of, read_merge, undo_preview
from jobs.api.refusals import told
from jobs.errors import JobRefused, describe
from jobs.models import Job
from jobs.services.tokens import known_job, token_key

_LONGEST_TOKEN: Final = 64
_BEGUN: Final = {**WRITE_ERRORS, 409: ErrorSerializer, 422: ErrorSerializer}
_TOKEN: Final = OpenApiParameter(
    HEADER,
    str,
    OpenApiParameter.HEADER,
    description="A text of your own, up to 64 characters; required with `seen`. Repeated with the same order it gets the first merge, "
    "with 200; with another one it is refused (422).",
)


class NewMergeSerializer(serializers.Serializer[Any]):
    """Which customer goes into the one of the address."""

    other = serializers.CharField(help_text="The code of the customer that goes.")
    take = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="The fields of which the value of the one that goes shall stand, as the preview names them. By default those that the "
        "one that stays has not.",
    )
    reason = TextField(max_length=200)
    seen = serializers.CharField(required=False, help_text="The `fingerprint` of the preview; without it, the preview is all that happens.")


class ComparedSerializer(serializers.Serializer[Any]):
    """A field of both customers, as people read it."""

    name = serializers.CharField(help_text="What `take` names; empty where nothing can be chosen.")
    label: Any = serializers.CharField()
    stays = serializers.CharField(source="winner")
    goes = serializers.CharField(source="loser")
    takes = serializers.BooleanField(source="takes_loser", help_text="Whether the value of the one that goes would stand.")


class EffectSerializer(serializers.Serializer[Any]):
    """What becomes of the rows of a kind."""

    kind = serializers.CharField(source="rule.label")
    moved = serializers.IntegerField(help_text="How many move, or come back.")
    left = serializers.IntegerField(help_text="How many are put aside, or stay because they were changed since.")


class MergePreviewSerializer(serializers.Serializer[Any]):
    """What a merge would do."""

    stays = serializers.CharField(source="stays.code", help_text="A code.")
    goes = serializers.CharField(source="goes.code", help_text="A code.")
    compared = ComparedSerializer(many=True, help_text="Field by field, those first in which they differ.")
    effects = EffectSerializer(many=True)
    clashes = serializers.ListField(child=serializers.CharField(), help_text="What keeps the two apart.")
    fingerprint = serializers.CharField(help_text="What the merge is bound to: send it as `seen`.")


class MergeSerializer(serializers.Serializer[Any]):
    """A merge: its id is that of its job."""

    id = serializers.IntegerField(source="pk")
    state = serializers.ChoiceField(MergeState.choices)
    stays = serializers.IntegerField(source="winner_id", help_text="The id of the customer that stays.")
    stays_code = serializers.CharField(source="winner.code")
    goes = serializers.IntegerField(source="loser_key", help_text="The id of the one that went.")
    goes_code = serializers.CharField(source="loser_code")
    goes_name = serializers.CharField(source="loser_name")
    reason = serializers.CharField()
    merged_at = serializers.DateTimeField(allow_null=True)
    undone_at = serializers.DateTimeField(allow_null=True)
    error = serializers.SerializerMethodField(help_text="Why it could not be done; null otherwise.")

    def get_error(self, merge: CustomerMerge) -> dict[str, str] | None:
        """In the language of the request."""
        error = merge.job.error
        return {"code": error["code"], "reason": describe(error["code"], error["figures"])} if error else None


_PREVIEW_OR_MERGE: Final = PolymorphicProxySerializer(
    component_name="MergePreviewOrMerge", serializers=[MergePreviewSerializer, MergeSerializer], resource_type_field_name=None
)


class MergeView(APIView):
    """Another customer goes into this one."""

    metadata_class: Any = None
    parser_classes: Any = (JSONParser,)

    @extend_schema(
        operation_id="customers_merge",
        summary="Merge another customer into this one",
        description="First without `seen`: the preview, and nothing changes. Then with `seen`, the fingerprint of the preview: the two are "
        "merged as they were shown, or not at all (409, `merge_moved`). It takes the right to hand over both. A large merge is a job under "
        "way: `state` is `due`.",
        parameters=[_TOKEN],
        request=NewMergeSerializer,
        responses={200: _PREVIEW_OR_MERGE, 201: MergeSerializer, **_BEGUN},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Show what would happen, or merge."""
        user = signed_in(request)
        require(user, "customers", Action.APPROVE)
        winner = _customer(user, pk=pk)
        sent = NewMergeSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        given = sent.validated_data
        once = _once(request, pk, given) if "seen" in given else None
        with told():
            known = known_job(user, *once) if once is not None else None
        if known is not None:
            return Response(_told(user, known.pk))
        loser = _customer(user, code=given["other"].strip().upper())
        if winner == loser:
            raise exceptions.ValidationError({"other": [exceptions.ErrorDetail(_("This is the customer itself."), "invalid")]})
        rows = _rows(winner, loser, user, given.get("take"))
        shown = fingerprint_of(winner, loser)
        if once is None:
            content = {"stays": winner, "goes": loser, "compared": rows, "fingerprint": shown}
            found = {"effects": effects_of(winner.pk, loser.pk), "clashes": clashes_of(winner.pk, loser.pk)}
            return Response(MergePreviewSerializer({**content, **found}).data)
        fields, attributes = chosen({row.name: LOSER for row in rows if row.takes_loser}, rows)
        seen = {one.pk: version_of(one) for one in (winner, loser)} if given["seen"] == shown else {}
        choices, reason = Choices(fields, attributes, seen), given.get("reason", "")
        with told():
            job = _not_failed(begin_merge(winner_id=pk, loser_id=loser.pk, actor=user, choices=choices, reason=reason, once=once))
        return Response(_told(user, job.pk), status=status.HTTP_201_CREATED)


def _once(request: Request, pk: int, given: Mapping[str, Any]) -> tuple[str, Any]:
    """The key under which the merge is begun once, and what was asked for. Raises Refusal."""
    with told():
        key = token_key("merge", idempotency_key(request, _LONGEST_TOKEN))
    return key, [pk, *(given.get(name) for name in ("other", "take", "reason", "seen"))]


def _customer(user: User, **named: Any) -> Customer:
    """One that `user` may change and hand over, with what a comparison names. Raises Http404."""
    rows = Customer.objects.select_related("manager", "org_unit", "industry", "region", "parent").filter(**named)
    reached = rows.filter(pk__in=Customer.objects.visible_to(user, Action.CHANGE).filter(**named).order_by().values("pk"))
    found = reached.filter(pk__in=Customer.objects.visible_to(user, Action.APPROVE).filter(**named).order_by().values("pk")).first()
    if found is None:
        raise Http404
    return found


def _rows(winner: Customer, loser: Customer, user: User, take: list[str] | None) -> list[Compared]:
    """The fields with what stands of each; `take` as in `NewMergeSerializer`. Raises ValidationError for a name that cannot be chosen."""
    rows = compared(winner, loser, user)
    if take is None:
        return rows
    if unknown := sorted(set(take) - {row.name for row in rows if row.name}):
        reason = _("There is no field “%(name)s” to choose.") % {"name": unknown[0]}
        raise exceptions.ValidationError({"take": [exceptions.ErrorDetail(reason, "unknown_field")]})
    return [replace(row, takes_loser=row.name in take) for row in rows]


def _not_failed(job: Job) -> Job:
    """`job`, which was begun. Raises JobRefused where it has come to nothing already."""
    if job.error:
        raise JobRefused(job.error["code"], **job.error["figures"])
    return job


def _told(user: User, job_id: int) -> dict[str, Any]:
    return dict(MergeSerializer(read_merge(user, job_id)).data)


class MergeDetailView(APIView):
    """What a merge did."""

    metadata_class: Any = None

    @extend_schema(
        operation_id="customer_merges_read",
        summary="Read a merge",
        description="By its id, or that of the job that takes it back: how far it is, and what it was.",
        responses={200: MergeSerializer, **READ_ERRORS},
    )
    def get(self, request: Request, pk: int) -> Response:
        """Answer the merge."""
        content = _told(signed_in(request), pk)
        return answered(request, content, tag_of_content(content))


class MergeHistoryView(APIView):
    """What happened before a merge to the customer that went."""

    metadata_class: Any = None

    @extend_schema(
        operation_id="customer_merges_history",
        summary="Read the history of a customer that was merged",
        description="Its changes before the merge, for whoever reaches the customer that it went into.",
        parameters=[BELOW],
        responses={200: VersionPageSerializer, **READ_ERRORS},
    )
    def get(self, request: Request, pk: int) -> Response:
        """Answer a page of the history."""
        merge = row_of(former_customers(signed_in(request)), pk)
        return version_page(request, Customer, merge.loser_key)


class MergeUndoView(APIView):
    """The way back of a merge."""

    metadata_class: Any = None
    parser_classes: Any = (JSONParser,)

    @extend_schema(
        operation_id="customer_merges_undo_preview",
        summary="See what taking a merge back would do",
        description="What would come back, and what would stay because it was changed since.",
        responses={200: EffectSerializer(many=True), **READ_ERRORS, 409: ErrorSerializer},
    )
    def get(self, request: Request, pk: int) -> Response:
        """Answer the effects."""
        merge = _reached(request, pk)
        if merge.state != MergeState.DONE:
            with told():
                raise JobRefused("wrong_state", state=str(merge.get_state_display()))
        return Response(EffectSerializer(undo_preview(merge), many=True).data)

    @extend_schema(
        operation_id="customer_merges_undo",
        summary="Take a merge back",
        description="The customer that went comes back with all that stands as the merge left it. A second time: 409, `undone_already`.",
        request=None,
        responses={201: MergeSerializer, **_BEGUN},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Take it back."""
        merge = _reached(request, pk)
        with told():
            job = _not_failed(begin_undo(job_id=merge.pk, actor=signed_in(request)))
        return Response(_told(signed_in(request), job.pk), status=status.HTTP_201_CREATED)


def _reached(request: Request, pk: int) -> CustomerMerge:
    """The merge, for whoever may hand over the customer that stays. Raises Http404."""
    user = signed_in(request)
    merge = read_merge(user, pk)
    Customer.objects.get_visible(user, merge.winner_id, Action.APPROVE)
    return merge
