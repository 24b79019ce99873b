"""Forms of what rules decide about customers and people may decide otherwise."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.forms import ServiceForm
from customers.models import CustomerLevel


class LevelForm(ServiceForm, forms.Form):
    """A level set by hand: until when, and why."""

    level = forms.ChoiceField(label=_("Level"), choices=CustomerLevel.choices)
    last_day = forms.DateField(
        label=_("Last day"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("From the next day on the level follows from the score again."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=200)
