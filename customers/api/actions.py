"""What is done to one customer beside changing its fields: handing it over, moving it along, its score and its level."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from access.models import Action
from access.policy import require
from common.api.editing import form_of
from common.api.entity_tags import answered, tag_of_content
from common.api.schema import GUARDED, IF_MATCH, READ_ERRORS, WRITE_ERRORS
from common.lists import plain_text
from customers.api.serializers import CodeField, CustomerSerializer, TextField
from customers.api.views import CustomerViewSet
from customers.forms import AssignForm
from customers.forms_rules import LevelForm, LifecycleForm
from customers.models import Customer, CustomerLevel
from customers.score_pages import explained, held_level
from customers.services.levels import end_set_level, set_level
from customers.services.lifecycle import MOVES, move_customer, reasons_for
from customers.services.ownership import assign_customer
from customers.services.scoring import score_customer

_SHOWN = 100


class OwnershipSerializer(serializers.Serializer[Any]):
    """One change of a customer's owner."""

    changed_at = serializers.DateTimeField()
    from_manager = CodeField("from_manager.username")
    to_manager = CodeField("to_manager.username")
    from_unit = CodeField("from_unit.code")
    to_unit = CodeField("to_unit.code")
    actor = CodeField("actor.username", help_text="A login.")
    reason = serializers.CharField()


class AssignmentSerializer(serializers.Serializer[Any]):
    """To whom a customer is handed, and why."""

    manager = serializers.CharField(allow_null=True, help_text="A login; null: nobody yet.")
    org_unit = serializers.CharField(help_text="A code.")
    reason = TextField()


class LifecycleChangeSerializer(serializers.Serializer[Any]):
    """One step of a customer's lifecycle."""

    changed_at = serializers.DateTimeField()
    from_state = serializers.CharField()
    to_state = serializers.CharField()
    reason = serializers.CharField()
    reason_entry = CodeField("reason_entry.code")
    rule = CodeField("rule.code", help_text="The rule that took the step; null where a person did.")
    actor = CodeField("actor.username")


class ReasonSerializer(serializers.Serializer[Any]):
    """A reason that is on offer."""

    code = serializers.CharField()
    label: Any = serializers.CharField()
    to_state = serializers.CharField(help_text="The step it is for; empty: for each.")


class LifecycleSerializer(serializers.Serializer[Any]):
    """Where a customer stands, and where it can go."""

    state = serializers.CharField()
    next = serializers.ListField(child=serializers.CharField(), help_text="The states that are the next step.")
    reasons = ReasonSerializer(many=True)
    changes = LifecycleChangeSerializer(many=True, help_text="The latest first, at most 100.")


class StepSerializer(serializers.Serializer[Any]):
    """The next step, and why: a reason of the dictionary, words, or both."""

    to = serializers.CharField(help_text="One of `next`.")
    reason = TextField()
    reason_entry = serializers.CharField(required=False, allow_null=True, help_text="A code.")


class ScoreLineSerializer(serializers.Serializer[Any]):
    """One rule's part in a score."""

    rule = serializers.CharField()
    measure = serializers.CharField()
    measured = serializers.SerializerMethodField()
    points = serializers.IntegerField()
    weight = serializers.IntegerField()
    share = serializers.FloatField(help_text="The rule's part of all weights, in percent.")
    contribution = serializers.FloatField(help_text="The points of the score that it brings.")

    def get_measured(self, line: Any) -> str:
        """The value as people read it."""
        return plain_text(str(line.measured))


class HeldLevelSerializer(serializers.Serializer[Any]):
    """A level set by hand."""

    level = serializers.ChoiceField(CustomerLevel.choices)
    last_day = serializers.DateField()
    reason = serializers.CharField()
    actor = CodeField("actor.username", read_only=True)


class ScoreSerializer(serializers.Serializer[Any]):
    """What a customer's score is made of."""

    score = serializers.IntegerField(source="score.score")
    level = serializers.CharField(source="score.level", help_text="The level that follows from it; empty: none.")
    scored_at = serializers.DateTimeField(source="score.scored_at")
    lines = ScoreLineSerializer(many=True)


class ValueSerializer(serializers.Serializer[Any]):
    """How valuable a customer is."""

    score = ScoreSerializer(allow_null=True, help_text="Null where no rule has scored it.")
    held_level = HeldLevelSerializer(allow_null=True)


class CustomerActions(CustomerViewSet):
    """What is done to one customer."""

    owner_references: ClassVar[Mapping[str, str]] = {"manager": "username", "org_unit": "code"}

    def _customer(self, pk: int, action: str = Action.VIEW) -> Customer:
        if action != Action.VIEW:
            require(self.user, "customers", action)
        found: Customer = self.changeable(pk, action)
        return found

    def _told(self, content: Any) -> Response:
        return answered(self.request, content, tag_of_content(content))

    @extend_schema(
        operation_id="customers_ownership",
        summary="Read who owned a customer",
        description="Every change of its owner, the latest first, at most 100.",
        responses={200: OwnershipSerializer(many=True), **READ_ERRORS},
    )
    def ownership(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Answer the changes of the owner."""
        rows = self._customer(pk).ownership_changes.select_related("from_manager", "to_manager", "from_unit", "to_unit", "actor")
        return self._told([dict(row) for row in OwnershipSerializer(rows.order_by("-pk")[:_SHOWN], many=True).data])

    @extend_schema(
        operation_id="customers_assign",
        summary="Hand a customer over",
        description="With the jobs about it; the former and the new owner are told. If-Match is required.",
        parameters=[IF_MATCH],
        request=AssignmentSerializer,
        responses={200: CustomerSerializer, **GUARDED},
    )
    def assign(self, request: Request, pk: int) -> Response:
        """Hand it over."""
        customer = self._customer(pk, Action.APPROVE)
        seen = self.seen(customer)
        form = form_of(request, AssignmentSerializer(), AssignForm, self.owner_references, user=self.user, customer=customer)
        owner = {name: form.cleaned_data[name] for name in ("manager", "org_unit", "reason")}
        self.by_service(form, lambda: assign_customer(customer_id=pk, actor=self.user, seen=seen, **owner), customer)
        return self.told(pk)

    @extend_schema(
        operation_id="customers_lifecycle",
        summary="Read a customer's lifecycle",
        description="Where it stands, which steps there are and by which reasons, and how it got there.",
        responses={200: LifecycleSerializer, **READ_ERRORS},
    )
    def lifecycle(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Answer the lifecycle."""
        customer = self._customer(pk)
        steps = MOVES[customer.lifecycle]
        changes = customer.lifecycle_changes.select_related("reason_entry", "rule", "actor").order_by("-pk")[:_SHOWN]
        facts = {"state": customer.lifecycle, "next": list(steps), "reasons": reasons_for(*steps), "changes": changes}
        return self._told(dict(LifecycleSerializer(facts).data))

    @extend_schema(
        operation_id="customers_move",
        summary="Move a customer along its lifecycle",
        description="By one of the steps that there are from where it stands.",
        request=StepSerializer,
        responses={200: CustomerSerializer, **WRITE_ERRORS},
    )
    def move(self, request: Request, pk: int) -> Response:
        """Take a step."""
        customer = self._customer(pk, Action.CHANGE)
        form = form_of(request, StepSerializer(), LifecycleForm, {"reason_entry": "code"}, customer=customer)
        self.by_service(form, lambda: move_customer(customer_id=pk, actor=self.user, **form.cleaned_data))
        return self.told(pk)

    @extend_schema(
        operation_id="customers_score",
        summary="Read what a customer's score is made of",
        description="Each rule with what it measured, its points and weight; and the level set by hand, if one holds.",
        responses={200: ValueSerializer, **READ_ERRORS},
    )
    def score(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Answer the score, explained."""
        customer = self._customer(pk)
        current = customer.scores.select_related("run").filter(is_current=True).first()
        facts = {"score": explained(current) if current is not None else None, "held_level": held_level(customer)}
        return self._told(dict(ValueSerializer(facts).data))

    @extend_schema(
        operation_id="customers_score_now",
        summary="Score a customer now",
        description="By the rules that hold today. 400 where none does.",
        request=None,
        responses={200: ValueSerializer, **WRITE_ERRORS},
    )
    def score_now(self, request: Request, pk: int) -> Response:
        """Score it."""
        self._customer(pk, Action.CHANGE)
        self.by_service(None, lambda: score_customer(customer_id=pk, actor=self.user))
        return self.score(request, pk)

    @extend_schema(
        operation_id="customers_set_level",
        summary="Set a customer's level by hand",
        description="For a time, whatever its score. If-Match is required.",
        parameters=[IF_MATCH],
        request=HeldLevelSerializer,
        responses={200: CustomerSerializer, **GUARDED},
    )
    def set_level(self, request: Request, pk: int) -> Response:
        """Set the level."""
        customer = self._customer(pk, Action.APPROVE)
        seen = self.seen(customer)
        form = form_of(request, HeldLevelSerializer(), LevelForm)
        self.by_service(form, lambda: set_level(customer_id=pk, actor=self.user, seen=seen, **form.cleaned_data), customer)
        return self.told(pk)

    @extend_schema(
        operation_id="customers_end_set_level",
        summary="Let a customer's level follow from its score again",
        description="Nothing happens where no level is set by hand. If-Match is required.",
        parameters=[IF_MATCH],
        request=None,
        responses={200: CustomerSerializer, **GUARDED},
    )
    def end_set_level(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """End the level set by hand."""
        customer = self._customer(pk, Action.APPROVE)
        seen = self.seen(customer)
        self.by_service(None, lambda: end_set_level(customer_id=pk, actor=self.user, seen=seen), customer)
        return self.told(pk)
