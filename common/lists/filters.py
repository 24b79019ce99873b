"""Filters of a list: one class for each kind of field, and the chips that say in words what is filtered.

A list's filters are a subclass of `Filters` made of these classes.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import django_filters
from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q, QuerySet
from django.forms.boundfield import BoundField, BoundWidget
from django.utils.formats import date_format, number_format
from django.utils.timezone import make_aware
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django_filters.fields import RangeField
from django_filters.widgets import SuffixedMultiWidget

_NUMBER_LIMIT: Final = 10**12
_FIRST_DAY: Final = datetime.date(1900, 1, 1)
_LAST_DAY: Final = datetime.date(2999, 12, 31)
_CHIP_VALUES: Final = 4
_NARROW_FROM: Final = 10


class Filters(django_filters.FilterSet):  # type: ignore[misc]  # django-filter ships no types
    """The filters of one list, each a class attribute: an ordinary filter set, named once for the type checker."""

    def add(self, more: Mapping[str, Any]) -> None:
        """Take filters in that only the request knows, by name; before the form is asked for. See `ListDefinition.get_filters`."""
        for name, item in more.items():
            item.field_name = item.field_name or name
            item.model, item.parent = self.queryset.model, self
            self.filters[name] = item


class ChoicesFilter(django_filters.MultipleChoiceFilter):  # type: ignore[misc]  # django-filter ships no types
    """Any of a fixed set of choices: `ChoicesFilter(choices=Lifecycle.choices)`."""

    operator = pgettext_lazy("filter", "is")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"widget": forms.CheckboxSelectMultiple, "distinct": False, **kwargs})

    def filter(self, queryset: QuerySet[Any], value: Iterable[Any] | None) -> QuerySet[Any]:
        """Keep rows whose field is one of `value`; none chosen keeps all."""
        if self.method is not None:
            answer: QuerySet[Any] = super().filter(queryset, value)
            return answer
        return _keep_any(queryset, self.field_name, list(value or []), self.null_value)


class ModelChoicesFilter(django_filters.ModelMultipleChoiceFilter):  # type: ignore[misc]  # django-filter ships no types
    """Any of some other rows. `queryset` is a function of the request that goes through the access policy; `null_label` offers "none"."""

    operator = pgettext_lazy("filter", "is")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"widget": forms.CheckboxSelectMultiple, "distinct": False, **kwargs})

    def filter(self, queryset: QuerySet[Any], value: Iterable[Any] | None) -> QuerySet[Any]:
        """Keep rows that point to one of `value`; none chosen keeps all."""
        if self.method is not None:
            answer: QuerySet[Any] = super().filter(queryset, value)
            return answer
        return _keep_any(queryset, self.field_name, list(value or []), self.null_value)


def _keep_any(queryset: QuerySet[Any], field_name: str, chosen: list[Any], null_value: Any) -> QuerySet[Any]:
    if not chosen:
        return queryset
    real = [item for item in chosen if item != null_value]
    condition = Q(**{f"{field_name}__in": real}) if real else Q()
    if len(real) < len(chosen):
        condition |= Q(**{f"{field_name}__isnull": True})
    return queryset.filter(condition)


class YesNoFilter(django_filters.ChoiceFilter):  # type: ignore[misc]  # django-filter ships no types
    """A yes or no field, or with `method=` any yes or no question; the method gets True or False."""

    operator = ":"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        choices = [("yes", gettext_lazy("yes")), ("no", gettext_lazy("no"))]
        super().__init__(*args, **{"widget": forms.RadioSelect, "empty_label": None, "choices": choices, **kwargs})

    def filter(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Keep the rows where the answer is `value`."""
        return queryset.filter(**{self.field_name: value == "yes"}) if value else queryset


class TextFilter(django_filters.CharFilter):  # type: ignore[misc]  # django-filter ships no types
    """Text that the field contains; another lookup by `lookup_expr`, such as `startswith` for codes or `exact`."""

    operator = pgettext_lazy("filter", "contains")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if kwargs.setdefault("lookup_expr", "icontains") in {"startswith", "istartswith"}:
            self.operator = pgettext_lazy("filter", "begins with")
        elif kwargs["lookup_expr"] == "exact":
            self.operator = pgettext_lazy("filter", "is")
        super().__init__(*args, **{"max_length": 100, **kwargs})


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


class NumbersFilter(django_filters.RangeFilter):  # type: ignore[misc]  # django-filter ships no types
    """A number between two ends, either of which may stay open. Parameters `<name>_min` and `<name>_max`."""

    field_class = _NumbersField
    operator = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"widget": _SpanWidget("number", gettext_lazy("at least"), gettext_lazy("at most")), **kwargs})


class DatesFilter(django_filters.RangeFilter):  # type: ignore[misc]  # django-filter ships no types
    """A day between two days, both included, either of which may stay open. Parameters `<name>_min` and `<name>_max`."""

    field_class = _DatesField
    operator = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"widget": _SpanWidget("date", gettext_lazy("from day"), gettext_lazy("to day")), **kwargs})


class MomentsFilter(DatesFilter):
    """A moment on a day between two days of the current time zone, both included. Parameters `<name>_min` and `<name>_max`."""

    def filter(self, queryset: QuerySet[Any], value: slice | None) -> QuerySet[Any]:
        """Keep the rows whose moment lies in the days of `value`."""
        if value is not None and value.start:
            queryset = queryset.filter(**{f"{self.field_name}__gte": _midnight(value.start)})
        if value is not None and value.stop:
            queryset = queryset.filter(**{f"{self.field_name}__lt": _midnight(value.stop + datetime.timedelta(days=1))})
        return queryset


def _midnight(day: datetime.date) -> datetime.datetime:
    return make_aware(datetime.datetime.combine(day, datetime.time.min))


@dataclass(frozen=True, slots=True)
class FilterEntry:
    """One filter as the page shows it: a chip when it is set, else an entry of the menu.

    Attributes:
        name: the filter's name in its filter set.
        is_lazy: its choices are rows of another table, which are read when its form is opened and not before.
        field: the bound form field.
        names: its URL parameters.
        operator, sentence: the rest of the chip's sentence after the label; empty where the filter is not set.
        errors: what is wrong with the given value.
        is_set: whether its parameters are given.
    """

    name: str
    is_lazy: bool
    field: BoundField
    names: list[str]
    operator: str
    sentence: str
    errors: list[str]
    is_set: bool

    @property
    def label(self) -> str:
        """The filter's name."""
        return str(self.field.label)

    @property
    def is_group(self) -> bool:
        """Whether the field is a group of boxes or inputs, which takes a legend instead of a label."""
        return self.is_choice or isinstance(self.field.field.widget, forms.MultiWidget)

    @property
    def is_choice(self) -> bool:
        """Whether the field is a group of boxes."""
        return isinstance(self.field.field.widget, forms.CheckboxSelectMultiple | forms.RadioSelect)

    @property
    def options(self) -> list[BoundWidget]:
        """The boxes of a choice, read once."""
        return self.field.subwidgets

    @property
    def can_narrow(self) -> bool:
        """Whether the options are so many that a box to narrow them helps."""
        return self.is_choice and len(self.options) > _NARROW_FROM


def parameter_names(field: BoundField) -> list[str]:
    """The URL parameters of a form field."""
    widget = field.field.widget
    if isinstance(widget, SuffixedMultiWidget):
        return [f"{field.html_name}_{suffix}" for suffix in widget.suffixes]
    return [field.html_name]


def entries_of(filterset: Any) -> list[FilterEntry]:
    """All filters of `filterset` (bound), in their order."""
    return [_entry(filterset, name) for name in filterset.filters]


def _entry(filterset: Any, name: str) -> FilterEntry:
    field = filterset.form[name]
    names = parameter_names(field)
    errors = [str(message) for message in filterset.form.errors.get(name, [])]
    given = any(value.strip() for parameter in names for value in filterset.data.getlist(parameter))
    value = filterset.form.cleaned_data.get(name) if not errors else None
    item = filterset.filters[name]
    operator, sentence = _sentence(item, value) if given and not errors else ("", "")
    return FilterEntry(name, isinstance(item, ModelChoicesFilter), field, names, operator, sentence, errors, given)


def _sentence(item: Any, value: Any) -> tuple[str, str]:
    operator = str(getattr(item, "operator", ":"))
    if isinstance(value, slice):
        return _span_sentence(value)
    if isinstance(value, str) and not hasattr(item.field, "choices"):
        return operator, value
    words = _words(item, value)
    shown = " ".join(words[:_CHIP_VALUES])
    more = len(words) - _CHIP_VALUES
    return operator, shown if more <= 0 else _("%(values)s and %(count)d more") % {"values": shown, "count": more}


def _words(item: Any, value: Any) -> list[str]:
    chosen = [value] if isinstance(value, str) or not isinstance(value, Iterable) else list(value)
    if isinstance(item, ModelChoicesFilter):
        return [str(item.null_label if one == item.null_value else one) for one in chosen]
    labels = {str(key): str(label) for key, label in item.field.choices}
    return [labels.get(str(one), str(one)) for one in chosen]


def _span_sentence(value: slice) -> tuple[str, str]:
    low, high = _figure(value.start), _figure(value.stop)
    if low and high:
        return _("between"), _("%(low)s and %(high)s") % {"low": low, "high": high}
    return ("≥", low) if low else ("≤", high)


def _figure(value: Any) -> str:
    if value is None:
        return ""
    if hasattr(value, "year"):
        return date_format(value, "Y-m-d")
    return number_format(value.normalize() if value else 0, use_l10n=True, force_grouping=True)
