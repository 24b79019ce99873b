"""Two customers side by side, field by field: what a merge asks a person to choose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from access.models import User
from access.reveals import masked_text
from common.masking import STARS
from customers.attributes import definitions_in_use, value_as_text
from customers.models import Customer
from customers.services.merging import fields_to_choose

LOSER: Final = "loser"
_NOTHING: Final[tuple[Any, ...]] = (None, "", [], {})


@dataclass(frozen=True, slots=True)
class Compared:
    """A field of both, as texts.

    Attributes:
        name: the form's name of the choice; empty where there is none.
        takes_loser: whether the loser's value is the one that would stand.
    """

    name: str
    label: str
    winner: str
    loser: str
    takes_loser: bool = False

    @property
    def differs(self) -> bool:
        """Whether there is something to choose."""
        return bool(self.name) and self.winner != self.loser


def compared(winner: Customer, loser: Customer, user: User, sent: Any = None) -> list[Compared]:
    """All fields, those first in which they differ. By default the winner's value stands, and the loser's where the winner has none.

    `sent` holds what was chosen.
    """
    rows = [_kept(winner, loser, name, user) for name in ("code", "parent", "manager", "org_unit", "lifecycle")]
    for name in fields_to_choose():
        field: Any = Customer._meta.get_field(name)
        values = [getattr(one, name) for one in (winner, loser)]
        texts = [_text(one, name, user) for one in (winner, loser)]
        if values[0] != values[1] and texts[0] == texts[1] and STARS in texts[0]:
            texts[1] = _("%(masked)s (another one)") % {"masked": texts[1]}
        rows.append(_choice(name, capfirst(str(field.verbose_name)), texts, values, sent))
    for definition in definitions_in_use():
        values = [one.attributes.get(definition.key) for one in (winner, loser)]
        texts = [value_as_text(definition, value) or "—" for value in values]
        rows.append(_choice(f"attribute-{definition.key}", definition.label, texts, values, sent))
    return sorted(rows, key=lambda row: (not row.differs, row.winner == row.loser))


def chosen(sent: Any, rows: list[Compared]) -> tuple[frozenset[str], frozenset[str]]:
    """The fields and the attributes of which the loser's value stands."""
    names = [row.name for row in rows if row.differs and sent.get(row.name) == LOSER]
    prefix = "attribute-"
    return (
        frozenset(name for name in names if not name.startswith(prefix)),
        frozenset(name.removeprefix(prefix) for name in names if name.startswith(prefix)),
    )


def _kept(winner: Customer, loser: Customer, name: str, user: User) -> Compared:
    field: Any = Customer._meta.get_field(name)
    return Compared("", capfirst(str(field.verbose_name)), _text(winner, name, user), _text(loser, name, user))


def _choice(name: str, label: str, texts: list[str], values: list[Any], sent: Any) -> Compared:
    default = values[0] in _NOTHING and values[1] not in _NOTHING
    takes_loser = default if sent is None or name not in sent else sent[name] == LOSER
    return Compared(name, label, texts[0], texts[1], takes_loser)


def _text(customer: Customer, name: str, user: User) -> str:
    if name == "bank_account":
        return masked_text(customer, name) or "—"
    if name == "parent" and customer.parent is not None:
        seen = Customer.objects.visible_to(user).filter(pk=customer.parent.pk).exists()
        return str(customer.parent) if seen else _("a customer outside your reach")
    return _plain(customer, name)


def _plain(customer: Customer, name: str) -> str:
    display = getattr(customer, f"get_{name}_display", None)
    value = display() if display else getattr(customer, name)
    value = getattr(value, "label", value)
    return "—" if value in (None, "") else str(value)
