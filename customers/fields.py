"""The form field that chooses a customer among more of them than a page can list."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from access.models import Action, User
from customers.models import Customer

SEPARATOR = " · "


class CustomerInput(forms.TextInput):
    """A text box that proposes customers while one types; without JavaScript the code is typed."""

    template_name = "customers/widgets/customer_input.html"

    def format_value(self, value: Any) -> str | None:
        """Show a customer as "code · name"."""
        return label_of(value) if isinstance(value, Customer) else super().format_value(value)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Add the address that proposes customers."""
        return {**super().get_context(name, value, attrs), "options_url": reverse_lazy("customers:customer_options")}


class CustomerField(forms.CharField):
    """One customer that `user` may reach for `action`; set `user` before the form is validated, without one nothing is found."""

    widget = CustomerInput

    def __init__(self, *args: Any, action: str = Action.VIEW, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_length": 200, "help_text": _("Type a part of the name, or the code."), **kwargs})
        self.action = action
        self.user: User | None = None

    def to_python(self, value: Any) -> Any:
        """The customer whose code stands first in the text, or whose whole name it is. Raises ValidationError."""
        text = super().to_python(value) or ""
        if not text:
            return None
        reachable = Customer.objects.visible_to(self.user, self.action) if self.user is not None else Customer.objects.none()
        found = reachable.filter(code=text.split(SEPARATOR)[0].strip().upper()).first()
        found = found or next(iter(reachable.filter(name=text)[:2]), None)
        if found is None:
            raise ValidationError(_("There is no such customer in your reach."), code="unknown_customer")
        return found

    def validate(self, value: Any) -> None:
        """Only whether one is given where it must be; the rest was decided when it was looked up."""
        if value is None and self.required:
            raise ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value: Any) -> None:
        """Nothing: a customer has no length."""


def label_of(customer: Customer) -> str:
    """How the field shows a customer."""
    return f"{customer.code}{SEPARATOR}{customer.name}"
