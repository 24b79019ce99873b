"""People over HTTP: the logins by which other resources name account managers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from access.audit_lists import may_audit
from access.models import RoleAssignment
from access.people_lists import PeopleList, figures_of_people
from common.api.fields import Fetched, ResourceSerializer
from common.api.lists import ListResource


class RolesField(Fetched, serializers.ListField):
    """The codes of the roles that a person holds; null for whoever may not see that."""

    child = serializers.CharField()

    def fetch(self, rows: Sequence[Any], user: Any) -> Mapping[Any, Any]:
        """One query, for those who see who may do what."""
        if not may_audit(user):
            return {}
        found: dict[int, list[str]] = defaultdict(list, {row.pk: [] for row in rows})
        held = RoleAssignment.objects.filter(user__in=list(found)).order_by("role__code").values_list("user", "role__code").distinct()
        for key, code in held:
            found[key].append(code)
        return found


@extend_schema_field({"type": "object", "additionalProperties": {"type": "integer"}, "nullable": True})
class FiguresField(Fetched, serializers.DictField):
    """What a person has on the hands, as the list of the own team tells it; null for whoever may not know that."""

    def fetch(self, rows: Sequence[Any], user: Any) -> Mapping[Any, Any]:
        """A fixed number of queries."""
        return figures_of_people([row.pk for row in rows], user)


class PersonSerializer(ResourceSerializer):
    """A person who signs in, or another system. People are kept in the administration."""

    id = serializers.IntegerField(read_only=True)
    username = serializers.CharField(read_only=True, help_text="The login, by which other resources name the person.")
    name = serializers.CharField(read_only=True)
    org_unit = serializers.CharField(source="org_unit.code", read_only=True, allow_null=True, default=None, help_text="A code.")
    org_unit_name = serializers.CharField(source="org_unit.label", read_only=True, allow_null=True, default=None)
    roles = RolesField(read_only=True, allow_null=True, help_text="Codes; null for whoever may not see who may do what.")
    figures = FiguresField(read_only=True, help_text="By name: `customers`, `late` to-dos and others. Null of whom you do not direct.")
    is_active = serializers.BooleanField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class PeopleViewSet(ListResource):
    """People."""

    list_class = PeopleList
    serializer_class = PersonSerializer
    resource = "people"
    one, many = "person", "people"
