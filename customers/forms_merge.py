"""The form that chooses the customer with which another is compared."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from access.models import User
from customers.fields import CustomerField
from customers.models import Customer


class OtherCustomerForm(forms.Form):
    """Another customer in reach."""

    def __init__(self, data: Any = None, *, user: User, customer: Customer) -> None:
        super().__init__(data)
        self.customer = customer
        field = CustomerField(label=gettext_lazy("Other customer"))
        field.user = user
        self.fields["with"] = field

    def clean(self) -> dict[str, Any]:
        """Not the same one."""
        given: dict[str, Any] = super().clean() or {}
        if given.get("with") == self.customer:
            raise ValidationError({"with": _("This is the customer itself.")})
        return given
