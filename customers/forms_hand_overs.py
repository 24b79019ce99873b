"""Forms of hand-overs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.choices import people_in_reach
from access.fields import PersonField, label_of
from access.models import Action, User
from common.lost_updates import TellsOfChanges
from common.versions import version_of
from customers.forms import ServiceForm
from customers.models import Customer, HandOver, HandOverItem


class TermsForm(ServiceForm, forms.Form):
    """To whom customers go, when and why."""

    receiver = PersonField(label=_("Receiver"))
    effective_on = forms.DateField(label=_("On"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    reason = forms.CharField(label=_("Reason"), max_length=200)
    moves_unit = forms.BooleanField(
        label=_("The customers move to the receiver's org unit too"),
        required=False,
        help_text=_("Otherwise they stay in the unit that they are in."),
    )


class HandOverForm(TermsForm):
    """Whose customers go to whom, when and why."""

    giver = forms.ModelChoiceField(label=_("Customers of"), queryset=User.objects.none(), empty_label=None, widget=forms.RadioSelect)
    field_order = ("giver",)

    def __init__(self, data: Any = None, *, givers: QuerySet[User], counts: dict[int, int]) -> None:
        super().__init__(data, initial={"effective_on": timezone.localdate(), "moves_unit": True})
        giver = self.fields["giver"]
        assert isinstance(giver, forms.ModelChoiceField)
        giver.queryset = givers
        setattr(giver, "label_from_instance", lambda person: f"{person.name} ({counts.get(person.pk, 0):,})")  # noqa: B010  (Django names no other way)
        giver.initial = next(iter(counts), None)


class _NamesCustomers(ServiceForm, forms.Form):
    """Customers that are named one by one, as programs do, and not chosen in a list."""

    only = forms.ModelMultipleChoiceField(queryset=Customer.objects.none(), required=False, to_field_name="code")

    def offer_those_of(self, user: User) -> None:
        """Take the customers in reach of `user`."""
        only = self.fields["only"]
        assert isinstance(only, forms.ModelMultipleChoiceField)
        only.queryset = Customer.objects.visible_to(user)

    def chosen(self) -> QuerySet[Customer] | None:
        """The customers that were named; None: nothing was said of them, and all are meant."""
        if "only" not in self.data:
            return None
        return Customer.objects.filter(pk__in=[row.pk for row in self.cleaned_data["only"]])


class NamedCustomersForm(_NamesCustomers):
    """Customers for a draft."""

    def __init__(self, data: Any = None, *, user: User) -> None:
        super().__init__(data)
        self.offer_those_of(user)


class NamedHandOverForm(HandOverForm, _NamesCustomers):
    """A hand-over of customers that are named."""

    def __init__(self, data: Any = None, *, user: User) -> None:
        givers = people_in_reach(user, "customers", Action.APPROVE) | User.objects.filter(pk=user.pk)
        super().__init__(data, givers=givers, counts={user.pk: 0})
        self.fields["giver"].initial = user
        self.offer_those_of(user)


class DraftForm(TellsOfChanges, TermsForm):
    """The terms of a hand-over that is not offered yet."""

    version = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, *, hand_over: HandOver) -> None:
        self.instance = hand_over
        initial = {name: getattr(hand_over, name) for name in ("effective_on", "reason", "moves_unit")}
        super().__init__(data, initial={**initial, "receiver": label_of(hand_over.receiver), "version": version_of(hand_over)})

    def opened_on(self, row: HandOver) -> DraftForm:
        """With its present terms."""
        return DraftForm(hand_over=row)

    def details(self) -> dict[str, Any]:
        """The values for the service."""
        return {name: self.cleaned_data[name] for name in TermsForm.base_fields}


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
