"""Forms of imports: the file, and what its columns hold."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.imports.checking import Options
from customers.imports.fields import REQUIRED, labels_of
from jobs.forms import ColumnsForm

_CHECK: Final = {"class": "form-check-input"}
_KEY_LENGTH: Final = 32


class FileForm(forms.Form):
    """The file of an import."""

    file = forms.FileField(label=gettext_lazy("File"), required=False, max_length=255, allow_empty_file=True)
    request_key = forms.CharField(max_length=_KEY_LENGTH, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, refused: str = "", **kwargs: Any) -> None:
        """Take why the upload was refused while it arrived."""
        super().__init__(*args, **kwargs)
        self.refused = refused
        self.initial.setdefault("request_key", uuid.uuid4().hex)

    def clean(self) -> dict[str, Any]:
        """With a file."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.refused:
            self.add_error("file", self.refused)
        elif "file" not in self.errors and cleaned.get("file") is None:
            self.add_error("file", _("Choose a file."))
        return cleaned


class ImportColumnsForm(ColumnsForm):
    """What the columns hold, and what empty cells and namesakes mean."""

    clears_blanks = forms.TypedChoiceField(
        label=gettext_lazy("Empty cells"),
        choices=(("no", gettext_lazy("leave what is entered as it is")), ("yes", gettext_lazy("empty the field"))),
        coerce=lambda value: value == "yes",
        initial="no",
        widget=forms.RadioSelect(attrs=_CHECK),
    )
    takes_namesakes = forms.TypedChoiceField(
        label=gettext_lazy("New rows with a name that is there already"),
        choices=(("no", gettext_lazy("leave out, as duplicates")), ("yes", gettext_lazy("enter all the same"))),
        coerce=lambda value: value == "yes",
        initial="no",
        widget=forms.RadioSelect(attrs=_CHECK),
    )

    def __init__(
        self,
        *args: Any,
        subject: str,
        headings: Sequence[str],
        guess: Mapping[str, int],
        mapping: Mapping[str, int],
        options: Options,
        **kwargs: Any,
    ) -> None:
        """Take the subject, the layout of the file, and what was chosen before."""
        super().__init__(*args, labels=labels_of(subject), headings=headings, guess=guess, mapping=mapping, **kwargs)
        self.subject = subject
        for name in ("clears_blanks", "takes_namesakes"):
            self.initial[name] = "yes" if getattr(options, name) else "no"

    @property
    def settings(self) -> list[forms.BoundField]:
        """What there is beside the columns."""
        return [self["clears_blanks"], self["takes_namesakes"]]

    def clean(self) -> dict[str, Any]:
        """With the columns that tell one row from another."""
        cleaned = super().clean()
        missing = [str(self.labels[name]) for name in REQUIRED[self.subject] if name not in self.chosen()]
        if not self.errors and missing:
            raise ValidationError(_("Say which column holds: %(fields)s.") % {"fields": ", ".join(missing)})
        return cleaned

    def options(self) -> Options:
        """What was chosen beside the columns; only of a valid form."""
        return Options(self.cleaned_data["clears_blanks"], self.cleaned_data["takes_namesakes"])
