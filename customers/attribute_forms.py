"""The fields of a form for the attributes that administrators define."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.attributes import LONGEST_TEXT, PREFIX, offered_choices
from customers.models import AttributeDefinition, AttributeKind

_NOT_SAID = ("", "—")


def attribute_fields(definitions: list[AttributeDefinition], present: Mapping[str, Any]) -> dict[str, forms.Field]:
    """A field for each of `definitions`, by its name in the form; `present` are the values that a customer has."""
    return {f"{PREFIX}{definition.key}": _field(definition, present.get(definition.key)) for definition in definitions}


def attribute_initial(definitions: list[AttributeDefinition], present: Mapping[str, Any]) -> dict[str, Any]:
    """The initial values of these fields."""
    return {f"{PREFIX}{definition.key}": _initial(definition, present.get(definition.key)) for definition in definitions}


def _initial(definition: AttributeDefinition, value: Any) -> Any:
    if definition.kind == AttributeKind.YES_NO:
        return {True: "yes", False: "no"}.get(value, "")
    return value


def _field(definition: AttributeDefinition, present: Any) -> forms.Field:
    common: dict[str, Any] = {"label": definition.label, "required": definition.is_required, "help_text": definition.help_text}
    match definition.kind:
        case AttributeKind.NUMBER:
            return forms.DecimalField(max_digits=16, decimal_places=4, widget=forms.NumberInput(attrs={"step": "any"}), **common)
        case AttributeKind.DATE:
            return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **common)
        case AttributeKind.YES_NO:
            choices = [_NOT_SAID, ("yes", _("yes")), ("no", _("no"))]
            return forms.TypedChoiceField(choices=choices, coerce=lambda word: word == "yes", empty_value=None, **common)
        case AttributeKind.CHOICE:
            return forms.ChoiceField(choices=[_NOT_SAID, *offered_choices(definition, [present])], **common)
        case AttributeKind.CHOICES:
            offered = offered_choices(definition, present if isinstance(present, list) else [])
            return forms.MultipleChoiceField(choices=offered, widget=forms.CheckboxSelectMultiple, **common)
    return forms.CharField(max_length=LONGEST_TEXT, **common)
