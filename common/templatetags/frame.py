"""Template tags of the frame: permissions, tones of states, form controls."""

from __future__ import annotations

from collections.abc import Iterator

from django import forms, template
from django.db.models.fields import BLANK_CHOICE_DASH
from django.forms import BoundField
from django.forms.boundfield import BoundWidget
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from common.gate import may_open

register = template.Library()

TONES = {
    "ok": {"active", "approved", "effective", "done", "saved", "won_back", "validated", "eligible"},
    "warn": {"warned", "expiring", "done_with_errors", "paused", "suspended", "pending", "skipped", "leaving"},
    "bad": {"left", "failed", "expired", "rejected", "withdrawn"},
    "run": {"running", "checking"},
}


@register.simple_tag(takes_context=True)
def may(context: template.Context, module: str, action: str = "view") -> bool:
    """Whether the signed-in user's roles allow `action` in `module`: `{% may "customers" "add" as can_add %}`."""
    return may_open(context["request"].user, module, action)


@register.filter
def tone(value: object) -> str:
    """The tone of a state's dot ("ok", "warn", "bad", "run" or "idle") for a stored state value."""
    return next((name for name, states in TONES.items() if str(value) in states), "idle")


@register.filter
def control(field: BoundField) -> SafeString:
    """The widget of a bound field with the look's classes; an invalid field is marked."""
    widget = field.field.widget
    css = "form-control"
    if isinstance(widget, forms.CheckboxInput | forms.RadioSelect | forms.CheckboxSelectMultiple):
        css = "form-check-input"
    elif isinstance(widget, forms.Select):
        css = "form-select"
    own = widget.attrs.get("class", "")
    _name_the_blank(field)
    return field.as_widget(attrs={"class": " ".join(filter(None, [css, own, "is-invalid" if field.errors else ""]))})


@register.filter
def options(field: BoundField) -> Iterator[BoundWidget]:
    """The single choices of a field laid out as "options", each with the look's class."""
    field.field.widget.attrs["class"] = "form-check-input"
    return iter(field)


def _name_the_blank(field: BoundField) -> None:
    """Instead of a row of hyphens the empty choice of a list says what it means."""
    words = _("Choose…") if field.field.required else "—"
    if isinstance(field.field, forms.ModelChoiceField):
        if field.field.empty_label == BLANK_CHOICE_DASH[0][1]:
            field.field.empty_label = words
    elif isinstance(field.field.widget, forms.Select):
        blank = ("", BLANK_CHOICE_DASH[0][1])
        field.field.widget.choices = [("", words) if tuple(choice) == blank else choice for choice in field.field.widget.choices]


@register.filter
def kind(field: BoundField) -> str:
    """How a field is laid out: "check", "options" or "line"."""
    widget = field.field.widget
    if isinstance(widget, forms.CheckboxInput):
        return "check"
    return "options" if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple) else "line"
