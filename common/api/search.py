"""The search over everything, over HTTP: what the browser's search finds."""

from __future__ import annotations

from typing import Any, Final

from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.api.refusals import ErrorSerializer
from common.search.query import Query
from common.search.registry import Result, groups_for

_RESULTS: Final = 20


class ResultSerializer(serializers.Serializer[Any]):
    """One thing that was found."""

    label: Any = serializers.CharField(help_text="Its name, masked where it is sensitive.")
    details = serializers.ListField(child=serializers.CharField(), help_text="What tells it from others of the same name.")
    url = serializers.CharField(help_text="Its page in the browser.")
    api_url = serializers.SerializerMethodField(help_text="Its address in the API; null where it has none.")

    def get_api_url(self, result: Result) -> str | None:
        """Of the resource."""
        if result.resource is None:
            return None
        name, key = result.resource
        return reverse(name, args=[key])


class GroupSerializer(serializers.Serializer[Any]):
    """What was found of one kind."""

    key = serializers.CharField()
    title = serializers.CharField()
    count = serializers.IntegerField(source="found.count", help_text="How many match, as far as they were counted.")
    more_than_count = serializers.BooleanField(source="found.more")
    results = ResultSerializer(source="found.results", many=True, help_text="The best ones, at most 20.")


class SearchView(APIView):
    """Customers, contact persons, numbers, products, jobs and pages by one text."""

    metadata_class: Any = None

    @extend_schema(
        operation_id="search",
        summary="Search everything",
        description="By names, codes, initials and numbers, as the browser's search does: in your reach, the likeliest kinds first.",
        parameters=[OpenApiParameter("q", str, required=True)],
        responses={200: GroupSerializer(many=True), 401: ErrorSerializer},
    )
    def get(self, request: Request) -> Response:
        """Answer what is found."""
        query = Query.of(request.query_params.get("q", ""))
        return Response(GroupSerializer(groups_for(request.user, query, _RESULTS) if query else [], many=True).data)
