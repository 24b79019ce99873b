"""The form field that chooses a colleague among more of them than a page can list."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from access.models import User
from access.scope import scope_of

SEPARATOR: Final = " · "
PROPOSALS: Final = 20


def colleagues_matching(text: str, *, reader: User) -> QuerySet[User]:
    """Up to `PROPOSALS` active users whose name contains `text` or whose login begins with it; none for a reader without any role."""
    typed = text.split(SEPARATOR)[0].strip().replace("\x00", "")[:64]
    if not typed or not (scope_of(reader).roles or reader.is_superuser):
        return User.objects.none()
    found = User.objects.filter(Q(name__icontains=typed) | Q(username__startswith=typed), is_active=True)
    return found.exclude(pk=reader.pk).order_by("name", "username")[:PROPOSALS]


class PersonInput(forms.TextInput):
    """A text box that proposes colleagues while one types; without JavaScript the login is typed."""

    template_name = "access/widgets/person_input.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Add the address that proposes colleagues."""
        return {**super().get_context(name, value, attrs), "options_url": reverse_lazy("access:people_options")}


class PersonField(forms.CharField):
    """One active colleague, by login or by a name that only one bears."""

    widget = PersonInput

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_length": 200, "help_text": _("Type a part of the name, or the login."), **kwargs})

    def to_python(self, value: Any) -> Any:
        """The user whose login stands first in the text, or whose whole name it is. Raises ValidationError."""
        text = (super().to_python(value) or "").replace("\x00", "")
        if not text:
            return None
        active = User.objects.filter(is_active=True)
        found = active.filter(username=text.split(SEPARATOR)[0].strip()).first()
        namesakes = [] if found else list(active.filter(name=text.strip())[:2])
        if found is None and len(namesakes) != 1:
            raise ValidationError(_("There is no such colleague, or more than one. Give the login."), code="unknown_person")
        return found or namesakes[0]

    def validate(self, value: Any) -> None:
        """Only whether one is given where it must be; the rest was decided when it was looked up."""
        if value is None and self.required:
            raise ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value: Any) -> None:
        """Nothing: a person has no length."""


def label_of(user: User) -> str:
    """How the field shows a person."""
    return f"{user.username}{SEPARATOR}{user.name}"
