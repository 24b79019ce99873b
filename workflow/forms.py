"""Forms of to-dos and of how a person is told."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from access.fields import PersonField, label_of
from access.models import User
from common.lost_updates import TECHNICAL, TellsOfChanges
from common.notices import notice_kinds
from common.versions import version_of
from workflow.models import DigestRhythm, NoticeSettings, Task, TaskPriority, Weekday
from workflow.services.tasks import TaskDetails, may_give


class Refusable(forms.Form):
    """A form that shows what a service refuses."""

    def refuse(self, error: ValidationError) -> None:
        """Show `error` at its fields."""
        for name, errors in getattr(error, "error_dict", {"__all__": [error]}).items():
            for one in errors:
                self.add_error(name if name in self.fields else None, one)


class HandForm(Refusable):
    """To whom a to-do goes."""

    assignee = PersonField(label=_("Who does it"))


class TaskForm(TellsOfChanges, Refusable):
    """What people say of a to-do."""

    title = forms.CharField(label=_("To-do"), max_length=200)
    assignee = PersonField(label=_("Who does it"), required=False)
    due_on = forms.DateField(label=_("Due on"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    due_time = forms.TimeField(label=_("At"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    priority = forms.TypedChoiceField(label=_("Priority"), choices=TaskPriority.choices, coerce=int, initial=TaskPriority.NORMAL)
    remind_at = forms.DateTimeField(
        label=_("Reminder"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("You are told in the product, and by e-mail if you have chosen that."),
    )
    note = forms.CharField(label=_("Note"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 4}))
    version = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, user: User, task: Task | None = None, **kwargs: Any) -> None:
        kwargs["initial"] = {"assignee": label_of(user)} if task is None else _initial(task)
        super().__init__(*args, **kwargs)
        self.user, self.task = user, task
        if not may_give(user):
            del self.fields["assignee"]

    def refuse(self, error: ValidationError) -> None:
        """Where somebody was quicker, show what stands now."""
        if not self.told_stale(error):
            super().refuse(error)

    def row_now(self) -> Task:
        """The to-do."""
        assert self.task is not None
        return Task._base_manager.get(pk=self.task.pk)

    def opened_on(self, row: Any) -> TaskForm:
        """For the same person."""
        return TaskForm(user=self.user, task=row)

    def clean(self) -> dict[str, Any]:
        """A time needs a day."""
        cleaned = super().clean() or {}
        if cleaned.get("due_time") and not cleaned.get("due_on"):
            self.add_error("due_on", _("A time needs a day."))
        return cleaned

    def details(self) -> TaskDetails:
        """What the service takes: nobody named means that it stays with whom it is, at first oneself."""
        given: dict[str, Any] = {key: value for key, value in self.cleaned_data.items() if key not in TECHNICAL}
        if given.get("assignee") is None:
            given["assignee"] = self.user if self.task is None else self.task.assignee
        return cast(TaskDetails, given)  # the fields are its keys


def _initial(task: Task) -> dict[str, Any]:
    names = ("title", "note", "due_on", "due_time", "remind_at", "priority")
    return {**{name: getattr(task, name) for name in names}, "assignee": label_of(task.assignee), "version": version_of(task)}


class NoticeSettingsForm(Refusable):
    """How a person wants to be told: the kinds in the product and by e-mail, and how often that is sent."""

    rhythm = forms.ChoiceField(label=_("E-mail"), choices=DigestRhythm.choices)
    weekday = forms.TypedChoiceField(label=_("Day of the week"), choices=Weekday.choices, coerce=int)
    hour = forms.TypedChoiceField(label=_("Hour"), coerce=int, choices=[(hour, f"{hour:02}:00") for hour in range(24)])

    def __init__(self, *args: Any, wishes: NoticeSettings, **kwargs: Any) -> None:
        kwargs["initial"] = {"rhythm": wishes.rhythm, "weekday": wishes.weekday, "hour": wishes.hour}
        super().__init__(*args, **kwargs)
        for kind in notice_kinds():
            for prefix, off in (("shown", wishes.hidden), ("mailed", wishes.unmailed)):
                field = forms.BooleanField(required=False, initial=kind.code not in off, label=str(kind.label))
                self.fields[f"{prefix}-{kind.code}"] = field

    @property
    def kinds(self) -> list[dict[str, Any]]:
        """The kinds with their two boxes."""
        return [{"kind": kind, "shown": self[f"shown-{kind.code}"], "mailed": self[f"mailed-{kind.code}"]} for kind in notice_kinds()]

    def chosen(self, prefix: str) -> set[str]:
        """The codes of the kinds whose box of `prefix` is ticked."""
        return {kind.code for kind in notice_kinds() if self.cleaned_data[f"{prefix}-{kind.code}"]}
