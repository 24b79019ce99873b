"""Reading the versions of one object: a page of events, each compared with the state before it."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import models
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from access.history.parts import SEPARATOR, differing_parts
from access.history.subjects import event_model_of
from access.history.words import Names, is_secret, label_of, read_names, shown_fields, words
from access.models import User
from common.tracking import DELETE, INSERT, UPDATE

PAGE_SIZE: Final = 20
LABELS: Final = {
    INSERT: pgettext_lazy("history", "entered"),
    UPDATE: pgettext_lazy("history", "changed"),
    DELETE: pgettext_lazy("history", "removed"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a version, or one part of a field.

    Attributes:
        field: its name.
        before, after: as HTML.
        is_kept: whether it has still a place to be put back to.
    """

    field: str
    label: str
    before: str
    after: str
    secret: bool
    is_kept: bool = True

    @property
    def root(self) -> str:
        """The field's name without its part."""
        return self.field.partition(SEPARATOR)[0]


@dataclass(frozen=True, slots=True)
class Version:
    """One event of an object.

    Attributes:
        key: the event's key.
        label: what was done, in a word.
        actor: who did it; None for the system itself or where nobody said.
        source: by which job or command.
        has_before: whether the state before it is known.
    """

    key: int
    label: Any
    at: datetime.datetime
    actor: str
    source: str
    changes: list[Change]
    has_before: bool


@dataclass(frozen=True, slots=True)
class Step:
    """An event with the states (event rows or the row itself) before and after it."""

    event: Any
    before: Any
    after: Any


def read_versions(
    model: type[models.Model], pk: Any, user: User, *, below: int | None = None, size: int = PAGE_SIZE
) -> tuple[list[Version], int | None]:
    """A page of the object's versions, the newest first, as `user` may read them; always the same number of queries.

    Arguments:
        below: the key of the event after which the page begins.

    Returns the versions and the `below` of the next page (None: there is none).
    """
    steps, following = read_steps(model, pk, below=below, size=size)
    fields = shown_fields(model, event_model_of(model))
    names = read_names(fields, [state for step in steps for state in (step.before, step.after)], user)
    people = _people([step.event for step in steps])
    return [_version(step, fields, names, people) for step in steps], following


def versions_of(event_model: Any, events: Sequence[Any], user: User) -> list[Version]:
    """What `events` did, in their order, of however many objects of a model whose events keep the state after them.

    Always the same number of queries; the names of those who did it are left to the caller (`Event.pgh_actor`).
    """
    older = event_model._default_manager.filter(pgh_obj_id=OuterRef("pgh_obj_id"), pgh_id__lt=OuterRef("pgh_id")).order_by("-pgh_id")
    wanted = [event.pgh_id for event in events if event.pgh_label == UPDATE]
    links = event_model._default_manager.filter(pgh_id__in=wanted).annotate(older=Subquery(older.values("pgh_id")[:1]))
    before = dict(links.order_by().values_list("pgh_id", "older")) if wanted else {}
    states = event_model._default_manager.in_bulk([key for key in before.values() if key is not None]) if before else {}
    steps = [
        Step(event, event, None) if event.pgh_label == DELETE else Step(event, states.get(before.get(event.pgh_id)), event)
        for event in events
    ]
    model = event_model.pgh_tracked_model
    fields = shown_fields(model, event_model)
    names = read_names(fields, [state for step in steps for state in (step.before, step.after)], user)
    return [_version(step, fields, names, {}) for step in steps]


def read_steps(model: type[models.Model], pk: Any, *, below: int | None = None, size: int = PAGE_SIZE) -> tuple[list[Step], int | None]:
    """The events behind `read_versions`."""
    event_model: Any = event_model_of(model)
    events = event_model._default_manager.filter(pgh_obj_id=pk).select_related("pgh_context").order_by("-pgh_id")
    row = model._base_manager.filter(pk=pk).first() if event_model.keeps_before else None
    if row is not None:
        # What stands was never removed. Saying so lets the database use the index by object, which has no removals.
        events = events.exclude(pgh_label=DELETE)
    page: list[Any] = list((events.filter(pgh_id__lt=below) if below is not None else events)[: size + 1])
    following = page[size - 1].pgh_id if len(page) > size else None
    if event_model.keeps_before:
        newer = events.filter(pgh_id__gte=below).order_by("pgh_id").first() if below is not None else None
        steps = _from_states_before(page[:size], newer or row)
    else:
        steps = _from_states_after(page, size)
    return steps, following


def read_step(model: type[models.Model], pk: Any, key: int) -> Step | None:
    """The step of the event with `key`."""
    steps, _following = read_steps(model, pk, below=key + 1, size=1)
    return steps[0] if steps and steps[0].event.pgh_id == key else None


def _from_states_before(page: Sequence[Any], newer: Any) -> list[Step]:
    """An update keeps the state before it; the one after it is the state before the next event, or the row itself."""
    steps = []
    for event in page:
        steps.append(Step(event, event, None if event.pgh_label == DELETE else newer))
        newer = event
    return steps


def _from_states_after(page: Sequence[Any], size: int) -> list[Step]:
    """An event keeps the state after it; the one before it is that of the event before."""
    steps = []
    for event, older in zip(page[:size], [*page[1:], None], strict=False):
        if event.pgh_label == DELETE:
            steps.append(Step(event, event, None))
        else:
            steps.append(Step(event, None if event.pgh_label == INSERT else older, event))
    return steps


def _version(step: Step, fields: Sequence[Any], names: Names, people: dict[int, str]) -> Version:
    event = step.event
    return Version(
        key=event.pgh_id,
        label=LABELS.get(event.pgh_label, event.pgh_label),
        at=event.pgh_created_at,
        actor=people.get(event.pgh_actor, ""),
        source=_source(event),
        changes=[change for field in fields for change in _changes(field, step, names)],
        has_before=step.before is not None and step.after is not None,
    )


def _changes(field: Any, step: Step, names: Names) -> list[Change]:
    before, after = (getattr(state, field.attname, None) for state in (step.before, step.after))
    nothing = (None, "")
    if before == after or (before in nothing and after in nothing):
        return []
    parts = differing_parts(field, before, after)
    if parts is None:
        return [Change(field.name, label_of(field), words(field, before, names), words(field, after, names), is_secret(field))]
    one, other = before or {}, after or {}
    return [
        Change(f"{field.name}{SEPARATOR}{key}", part.label, part.words(one.get(key)), part.words(other.get(key)), False, part.is_kept)
        for key, part in parts.items()
    ]


def _people(events: Sequence[Any]) -> dict[int, str]:
    keys = {event.pgh_actor for event in events} - {None}
    return {user.pk: str(user) for user in User.objects.filter(pk__in=keys)}


def _source(event: Any) -> str:
    if event.pgh_job:
        return str(_("Job #%(number)s") % {"number": event.pgh_job})
    metadata = event.pgh_context.metadata if event.pgh_context_id and event.pgh_context else {}
    return str(metadata.get("command", ""))
