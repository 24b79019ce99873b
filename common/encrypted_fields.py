"""Model fields whose values are encrypted in the table, and the keyed hash beside each by which it is found."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.db.models.lookups import IsNull

from common.db import CodeField
from common.encryption import keyring

if TYPE_CHECKING:
    _Field = models.Field[Any, Any]
else:
    _Field = models.Field  # not subscriptable at run time

HASH_LENGTH = 64


class EncryptedField(_Field):
    """A short text, encrypted in a `bytea` column (see `common.encryption`); an empty one is an empty value.

    `context` names the column for good ("customers.contactperson.id_number"): values are bound to it, so it outlives a renamed model.
    The column cannot be searched or sorted; a `KeyedHashField` beside it can be searched.
    """

    def __init__(self, *args: Any, context: str, max_length: int = 64, **kwargs: Any) -> None:
        super().__init__(*args, **{"default": "", "db_default": "", "blank": True, **kwargs, "max_length": max_length})
        self.context = context
        self.validators.append(MaxLengthValidator(max_length))

    def deconstruct(self) -> Any:
        """With the context."""
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "context": self.context}

    def get_internal_type(self) -> str:
        """What decides the column's type."""
        return "BinaryField"

    def to_python(self, value: Any) -> Any:
        """As text."""
        return value if value is None or isinstance(value, str) else str(value)

    def get_prep_value(self, value: Any) -> Any:
        """Encrypted with the newest key."""
        value = super().get_prep_value(value)
        if value is None or isinstance(value, bytes):
            return value
        return keyring().encrypt(str(value), self.context) if value else b""

    def from_db_value(self, value: Any, _expression: Any, _connection: Any) -> str | None:
        """The text. Raises UnknownFieldKey, BrokenCiphertext."""
        if value is None:
            return None
        return keyring().decrypt(bytes(value), self.context) if value else ""

    def get_lookup(self, lookup_name: str) -> Any:
        """None but for null: equal texts have different ciphertexts, so any other comparison would silently find nothing."""
        return IsNull if lookup_name == "isnull" else None

    def formfield(self, **kwargs: Any) -> Any:
        """A line of text."""
        return super().formfield(**{"form_class": forms.CharField, "max_length": self.max_length, **kwargs})

    def value_to_string(self, obj: models.Model) -> str:  # noqa: ARG002  # Django passes it
        """Refused: a dump of rows would hold the plain text."""
        raise TypeError(f"{self.context} is not written to fixtures")


class KeyedHashField(CodeField):
    """The keyed hash of the `EncryptedField` named `of` in the same model; written with every save of it, empty for an empty value."""

    def __init__(self, *args: Any, of: str, **kwargs: Any) -> None:
        super().__init__(*args, **{"default": "", "db_default": "", "blank": True, "editable": False, "max_length": HASH_LENGTH, **kwargs})
        self.of = of

    def deconstruct(self) -> Any:
        """With the field it belongs to."""
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "of": self.of}

    def pre_save(self, model_instance: models.Model, add: bool) -> str:  # noqa: ARG002  # Django passes it
        """The hash under the newest key."""
        found = hashes_of(type(model_instance), self.of, getattr(model_instance, self.of) or "")
        value = found[0] if found else ""
        setattr(model_instance, self.attname, value)
        return value


def hashes_of(model: type[models.Model], name: str, text: str) -> list[str]:
    """The keyed hashes that field `name` of `model` may hold for `text`: one for each key in use."""
    field: Any = model._meta.get_field(name)
    return keyring().hashes(text, field.context)


def equals(model: type[models.Model], name: str, text: str) -> Q:
    """Rows whose encrypted field `name` is `text`, however blanks and hyphens are set; nothing for an empty text."""
    return Q(**{f"{_hash_field(model, name).name}__in": hashes_of(model, name, text)})


def encrypted_fields(models_: Iterable[type[models.Model]]) -> list[tuple[type[models.Model], EncryptedField, KeyedHashField | None]]:
    """All encrypted fields of the models, each with its keyed hash where it has one."""
    found = []
    for model in models_:
        if model._meta.managed and not model._meta.proxy:
            hashes = {field.of: field for field in model._meta.local_fields if isinstance(field, KeyedHashField)}
            found += [(model, field, hashes.get(field.name)) for field in model._meta.local_fields if isinstance(field, EncryptedField)]
    return found


def _hash_field(model: type[models.Model], name: str) -> KeyedHashField:
    return next(field for field in model._meta.local_fields if isinstance(field, KeyedHashField) and field.of == name)
