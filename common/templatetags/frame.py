"""Template tags of the frame: permissions, tones of states, form controls."""

from __future__ import annotations

from django import forms, template
from django.forms import BoundField
from django.utils.safestring import SafeString

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
    return field.as_widget(attrs={"class": " ".join(filter(None, [css, own, "is-invalid" if field.errors else ""]))})


@register.filter
def kind(field: BoundField) -> str:
    """How a field is laid out: "check", "options" or "line"."""
    widget = field.field.widget
    if isinstance(widget, forms.CheckboxInput):
        return "check"
    return "options" if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple) else "line"
