"""Columns and filters of the list of customers for the attributes that administrators define, made anew for each request.

Whether an attribute is one value of a list, or yes, is asked by containment, which the index on all attributes serves; texts, numbers and
days are compared in the rows that the other conditions leave.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet

from common.lists import ChoicesFilter, Column, DatesFilter, NumbersFilter, TextFilter, YesNoFilter, show
from common.lists.operators import NOTHING_GIVEN, Operator
from customers.attributes import PREFIX, value_as_text, value_for_file
from customers.models import AttributeDefinition, AttributeKind, Customer


def attribute_columns(definitions: Sequence[AttributeDefinition]) -> list[Column]:
    """A column for each attribute; those that an administrator has not made a column are there to be chosen."""
    return [_column(definition) for definition in definitions]


def _column(definition: AttributeDefinition) -> Column:
    def value(row: Customer) -> str:
        return show(value_as_text(definition, row.attributes.get(definition.key)))

    def in_file(row: Customer) -> Any:
        return value_for_file(definition, row.attributes.get(definition.key))

    return Column(
        key=f"{PREFIX}{definition.key}",
        label=definition.label,
        value=value,
        export=in_file,
        numeric=definition.kind == AttributeKind.NUMBER,
        hide_on_phone=True,
        optional=not definition.is_column,
    )


def attribute_filters(definitions: Sequence[AttributeDefinition]) -> dict[str, Any]:
    """A filter for each attribute that has one, by its name in addresses."""
    return {f"{PREFIX}{definition.key}": _filter(definition) for definition in definitions if definition.is_filter}


def _filter(definition: AttributeDefinition) -> Any:
    facts: dict[str, Any] = {"label": definition.label, "field_name": f"attributes__{definition.key}"}
    match definition.kind:
        case AttributeKind.NUMBER:
            return _NumberFilter(**facts)
        case AttributeKind.DATE:
            return _DateFilter(**facts)
        case AttributeKind.YES_NO:
            return _YesNoFilter(**facts)
        case AttributeKind.TEXT:
            return _TextFilter(**facts)
    choices = [(choice.code, choice.label) for choice in definition.choices.all()]
    kind = _ChoiceFilter if definition.kind == AttributeKind.CHOICE else _ChoicesFilter
    return kind(choices=choices, **facts)


def _key(field_name: str) -> str:
    return field_name.partition("__")[2]


class _MayBeEmpty:
    """What is empty has no key."""

    field_name: str
    operators: Any
    chosen: Operator

    def offered(self) -> list[Operator]:
        """All operators, and whether there is a value at all."""
        return [*self.operators, *NOTHING_GIVEN]

    def emptiness(self) -> Q:
        """Whether there is a value."""
        filled = Q(attributes__has_key=_key(self.field_name))
        return ~filled if self.chosen == Operator.EMPTY else filled


class _TextFilter(_MayBeEmpty, TextFilter):
    """Text."""


class _NumberFilter(_MayBeEmpty, NumbersFilter):
    """Numbers, which JSON knows as such."""

    def at_least(self, low: Any) -> Q:
        """Whether the number is `low` or more."""
        return super().at_least(float(low))

    def at_most(self, high: Any) -> Q:
        """Whether the number is `high` or less."""
        return super().at_most(float(high))


class _DateFilter(_MayBeEmpty, DatesFilter):
    """Days, which are kept as text that sorts like them."""

    def at_least(self, low: Any) -> Q:
        """Whether the day is `low` or later."""
        return super().at_least(low.isoformat())

    def at_most(self, high: Any) -> Q:
        """Whether the day is `high` or before."""
        return super().at_most(high.isoformat())


class _YesNoFilter(YesNoFilter):
    """Yes or no; where nothing was said it is neither."""

    def filter(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Keep the rows where the answer is `value`."""
        return queryset.filter(attributes__contains={_key(self.field_name): value == "yes"}) if value else queryset


class _ChoiceFilter(_MayBeEmpty, ChoicesFilter):
    """One of a list."""

    def is_one_of(self, values: Sequence[Any]) -> Q:
        """Whether it is one of `values`."""
        return self._any([{_key(self.field_name): value} for value in values])

    def _any(self, contained: Sequence[dict[str, Any]]) -> Q:
        found = Q()
        for one in contained:
            found |= Q(attributes__contains=one)
        return found


class _ChoicesFilter(_ChoiceFilter):
    """Several of a list."""

    def is_one_of(self, values: Sequence[Any]) -> Q:
        """Whether one of `values` is among them."""
        return self._any([{_key(self.field_name): [value]} for value in values])
