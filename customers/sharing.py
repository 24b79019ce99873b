"""With whom a customer is shared, as its tab and the API show it, and the form that shares it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from access.fields import PersonField
from access.models import User
from customers.grants import TO_CHANGE, TO_VIEW, CustomerGroupObjectPermission, CustomerUserObjectPermission
from customers.models import Customer

SHOWN: Final = 200
_WORDS: Final = {TO_VIEW: gettext_lazy("may view"), TO_CHANGE: gettext_lazy("may view and change")}


class ShareForm(forms.Form):
    """With whom, and how far."""

    person = PersonField(label=gettext_lazy("Colleague"), required=False)
    group = forms.ModelChoiceField(label=gettext_lazy("or group"), queryset=Group.objects.none(), required=False, empty_label="—")
    permission = forms.ChoiceField(
        label=gettext_lazy("Permission"), choices=list(_WORDS.items()), widget=forms.RadioSelect, initial=TO_VIEW
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        if data is None:
            self.fields["person"].widget.attrs["autofocus"] = True
        groups = self.fields["group"]
        assert isinstance(groups, forms.ModelChoiceField)
        groups.queryset = Group.objects.order_by("name")

    def clean(self) -> dict[str, Any]:
        """Exactly one holder."""
        given = super().clean() or {}
        if not self.errors and bool(given.get("person")) == bool(given.get("group")):
            raise ValidationError(_("Name a colleague or a group, one of them."))
        return given

    def refuse(self, error: ValidationError) -> None:
        """Show what the service refused, at its field."""
        for name, errors in getattr(error, "error_dict", {"__all__": [error]}).items():
            for one in errors:
                self.add_error(name if name in self.fields else None, one)


@dataclass(frozen=True, slots=True)
class ShownGrant:
    """One line of the tab.

    Attributes:
        holder: how people read it; `name` is the login, or the name of the group.
        permission: `words` say it to people.
        key: names the holder to the form that ends it.
    """

    holder: str
    name: str
    is_group: bool
    permission: str
    words: Any
    granted_by: User | None
    granted_at: Any
    key: str


def grants_of(customer: Customer) -> list[ShownGrant]:
    """What is granted of the customer, groups first; two queries."""
    groups = CustomerGroupObjectPermission.objects.filter(content_object=customer).select_related("group", "permission", "granted_by")
    people = CustomerUserObjectPermission.objects.filter(content_object=customer).select_related("user", "permission", "granted_by")
    shown = [
        _shown(grant, grant.group.name, grant.group.name, f"group-{grant.group_id}") for grant in groups.order_by("group__name")[:SHOWN]
    ]
    alone = people.order_by("user__name", "pk")[:SHOWN]
    return shown + [_shown(grant, str(grant.user), grant.user.username, f"user-{grant.user_id}") for grant in alone]


def _shown(grant: Any, holder: str, name: str, key: str) -> ShownGrant:
    permission = grant.permission.codename
    words = _WORDS.get(permission, permission)
    return ShownGrant(holder, name, key.startswith("group"), permission, words, grant.granted_by, grant.granted_at, key)
