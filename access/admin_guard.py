"""The guard of the administration's forms against lost updates: whoever saves what somebody has changed meanwhile is told so."""

from __future__ import annotations

from typing import Any

from django import forms

from common.versions import ensure_version, version_of


class RemembersVersion(forms.BaseModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """Mixed into a form of a row with an `updated_at`: it carries the version that it showed, and refuses to write over another one."""

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
            ensure_version(rows.get(pk=self.instance.pk), seen)
        return given
