"""A list's filters as its page shows them: chips that say in words what is filtered, and the forms that change it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.forms.boundfield import BoundField
from django.utils.formats import date_format, number_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django_filters.widgets import SuffixedMultiWidget

from common.lists.filters import ByOperator, ModelChoicesFilter
from common.lists.operators import DAYS, LABELS_IN_FORM, MIN, OPERATOR, VALUE, Operator, inputs_of

_CHIP_VALUES: Final = 4
_NARROW_FROM: Final = 10


@dataclass(frozen=True, slots=True)
class OperatorChoice:
    """An operator that a filter's form offers: what the address says, its words, and the names of the inputs that it asks for."""

    value: str
    label: str
    inputs: str
    selected: bool


@dataclass(frozen=True, slots=True)
class Option:
    """A box of a choice: its id, its input, its label, and how deep it stands in the tree of the choices."""

    id: str
    tag: SafeString
    label: str
    depth: int


@dataclass(frozen=True, slots=True)
class FilterEntry:
    """One filter as the page shows it: a chip when it is set, else an entry of the menu.

    Attributes:
        name: the filter's name in its filter set.
        is_lazy: its choices are rows of another table, which are read when its form is opened and not before.
        field: the bound form field.
        names: its URL parameters.
        idle: those of them that say nothing, and are left out of addresses.
        operators: what the form offers to compare with; empty where there is one way only.
        operator_name: the parameter of the operator.
        days: the field with the number of days of a relative operator, or None.
        operator, sentence: the rest of the chip's sentence after the label; empty where the filter is not set.
        errors: what is wrong with the given value.
        is_set: whether its parameters are given.
    """

    name: str
    is_lazy: bool
    field: BoundField
    names: list[str]
    idle: list[str]
    operators: list[OperatorChoice]
    operator_name: str
    days: BoundField | None
    operator: str
    sentence: str
    errors: list[str]
    is_set: bool
    item: Any

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
    def options(self) -> list[Option]:
        """The boxes of a choice, read once."""
        return [Option(box.id_for_label, box.tag(), str(box.choice_label), self._depth(box.data["value"])) for box in self.field.subwidgets]

    def _depth(self, value: Any) -> int:
        row = getattr(value, "instance", None)
        return int(self.item.depth_of(row)) if row is not None else 0

    @property
    def can_narrow(self) -> bool:
        """Whether the options are so many that a box to narrow them helps."""
        return self.is_choice and len(self.field.subwidgets) > _NARROW_FROM


def entries_of(filterset: Any) -> list[FilterEntry]:
    """All filters of `filterset` (bound), in their order."""
    return [_entry(filterset, name) for name in filterset.filters]


def _value_names(field: BoundField) -> dict[str, str]:
    """The URL parameters of a form field by their endings."""
    widget = field.field.widget
    if isinstance(widget, SuffixedMultiWidget):
        return {suffix: f"{field.html_name}_{suffix}" for suffix in widget.suffixes}
    return {VALUE: field.html_name}


def _entry(filterset: Any, name: str) -> FilterEntry:
    form, item = filterset.form, filterset.filters[name]
    parts = {ending: form[f"{name}_{ending}"] for ending in (OPERATOR, DAYS) if f"{name}_{ending}" in form.fields}
    names = _value_names(form[name]) | {ending: part.html_name for ending, part in parts.items()}
    errors = [str(message) for part in (name, *(f"{name}_{ending}" for ending in parts)) for message in form.errors.get(part, [])]
    operator = _operator(item, filterset.data.get(names.get(OPERATOR, ""), ""))
    asked = inputs_of(operator) if operator is not None else tuple(names)
    given = {ending for ending in asked if ending in names and any(one.strip() for one in filterset.data.getlist(names[ending]))}
    is_set = bool(given) or (operator is not None and not asked) or bool(errors)
    words = _sentence(item, operator, form.cleaned_data, name) if is_set and not errors else ("", "")
    return FilterEntry(
        name=name,
        is_lazy=isinstance(item, ModelChoicesFilter),
        field=form[name],
        names=list(names.values()),
        idle=_idle(item, operator, names, given, is_set=is_set),
        operators=_choices(item, operator, given, names) if OPERATOR in parts else [],
        operator_name=names.get(OPERATOR, ""),
        days=parts.get(DAYS),
        operator=words[0],
        sentence=words[1],
        errors=errors,
        is_set=is_set,
        item=item,
    )


def _operator(item: Any, text: str) -> Operator | None:
    """The operator meant; None for a filter that has none."""
    if not isinstance(item, ByOperator):
        return None
    return Operator(text) if text in item.offered() else item.operators[0]


def _idle(item: Any, operator: Operator | None, names: dict[str, str], given: set[str], *, is_set: bool) -> list[str]:
    """What says nothing: inputs of other operators, and the operator itself where it is the one that is meant anyway."""
    if operator is None or not is_set:
        return [] if operator is None else list(names.values())
    speaking = given | ({OPERATOR} if operator != item.operators[0] else set())
    return [parameter for ending, parameter in names.items() if ending not in speaking]


def _choices(item: Any, operator: Operator | None, given: set[str], names: dict[str, str]) -> list[OperatorChoice]:
    """What is offered, the present one selected; a span with one end only is shown as the comparison that it is."""
    shown = operator
    if operator == Operator.BETWEEN and len(given) == 1:
        low = given == {MIN}
        single = (Operator.AT_LEAST if low else Operator.AT_MOST) if Operator.AT_LEAST in item.operators else None
        shown = single or operator
    return [
        OperatorChoice(
            one.value,
            str(LABELS_IN_FORM.get(one, one.label)) if one != Operator.IS or Operator.CONTAINS not in item.operators else str(one.label),
            " ".join(names[ending] for ending in inputs_of(one)),
            one == shown,
        )
        for one in item.offered()
    ]


# --- words -----------------------------------------------------------------------------------------------------------------------------


def _sentence(item: Any, operator: Operator | None, cleaned: dict[str, Any], name: str) -> tuple[str, str]:
    value = cleaned.get(name)
    if operator is not None and not inputs_of(operator):
        return "", str(operator.label)
    if operator in (Operator.LAST, Operator.NEXT):
        return _relative(operator, cleaned.get(f"{name}_{DAYS}") or item.days)
    if isinstance(value, slice):
        return _span_sentence(operator or Operator.BETWEEN, value)
    word = str(getattr(item, "operator", operator.label if operator is not None else ":"))
    if isinstance(value, str) and not hasattr(item.field, "choices"):
        return word, value
    words = _words(item, value)
    shown = " ".join(words[:_CHIP_VALUES])
    more = len(words) - _CHIP_VALUES
    return word, shown if more <= 0 else _("%(values)s and %(count)d more") % {"values": shown, "count": more}


def _relative(operator: Operator, days: int) -> tuple[str, str]:
    word = pgettext("filter", "in the last") if operator == Operator.LAST else pgettext("filter", "in the next")
    return word, ngettext("%(count)d day", "%(count)d days", days) % {"count": days}


def _words(item: Any, value: Any) -> list[str]:
    chosen = [value] if isinstance(value, str) or not isinstance(value, Iterable) else list(value)
    if isinstance(item, ModelChoicesFilter):
        return [str(item.null_label if one == item.null_value else one) for one in chosen]
    labels = {str(key): str(label) for key, label in item.field.choices}
    return [labels.get(str(one), str(one)) for one in chosen]


def _span_sentence(operator: Operator, value: slice) -> tuple[str, str]:
    """A span by its ends as they were given, and not as a day before or after moves them."""
    if operator in (Operator.EQUAL, Operator.ON, Operator.AFTER, Operator.AT_LEAST):
        return str(operator.label), _figure(value.start if value.start is not None else value.stop)
    if operator in (Operator.BEFORE, Operator.AT_MOST):
        return str(operator.label), _figure(value.stop if value.stop is not None else value.start)
    low, high = _figure(value.start), _figure(value.stop)
    if low and high:
        return str(operator.label), _("%(low)s and %(high)s") % {"low": low, "high": high}
    return ("≥", low) if low else ("≤", high)


def _figure(value: Any) -> str:
    if value is None:
        return ""
    if hasattr(value, "year"):
        return date_format(value, "Y-m-d")
    return number_format(value.normalize() if value else 0, use_l10n=True, force_grouping=True)
