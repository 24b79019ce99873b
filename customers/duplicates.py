"""Warning of what is entered a second time: customers and contact persons like the one that somebody is typing.

Of what lies out of reach nothing is told, but that a code is taken: saving would say so anyway.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext as _

from access.models import User
from customers import phones
from customers.bulk.duplicates import plain_name
from customers.likeness import about_so_named, likeness_to, numerals_of, same_name
from customers.models import ContactPerson, Customer, CustomerMerge, DuplicateRule, DuplicateSign, MergeState

SHOWN: Final = 5
TRIED: Final = 200
"""So many customers that may be named alike are compared."""
_DEFAULTS: Final = {
    DuplicateSign.NAME: (80, 100),
    DuplicateSign.LIKE: (70, 75),
    DuplicateSign.CREDIT: (95, 100),
    DuplicateSign.BANK: (70, 100),
    DuplicateSign.PHONE: (40, 100),
}


@dataclass(frozen=True, slots=True)
class SignWeight:
    """What a sign counts: its certainty alone, and from which likeness on, both in percent."""

    points: int
    at_least: int


def signs_in_use() -> dict[str, SignWeight]:
    """The signs that administrators have left in use, by one query; one without a row counts as it was delivered."""
    kept = {rule.sign: rule for rule in DuplicateRule.objects.all()}
    found = {}
    for sign, (points, at_least) in _DEFAULTS.items():
        rule = kept.get(sign)
        if rule is None:
            found[str(sign)] = SignWeight(points, at_least)
        elif rule.is_active:
            found[str(sign)] = SignWeight(rule.points, rule.at_least)
    return found


@dataclass(slots=True)
class Alike:
    """A row that may be the one that is being typed; `row` is None where it lies out of reach and only a code tells of it."""

    row: Any
    reasons: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        """By what a form remembers that it has been seen."""
        return str(self.row.pk) if self.row is not None else ""

    @property
    def url(self) -> str:
        """The row's page."""
        name = "customers:customer_detail" if isinstance(self.row, Customer) else "customers:contact_person"
        return reverse(name, args=[self.row.pk])

    @property
    def details(self) -> str:
        """What tells it from others of its name."""
        if isinstance(self.row, ContactPerson):
            return " · ".join(filter(None, (self.row.title, self.row.customer.name)))
        return " · ".join(filter(None, (self.row.code, self.row.manager.name if self.row.manager else "")))


# --- customers -------------------------------------------------------------------------------------------------------------------------


def customers_like(user: User, *, name: str = "", code: str = "", credit_code: str = "", besides: int | None = None) -> list[Alike]:
    """Customers like the one that is being typed, the surest first; a fixed number of queries.

    Arguments:
        besides: the key of the customer that is being changed.
    """
    found: dict[int | None, Alike] = {}
    _add_by_codes(found, user, code.strip().upper(), credit_code.strip().upper(), besides)
    name = name.strip()
    plain = plain_name(name) if name else ""
    if plain:
        for row, likeness in _named_alike(user, name, plain, besides):
            text = _("the same name") if likeness is None else _("name alike to %(percent)d%%") % {"percent": likeness}
            found.setdefault(row.pk, Alike(row)).reasons.append(text)
    return list(found.values())[:SHOWN]


def _add_by_codes(found: dict[int | None, Alike], user: User, code: str, credit_code: str, besides: int | None) -> None:
    for name, value, same, taken in (
        ("code", code, _("the same code"), _("A customer with this code exists already. Ask your director.")),
        (
            "credit_code",
            credit_code,
            _("the same credit code"),
            _("A customer with this credit code exists already. Ask your director."),
        ),
    ):
        if not value:
            continue
        row = Customer.objects.visible_to(user).select_related("manager").filter(**{name: value}).exclude(pk=besides or 0).first()
        if row is not None:
            found.setdefault(row.pk, Alike(row)).reasons.append(same)
        elif Customer._base_manager.filter(**{name: value}).exclude(pk=besides or 0).exists():
            found.setdefault(None, Alike(None)).reasons.append(taken)
        else:
            _add_merged(found, user, f"loser_{name}", value)


def _add_merged(found: dict[int | None, Alike], user: User, name: str, value: str) -> None:
    """The customer into which one with this code was merged."""
    merge = CustomerMerge.objects.filter(**{name: value}, state=MergeState.DONE).first()
    winner = Customer.objects.visible_to(user).filter(pk=merge.winner_id).first() if merge is not None else None
    if merge is not None and winner is not None:
        text = _("“%(name)s” with this code was merged into it") % {"name": merge.loser_name}
        found.setdefault(winner.pk, Alike(winner)).reasons.append(text)


def _named_alike(user: User, name: str, plain: str, besides: int | None) -> list[tuple[Customer, int | None]]:
    """Customers with the same plain name (None), then those named alike, with their likeness in percent.

    Where numerals differ, as in the first and the second hospital of a city, a name is another one however like it is.
    """
    signs = signs_in_use()
    visible = Customer.objects.visible_to(user).select_related("manager").exclude(pk=besides or 0)
    same = list(visible.filter(same_name(plain)).order_by("pk")[:SHOWN]) if DuplicateSign.NAME in signs else []
    found: list[tuple[Customer, int | None]] = [(row, None) for row in same]
    condition = about_so_named(name, plain)
    if len(same) == SHOWN or not condition or DuplicateSign.LIKE not in signs:
        return found
    tried = visible.filter(condition).exclude(pk__in=[row.pk for row in same]).order_by()[:TRIED].values("pk")
    rows = Customer.objects.visible_to(user).select_related("manager").filter(pk__any_of=tried).annotate(likeness=likeness_to(plain))
    numerals = numerals_of(plain)
    close = rows.filter(likeness__gte=signs[DuplicateSign.LIKE].at_least).order_by(F("likeness").desc(), "pk")[: 4 * SHOWN]
    return found + [(row, int(row.likeness)) for row in close if numerals_of(row.name) == numerals]  # type: ignore[attr-defined]  # annotated


# --- contact persons -------------------------------------------------------------------------------------------------------------------


def people_like(user: User, customer: Customer, *, name: str = "", phone: str = "", besides: int | None = None) -> list[Alike]:
    """Contact persons in reach with the phone that is being typed, and those of the name at the same customer; two queries."""
    found: dict[int, Alike] = {}
    visible = ContactPerson.objects.visible_to(user).select_related("customer").exclude(pk=besides or 0)
    numbered = phones.is_number(phone.strip())
    if numbered is not None:
        for row in visible.filter(numbered).exclude(phone="").order_by("pk")[:SHOWN]:
            found.setdefault(row.pk, Alike(row)).reasons.append(_("the same phone"))
    if name.strip():
        for row in visible.filter(customer=customer, name__iexact="".join(name.split())).order_by("pk")[:SHOWN]:
            found.setdefault(row.pk, Alike(row)).reasons.append(_("the same name at this customer"))
    return list(found.values())[:SHOWN]
