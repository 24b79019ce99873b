"""Forms of what rules decide about customers and people may decide otherwise."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.forms import ServiceForm
from customers.models import Customer, CustomerLevel, Lifecycle, LifecycleReason
from customers.services.lifecycle import MOVES, reasons_for


class LevelForm(ServiceForm, forms.Form):
    """A level set by hand: until when, and why."""

    level = forms.ChoiceField(label=_("Level"), choices=CustomerLevel.choices)
    last_day = forms.DateField(
        label=_("Last day"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("From the next day on the level follows from the score again."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=200)


class LifecycleForm(ServiceForm, forms.Form):
    """The next step of a customer's lifecycle, and why: a reason of the dictionary, words, or both."""

    to = forms.ChoiceField(label=_("Next step"), widget=forms.RadioSelect)
    reason_entry = forms.ModelChoiceField(label=_("Reason"), queryset=LifecycleReason.objects.none(), required=False)
    reason = forms.CharField(label=_("Reason in words"), max_length=200, required=False)

    def __init__(self, data: Any = None, *, customer: Customer) -> None:
        super().__init__(data)
        steps, entries = self.fields["to"], self.fields["reason_entry"]
        assert isinstance(steps, forms.ChoiceField)
        assert isinstance(entries, forms.ModelChoiceField)
        states = MOVES[Lifecycle(customer.lifecycle)]
        steps.choices = [(state.value, state.label) for state in states]
        entries.queryset = reasons_for(*states)
        if not entries.queryset.exists():
            del self.fields["reason_entry"]
            self.fields["reason"].required = True
