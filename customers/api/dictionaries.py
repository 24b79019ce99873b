"""What customers are described with: industries, regions, tags, kinds of relations, reasons, and the attributes of administrators."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.models import Action
from access.policy import require
from access.requests import signed_in
from common.api import ErrorSerializer
from common.api.entity_tags import answered, tag_of_content
from customers.attributes import definitions_in_use
from customers.models import Industry, LifecycleReason, Region, RelationKind, Tag

ENTRIES: Final[dict[str, Any]] = {
    "industries": lambda: Industry.objects.order_by("code"),
    "regions": lambda: Region.objects.select_related("parent").order_by("code"),
    "tags": lambda: Tag.objects.order_by("code"),
    "relation-kinds": lambda: RelationKind.objects.order_by("code"),
    "lifecycle-reasons": lambda: LifecycleReason.objects.order_by("code"),
    "attributes": definitions_in_use,
}


class EntrySerializer(serializers.Serializer[Any]):
    """An entry of a dictionary."""

    id = serializers.IntegerField(help_text="By which filters name it.")
    code = serializers.SerializerMethodField(help_text="By which everything else names it.")
    name_en = serializers.CharField()
    name_zh = serializers.CharField()
    is_active = serializers.BooleanField(default=True, help_text="Whether it is still on offer.")
    parent: Any = serializers.CharField(
        source="parent.code", allow_null=True, default=None, help_text="Of a region: the code of the one above."
    )
    colour = serializers.CharField(default=None, allow_null=True, help_text="Of a tag.")
    to_state = serializers.CharField(default=None, allow_null=True, help_text="Of a reason: the step it is for; empty: for each.")
    kind = serializers.CharField(default=None, allow_null=True, help_text="Of an attribute: what it holds.")
    is_required = serializers.BooleanField(default=None, allow_null=True, help_text="Of an attribute.")
    choices = serializers.SerializerMethodField(help_text="Of an attribute with a list: what may be chosen.")

    def get_code(self, entry: Any) -> str:
        """The code, which is the key of an attribute."""
        return str(entry.key if hasattr(entry, "key") else entry.code)

    def get_choices(self, entry: Any) -> list[str] | None:
        """The codes of the choices on offer."""
        return [one.code for one in entry.choices.all() if one.is_active] if getattr(entry, "has_choices", False) else None


class DictionaryView(APIView):
    """One of the dictionaries."""

    metadata_class: Any = None

    @extend_schema(
        operation_id="dictionaries_read",
        summary="Read a dictionary",
        description="All its entries; what a kind of entry does not have is null.",
        responses={200: EntrySerializer(many=True), 401: ErrorSerializer, 403: ErrorSerializer, 404: ErrorSerializer},
    )
    def get(self, request: Request, dictionary: str) -> Response:
        """Answer the entries."""
        require(signed_in(request), "customers", Action.VIEW)
        content = [dict(entry) for entry in EntrySerializer(ENTRIES[dictionary](), many=True).data]
        return answered(request, content, tag_of_content(content))
