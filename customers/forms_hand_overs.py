"""Forms of hand-overs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.fields import PersonField
from access.models import User
from common.lost_updates import TellsOfChanges
from common.versions import version_of
from customers.forms import ServiceForm
from customers.models import HandOverItem


class HandOverForm(ServiceForm, forms.Form):
    """Whose customers go to whom, when and why."""

    giver = forms.ModelChoiceField(label=_("Customers of"), queryset=User.objects.none(), empty_label=None, widget=forms.RadioSelect)
    receiver = PersonField(label=_("Receiver"))
    effective_on = forms.DateField(label=_("On"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    reason = forms.CharField(label=_("Reason"), max_length=200)
    moves_unit = forms.BooleanField(
        label=_("The customers move to the receiver's org unit too"),
        required=False,
        help_text=_("Otherwise they stay in the unit that they are in."),
    )

    def __init__(self, data: Any = None, *, givers: QuerySet[User], counts: dict[int, int]) -> None:
        super().__init__(data, initial={"effective_on": timezone.localdate(), "moves_unit": True})
        giver = self.fields["giver"]
        assert isinstance(giver, forms.ModelChoiceField)
        giver.queryset = givers
        setattr(giver, "label_from_instance", lambda person: f"{person.name} ({counts.get(person.pk, 0):,})")  # noqa: B010  (Django names no other way)
        giver.initial = next(iter(counts), None)


class ItemNoteForm(TellsOfChanges, ServiceForm, forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """What the receiver should know of a customer; the giver and the maker both may write it."""

    version = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = HandOverItem
        fields = ("note",)
        widgets = {"note": forms.Textarea(attrs={"rows": 3})}
        help_texts = {"note": _("Both sides read it.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["version"] = version_of(self.instance)

    def opened_on(self, row: HandOverItem) -> ItemNoteForm:
        """With its present note."""
        return ItemNoteForm(instance=row)


class ItemReasonForm(ServiceForm, forms.Form):
    """Why a customer is refused."""

    reason = forms.CharField(label=_("Reason"), max_length=200)
