"""Make, change, end, put off and hand on to-dos."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import TypedDict

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from access.models import Action, User
from access.policy import ensure_still_reached
from access.scope import scope_of
from common.notices import notify
from common.saving import save_valid
from common.versions import ensure_version
from workflow.kinds import ASSIGNED
from workflow.models import Task, TaskState
from workflow.querysets import TaskQuerySet

MOST_AT_ONCE = 1_000


class TaskDetails(TypedDict, total=False):
    """What people type of a to-do; a key that is missing keeps what stands there."""

    title: str
    note: str
    assignee: User
    due_on: datetime.date | None
    due_time: datetime.time | None
    remind_at: datetime.datetime | None
    priority: int


@transaction.atomic
def create_task(*, actor: User, details: TaskDetails, subject: tuple[str, int] | None = None) -> Task:
    """A new to-do, for the actor unless the details name somebody else; `subject` is the kind and key of what it is about.

    The caller has seen to it that the actor sees the subject (`workflow.subjects.subject_in`). Raises ValidationError, and PermissionDenied
    for somebody without any role who gives work to others.
    """
    task = Task(creator=actor, **{"assignee": actor, **details})
    if subject is not None:
        task.subject_kind, task.subject_key = subject
    _ensure_may_give(actor, task.assignee)
    save_valid(task)
    _tell(task, actor)
    return task


@transaction.atomic
def change_task(*, task_id: int, actor: User, details: TaskDetails, seen: str | None = None) -> Task:
    """Change what `details` name; `seen` is the version that the form showed.

    Raises Http404 when the to-do is hidden from `actor`, ValidationError, and PermissionDenied when it would leave the actor's reach.
    """
    task = _locked(actor, task_id)
    if seen is not None:
        ensure_version(task, seen)
    before = task.assignee_id
    for name, value in details.items():
        setattr(task, name, value)
    if task.assignee_id != before:
        _ensure_may_give(actor, task.assignee)
    save_valid(task)
    if before != actor.pk:  # one's own to-do may go to any colleague, and then out of one's sight
        ensure_still_reached(Task.objects.all(), actor, task.pk)
    if task.assignee_id != before:
        _tell(task, actor)
    return task


def hand_task(*, task_id: int, actor: User, assignee: User) -> Task:
    """Give a to-do to somebody else. Raises as `change_task`."""
    return change_task(task_id=task_id, actor=actor, details={"assignee": assignee})


@transaction.atomic
def snooze_task(*, task_id: int, actor: User, until: datetime.date) -> Task:
    """Put an open to-do off until a later day; a reminder goes along. Raises Http404, and ValidationError for a day that is over."""
    if until < timezone.localdate():
        raise ValidationError({"due_on": _("That day is over.")})
    task = _locked(actor, task_id)
    if not task.is_open:
        raise ValidationError(_("This to-do has ended."))
    if task.remind_at is not None and task.due_on is not None:
        task.remind_at += until - task.due_on
    task.due_on = until
    save_valid(task)
    return task


@transaction.atomic
def end_tasks(*, task_ids: Iterable[int], actor: User, state: TaskState = TaskState.DONE) -> int:
    """End open to-dos as done or dropped, by one statement; how many there were. Those hidden from `actor`, or ended, are left out.

    Raises ValidationError for more than `MOST_AT_ONCE`.
    """
    wanted = list(task_ids)
    if len(wanted) > MOST_AT_ONCE:
        raise ValidationError(_("End at most %(limit)d at once.") % {"limit": MOST_AT_ONCE})
    now = timezone.now()
    rows = Task.objects.visible_to(actor, Action.CHANGE).is_open().filter(pk__in=wanted)
    return rows.update(state=state, ended_at=now, ended_by=actor, updated_at=now)


@transaction.atomic
def reopen_task(*, task_id: int, actor: User) -> Task:
    """There is something to do after all. Raises Http404."""
    task = _locked(actor, task_id)
    task.state, task.ended_at, task.ended_by = TaskState.OPEN, None, None
    save_valid(task)
    return task


def end_tasks_about(*, kind: str, key: int, actor: User | None, assignee: User | None = None, state: TaskState = TaskState.DONE) -> int:
    """End all open to-dos about a row that is settled, whoever has them, or those of `assignee`, by one statement; how many there were.

    The caller has seen to it that `actor` may settle the row; None: nobody did, it settled itself.
    """
    now = timezone.now()
    rows = Task.objects.is_open().filter(subject_kind=kind, subject_key=key)
    if assignee is not None:
        rows = rows.filter(assignee=assignee)
    return rows.update(state=state, ended_at=now, ended_by=actor, updated_at=now)


def pass_tasks_on(*, tasks: TaskQuerySet, giver: User, receiver: User) -> list[int]:
    """Give those of `tasks` that are open and `giver`'s to `receiver`, by one statement; returns their keys.

    The caller has seen to it that what they are about passes from one to the other, and tells of it.
    """
    open_rows = tasks.is_open().filter(assignee=giver).order_by("pk")
    keys = list(open_rows.select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))
    Task.objects.filter(pk__in=keys).update(assignee=receiver, updated_at=timezone.now())
    return keys


def may_give(actor: User) -> bool:
    """Whether `actor` may give to-dos to others: whoever has a role."""
    return actor.is_superuser or bool(scope_of(actor).roles)


def _ensure_may_give(actor: User, assignee: User) -> None:
    if assignee.pk == actor.pk:
        return
    if not may_give(actor):
        raise PermissionDenied
    if not assignee.is_active:
        raise ValidationError({"assignee": _("This person is disabled.")})


def _locked(actor: User, task_id: int) -> Task:
    return Task.objects.select_for_update(of=("self",), no_key=True).get_visible(actor, task_id, Action.CHANGE)


def _tell(task: Task, actor: User) -> None:
    notify([task.assignee_id], ASSIGNED, actor=actor.pk, task=task.pk, title=task.title, actor_name=actor.name)
