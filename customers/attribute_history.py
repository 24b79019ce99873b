"""Attributes that administrators define, on the customer's page and in its history: each under its own name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from access.history import Part, register_parts
from common.lists import show
from customers.attributes import definitions_in_use, value_as_text
from customers.models import AttributeDefinition, Customer


def register_attribute_history() -> None:
    """Called once, when Django is ready."""
    register_parts(Customer, "attributes", _described)


def shown_attributes(customer: Customer) -> list[tuple[str, str]]:
    """Label and value, as HTML, of each attribute in use."""
    return [(one.label, show(value_as_text(one, customer.attributes.get(one.key)))) for one in definitions_in_use()]


def _described(keys: set[str]) -> Mapping[str, Part]:
    """Whatever stood under a key is shown; only what has a definition in use can be put back."""
    found = AttributeDefinition.objects.filter(key__in=keys).prefetch_related("choices").order_by("position", "key")
    parts = {definition.key: _part(definition) for definition in found}
    return parts | {key: Part(key, show, is_kept=False) for key in sorted(keys - parts.keys())}


def _part(definition: AttributeDefinition) -> Part:
    def words(value: Any) -> str:
        return show(value_as_text(definition, value))

    return Part(definition.label, words, definition.is_active)
