"""Saved views of lists over HTTP."""

from __future__ import annotations

from typing import Any

from django.http import Http404, QueryDict
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.requests import signed_in
from common.api import ErrorSerializer
from common.gate import may_open
from common.lists.definition import module_of_list
from common.lists.memory import KeptView, recall


class SavedViewSerializer(serializers.Serializer[Any]):
    """A saved view: a list as somebody likes to see it. It holds no rows: `query` gives those in your reach."""

    id = serializers.IntegerField(source="key")
    label: Any = serializers.CharField()
    query = serializers.SerializerMethodField()
    is_own = serializers.BooleanField()
    owner = serializers.CharField()
    shared_with = serializers.CharField(help_text="The unit that it is shared with; empty: none.")

    @extend_schema_field({"type": "string", "example": "level=A1&sort=-value_score"})
    def get_query(self, view: KeptView) -> str:
        """Its filters, search and order as they stand in an address."""
        query = QueryDict(mutable=True)
        for name, values in view.parameters.items():
            if name not in ("columns", "density"):
                query.setlist(name, list(values))
        return query.urlencode()


class SavedViewsView(APIView):
    """The saved views of one list."""

    metadata_class: Any = None

    @extend_schema(
        operation_id="lists_views",
        summary="List the saved views of a list",
        description="Your own, and those shared with your unit. `query` goes into the address of the list's resource.",
        responses={200: SavedViewSerializer(many=True), 401: ErrorSerializer, 404: ErrorSerializer},
    )
    def get(self, request: Request, name: str) -> Response:
        """Answer the views."""
        user, module = signed_in(request), module_of_list(name)
        if module is None or not may_open(user, module):
            raise Http404
        return Response(SavedViewSerializer(recall(user, name, with_views=True).views, many=True).data)
