"""To-dos over HTTP, by the forms and services of their pages."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers, status
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.requests import signed_in
from common.api import ErrorSerializer
from common.api.editing import EditableResource, form_of
from common.api.fields import Fetched, ResourceSerializer
from common.api.schema import WRITE_ERRORS
from workflow.forms import HandForm, TaskForm
from workflow.models import Task, TaskPriority, TaskState
from workflow.services import tasks as services
from workflow.subjects import ShownSubject, reference_of, subject_in, subjects_of
from workflow.tables import TaskList

_STEPS: Final = ("done", "dropped", "reopen", "put_off")
_ENDS: Final = (TaskState.DONE.value, TaskState.DROPPED.value)


# --- what a to-do is about -------------------------------------------------------------------------------------------------------------


class _Subject(Fetched, serializers.CharField):
    """What a to-do is about; null where that is nothing, or out of the reader's reach."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "allow_null": True, **kwargs})

    def fetch(self, rows: Sequence[Any], user: Any) -> Mapping[Any, Any]:
        """By the keys of the to-dos; a query for each kind of subject."""
        shown = subjects_of(rows, user)
        return {row.pk: self.said(row, shown[row.pk]) for row in rows if row.pk in shown}

    def said(self, row: Task, shown: ShownSubject) -> str:
        """What of it is answered."""
        raise NotImplementedError


class SubjectReference(_Subject):
    """Which row it is, such as `customers.customer:17`: said of a new to-do, and kept for good."""

    def said(self, row: Task, shown: ShownSubject) -> str:  # noqa: ARG002  # as declared
        """The kind and the key."""
        return reference_of(row.subject_kind, row.subject_key or 0)

    def form_values(self, value: Any, form: TaskForm) -> dict[str, list[str]]:
        """As the page's address names it. Raises ValidationError for another one than it is, and for one that the user does not see."""
        reference = "" if value is None else self.run_validation(value)
        if form.task is not None:
            shown = subjects_of([form.task], form.user).get(form.task.pk)
            known = self.said(form.task, shown) if shown is not None else ""
            if reference not in ("", known):
                raise exceptions.ValidationError(_("This cannot be written here."), "read_only")
        elif reference:
            try:
                subject_in(reference, form.user)
            except Http404 as error:
                raise exceptions.ValidationError(_("There is nothing here, or it is outside your reach."), "not_found") from error
        return {"subject": [reference]}


class SubjectLabel(_Subject):
    """What that row is called."""

    def said(self, row: Task, shown: ShownSubject) -> str:  # noqa: ARG002
        """Its name."""
        return shown.label


# --- what is taken and given -----------------------------------------------------------------------------------------------------------


class TaskSerializer(ResourceSerializer):
    """A to-do."""

    id = serializers.IntegerField(read_only=True)
    title = serializers.CharField()
    note = serializers.CharField(required=False, allow_blank=True)
    assignee = serializers.CharField(source="assignee.username", required=False, help_text="Who does it: a login. Default: you.")
    assignee_name = serializers.CharField(source="assignee.name", read_only=True)
    creator = serializers.CharField(source="creator.username", read_only=True, help_text="Who made it: a login.")
    due_on = serializers.DateField(required=False, allow_null=True)
    due_time = serializers.TimeField(required=False, allow_null=True, help_text="A time of that day.")
    remind_at = serializers.DateTimeField(required=False, allow_null=True)
    priority = serializers.IntegerField(required=False, help_text=", ".join(f"{one.value}: {one.name.lower()}" for one in TaskPriority))
    state = serializers.CharField(read_only=True, help_text="`open`, `done` or `dropped`; changed by `steps/`.")
    is_late = serializers.BooleanField(read_only=True)
    ended_at = serializers.DateTimeField(read_only=True, allow_null=True)
    ended_by = serializers.CharField(source="ended_by.username", read_only=True, allow_null=True, default=None, help_text="A login.")
    subject = SubjectReference(help_text="What it is about: `customers.customer:17`. It stays for good. Null also where out of reach.")
    subject_name = SubjectLabel(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class TaskStepSerializer(serializers.Serializer[Any]):
    """One step with a to-do."""

    step = serializers.ChoiceField(_STEPS)
    until = serializers.DateField(required=False, help_text="Of `put_off`: the day that it is due on then.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A day where one is needed."""
        if attrs["step"] == "put_off" and "until" not in attrs:
            raise serializers.ValidationError({"until": [exceptions.ErrorDetail(_("Choose a day."), "required")]})
        return attrs


class NewHolderSerializer(serializers.Serializer[Any]):
    """To whom a to-do goes."""

    assignee = serializers.CharField(help_text="A login.")


class TasksEndSerializer(serializers.Serializer[Any]):
    """Which to-dos end, and how."""

    tasks = serializers.ListField(child=serializers.IntegerField(min_value=1), allow_empty=False, max_length=services.MOST_AT_ONCE)
    end_as = serializers.ChoiceField(_ENDS, default=TaskState.DONE.value)


class TasksEndedSerializer(serializers.Serializer[Any]):
    """How many to-dos ended."""

    ended = serializers.IntegerField()


# --- the views -------------------------------------------------------------------------------------------------------------------------


class TaskViewSet(EditableResource):
    """To-dos."""

    list_class = TaskList
    serializer_class = TaskSerializer
    resource = "tasks"
    one, many = "to-do", "to-dos"

    def require(self, action: str) -> None:
        """One's own to-dos take no role; the services look at each."""

    def form(self, row: Any, data: Any) -> Any:
        """The form of the to-do's page."""
        return TaskForm(data, user=self.user, task=row)

    def make(self, form: Any) -> Task:
        """By the service of that page."""
        reference = form.data.get("subject", "")
        subject = subject_in(reference, self.user)[:2] if reference else None
        return services.create_task(actor=self.user, details=form.details(), subject=subject)

    def save(self, row: Any, form: Any, seen: str) -> None:
        """By the service of that page."""
        services.change_task(task_id=row.pk, actor=self.user, details=form.details(), seen=seen)

    def address(self, row: Any) -> str:
        """Of the to-do."""
        return reverse("api:task", args=[row.pk])

    def told(self, pk: int) -> Response:
        """The to-do as it is after a write; nothing where it went to somebody whose to-dos one does not see."""
        try:
            return super().told(pk)
        except Http404:
            return Response(status=status.HTTP_204_NO_CONTENT)


class TaskActions(TaskViewSet):
    """What is done with one to-do."""

    @extend_schema(
        operation_id="tasks_step",
        summary="Take a step with a to-do",
        description="It is done, dropped, open again, or put off until a later day.",
        request=TaskStepSerializer,
        responses={200: TaskSerializer, **WRITE_ERRORS},
    )
    def step(self, request: Request, pk: int) -> Response:
        """Take it."""
        self.changeable(pk)
        sent = TaskStepSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        step, until = sent.validated_data["step"], sent.validated_data.get("until")
        self.by_service(None, lambda: self._take(step, pk, until))
        return self.told(pk)

    def _take(self, step: str, pk: int, until: datetime.date | None) -> None:
        if step == "reopen":
            services.reopen_task(task_id=pk, actor=self.user)
        elif step == "put_off" and until is not None:
            services.snooze_task(task_id=pk, actor=self.user, until=until)
        else:
            services.end_tasks(task_ids=[pk], actor=self.user, state=TaskState(step))

    @extend_schema(
        operation_id="tasks_hand",
        summary="Give a to-do to somebody else",
        description="Who is told. 204 where you do not see it any more then.",
        request=NewHolderSerializer,
        responses={200: TaskSerializer, 204: None, **WRITE_ERRORS},
    )
    def hand(self, request: Request, pk: int) -> Response:
        """Hand it on."""
        self.changeable(pk)
        form = form_of(request, NewHolderSerializer(), HandForm)
        self.by_service(form, lambda: services.hand_task(task_id=pk, actor=self.user, assignee=form.cleaned_data["assignee"]))
        return self.told(pk)


class TasksEndView(APIView):
    """Many to-dos that end."""

    metadata_class: Any = None
    parser_classes: Any = (JSONParser,)

    @extend_schema(
        operation_id="tasks_end",
        summary="End many to-dos",
        description="Those that you may change and that are still open, by one statement.",
        request=TasksEndSerializer,
        responses={200: TasksEndedSerializer, 400: ErrorSerializer, 401: ErrorSerializer},
    )
    def post(self, request: Request) -> Response:
        """End them."""
        sent = TasksEndSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        state = TaskState(sent.validated_data["end_as"])
        count = services.end_tasks(task_ids=sent.validated_data["tasks"], actor=signed_in(request), state=state)
        return Response({"ended": count})
