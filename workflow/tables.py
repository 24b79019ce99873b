"""The list of to-dos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from access.models import User
from common.lists import NOTHING, Column, ListAction, ListDefinition, ListView, dot, linked
from workflow.filters import TaskFilters
from workflow.models import Task, TaskPriority, TaskState
from workflow.subjects import subjects_of

TONES: Final = {TaskState.OPEN: "idle", TaskState.DONE: "ok", TaskState.DROPPED: "idle"}
PRIORITY_TONES: Final = {TaskPriority.HIGH: "bad", TaskPriority.NORMAL: "idle", TaskPriority.LOW: "idle"}


def due_tone(task: Task) -> str:
    """The tone of when a to-do is due: late, today, or nothing to worry about."""
    if task.is_late:
        return "bad"
    return "warn" if task.is_open and task.due_on == timezone.localdate() else "idle"


def due_words(task: Task) -> SafeString:
    """When a to-do is due, and whether that is over: a dot, and the day with its time."""
    if task.due_on is None:
        return NOTHING
    day = gettext("today") if task.is_open and task.due_on == timezone.localdate() else date_format(task.due_on, "Y-m-d")
    text = f"{day} {time_format(task.due_time, 'H:i')}" if task.due_time else day
    late = format_html(' <span class="tag tag-late">{}</span>', gettext("late")) if task.is_late else ""
    return format_html('<time datetime="{}">{}</time>{}', task.due_on.isoformat(), dot(due_tone(task), text), late)


def subject_column() -> Column:
    """What to-dos are about, as far as the reader may see it."""

    def values(rows: Sequence[Any], user: User) -> Mapping[Any, SafeString]:
        return {pk: linked(shown.url, shown.label) for pk, shown in subjects_of(rows, user).items()}

    return Column(key="subject", label=_("About"), values=values, hide_on_phone=True)


class TaskList(ListDefinition):
    """The to-dos that the user may see."""

    name = "tasks"
    model = Task
    title = _("To-dos")
    filterset_class = TaskFilters
    search_fields = ("title__icontains", "note__icontains")
    search_label = _("To-do or note")
    default_sort = "due_on"
    empty_text = _("Nothing to do. A to-do is made here, or on a customer's page.")
    columns = (
        Column(key="pick", label=_("Choose"), template="workflow/cells/pick.html"),
        Column(key="title", label=_("To-do"), link=True, template="workflow/cells/title.html"),
        Column(key="due_on", label=_("Due"), value=due_words, sort=("due_on", "due_time")),
        Column(
            key="priority",
            label=_("Priority"),
            value=lambda row: dot(PRIORITY_TONES[row.priority], row.get_priority_display()),
            sort=("priority",),
            hide_on_phone=True,
        ),
        subject_column(),
        Column(key="assignee", label=_("Who does it"), value="assignee.name"),
        Column(key="creator", label=_("Made by"), value="creator.name", hide_on_phone=True),
        Column(
            key="state", label=_("State"), value=lambda row: dot(TONES[TaskState(row.state)], row.get_state_display()), hide_on_phone=True
        ),
        Column(key="steps", label=_("Steps"), template="workflow/cells/steps.html"),
    )
    views: ClassVar[Sequence[ListView]] = (
        ListView(label=_("Mine"), parameters={"whose": "mine", "state": TaskState.OPEN.value}),
        ListView(label=_("Made by me"), parameters={"whose": "made"}),
        ListView(label=_("My team's"), parameters={"whose": "team", "state": TaskState.OPEN.value}),
        ListView(label=_("Overdue"), parameters={"when": "overdue", "state": TaskState.OPEN.value}),
    )

    def queryset(self) -> QuerySet[Any]:
        """With who does it and who made it."""
        return super().queryset().select_related("assignee", "creator")

    def row_url(self, row: Task) -> str:
        """The to-do's page."""
        return reverse("workflow:task_detail", args=[row.pk])

    def actions(self) -> list[ListAction]:
        """Make one."""
        return [ListAction(label=_("New to-do"), url=reverse("workflow:task_create"), icon="plus", primary=True, shortcut="n")]
