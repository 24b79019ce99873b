"""What an import replaces, in words: old values of changed fields, for a page of rows at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from access.models import OrgUnit, User
from common.encryption import keyring
from common.masking import mask_account, mask_email, mask_id_number, mask_number
from customers.attributes import PREFIX, definitions_in_use, value_as_text
from customers.models import ContactPerson, Customer, ImportRow, ImportState, ImportSubject, Industry, Region
from customers.phones import readable_phone

_COLUMNS: Final = {
    "industry": "industry_id",
    "region": "region_id",
    "manager": "manager_id",
    "org_unit": "org_unit_id",
    "parent": "parent_id",
    "reports_to": "reports_to_id",
}
_MASKS: Final[dict[str, Callable[[str], str]]] = {
    "phone": lambda stored: mask_number(readable_phone(stored)),
    "email": mask_email,
    "bank_account": mask_account,
    "id_number": mask_id_number,
}
MASKS: Final = _MASKS
"""How the fields that are masked look."""
_CONTEXTS: Final = {"bank_account": "customers.customer.bank_account", "id_number": "customers.contactperson.id_number"}
_MODELS: Final[dict[str, type[Customer | ContactPerson]]] = {
    ImportSubject.CUSTOMERS: Customer,
    ImportSubject.CONTACT_PEOPLE: ContactPerson,
}


class OldValues:
    """The old values of rows of one subject as `reader` may see them; a fixed number of queries for any number of rows."""

    def __init__(self, subject: str, rows: Sequence[ImportRow], reader: Any) -> None:
        """Look up what the rows name; of targets that are out of reach by now nothing is told."""
        self.model = _MODELS[subject]
        changed = [row for row in rows if row.state == ImportState.UPDATED and row.before]
        manager: Any = self.model._default_manager
        reached = manager.visible_to(reader).filter(pk__in=[row.target for row in changed])
        self._reached = set(reached.values_list("pk", flat=True)) if changed else set()
        is_customer = self.model is Customer and any("attributes" in row.before for row in changed)
        self._attributes = {f"{PREFIX}{each.key}": each for each in definitions_in_use()} if is_customer else {}
        self._names = {column: self._labels(column, changed) for column in _COLUMNS.values()}

    def _labels(self, column: str, rows: Iterable[ImportRow]) -> dict[int, str]:
        keys = {row.before[column] for row in rows if row.before.get(column)}
        if not keys:
            return {}
        found: QuerySet[Any] = _REFERENCES[column].filter(pk__in=keys)
        return {entry.pk: str(getattr(entry, "label", entry)) for entry in found}

    def of(self, row: ImportRow, name: str) -> str | None:
        """What stood in field `name`; None where it does not change, or may not be seen."""
        if name in self._attributes:
            return self._attribute(row, name)
        column = _COLUMNS.get(name, name)
        if row.state != ImportState.UPDATED or column not in row.before or row.target not in self._reached:
            return None
        value = row.before[column]
        if name in _MASKS:
            return _MASKS[name](_plain(name, value)) or "—"
        if column in self._names:
            return self._names[column].get(value, "—")
        return self._shown(column, value)

    def _attribute(self, row: ImportRow, name: str) -> str | None:
        key = name.removeprefix(PREFIX)
        before, after = row.before.get("attributes"), row.values.get("attributes")
        if before is None or after is None or row.target not in self._reached or before.get(key) == after.get(key):
            return None
        return value_as_text(self._attributes[name], before.get(key)) or "—"

    def _shown(self, column: str, value: Any) -> str:
        field: Any = self.model._meta.get_field(column)
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        if field.choices:
            return str(dict(field.flatchoices).get(value, value)) or "—"
        return str(value) if value not in (None, "") else "—"


def _plain(name: str, value: str) -> str:
    if name not in _CONTEXTS:
        return value
    stored = bytes.fromhex(value.removeprefix("\\x"))
    return keyring().decrypt(stored, _CONTEXTS[name]) if stored else ""


_REFERENCES: Final[dict[str, models.Manager[Any]]] = {
    "industry_id": Industry.objects,
    "region_id": Region.objects,
    "manager_id": User.objects,
    "org_unit_id": OrgUnit.objects,
    "parent_id": Customer._base_manager,
    "reports_to_id": ContactPerson._base_manager,
}
"""Where the names of old references stand; they were part of what the reader sees of the row's own customer."""
