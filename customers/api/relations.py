"""Relations between customers over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from access.models import Action
from common.api.editing import EditableResource, as_texts, problems_of
from common.api.schema import WRITE_ERRORS
from common.lists import Column, DatesFilter, Filters, ListDefinition, ModelChoicesFilter
from customers.api.serializers import RelationSerializer, TextField
from customers.forms_relations import NewRelationForm, RelationForm
from customers.models import Customer, CustomerRelation, RelationKind
from customers.relations import reaches_both
from customers.services.relations import add_relation, remove_relation, update_relation


class RelationFilters(Filters):
    """Of relations."""

    kind = ModelChoicesFilter(label=_("Kind"), queryset=RelationKind.objects.order_by("code"))
    begins_on = DatesFilter(label=_("Since"))
    ends_on = DatesFilter(label=_("Until"))


class RelationList(ListDefinition):
    """The relations in reach, or with `customer=` those of one customer, from either side."""

    name = "customer-relations"
    model = CustomerRelation
    title = _("Relations")
    filterset_class = RelationFilters
    default_sort = "kind"
    columns = (
        Column(key="kind", label=_("Kind"), sort=("kind__code",)),
        Column(key="begins_on", label=_("Since"), sort=("begins_on",)),
        Column(key="ends_on", label=_("Until"), sort=("ends_on",)),
    )
    scope_models: ClassVar = {"customer": Customer}

    def queryset(self) -> QuerySet[Any]:
        """Those of the customer."""
        rows, customer = super().queryset(), self.scope.get("customer")
        return rows.filter(Q(customer=customer) | Q(other=customer)) if customer is not None else rows


class NewRelationSerializer(serializers.Serializer[Any]):
    """A relation to another customer: this one is to `other` what `kind` says, or with `inverse` the other way round."""

    other = serializers.CharField(help_text="The other customer's code.")
    kind = serializers.CharField(help_text="A code.")
    inverse = serializers.BooleanField(default=False)
    begins_on = serializers.DateField(required=False, allow_null=True)
    ends_on = serializers.DateField(required=False, allow_null=True)
    note = TextField()


class RelationViewSet(EditableResource):
    """Relations, one by one."""

    list_class = RelationList
    serializer_class = RelationSerializer
    resource = "customer_relations"
    one, many = "relation", "relations"

    def form(self, row: Any, data: Any) -> Any:
        """Days and note; what a relation is and between whom stays."""
        return RelationForm(data, relation=row, with_note=reaches_both(row, self.user))

    def save(self, row: Any, form: Any, seen: str) -> None:
        """By the service of the page."""
        update_relation(relation_id=row.pk, actor=self.user, seen=seen, **form.details())

    def remove(self, row: Any, seen: str) -> None:
        """By the service of the page."""
        remove_relation(relation_id=row.pk, actor=self.user, seen=seen)

    def address(self, row: Any) -> str:
        """Of the relation."""
        return reverse("api:customer_relation", args=[row.pk])


class RelationsOfCustomer(RelationViewSet):
    """The relations of the customer in the address."""

    resource = "customers_relations"

    def scope(self) -> Mapping[str, Any]:
        """The customer. Raises Http404 when it is hidden."""
        return {"customer": Customer.objects.get_visible(self.user, self.kwargs["pk"])}

    @extend_schema(
        operation_id="customers_relations_create",
        summary="Enter a relation",
        description="To another customer in your reach. By the rules of the browser's form.",
        request=NewRelationSerializer,
        responses={201: RelationSerializer, **WRITE_ERRORS},
    )
    def create(self, request: Request, **_kwargs: Any) -> Response:
        """Enter a relation."""
        self.require("change")
        customer = Customer.objects.get_visible(self.user, self.kwargs["pk"], Action.CHANGE)
        sent = NewRelationSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        given = sent.validated_data
        data = QueryDict(mutable=True)
        for name, value in given.items():
            data.setlist(name, as_texts(value))
        form = NewRelationForm(data, user=self.user)
        data["relation"] = form.choice_of(given["kind"], inverse=given["inverse"])
        if not form.is_valid():
            problems = problems_of(form)
            raise exceptions.ValidationError({"kind" if name == "relation" else name: errors for name, errors in problems.items()})
        made = self.by_service(form, lambda: add_relation(customer_id=customer.pk, actor=self.user, **form.details()))
        return self.entered(made)
