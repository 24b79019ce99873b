"""How resources describe themselves in the OpenAPI document: from their list, its filters and their serializer."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers

from common.api.refusals import ErrorSerializer
from common.lists.filters import ByOperator, YesNoFilter

_VERBS: Final = {
    "list": ("list", "List {many}", "All in your reach that match, as the list of the browser shows them, page by page."),
    "retrieve": ("read", "Read a {one}", "With its version in the header ETag, which a later write names by If-Match."),
    "create": ("create", "Enter a {one}", "By the rules of the browser's form."),
    "update": ("replace", "Replace a {one}", "All that may be written; what is left out is emptied. If-Match is required."),
    "partial_update": ("change", "Change a {one}", "The fields that are named, and no others. If-Match is required."),
    "destroy": ("delete", "Delete a {one}", "If-Match is required."),
}
IF_MATCH: Final = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="The ETag of the state you saw. 428 without it, 412 if stale.",
)
_FIELDS: Final = (
    OpenApiParameter("fields", str, description="Only these fields, apart by commas; what the others need is not even read."),
    OpenApiParameter("omit", str, description="All fields but these."),
)
_PAGING: Final = (
    OpenApiParameter("q", str, description="Searched for as in the list's search box."),
    OpenApiParameter("sort", str, description="Up to three columns, apart by commas, descending with a minus: `level,-value_score`."),
    OpenApiParameter("limit", int, description="Rows of a page, 1 to 500. Default: 50."),
    OpenApiParameter("cursor", str, description="A place in the list, from `next` or `previous`."),
    OpenApiParameter("count", str, enum=["yes"], description="Also count, up to 10,000."),
)
READ_ERRORS: Final = {401: ErrorSerializer, 403: ErrorSerializer, 404: ErrorSerializer}
WRITE_ERRORS: Final = {400: ErrorSerializer, **READ_ERRORS}
GUARDED: Final = {**WRITE_ERRORS, 412: ErrorSerializer, 428: ErrorSerializer}


class ResourceSchema(AutoSchema):
    """For views that are a `ListResource`; methods described by `extend_schema` keep that."""

    view: Any

    @property
    def _verb(self) -> tuple[str, str, str] | None:
        return _VERBS.get(getattr(self.view, "action", ""))

    def get_operation_id(self) -> str:
        """Such as `customers_list`."""
        return f"{self.view.resource}_{self._verb[0]}" if self._verb else str(super().get_operation_id())

    def get_summary(self) -> str | None:
        """In a few words."""
        return self._verb[1].format(one=self.view.one, many=self.view.many) if self._verb else super().get_summary()

    def get_description(self) -> str:  # type: ignore[override]  # drf-spectacular asks without arguments
        """In a sentence."""
        return self._verb[2] if self._verb else str(super().get_description())

    def get_override_parameters(self) -> list[Any]:
        """What the address and the headers may say."""
        match getattr(self.view, "action", ""):
            case "list":
                return [*_filters(self.view.list_class.filterset_class), *_PAGING, *_FIELDS]
            case "retrieve":
                return list(_FIELDS)
            case "update" | "partial_update" | "destroy":
                return [IF_MATCH]
        return list(super().get_override_parameters())

    def get_response_serializers(self) -> Any:
        """What is answered."""
        kind = self.view.serializer_class
        match getattr(self.view, "action", ""):
            case "list":
                return {200: _page(kind), 400: ErrorSerializer, 401: ErrorSerializer, 403: ErrorSerializer}
            case "retrieve":
                return {200: kind, **READ_ERRORS}
            case "create":
                return {201: kind, **WRITE_ERRORS}
            case "update" | "partial_update":
                return {200: kind, **GUARDED}
            case "destroy":
                return {204: None, **GUARDED}
        return super().get_response_serializers()

    def _is_list_view(self, serializer: Any = None) -> bool:
        """A page is no bare array."""
        return False if self._verb else bool(super()._is_list_view(serializer))


@cache
def _page(kind: Any) -> Any:
    name = kind.__name__.removesuffix("Serializer")
    return inline_serializer(
        f"{name}Page",
        {
            "next": serializers.URLField(allow_null=True, help_text="The address of the next page."),
            "previous": serializers.URLField(allow_null=True),
            "count": serializers.IntegerField(required=False, help_text="Where `count=yes` asks for it: how many match."),
            "more_than_count": serializers.BooleanField(required=False, help_text="Whether there are more than were counted."),
            "results": kind(many=True),
        },
    )


def _filters(kind: Any) -> Iterator[OpenApiParameter]:
    """The filters of a list, each with its operators."""
    for name, item in kind.base_filters.items():
        words = ", ".join(f"`{one}`" for one in item.operators) if isinstance(item, ByOperator) and len(item.operators) > 1 else ""
        told = f"{item.label}. The operator stands in `{name}_op`: {words}, `empty`, `filled`." if words else f"{item.label}."
        suffixes = getattr(item.extra.get("widget"), "suffixes", None)
        for parameter in [f"{name}_{suffix}" for suffix in suffixes] if suffixes else [name]:
            yield OpenApiParameter(parameter, str, enum=["yes", "no"] if isinstance(item, YesNoFilter) else None, description=told)
        if words:
            yield OpenApiParameter(f"{name}_op", str, description=f"How `{name}` compares.")
