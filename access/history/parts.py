"""Fields that hold many values under keys, of which each change is shown and put back by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db import models

SEPARATOR: Final = "."
"""Between the field's name and the part's key, in addresses."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one key of a field held.

    Attributes:
        label: what the key is called.
        words: a value of it as HTML.
        is_kept: whether an old value can still be put back.
    """

    label: str
    words: Callable[[Any], str]
    is_kept: bool


Describe = Callable[[set[str]], Mapping[str, Part]]
"""Takes keys and returns what is known of each of them, in the order in which they are shown."""

_described: Final[dict[tuple[str, str], Describe]] = {}


def register_parts(model: type[models.Model], field: str, describe: Describe) -> None:
    """Let the values under the keys of `field` be shown one by one; called from an app's `AppConfig.ready`."""
    _described[model._meta.label_lower, field] = describe


def differing_parts(field: Any, before: Any, after: Any) -> dict[str, Part] | None:
    """The keys under which `before` and `after` of `field` differ, with what is known of them; None for a field that has no parts."""
    describe = _described.get((field.model._meta.label_lower, field.name))
    if describe is None:
        return None
    one, other = before or {}, after or {}
    keys = {key for key in {*one, *other} if one.get(key) != other.get(key)}
    return dict(describe(keys)) if keys else {}
