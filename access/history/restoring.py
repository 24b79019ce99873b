"""Putting an old value back: what stood in one field, or in all of them, before a change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import BadRequest, ValidationError
from django.db import models
from django.utils.translation import gettext as _

from access.history.parts import SEPARATOR, differing_parts
from access.history.reading import read_step
from access.history.subjects import Subject
from access.history.words import label_of, read_names, words
from access.models import Action, User
from common.versions import version_of


@dataclass(frozen=True, slots=True)
class Restored:
    """One field as it is and as it would be, as HTML."""

    label: str
    now: str
    then: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What putting back would do.

    Attributes:
        row: the object as it is.
        values: what would be written, by field name; empty: all stands as it did. Of a field with parts, those that would be.
        lines: the same for people.
        version: of the row, for the guard against lost updates.
    """

    row: Any
    values: Mapping[str, Any]
    lines: list[Restored]
    version: str


def preview(*, subject: Subject, pk: Any, event: int, field: str, actor: User) -> Preview:
    """What stood before event `event` in `field` (empty: in every field that may be put back), against what stands now.

    Raises Http404 when the object is hidden from `actor` for changes, BadRequest when there is no such event or field.
    """
    row = subject.get(actor, pk, Action.CHANGE)
    step = read_step(subject.model, row.pk, event)
    root, _dot, part = field.partition(SEPARATOR)
    if step is None or step.before is None or subject.write is None or (field and root not in subject.restorable):
        raise BadRequest
    wanted = [item for item in subject.model._meta.concrete_fields if item.name in subject.restorable and root in ("", item.name)]
    changed = [item for item in wanted if getattr(step.before, item.attname) != getattr(row, item.attname)]
    names = read_names(changed, [step.before, row], actor)
    lines: list[Restored] = []
    values: dict[str, Any] = {}
    for item in changed:
        then, now = getattr(step.before, item.attname), getattr(row, item.attname)
        parts = differing_parts(item, now, then)
        if parts is None:
            lines.append(Restored(label_of(item), words(item, now, names), words(item, then, names)))
            values[item.name] = then
            continue
        kept = {key: one for key, one in parts.items() if one.is_kept and part in ("", key)}
        lines += [Restored(one.label, one.words((now or {}).get(key)), one.words((then or {}).get(key))) for key, one in kept.items()]
        if kept:
            values[item.name] = {key: (then or {}).get(key) for key in kept}
    return Preview(row, values, lines, version_of(row))


def restore(*, subject: Subject, pk: Any, event: int, field: str, seen: str, actor: User) -> Any:
    """Put back what `preview` shows; it is itself a change with an event.

    Arguments:
        seen: the row's version at the time of the preview.

    Raises what `preview` does, and ValidationError when a value is not valid any more or the row was changed meanwhile.
    """
    shown = preview(subject=subject, pk=pk, event=event, field=field, actor=actor)
    if subject.write is None or not shown.values:
        return shown.row
    values = {name: _present(subject.model._meta.get_field(name), value, actor) for name, value in shown.values.items()}
    subject.write(shown.row, values, actor, seen)
    return shown.row


def _present(field: Any, value: Any, actor: User) -> Any:
    """The value as services take it: a row instead of its key, if there still is one that the actor may see."""
    if not field.is_relation or value is None:
        return value
    manager = field.related_model._default_manager
    rows: models.QuerySet[Any] = manager.visible_to(actor, Action.VIEW) if hasattr(manager, "visible_to") else manager.all()
    found = rows.filter(pk=value).first()
    if found is None:
        raise ValidationError(_("What “%(field)s” named then is gone, or is outside your reach.") % {"field": label_of(field)})
    return found


def with_values(row: Any, values: Mapping[str, Any]) -> Any:
    """`row` with `values`, checked. Raises ValidationError."""
    for name, value in values.items():
        setattr(row, name, value)
    row.full_clean()
    return row
