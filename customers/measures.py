"""What can be measured of customers, for rules of scores and of the lifecycle.

An app registers its measures in `AppConfig.ready`; apps above bring what only they know, such as the number of live members. Attributes
that administrators define are measures by themselves.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Protocol, TypeAlias

from django.db.models import Count, Max, Min, Model, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.attributes import PREFIX
from customers.models import AttributeDefinition, AttributeKind, ContactPerson, Customer, CustomerScale, Industry, Lifecycle

Value: TypeAlias = int | float | Decimal | str
DAYS_IN_A_YEAR: Final = 365.25


class Part(Protocol):
    """Some of the customers."""

    def within(self, name: str = "pk") -> Q:
        """The condition on the column that holds the customer's key."""


@dataclass(frozen=True, slots=True)
class Span:
    """The customers with keys from `first` to `last`, both included: what one statement measures."""

    first: int
    last: int

    def within(self, name: str = "pk") -> Q:
        """The condition on the column that holds the customer's key."""
        return Q(**{f"{name}__gte": self.first, f"{name}__lte": self.last})


@dataclass(frozen=True, slots=True)
class Chosen:
    """Some customers by their keys: what a page measures."""

    keys: tuple[int, ...]

    def within(self, name: str = "pk") -> Q:
        """The condition on the column that holds the customer's key."""
        return Q(**{f"{name}__any_of": self.keys})


SPAN: Final = 5_000
"""So many keys a transaction: forms wait for no longer than one takes."""


def spans() -> Iterator[Span]:
    """All customers, piece by piece."""
    ends: Any = Customer.objects.aggregate(first=Min("pk"), last=Max("pk"))
    if ends["first"] is not None:
        for first in range(ends["first"], ends["last"] + 1, SPAN):
            yield Span(first, min(first + SPAN - 1, ends["last"]))


Read: TypeAlias = Callable[[Part, datetime.date], Mapping[int, Value]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """Something that is known of each customer.

    Attributes:
        key: its name in rules.
        label: what people call it, with the unit.
        read: the values of a span of customers, or of some chosen ones, on a day by their keys, by a fixed number of statements; the task
            calls it for all customers, so nobody's reach narrows it. Customers that are left out have none.
        choices: for a value of a list, its codes and their labels; without it the measure is a number.
        missing: the number of customers that are left out, where that is known to be one, such as 0 members.
    """

    key: str
    label: str | Promise
    read: Read
    choices: Callable[[], list[tuple[str, str]]] | None = None
    missing: int | None = None

    @property
    def is_number(self) -> bool:
        """Whether bands begin at numbers."""
        return self.choices is None


_measures: Final[dict[str, Measure]] = {}


def register_measure(measure: Measure) -> None:
    """Make a measure known."""
    _measures[measure.key] = measure


def measures() -> list[Measure]:
    """All measures, those of attributes last. One query."""
    kinds = (AttributeKind.NUMBER, AttributeKind.CHOICE)
    attributes = AttributeDefinition.objects.filter(is_active=True, kind__in=kinds).prefetch_related("choices")
    return [*_measures.values(), *(_of_attribute(definition) for definition in attributes)]


def measures_by_key() -> dict[str, Measure]:
    """The same by key."""
    return {measure.key: measure for measure in measures()}


def _of_attribute(definition: AttributeDefinition) -> Measure:
    key = definition.key

    def read(span: Part, _day: datetime.date) -> Mapping[int, Value]:
        rows = Customer.objects.filter(span.within(), attributes__has_key=key)
        return {pk: value for pk, value in rows.values_list("pk", f"attributes__{key}") if isinstance(value, int | float | str)}

    choices = [(choice.code, choice.label) for choice in definition.choices.all()] if definition.has_choices else None
    return Measure(key=f"{PREFIX}{key}", label=definition.label, read=read, choices=None if choices is None else lambda: choices)


# --- this app's own --------------------------------------------------------------------------------------------------------------------


def register_own_measures() -> None:
    """Called once, when Django is ready."""
    for measure in (
        Measure(key="years", label=_("Years since it was entered"), read=_years),
        Measure(key="credit_limit", label=_("Credit limit (CNY)"), read=_plain("credit_limit")),
        Measure(key="key_people", label=_("Key persons known"), read=_key_people, missing=0),
        Measure(key="subsidiaries", label=_("Customers directly below"), read=_subsidiaries, missing=0),
        Measure(key="scale", label=_("Scale"), read=_plain("scale"), choices=lambda: _labels(CustomerScale.choices)),
        Measure(key="industry", label=_("Industry"), read=_plain("industry__code"), choices=_industries),
        Measure(key="lifecycle", label=_("Lifecycle"), read=_plain("lifecycle"), choices=lambda: _labels(Lifecycle.choices)),
    ):
        register_measure(measure)


def _labels(choices: Any) -> list[tuple[str, str]]:
    return [(str(code), str(label)) for code, label in choices]


def _industries() -> list[tuple[str, str]]:
    return [(industry.code, industry.label) for industry in Industry.objects.order_by("code")]


def _plain(name: str) -> Read:
    def read(span: Part, _day: datetime.date) -> Mapping[int, Value]:
        rows = Customer.objects.filter(span.within()).exclude(**{f"{name}__isnull": True})
        return {pk: value for pk, value in rows.values_list("pk", name) if value != ""}

    return read


def _years(span: Part, day: datetime.date) -> Mapping[int, Value]:
    rows = Customer.objects.filter(span.within()).values_list("pk", "created_at")
    return {pk: round(max(0, (day - timezone.localdate(made)).days) / DAYS_IN_A_YEAR, 1) for pk, made in rows}


def _key_people(span: Part, _day: datetime.date) -> Mapping[int, Value]:
    return counted(ContactPerson.objects.filter(span.within("customer"), is_key_person=True), "customer")


def _subsidiaries(span: Part, _day: datetime.date) -> Mapping[int, Value]:
    return counted(Customer.objects.filter(span.within("parent")), "parent")


def counted(rows: QuerySet[Any, Model], name: str) -> dict[int, int]:
    """How many of `rows` there are for each customer, whose key stands in the column `name`. One statement."""
    return dict(rows.order_by().values_list(name).annotate(count=Count("pk")))
