"""Template tags for masked values. `{% masked person "phone" %}` with the button, `{{ person|masked:"phone" }}` as plain text."""

from __future__ import annotations

from django import template
from django.db.models import Model
from django.utils.html import format_html
from django.utils.safestring import SafeString

from access.reveals import masked_text, shown
from common.masking import mask_digits

register = template.Library()


@register.simple_tag(takes_context=True, name="masked")
def masked_tag(context: template.Context, row: Model, name: str) -> SafeString:
    """The value, masked, and the button that shows it in full where the signed-in user may; a dash for nothing."""
    found = shown(context["request"].user, row, name)
    return format_html("{}{}", found.content, found.beside)


@register.filter
def masked(row: Model, name: str) -> str:
    """The value, masked, for titles and trails."""
    return masked_text(row, name) or "—"


@register.filter
def without_numbers(text: object) -> str:
    """A text of which nobody knows what it holds, such as a file's name, with long digits masked."""
    return mask_digits(str(text))
