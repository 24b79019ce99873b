"""Notices over HTTP: what a person is told, and what of it is read."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.requests import signed_in
from common.api import ErrorSerializer, Paging, Refusal
from common.api.entity_tags import answered, tag_of_content
from workflow.models import Notice
from workflow.services.notices import mark_read
from workflow.views.notices import MOST_COUNTED
from workflow.wording import shown_notice

_MOST_AT_ONCE: Final = 1_000
_UNREAD: Final = "unread"


class NoticeSerializer(serializers.Serializer[Any]):
    """A notice, in the language of the request."""

    id = serializers.IntegerField(source="pk")
    kind = serializers.CharField()
    text = serializers.SerializerMethodField(help_text="Empty for a kind that is no longer sent.")
    url = serializers.SerializerMethodField(help_text="The page in the browser that it leads to; empty: none.")
    created_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)

    def get_text(self, notice: Notice) -> str:
        """Its sentence."""
        return shown_notice(notice).text

    def get_url(self, notice: Notice) -> str:
        """Its address."""
        return shown_notice(notice).url


class UnreadSerializer(serializers.Serializer[Any]):
    """How many notices are not read yet."""

    unread = serializers.IntegerField(help_text=f"Counted up to {MOST_COUNTED + 1}.")


class NoticesReadSerializer(serializers.Serializer[Any]):
    """Which notices are read now; without any, all of them."""

    notices = serializers.ListField(child=serializers.IntegerField(min_value=1), required=False, max_length=_MOST_AT_ONCE)


class NoticesMarkedSerializer(serializers.Serializer[Any]):
    """How many notices were not read before."""

    read = serializers.IntegerField()


class NoticesView(GenericAPIView[Any]):
    """The user's notices."""

    metadata_class: Any = None
    serializer_class = NoticeSerializer
    pagination_class = Paging
    filter_backends: Any = ()

    def get_queryset(self) -> QuerySet[Notice]:
        """All, or those not read yet. Raises Refusal."""
        rows = Notice.objects.visible_to(self.request.user)
        match self.request.query_params.get(_UNREAD, ""):
            case "yes":
                return rows.unread()
            case "":
                return rows
        raise Refusal("invalid", _("Use one of: %(known)s.") % {"known": "yes"}, field=_UNREAD)

    @extend_schema(
        operation_id="notices_list",
        summary="List your notices",
        description="The latest first, page by page.",
        parameters=[OpenApiParameter(_UNREAD, str, enum=["yes"], description="Only those not read yet.")],
        responses={200: NoticeSerializer(many=True), 400: ErrorSerializer, 401: ErrorSerializer},
    )
    def get(self, request: Request) -> Response:
        """Answer one page."""
        page: Any = self.paginate_queryset(self.get_queryset()) or []
        content = self.get_paginated_response(NoticeSerializer(page, many=True).data).data
        return answered(request, content, tag_of_content(content))


class UnreadView(APIView):
    """How many notices are not read."""

    metadata_class: Any = None

    @extend_schema(
        operation_id="notices_unread",
        summary="Count your unread notices",
        description="As beside the bell of the browser.",
        responses={200: UnreadSerializer, 401: ErrorSerializer},
    )
    def get(self, request: Request) -> Response:
        """Answer the count."""
        content = {"unread": Notice.objects.visible_to(signed_in(request)).unread()[: MOST_COUNTED + 1].count()}
        return answered(request, content, tag_of_content(content))


class NoticesReadView(APIView):
    """Notices that were read."""

    metadata_class: Any = None
    parser_classes: Any = (JSONParser,)

    @extend_schema(
        operation_id="notices_read",
        summary="Mark notices as read",
        description="Some, or all of yours.",
        request=NoticesReadSerializer,
        responses={200: NoticesMarkedSerializer, 400: ErrorSerializer, 401: ErrorSerializer},
    )
    def post(self, request: Request) -> Response:
        """Mark them."""
        sent = NoticesReadSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        return Response({"read": mark_read(user=signed_in(request), notice_ids=sent.validated_data.get("notices"))})
