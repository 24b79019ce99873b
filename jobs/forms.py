"""The form by which a person says what each column of a source holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from common.reading.layout import column_letters

_PREFIX = "column-"


class ColumnsForm(forms.Form):
    """Which column of the source holds what: one select for each column. Every field is chosen at most once."""

    def __init__(
        self,
        *args: Any,
        labels: Mapping[str, Any],
        headings: Sequence[str],
        guess: Mapping[str, int],
        mapping: Mapping[str, int],
        **kwargs: Any,
    ) -> None:
        """Take the labels by field name, the headings, the columns guessed by field name, and those chosen before."""
        super().__init__(*args, **kwargs)
        self.labels = labels
        self.guess = {column: name for name, column in guess.items()}
        chosen = {column: name for name, column in (mapping or guess).items()}
        choices = [("", _("not used")), *labels.items()]
        self.letters = column_letters(len(headings))
        for column, heading in enumerate(headings):
            self.fields[f"{_PREFIX}{column}"] = forms.ChoiceField(
                label=heading or self.letters[column], choices=choices, required=False, initial=chosen.get(column, "")
            )

    @property
    def columns(self) -> list[forms.BoundField]:
        """The selects, in the order of the file's columns."""
        return [self[name] for name in self.fields if name.startswith(_PREFIX)]

    def clean(self) -> dict[str, Any]:
        """Every field at most once."""
        cleaned: dict[str, Any] = super().clean() or {}
        seen: dict[str, str] = {}
        for name, value in cleaned.items():
            if not name.startswith(_PREFIX):
                continue
            if value and value in seen:
                self.add_error(
                    name,
                    _("“%(field)s” was chosen for the column “%(column)s” already.") % {"field": self.labels[value], "column": seen[value]},
                )
            elif value:
                seen[value] = str(self.fields[name].label)
        return cleaned

    def chosen(self) -> dict[str, int]:
        """Column by field name, of what is posted and valid."""
        return {value: int(name.removeprefix(_PREFIX)) for name, value in self.cleaned_data.items() if value and name.startswith(_PREFIX)}
