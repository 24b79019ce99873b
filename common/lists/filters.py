"""Filters of a list: one class for each kind of field, each with the operators that are natural to it.

A list's filters are a subclass of `Filters` made of these classes. A filter `level` takes the parameter `level` (a span of numbers or days:
`level_min` and `level_max`), the operator in `level_op`, and the number of days of a relative one in `level_days`. Without an operator it
is the first of its kind: a text contains, a choice is any of, a place in a tree is at or below, a number or a day lies between.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import django_filters
from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Model, Q, QuerySet
from django.utils.timezone import localdate, make_aware
from django.utils.translation import gettext_lazy
from django_filters.fields import RangeField
from django_filters.widgets import SuffixedMultiWidget

from common.lists.operators import CHOICE, DAY, DAYS, NOTHING_GIVEN, NUMBER, OPERATOR, PAST, TEXT, TREE, Operator, days_of, empty_values

_NUMBER_LIMIT: Final = 10**12
_FIRST_DAY: Final = datetime.date(1900, 1, 1)
_LAST_DAY: Final = datetime.date(2999, 12, 31)
_USUAL_DAYS: Final = 30
_MOST_DAYS: Final = 3660
_DEEPEST: Final = 10


class Filters(django_filters.FilterSet):  # type: ignore[misc]  # django-filter ships no types
    """The filters of one list, each a class attribute: an ordinary filter set whose form also has the operators."""

    def add(self, more: Mapping[str, Any]) -> None:
        """Take filters in that only the request knows, by name; before the form is asked for. See `ListDefinition.get_filters`."""
        for name, item in more.items():
            item.field_name = item.field_name or name
            item.model, item.parent = self.queryset.model, self
            self.filters[name] = item

    @classmethod
    def unasked(cls, rows: QuerySet[Any]) -> QuerySet[Any]:
        """What shows of `rows` where no filter is asked for anything: all."""
        return rows

    def get_form_class(self) -> type[forms.Form]:
        """The form with a field more for each choice of operators."""
        fields: dict[str, Any] = {}
        for name, item in self.filters.items():
            fields[name] = item.field
            if isinstance(item, ByOperator):
                fields |= {f"{name}_{ending}": field for ending, field in item.more_fields().items()}
        return type(f"{type(self).__name__}Form", (self._meta.form,), fields)

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Filter by each of the filters."""
        given = self.form.cleaned_data
        for name, item in self.filters.items():
            if isinstance(item, ByOperator):
                item.take(given.get(f"{name}_{OPERATOR}", ""), given.get(f"{name}_{DAYS}"))
            queryset = item.filter(queryset, given.get(name))
        return queryset


class ByOperator(django_filters.Filter):  # type: ignore[misc]  # django-filter ships no types
    """What the filters below share: a subclass says what each operator means by `condition`.

    Attributes:
        operators: those that are offered, the first the one that is meant where an address names none.
        chosen: the operator of this request.
        days: how many days a relative one speaks of.
    """

    operators: Sequence[Operator] = ()
    chosen: Operator
    days: int = _USUAL_DAYS

    def offered(self) -> list[Operator]:
        """The operators for this field: whether it is empty is asked only where it may be. One with a method of its own has the first."""
        if self.method is not None or len(self.operators) <= 1:
            return list(self.operators[:1])
        return [*self.operators, *(NOTHING_GIVEN if any(empty_values(self.model, self.field_name)) else ())]

    def more_fields(self) -> dict[str, forms.Field]:
        """The form fields beside the value, by the endings of their parameters."""
        offered = self.offered()
        if len(offered) <= 1:
            return {}
        fields: dict[str, forms.Field] = {OPERATOR: forms.ChoiceField(choices=[(one.value, one.label) for one in offered], required=False)}
        if not {Operator.LAST, Operator.NEXT}.isdisjoint(offered):
            fields[DAYS] = forms.IntegerField(required=False, min_value=1, max_value=_MOST_DAYS, initial=_USUAL_DAYS)
        return fields

    def take(self, operator: str, days: int | None) -> None:
        """Note the operator that the request names (empty: the first), and the days."""
        self.chosen = Operator(operator) if operator else self.operators[0]
        self.days = days or _USUAL_DAYS

    def filter(self, queryset: QuerySet[Any], value: Any) -> QuerySet[Any]:
        """Keep the rows that meet the condition; nothing given keeps all."""
        condition = self.emptiness() if self.chosen in NOTHING_GIVEN else self.condition(self.chosen, value)
        return queryset if condition is None else queryset.filter(condition)

    def condition(self, operator: Operator, value: Any) -> Q | None:
        """What `operator` asks with `value`; None where nothing is asked."""
        raise NotImplementedError

    def emptiness(self) -> Q:
        """Whether the field is empty, or is not."""
        nullable, blank = empty_values(self.model, self.field_name)
        empty = Q(**{f"{self.field_name}__isnull": True}) if nullable else Q()
        empty = empty | Q(**{self.field_name: ""}) if blank else empty
        return empty if self.chosen == Operator.EMPTY else ~empty


class _OfChoices(ByOperator):
    """Any or none of some values."""

    operators: Sequence[Operator] = CHOICE

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"widget": forms.CheckboxSelectMultiple, "distinct": False, **kwargs})

    def condition(self, operator: Operator, value: Iterable[Any] | None) -> Q | None:
        """Whether the field holds one of the values, the null one among them, or none of them."""
        chosen = list(value or [])
        if not chosen:
            return None
        real = [item for item in chosen if item != self.null_value]
        found = self.is_one_of(real) if real else Q()
        if len(real) < len(chosen):
            found |= Q(**{f"{self.field_name}__isnull": True})
        return ~found if operator == Operator.NONE else found

    def is_one_of(self, values: Sequence[Any]) -> Q:
        """Whether the field holds one of `values`."""
        return Q(**{f"{self.field_name}__in": [item.pk if isinstance(item, Model) else item for item in values]})


class ChoicesFilter(_OfChoices, django_filters.MultipleChoiceFilter):  # type: ignore[misc]  # django-filter ships no types
    """Any or none of a fixed set of choices: `ChoicesFilter(choices=Lifecycle.choices)`."""


class ModelChoicesFilter(_OfChoices, django_filters.ModelMultipleChoiceFilter):  # type: ignore[misc]  # django-filter ships no types
    """Any or none of some other rows. `queryset` is a function of the request that goes through the access policy; `null_label` offers
    "none" as one of the choices.
    """

    def depth_of(self, row: Any) -> int:  # noqa: ARG002
        """How deep `row` stands among the choices."""
        return 0


class TreeChoicesFilter(ModelChoicesFilter):
    """Rows of a tree, each with all below it: a region, an industry. The model names its parent in the field `parent`."""

    operators = TREE

    def condition(self, operator: Operator, value: Iterable[Any] | None) -> Q | None:
        """Whether the field holds one of the values or what lies below one."""
        chosen = list(value or [])
        if not chosen:
            return None
        if operator == Operator.IS:
            return self.is_one_of(chosen)
        found = self.is_below(chosen)
        return ~found if operator == Operator.NONE else found

    def is_below(self, chosen: Sequence[Any]) -> Q:
        """Whether the field holds one of `chosen` or one below; a query for each level that there is."""
        kind: Any = type(chosen[0])
        found = level = {row.pk for row in chosen}
        for _ in range(_DEEPEST):
            level = set(kind._default_manager.filter(parent__in=level).values_list("pk", flat=True)) - found
            if not level:
                break
            found = found | level
        return Q(**{f"{self.field_name}__in": sorted(found)})

    def depth_of(self, row: Any) -> int:
        """Told of two levels without asking for more rows."""
        return int(row.parent_id is not None)


class YesNoFilter(django_filters.ChoiceFilter):  # type: ignore[misc]  # django-filter ships no types
    """A yes or no field, or with `method=` any yes or no question; the method gets "yes" or "no"."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        choices = [("yes", gettext_lazy("yes")), ("no", gettext_lazy("no"))]
        super().__init__(*args, **{"widget": forms.RadioSelect, "empty_label": None, "choices": choices, **kwargs})

    def filter(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Keep the rows where the answer is `value`."""
        return queryset.filter(**{self.field_name: value == "yes"}) if value else queryset


_LOOKUPS: Final = {Operator.CONTAINS: "contains", Operator.IS: "exact", Operator.BEGINS: "startswith"}
_ONLY: Final = {
    **dict.fromkeys(("contains", "icontains"), Operator.CONTAINS),
    **dict.fromkeys(("startswith", "istartswith"), Operator.BEGINS),
    **dict.fromkeys(("exact", "iexact"), Operator.IS),
}


class TextFilter(ByOperator, django_filters.CharFilter):  # type: ignore[misc]  # django-filter ships no types
    """Text that the field contains, is or begins with, without regard to case.

    Arguments:
        lookup_expr: this one comparison and no other, such as `exact`.
        shape: brings what was typed into the form in which the field holds its values, `str.upper` for codes; then cases are told apart,
            so that an ordinary index on the field serves.
        narrowed_by: a function of the text that gives a condition which every row found meets, and for which there is an index.
    """

    def __init__(
        self,
        *args: Any,
        shape: Callable[[str], str] | None = None,
        narrowed_by: Callable[[str], Q] | None = None,
        **kwargs: Any,
    ) -> None:
        only = kwargs.get("lookup_expr")
        self.operators = (_ONLY[only],) if only else TEXT
        self._lookup, self._shape, self._narrowed_by = only, shape, narrowed_by
        super().__init__(*args, **{"max_length": 100, **kwargs})

    def condition(self, operator: Operator, value: str | None) -> Q | None:
        """The comparison with what was typed."""
        if not value:
            return None
        text = self._shape(value) if self._shape else value
        lookup = self._lookup or f"{'' if self._shape else 'i'}{_LOOKUPS[operator]}"
        found = Q(**{f"{self.field_name}__{lookup}": text})
        return self._narrowed_by(text) & found if self._narrowed_by else found


class _NumbersField(RangeField):  # type: ignore[misc]  # django-filter ships no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__((_number(), _number()), *args, **kwargs)


def _number() -> forms.DecimalField:
    return forms.DecimalField(min_value=-_NUMBER_LIMIT, max_value=_NUMBER_LIMIT, max_digits=16, decimal_places=4)


class _DatesField(RangeField):  # type: ignore[misc]  # django-filter ships no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        limits = [MinValueValidator(_FIRST_DAY), MaxValueValidator(_LAST_DAY)]
        super().__init__((forms.DateField(validators=limits), forms.DateField(validators=limits)), *args, **kwargs)


class _SpanWidget(SuffixedMultiWidget):  # type: ignore[misc]  # django-filter ships no types
    suffixes = ("min", "max")

    def __init__(self, kind: str, low: Any, high: Any) -> None:
        shared = {"step": "any"} if kind == "number" else {"min": _FIRST_DAY.isoformat(), "max": _LAST_DAY.isoformat()}
        widgets = [forms.TextInput(attrs={"type": kind, "aria-label": word, "placeholder": word, **shared}) for word in (low, high)]
        super().__init__(widgets=widgets)

    def decompress(self, value: Any) -> list[Any]:
        return [value.start, value.stop] if value else [None, None]


class _OfSpans(ByOperator):
    """Between two values, or compared with one. Where an operator takes one value and two are given, its own side's counts."""

    def span(self, operator: Operator, value: slice | None) -> tuple[Any, Any]:
        """The least and the greatest value that are asked for, both included; None: no end."""
        low, high = (value.start, value.stop) if value is not None else (None, None)
        match operator:
            case Operator.EQUAL | Operator.ON:
                one = _first(low, high)
                return one, one
            case Operator.AT_LEAST:
                return _first(low, high), None
            case Operator.AT_MOST:
                return None, _first(high, low)
        return low, high

    def condition(self, operator: Operator, value: slice | None) -> Q | None:
        """Whether the field lies in the span."""
        low, high = self.span(operator, value)
        if low is None and high is None:
            return None
        found = self.at_least(low) if low is not None else Q()
        return found & self.at_most(high) if high is not None else found

    def at_least(self, low: Any) -> Q:
        """Whether the field is `low` or more."""
        return Q(**{f"{self.field_name}__gte": low})

    def at_most(self, high: Any) -> Q:
        """Whether the field is `high` or less."""
        return Q(**{f"{self.field_name}__lte": high})


def _first(one: Any, other: Any) -> Any:
    return one if one is not None else other


class NumbersFilter(_OfSpans, django_filters.RangeFilter):  # type: ignore[misc]  # django-filter ships no types
    """A number or an amount of money: between two ends, either of which may stay open, or compared with one."""

    field_class = _NumbersField
    operators = NUMBER

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"widget": _SpanWidget("number", gettext_lazy("at least"), gettext_lazy("at most")), **kwargs})


class DatesFilter(_OfSpans, django_filters.RangeFilter):  # type: ignore[misc]  # django-filter ships no types
    """A day: between two days, both included, on, before or after one, or seen from today. `past=True` for days that only ever lie in the
    past, of which none comes or is overdue.
    """

    field_class = _DatesField

    def __init__(self, *args: Any, past: bool = False, **kwargs: Any) -> None:
        self.operators = PAST if past else DAY
        super().__init__(*args, **{"widget": _SpanWidget("date", gettext_lazy("from day"), gettext_lazy("to day")), **kwargs})

    def span(self, operator: Operator, value: slice | None) -> tuple[Any, Any]:
        """The first and the last day."""
        day, low, high = datetime.timedelta(days=1), *super().span(operator, value)
        match operator:
            case Operator.BETWEEN | Operator.ON:
                return low, high
            case Operator.BEFORE:
                return None, (one - day if (one := _first(high, low)) else None)
            case Operator.AFTER:
                return (one + day if (one := _first(low, high)) else None), None
        return days_of(operator, localdate(), self.days)


class MomentsFilter(DatesFilter):
    """A moment, by its day in the current time zone."""

    def __init__(self, *args: Any, past: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, past=past, **kwargs)

    def at_least(self, low: Any) -> Q:
        """Whether the moment lies on `low` or later."""
        return Q(**{f"{self.field_name}__gte": _midnight(low)})

    def at_most(self, high: Any) -> Q:
        """Whether the moment lies on `high` or before."""
        return Q(**{f"{self.field_name}__lt": _midnight(high + datetime.timedelta(days=1))})


def _midnight(day: datetime.date) -> datetime.datetime:
    return make_aware(datetime.datetime.combine(day, datetime.time.min))
