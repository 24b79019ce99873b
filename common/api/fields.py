"""What a resource gives: its fields, those of them that a request asks for, and values that one query fetches for many rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.fields import Field
from rest_framework.request import Request

from common.api.refusals import Refusal

FIELDS: Final = "fields"
OMIT: Final = "omit"


class Fetched:
    """Mixed into a serializer's field: its values are fetched for all rows of an answer at once, and only where the field is asked for."""

    fetched: Mapping[Any, Any] = {}

    def fetch(self, rows: Sequence[Any], user: Any) -> Mapping[Any, Any]:
        """The values by primary key, by a fixed number of queries."""
        raise NotImplementedError

    def get_attribute(self, instance: Any) -> Any:
        """What was fetched for the row."""
        return self.fetched.get(instance.pk)


class ResourceSerializer(serializers.Serializer[Any]):
    """A resource: a serializer that can give some of its fields alone. What may be written is decided by the form behind it."""

    def __init__(self, *args: Any, chosen: Iterable[str] | None = None, **kwargs: Any) -> None:
        """`chosen` names the fields to give; by default all."""
        super().__init__(*args, **kwargs)
        self._chosen = None if chosen is None else frozenset(chosen)

    def get_fields(self) -> dict[str, Field[Any, Any, Any, Any]]:
        """The chosen ones."""
        found = super().get_fields()
        return found if self._chosen is None else {name: field for name, field in found.items() if name in self._chosen}

    @classmethod
    def field_names(cls) -> list[str]:
        """All there are."""
        return list(cls._declared_fields)

    def relations(self, model: type[models.Model]) -> list[str]:
        """The relations of `model` that the chosen fields read."""
        return sorted({path for field in self.fields.values() if (path := _relation(model, list(field.source_attrs[:-1])))})

    def represent(self, rows: Sequence[Any], user: Any) -> list[dict[str, Any]]:
        """The rows as they are answered to `user`."""
        for field in self.fields.values():
            if isinstance(field, Fetched):
                field.fetched = field.fetch(rows, user) if rows else {}
        return [dict(self.to_representation(row)) for row in rows]


def _relation(model: type[models.Model], hops: list[str]) -> str:
    current: Any = model
    for hop in hops:
        try:
            found = current._meta.get_field(hop)
        except (FieldDoesNotExist, AttributeError):
            return ""
        if not isinstance(found, models.ForeignKey):
            return ""
        current = found.related_model
    return "__".join(hops)


def chosen_fields(request: Request, kind: type[ResourceSerializer]) -> list[str]:
    """The fields that the address asks for: `fields=name,code` these alone, `omit=tags` all but these.

    Raises Refusal (`unknown_field`) for one that there is not.
    """
    known = kind.field_names()
    named, omitted = (_names(request, parameter, known) for parameter in (FIELDS, OMIT))
    return [name for name in known if (not named or name in named) and name not in omitted]


def _names(request: Request, parameter: str, known: Sequence[str]) -> set[str]:
    texts = request.query_params.getlist(parameter)
    names = {name.strip() for text in texts for name in text.split(",")} - {""}
    if unknown := sorted(names - set(known)):
        reason = _("There is no field “%(name)s”. There are: %(known)s.") % {"name": unknown[0], "known": ", ".join(known)}
        raise Refusal("unknown_field", reason, field=parameter)
    return names
