"""Customers that may be entered twice, over HTTP: the pairs of the nightly scan, and what people decide about them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from access.models import Action
from access.policy import require
from common.api.entity_tags import tag_of_content, tagged
from common.api.fields import ResourceSerializer
from common.api.lists import ListResource, row_of
from common.api.schema import WRITE_ERRORS
from customers.api.serializers import CodeField
from customers.duplicate_lists import DuplicateList
from customers.models import DuplicatePair, DuplicateSign, PairState
from customers.services.duplicates import decide_pair


class DuplicateSerializer(ResourceSerializer):
    """Two customers that may be the same one."""

    id = serializers.IntegerField()
    first = serializers.IntegerField(source="first_id", help_text="The id of a customer.")
    first_code = CodeField("first.code")
    first_name = serializers.CharField(source="first.name")
    second = serializers.IntegerField(source="second_id", help_text="The id of the other one.")
    second_code = CodeField("second.code")
    second_name = serializers.CharField(source="second.name")
    signs = serializers.DictField(
        child=serializers.IntegerField(),
        help_text=f"What they have in common, each with its certainty or likeness in percent: {', '.join(DuplicateSign.values)}.",
    )
    score = serializers.IntegerField(help_text="How sure it is, in percent.")
    state = serializers.ChoiceField(PairState.choices, help_text="Without a filter by it the list gives open ones.")
    found_at = serializers.DateTimeField()
    decided_by = CodeField("decided_by.username", help_text="A login.")
    decided_at = serializers.DateTimeField(allow_null=True)


class DecisionSerializer(serializers.Serializer[Any]):
    """What somebody found out about a pair."""

    is_duplicate = serializers.BooleanField(help_text="False: they are two, and the pair is not listed again. True takes that back.")


class DuplicateViewSet(ListResource):
    """Likely duplicates."""

    list_class = DuplicateList
    serializer_class = DuplicateSerializer
    resource = "duplicates"
    one, many = "likely duplicate", "likely duplicates"

    def read(self, pk: int) -> tuple[dict[str, Any], str]:
        """A pair, whatever was decided about it. Raises Http404."""
        rows = DuplicatePair.objects.visible_to(self.user).select_related("first", "second", "decided_by")
        content = self.serializer().represent([row_of(rows, pk)], self.user)[0]
        return content, tag_of_content(content)

    @extend_schema(
        operation_id="duplicates_decide",
        summary="Decide about a likely duplicate",
        description="Whoever may change both customers. Two that are the same are merged by `customers/{id}/merge/`.",
        request=DecisionSerializer,
        responses={200: DuplicateSerializer, **WRITE_ERRORS},
    )
    def decide(self, request: Request, pk: int) -> Response:
        """Keep the decision."""
        require(self.user, "customers", Action.CHANGE)
        row_of(DuplicatePair.objects.visible_to(self.user, Action.CHANGE), pk)
        sent = DecisionSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        decide_pair(pair_id=pk, actor=self.user, is_duplicate=sent.validated_data["is_duplicate"])
        content, tag = self.read(pk)
        return tagged(Response(content), tag)
