"""Hand-overs over HTTP: drafting one, its customers, and the steps that decide on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import exceptions, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from access.models import User
from common.api.editing import EditableResource, form_of, problems_of
from common.api.entity_tags import tag_of_row, tagged
from common.api.fields import ResourceSerializer
from common.api.lists import row_of
from common.api.schema import GUARDED, IF_MATCH, READ_ERRORS, WRITE_ERRORS
from customers.api.serializers import CodeField, ReachedCode, TextField
from customers.forms_hand_overs import DraftForm, ItemNoteForm, ItemReasonForm, NamedCustomersForm, NamedHandOverForm
from customers.hand_over_facts import steps_for
from customers.models import HandOver, HandOverItem, HandOverState, ItemState
from customers.services.hand_over_drafts import add_to_draft, change_draft, leave_out_items
from customers.services.hand_over_work import STEPS, take_step
from customers.services.hand_overs import create_hand_over, note_item, refuse_items, why_not_approved
from customers.tables_hand_overs import HandOverItemList, HandOverList

_CODES = "Codes of customers of the giver; without it all of them."


class HandOverSerializer(ResourceSerializer):
    """Customers of one account manager that shall pass to another one, with their open work. People go by their logins."""

    id = serializers.IntegerField(read_only=True)
    giver = CodeField("giver.username", allow_null=False, help_text="By default yourself. It stays for good.")
    receiver = CodeField("receiver.username", required=True, allow_null=False)
    only = serializers.ListField(child=serializers.CharField(), write_only=True, required=False, help_text=_CODES)
    reason = TextField(required=True, allow_blank=False)
    effective_on = serializers.DateField(required=False, help_text="By default today.")
    moves_unit = serializers.BooleanField(required=False, help_text="Whether they move to the receiver's org unit too; the default.")
    state = serializers.ChoiceField(HandOverState.choices, read_only=True)
    maker = CodeField("maker.username", read_only=True)
    approver = CodeField("approver.username", read_only=True)
    offered_at = serializers.DateTimeField(read_only=True, allow_null=True)
    decided_by = CodeField("decided_by.username", read_only=True)
    decided_at = serializers.DateTimeField(read_only=True, allow_null=True)
    decision_reason = serializers.CharField(read_only=True)
    done_at = serializers.DateTimeField(read_only=True, allow_null=True)
    job = serializers.IntegerField(source="job_key", read_only=True, allow_null=True, help_text="The job that carries out a large one.")
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class HandOverInFullSerializer(HandOverSerializer):
    """A hand-over, with what you can do about it."""

    steps = serializers.SerializerMethodField(help_text="The steps that are open to you.")
    barrier = serializers.SerializerMethodField(help_text="Why you may not approve it yourself; empty: you may, or it is not asked.")

    def get_steps(self, row: HandOver) -> list[str]:
        """Their names."""
        return [step.name for step in steps_for(row, self.context["user"], self.context["barrier"])]

    def get_barrier(self, row: HandOver) -> str:  # noqa: ARG002
        """In words."""
        return str(self.context["barrier"])


def in_full(pk: int, user: User) -> tuple[dict[str, Any], str]:
    """A hand-over as it is now, with its tag. Raises Http404."""
    row = row_of(HandOver.objects.visible_to(user).select_related("giver", "receiver", "maker", "approver", "decided_by"), pk)
    asked = row.state in (HandOverState.DRAFT, HandOverState.APPROVAL)
    context = {"user": user, "barrier": why_not_approved(row, user) if asked else ""}
    content = HandOverInFullSerializer(context=context).represent([row], user)[0]
    return content, tag_of_row(row, content)


class HandOverStepSerializer(serializers.Serializer[Any]):
    """A step, and why."""

    step = serializers.ChoiceField(STEPS)
    reason = TextField(max_length=200, help_text="Required to refuse and to return.")


@extend_schema_view(
    create=extend_schema(
        operation_id="hand_overs_create",
        summary="Draft a hand-over",
        description="Nobody is told of a draft; the step `offer` puts it to its receiver, or first to whoever approves it.",
        request=HandOverSerializer,
        responses={201: HandOverInFullSerializer, **WRITE_ERRORS},
    ),
    retrieve=extend_schema(
        operation_id="hand_overs_read",
        summary="Read a hand-over",
        description="With the steps that are open to you, and its version in the header ETag.",
        responses={200: HandOverInFullSerializer, **READ_ERRORS},
    ),
    partial_update=extend_schema(
        operation_id="hand_overs_change",
        summary="Change a draft",
        description="To whom it goes, when and why. Its customers stand at `items/`. If-Match is required.",
        parameters=[IF_MATCH],
        request=HandOverSerializer,
        responses={200: HandOverInFullSerializer, **GUARDED},
    ),
)
class HandOverViewSet(EditableResource):
    """Hand-overs that the user has to do with."""

    list_class = HandOverList
    serializer_class = HandOverSerializer
    resource = "hand_overs"
    one, many = "hand-over", "hand-overs"
    references: ClassVar[Mapping[str, str]] = {"giver": "username"}

    def require(self, action: str) -> None:
        """Whoever may change customers may hand the own ones over."""
        super().require("change" if action == "add" else action)

    def read(self, pk: int) -> tuple[dict[str, Any], str]:
        """One, as it is now, with its tag. Raises Http404."""
        return in_full(pk, self.user)

    def form(self, row: Any, data: Any) -> Any:
        """Of the page that drafts one, or that changes a draft."""
        return NamedHandOverForm(data, user=self.user) if row is None else DraftForm(data, hand_over=row)

    def make(self, form: Any) -> HandOver:
        """By the service of that page."""
        terms = {name: form.cleaned_data[name] for name in ("giver", "receiver", "reason", "effective_on", "moves_unit")}
        return create_hand_over(actor=self.user, customers=form.chosen(), **terms)

    def save(self, row: Any, form: Any, seen: str) -> None:
        """By the service of that page."""
        change_draft(hand_over_id=row.pk, actor=self.user, seen=seen, **form.details())

    def address(self, row: Any) -> str:
        """Of the hand-over."""
        return reverse("api:hand_over", args=[row.pk])

    @extend_schema(
        operation_id="hand_overs_step",
        summary="Take a step of a hand-over",
        description="`offer` a draft, `approve`, `accept` or `refuse` it, `withdraw` it before it is carried out, `return` what it moved. "
        "Which of them are open to you stands in `steps`. A draft that is withdrawn is gone: 204.",
        request=HandOverStepSerializer,
        responses={200: HandOverInFullSerializer, 204: None, **WRITE_ERRORS},
    )
    def step(self, request: Request, pk: int) -> Response:
        """Take it."""
        self.require("change")
        self.changeable(pk)
        sent = HandOverStepSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        step, reason = sent.validated_data["step"], sent.validated_data.get("reason", "").strip()
        left = self.by_service(None, lambda: take_step(step=step, hand_over_id=pk, actor=self.user, reason=reason))
        return self.told(pk) if left is not None else Response(status=status.HTTP_204_NO_CONTENT)


# --- its customers ---------------------------------------------------------------------------------------------------------------------


class HandOverItemSerializer(ResourceSerializer):
    """A customer of a hand-over."""

    id = serializers.IntegerField(read_only=True)
    hand_over = serializers.IntegerField(source="hand_over_id", read_only=True)
    customer = ReachedCode("customer", read_only=True, help_text="A code; null where the customer is out of your reach.")
    label: Any = serializers.CharField(read_only=True, help_text="What the customer was called when it was put in.")
    note = TextField(help_text="What the receiver should know; the giver and the maker write it.")
    state = serializers.ChoiceField(ItemState.choices, read_only=True)
    reason = serializers.CharField(read_only=True, help_text="Why it is refused.")
    updated_at = serializers.DateTimeField(read_only=True)


class NewItemsSerializer(serializers.Serializer[Any]):
    """Customers for a draft."""

    only = serializers.ListField(child=serializers.CharField(), required=False, help_text=_CODES)


class ItemDecisionSerializer(serializers.Serializer[Any]):
    """Whether the receiver takes a customer."""

    take = serializers.BooleanField()
    reason = TextField(help_text="Why not; required where it is not taken.")


class HandOverItemResource(EditableResource):
    """The customers of a hand-over."""

    list_class = HandOverItemList
    serializer_class = HandOverItemSerializer
    many, one = "customers of a hand-over", "customer of a hand-over"

    def form(self, row: Any, data: Any) -> Any:
        """Of the customer's page in the hand-over: the note."""
        return ItemNoteForm(data, instance=row)

    def address(self, row: Any) -> str:
        """Of the customer in the hand-over."""
        return reverse("api:hand_over_item", args=[row.pk])


class ItemsOfHandOver(HandOverItemResource):
    """Those of the hand-over in the address."""

    resource = "hand_overs_items"

    def scope(self) -> Mapping[str, Any]:
        """The hand-over. Raises Http404."""
        return {"hand_over": HandOver.objects.get_visible(self.user, self.kwargs["pk"])}

    @extend_schema(
        operation_id="hand_overs_items_add",
        summary="Add customers to a draft",
        description="Customers of the giver that are not in it yet.",
        request=NewItemsSerializer,
        responses={200: HandOverInFullSerializer, **WRITE_ERRORS},
    )
    def add(self, request: Request, pk: int) -> Response:
        """Add them."""
        self.require("change")
        row_of(HandOver.objects.visible_to(self.user, "change"), pk)
        form = form_of(request, NewItemsSerializer(), NamedCustomersForm, user=self.user)
        self.by_service(form, lambda: add_to_draft(hand_over_id=pk, actor=self.user, customers=form.chosen()))
        content, tag = in_full(pk, self.user)
        return tagged(Response(content), tag)


class HandOverItemViewSet(HandOverItemResource):
    """One of them."""

    resource = "hand_over_items"

    def scope(self) -> Mapping[str, Any]:
        """The hand-over that it is in. Raises Http404."""
        item = row_of(HandOverItem.objects.visible_to(self.user).select_related("hand_over"), self.kwargs["pk"])
        return {"hand_over": item.hand_over}

    def save(self, row: Any, form: Any, seen: str) -> None:
        """By the service of the page."""
        note_item(item_id=row.pk, actor=self.user, note=form.cleaned_data["note"], seen=seen)

    def remove(self, row: Any, seen: str) -> None:  # noqa: ARG002  (compared already: what is left out of a draft, its maker alone writes)
        """Leave it out of a draft."""
        leave_out_items(items=self._rows(row.pk), actor=self.user)

    @extend_schema(
        operation_id="hand_over_items_decide",
        summary="Take a customer of a hand-over, or not",
        description="As the receiver, while it is offered. The rest passes by the step `accept`.",
        request=ItemDecisionSerializer,
        responses={200: HandOverItemSerializer, **WRITE_ERRORS},
    )
    def decide(self, request: Request, pk: int) -> Response:
        """Keep the decision."""
        self.require("change")
        self.changeable(pk)
        sent = ItemDecisionSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        form = ItemReasonForm({"reason": sent.validated_data.get("reason", "")})
        takes = sent.validated_data["take"]
        if not takes and not form.is_valid():
            raise exceptions.ValidationError(problems_of(form))
        reason = "" if takes else form.cleaned_data["reason"]
        self.by_service(None, lambda: refuse_items(items=self._rows(pk), actor=self.user, reason=reason))
        return self.told(pk)

    @staticmethod
    def _rows(pk: int) -> QuerySet[HandOverItem]:
        return HandOverItem.objects.filter(pk=pk)
