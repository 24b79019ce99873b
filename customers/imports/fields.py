"""The fields of an import by subject: their labels, which must be there, and which may be emptied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.attributes import PREFIX, definitions_in_use
from customers.models import ImportSubject

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise  # the stubs' name of a lazy text

_CUSTOMER_LABELS: Final[dict[str, _StrPromise]] = {
    "code": _("Code"),
    "name": _("Name"),
    "short_name": _("Short name"),
    "credit_code": _("Unified social credit code"),
    "industry": _("Industry"),
    "scale": _("Scale"),
    "level": _("Level"),
    "value_score": _("Value score"),
    "lifecycle": _("Lifecycle"),
    "region": _("Region"),
    "address": _("Address"),
    "parent": _("Parent customer"),
    "manager": _("Account manager"),
    "org_unit": _("Org unit"),
    "bank_name": _("Bank"),
    "bank_account": _("Bank account"),
    "credit_limit": _("Credit limit (CNY)"),
    "source": _("Source"),
    "remark": _("Remark"),
}
_CONTACT_LABELS: Final[dict[str, _StrPromise]] = {
    "customer": _("Customer"),
    "name": pgettext_lazy("person", "Name"),
    "title": pgettext_lazy("person", "Title"),
    "role": _("Role"),
    "phone": _("Phone"),
    "email": _("E-mail"),
    "id_type": _("Certificate type"),
    "id_number": _("ID number"),
    "birthday": _("Birthday"),
    "preferences": _("Preferences"),
    "reports_to": _("Reports to"),
    "attitude": _("Attitude"),
    "influence": _("Influence"),
    "is_key_person": _("Key person"),
    "do_not_contact": _("Do not contact"),
}
_LABELS: Final[dict[str, dict[str, _StrPromise]]] = {
    ImportSubject.CUSTOMERS: _CUSTOMER_LABELS,
    ImportSubject.CONTACT_PEOPLE: _CONTACT_LABELS,
}
REQUIRED: Final[dict[str, tuple[str, ...]]] = {ImportSubject.CUSTOMERS: ("code",), ImportSubject.CONTACT_PEOPLE: ("customer", "name")}
"""The columns without which a row cannot be told from another."""
EMPTY: Final[dict[str, dict[str, Any]]] = {
    ImportSubject.CUSTOMERS: {
        **dict.fromkeys(("short_name", "credit_code", "scale", "address", "bank_name", "bank_account", "source", "remark"), ""),
        **dict.fromkeys(("industry", "region", "parent", "credit_limit")),
    },
    ImportSubject.CONTACT_PEOPLE: {
        **dict.fromkeys(("title", "phone", "email", "id_type", "id_number", "preferences", "attitude"), ""),
        **dict.fromkeys(("birthday", "reports_to", "influence")),
    },
}
"""What stands in a field that is emptied; those that are not named never are."""
SECRET: Final = frozenset({"phone", "email", "id_number", "bank_account"})
"""Fields that are masked to whoever has not asked to see them."""
CODES: Final = frozenset({"code", "credit_code"})
"""Fields whose values are long runs of digits and no secret."""


def labels_of(subject: str) -> dict[str, Any]:
    """The fields of `subject` in order, with their labels; those that administrators defined at the end, by one query or two."""
    labels: dict[str, Any] = dict(_LABELS[subject])
    if subject == ImportSubject.CUSTOMERS:
        labels |= {f"{PREFIX}{definition.key}": definition.label for definition in definitions_in_use()}
    return labels


def added_headings(subject: str) -> dict[str, list[str]]:
    """The headings by which the fields that administrators defined are known: their keys and their names in both languages."""
    if subject != ImportSubject.CUSTOMERS:
        return {}
    return {f"{PREFIX}{each.key}": [each.key, each.name_en, each.name_zh] for each in definitions_in_use()}
