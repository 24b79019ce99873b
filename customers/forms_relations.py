"""Forms of relations between customers."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from access.models import User
from common.lost_updates import TellsOfChanges
from common.versions import version_of
from customers.fields import CustomerField
from customers.forms import ServiceForm
from customers.models import CustomerRelation, RelationKind

_FORWARD = "is"
_INVERSE = "of"


def _day(label: Any) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


class RelationForm(TellsOfChanges, ServiceForm, forms.Form):
    """Days and note of a relation that is there."""

    begins_on = _day(_("Since"))
    ends_on = _day(_("Until"))
    note = forms.CharField(label=_("Note"), max_length=200, required=False)
    version = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, *, relation: CustomerRelation, with_note: bool = True) -> None:
        facts = {name: getattr(relation, name) for name in ("begins_on", "ends_on", "note")}
        super().__init__(data, initial={**facts, "version": version_of(relation)})
        if not with_note:
            del self.fields["note"]
        self._relation, self._with_note = relation, with_note

    def row_now(self) -> CustomerRelation:
        """The relation."""
        return CustomerRelation._base_manager.get(pk=self._relation.pk)

    def opened_on(self, row: Any) -> RelationForm:
        """With its present days and note."""
        return RelationForm(relation=row, with_note=self._with_note)

    def details(self) -> dict[str, Any]:
        """The values for the service."""
        return {name: self.cleaned_data[name] for name in ("begins_on", "ends_on", "note") if name in self.fields}


class NewRelationForm(ServiceForm, forms.Form):
    """A relation to another customer in reach; kinds with two names are offered from both sides."""

    relation = forms.ChoiceField(label=_("This customer is"))
    other = CustomerField(label=_("Other customer"))
    begins_on = _day(_("Since"))
    ends_on = _day(_("Until"))
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    names: ClassVar = ("begins_on", "ends_on", "note")

    def __init__(self, data: Any = None, *, user: User) -> None:
        super().__init__(data)
        field, other = self.fields["relation"], self.fields["other"]
        assert isinstance(field, forms.ChoiceField)
        assert isinstance(other, CustomerField)
        other.user = user
        self._kinds = {str(kind.pk): kind for kind in RelationKind.objects.filter(is_active=True).order_by("code")}
        field.choices = [("", "—"), *self._offered()]

    def _offered(self) -> list[tuple[str, str]]:
        offered = []
        for key, kind in self._kinds.items():
            offered.append((f"{_FORWARD}-{key}", kind.label))
            if not kind.is_mutual:
                offered.append((f"{_INVERSE}-{key}", kind.inverse_label))
        return offered

    def choice_of(self, code: str, *, inverse: bool) -> str:
        """The choice that names the kind with `code`, from this side or the other; empty where it is not offered."""
        key = next((key for key, kind in self._kinds.items() if kind.code == code), "")
        return f"{_INVERSE if inverse else _FORWARD}-{key}" if key else ""

    def details(self) -> dict[str, Any]:
        """The values for the service."""
        way, _dash, key = self.cleaned_data["relation"].partition("-")
        given = {name: self.cleaned_data[name] for name in self.names}
        return {**given, "other": self.cleaned_data["other"], "kind": self._kinds[key], "inverse": way == _INVERSE}
