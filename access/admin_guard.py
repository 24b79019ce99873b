"""The guard of the administration's forms against lost updates: whoever saves what somebody has changed meanwhile is told so."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from common.versions import ensure_version, version_of


class RemembersVersion(forms.BaseModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """Mixed into a form of a row with an `updated_at`: it carries the version that it showed, and refuses to write over another one.

    A refused form carries the version that stands by then: whoever saves it once more has been told, and nothing typed is lost.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            hidden = forms.HiddenInput(attrs={"autocomplete": "off"})  # else a browser that reloads the page keeps what it was
            self.fields["version"] = forms.CharField(required=False, widget=hidden, initial=version_of(self.instance))

    def clean(self) -> Any:
        """Raise ValidationError where the row, locked until it is written, is another version by now."""
        given = super().clean()
        if seen := self.cleaned_data.get("version"):
            rows = type(self.instance)._base_manager.select_for_update(of=("self",), no_key=True)
            row = rows.get(pk=self.instance.pk)
            try:
                ensure_version(row, seen)
            except ValidationError as error:
                typed: Any = self.data
                sent = typed.copy()
                sent[self.add_prefix("version")] = version_of(row)
                self.data = sent
                told = (_("Somebody else changed this meanwhile."), _("What you typed is kept: saving again writes it over their change."))
                raise ValidationError(" ".join(told), code="stale") from error
        return given
