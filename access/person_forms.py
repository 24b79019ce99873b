"""Forms of the administration of people: a phone is shown masked, and is neither lost nor overwritten by its mask."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from unfold.forms import UserChangeForm, UserCreationForm

from access.models import User
from access.reveals import masked_text
from common.masking import STARS


class PersonCreationForm(UserCreationForm):  # type: ignore[misc]  # the package has no types
    """A new person with a password."""

    class Meta:
        model = User
        fields = ("username", "name")


class PersonForm(UserChangeForm):  # type: ignore[misc]  # the package has no types
    """A person's details."""

    class Meta:
        model = User
        fields: ClassVar = "__all__"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Show the phone masked, whoever looks."""
        super().__init__(*args, **kwargs)
        self._phone = (self.instance.phone, masked_text(self.instance, "phone")) if self.instance.pk else ("", "")
        if self._phone[0] and "phone" in self.fields:
            self.initial["phone"] = self._phone[1]
            self.fields["phone"].help_text = _("Masked. Leave it to keep it, or type it anew in full.")

    def clean_phone(self) -> str:
        """What is typed, or what was there. Raises ValidationError for a mask that is not that of the present phone."""
        typed = str(self.cleaned_data["phone"]).strip()
        full, masked = self._phone
        if full and typed == masked:
            return full
        if STARS in typed:
            raise ValidationError(_("Type it in full: a part of it is masked."), code="masked")
        return typed
