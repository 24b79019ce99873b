"""What the API gives and takes of customers, the people at them, and their relations. References go by code or login."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import exceptions, serializers

from access.api.fields import MaskedField
from common.api.editing import as_texts
from common.api.fields import Fetched, ResourceSerializer
from customers.attributes import PREFIX
from customers.models import CertificateType, ContactRole, Customer, CustomerLevel, CustomerScale, CustomerTag, Lifecycle
from customers.models.people import Attitude, Influence


class CodeField(serializers.CharField):
    """Another row by its code; null where there is none."""

    def __init__(self, source: str, **kwargs: Any) -> None:
        super().__init__(**{"source": source, "required": False, "allow_null": True, **kwargs})


class TextField(serializers.CharField):
    """A text that may be left out and may be empty."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "allow_blank": True, **kwargs})


class ReachedCode(Fetched, serializers.CharField):
    """The code of another customer; null where there is none, or none in the reader's reach."""

    def __init__(self, relation: str, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "allow_null": True, **kwargs})
        self._relation = f"{relation}_id"

    def fetch(self, rows: Sequence[Any], user: Any) -> Mapping[Any, Any]:
        """One query, through the access policy."""
        keys = {getattr(row, self._relation) for row in rows} - {None}
        codes = dict(Customer.objects.visible_to(user).filter(pk__in=keys).values_list("pk", "code")) if keys else {}
        return {row.pk: codes.get(getattr(row, self._relation)) for row in rows}


class NoteField(Fetched, TextField):
    """The note of a relation, which may tell of both customers; null for whoever does not reach both."""

    def fetch(self, rows: Sequence[Any], user: Any) -> Mapping[Any, Any]:
        """One query, through the access policy."""
        keys = {key for row in rows for key in (row.customer_id, row.other_id)}
        reached = set(Customer.objects.visible_to(user).filter(pk__in=keys).values_list("pk", flat=True))
        return {row.pk: row.note if {row.customer_id, row.other_id} <= reached else None for row in rows}


class TagsField(Fetched, serializers.ListField):
    """The codes of a customer's tags."""

    child = serializers.CharField()

    def fetch(self, rows: Sequence[Any], user: Any) -> Mapping[Any, Any]:  # noqa: ARG002  # who sees the customer sees its tags
        """One query."""
        found: dict[int, list[str]] = defaultdict(list, {row.pk: [] for row in rows})
        taggings = CustomerTag.objects.filter(customer__in=[row.pk for row in rows]).order_by("tag__code")
        for key, code in taggings.values_list("customer", "tag__code"):
            found[key].append(code)
        return found


@extend_schema_field({"type": "object", "additionalProperties": True, "example": {"contract_type": "framework", "seats": 120}})
class AttributesField(serializers.DictField):
    """The attributes that administrators defined, by their keys, each of its own type; those without a value are left out."""

    def form_values(self, value: Any, form: Any) -> dict[str, list[str]]:
        """What was sent as the form is sent it. Raises ValidationError by key."""
        given: dict[str, list[str]] = {}
        problems: dict[str, Any] = {}
        for key, one in self.run_validation(value).items():
            field = form.fields.get(f"{PREFIX}{key}")
            yes_no = field is not None and {"yes", "no"} <= {code for code, _label in getattr(field, "choices", ())}
            if field is None:
                problems[key] = [exceptions.ErrorDetail(_("There is no such attribute."), "unknown_field")]
            elif isinstance(one, dict) or (one is not None and isinstance(one, bool) != yes_no):
                problems[key] = [exceptions.ErrorDetail(_("This is of another type."), "invalid")]
            else:
                given[f"{PREFIX}{key}"] = [{True: "yes", False: "no"}[one]] if isinstance(one, bool) else as_texts(one)
        if problems:
            raise exceptions.ValidationError(problems)
        return given


def _decimal() -> serializers.DecimalField:
    return serializers.DecimalField(14, 2, required=False, allow_null=True)


class CustomerSerializer(ResourceSerializer):
    """A group customer."""

    id = serializers.IntegerField(read_only=True)
    code = TextField(required=True, help_text="It stays for good.")
    name = TextField(required=True)
    short_name = TextField()
    credit_code = TextField(help_text="Unified social credit code, 18 characters.")
    level = serializers.ChoiceField(CustomerLevel.choices, required=False, help_text="Read only where scoring rules decide it.")
    value_score = serializers.IntegerField(required=False, help_text="0 to 100. Read only where scoring rules decide it.")
    lifecycle = serializers.ChoiceField(Lifecycle.choices, read_only=True)
    industry = CodeField("industry.code")
    region = CodeField("region.code")
    scale = serializers.ChoiceField(CustomerScale.choices, required=False, allow_blank=True)
    parent: Any = ReachedCode("parent", help_text="The code of the customer above; null also where that is out of reach.")
    manager = CodeField("manager.username", help_text="A login. Written when it is entered; later by `assignment/`.")
    manager_name = serializers.CharField(source="manager.name", read_only=True, allow_null=True, default=None)
    org_unit = CodeField("org_unit.code", allow_null=False, help_text="Written when it is entered; later by `assignment/`.")
    bank_name = TextField()
    bank_account = MaskedField()
    credit_limit = _decimal()
    source: Any = TextField()
    address = TextField()
    remark = TextField()
    tags = TagsField(required=False, help_text="Codes.")
    attributes = AttributesField(required=False)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class ContactPersonSerializer(ResourceSerializer):
    """A person at a customer."""

    id = serializers.IntegerField(read_only=True)
    customer = CodeField("customer.code", allow_null=False, help_text="The customer's code. It stays for good.")
    name = TextField(required=True)
    title = TextField()
    role = serializers.ChoiceField(ContactRole.choices, required=False)
    phone = MaskedField()
    email = MaskedField()
    id_type = serializers.ChoiceField(CertificateType.choices, required=False, allow_blank=True)
    id_number = MaskedField()
    birthday = serializers.DateField(required=False, allow_null=True)
    preferences = TextField()
    attitude = serializers.ChoiceField(Attitude.choices, required=False, allow_blank=True)
    influence = serializers.ChoiceField(Influence.choices, required=False, allow_null=True)
    reports_to = serializers.IntegerField(
        source="reports_to_id", required=False, allow_null=True, help_text="The id of a person at the same customer."
    )
    is_key_person = serializers.BooleanField(required=False)
    do_not_contact = serializers.BooleanField(required=False)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class RelationSerializer(ResourceSerializer):
    """A relation: `customer` is to `other` what `kind` says."""

    id = serializers.IntegerField(read_only=True)
    customer = ReachedCode("customer", read_only=True, help_text="A code; null where it is out of reach.")
    other = ReachedCode("other", read_only=True, help_text="A code; null where it is out of reach.")
    kind = serializers.CharField(source="kind.code", read_only=True)
    begins_on = serializers.DateField(required=False, allow_null=True)
    ends_on = serializers.DateField(required=False, allow_null=True)
    note = NoteField(allow_null=True, help_text="Null for whoever does not reach both customers.")
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)
