"""Which lists there are, and what can be done to many of their rows."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.models import Action
from access.requests import signed_in
from access.scope import allowed
from common.api import ErrorSerializer
from common.api.entity_tags import answered, tag_of_content
from common.lists import Column, ListDefinition
from common.lists.registry import registered_lists


class NamedSerializer(serializers.Serializer[Any]):
    """A column or an operation by its name and label."""

    key = serializers.CharField()
    label: Any = serializers.CharField()


class ListFactsSerializer(serializers.Serializer[Any]):
    """A list as you may use it."""

    name = serializers.CharField()
    title = serializers.CharField()
    scope = serializers.ListField(child=serializers.CharField(), help_text="What may narrow it, by id.")
    scope_required = serializers.BooleanField(help_text="Whether it is nothing without that.")
    columns = NamedSerializer(many=True, help_text="What a file may hold.")
    operations = NamedSerializer(many=True, help_text="What may be done to many rows.")
    may_export = serializers.BooleanField()


class ListsView(APIView):
    """The lists of the product."""

    metadata_class: Any = None

    @extend_schema(
        operation_id="lists",
        summary="List the lists",
        description="Those that your roles open, each with the columns that a file of it may hold and with what may be done to many of its "
        "rows: for `lists/{list}/exports/` and `lists/{list}/changes/{operation}/`.",
        responses={200: ListFactsSerializer(many=True), 401: ErrorSerializer},
    )
    def get(self, request: Request) -> Response:
        """Answer them."""
        user = signed_in(request)
        bound = [kind(request._request) for kind in registered_lists()]
        content = [
            dict(
                ListFactsSerializer(
                    {
                        "name": one.name,
                        "title": one.title,
                        "scope": list(one.scope_models),
                        "scope_required": one.scope_required,
                        "columns": _columns_of(one),
                        "operations": one.get_bulk_operations(),
                        "may_export": allowed(user, one.module, Action.EXPORT),
                    }
                ).data
            )
            for one in bound
            if allowed(user, one.module)
        ]
        return answered(request, content, tag_of_content(content))


def _columns_of(definition: ListDefinition) -> list[Column]:
    """Without those that what narrows the list says already."""
    said = definition.scope_models if definition.scope_required else ()
    return [column for column in definition.get_columns() if column.key not in said]
