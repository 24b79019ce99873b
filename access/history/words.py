"""What a kept value says to people: choices by their labels, other rows by their names, dates by the calendar, personal data masked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db import models
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from access.models import Action, User
from common.encrypted_fields import KeyedHashField
from common.lists import show
from common.masking import mask_digits, mask_email, mask_number

_HIDDEN: Final = frozenset({"id", "created_at", "updated_at", "pinyin", "pinyin_initials"})
_MASKS: Final = {"phone": mask_number, "msisdn": mask_number, "email": mask_email, "title": mask_digits}
_LONGEST_TEXT: Final = 200


def shown_fields(model: type[models.Model], event_model: type[models.Model]) -> list[Any]:
    """The fields of `model` that its events keep and people are shown."""
    kept = {field.name for field in event_model._meta.fields}
    return [field for field in model._meta.concrete_fields if field.name in kept and field.name not in _HIDDEN]


def label_of(field: Any) -> str:
    """The field's name; that of a keyed hash is the name of what it stands for."""
    named: Any = field.model._meta.get_field(field.of) if isinstance(field, KeyedHashField) else field
    text = str(named.verbose_name)
    return text[:1].upper() + text[1:]


def is_secret(field: Any) -> bool:
    """Whether only the fact of a change is shown."""
    return isinstance(field, KeyedHashField)


@dataclass(frozen=True, slots=True)
class Names:
    """Names of the rows that foreign keys point to; those out of the reader's reach are missing."""

    by_model: Mapping[type[models.Model], Mapping[Any, str]]

    def of(self, field: Any, key: Any) -> str:
        """The name of the row with `key`, or its bare number where it is gone or hidden."""
        return self.by_model.get(field.related_model, {}).get(key, f"#{key}")


def read_names(fields: Iterable[Any], snapshots: Iterable[Any], user: User) -> Names:
    """Read the names that `snapshots` refer to; one query for each model they refer to."""
    keys: dict[type[models.Model], set[Any]] = defaultdict(set)
    kept = [snapshot for snapshot in snapshots if snapshot is not None]
    for field in fields:
        if field.is_relation:
            keys[field.related_model] |= {getattr(snapshot, field.attname) for snapshot in kept} - {None}
    return Names({model: _names_of(model, wanted, user) for model, wanted in keys.items() if wanted})


def _names_of(model: Any, keys: set[Any], user: User) -> dict[Any, str]:
    manager = model._default_manager
    rows = manager.visible_to(user, Action.VIEW) if hasattr(manager, "visible_to") else manager.all()
    return {row.pk: str(row) for row in rows.filter(pk__in=keys)}


def words(field: Any, value: Any, names: Names) -> str:
    """What `value` of `field` says, as HTML."""
    if value is None or value == "":
        return show(None)
    if is_secret(field):
        return show(_("kept secret"))
    if field.is_relation:
        return show(names.of(field, value))
    if field.choices:
        return show(str(dict(field.flatchoices).get(value, value)))
    mask = _MASKS.get(field.name)
    if mask is not None and isinstance(value, str):
        return show(mask(value))
    if isinstance(value, dict | list):
        return show(Truncator(mask_digits(str(value))).chars(_LONGEST_TEXT))
    return show(Truncator(value).chars(_LONGEST_TEXT) if isinstance(value, str) else value)
