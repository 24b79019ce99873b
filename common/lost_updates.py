"""The guard of forms against lost updates: whoever saves what somebody has changed meanwhile is told what stands now, and loses nothing.

A form carries the version of its row (`common.versions`); the service compares it under the row's lock and refuses another one. The form
then keeps all that was typed, says at each field that differs what stands there now, and takes the present version over: saving once
more replaces what the other person wrote, knowingly.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from common.versions import version_of

Changer = Callable[[Any], tuple[str, datetime.datetime] | None]

_changers: list[Changer] = []
_NOTHING = "—"


def name_changers_by(changer: Changer) -> None:
    """Let `changer(row)` say who wrote a row last, and when; None where nobody is known."""
    _changers[:] = [changer]


def is_stale(error: ValidationError) -> bool:
    """Whether a service refused because somebody was quicker."""
    return getattr(error, "code", None) == "stale"


class TellsOfChanges(forms.BaseForm):
    """Mixed into a form with the hidden field `version`. A subclass says by `opened_on` how the form looks for the row as it is now."""

    def row_now(self) -> Any:
        """The row as it is now."""
        form: Any = self
        return type(form.instance)._base_manager.get(pk=form.instance.pk)

    def opened_on(self, row: Any) -> forms.BaseForm:
        """This form, with nothing typed yet, for `row`."""
        raise NotImplementedError

    def changed_meanwhile(self, row: Any) -> dict[str, str]:
        """What stands now in `row`, by the fields in which something else is typed."""
        now = self.opened_on(row)
        return {
            name: value_in_words(now[name])
            for name, field in self.fields.items()
            if name != "version"
            and name in now.fields
            and not field.disabled
            and field.has_changed(now.get_initial_for_field(now.fields[name], name), self[name].data)
        }

    def show_present(self) -> None:
        """Keep what was typed, show the present values beside it, and let the next save replace them."""
        row = self.row_now()
        changed = self.changed_meanwhile(row)
        text = _("Somebody else changed this meanwhile. See the present values at the fields; save again to replace them by yours.")
        self.add_error(None, f"{text} {_by_whom(row)}".strip())
        for name, value in changed.items():
            self.add_error(name, _("Now: %(value)s") % {"value": value})
        typed: Any = self.data
        sent = typed.copy()
        sent[self.add_prefix("version")] = version_of(row)
        self.data = sent


def _by_whom(row: Any) -> str:
    found = next((known for changer in _changers if (known := changer(row)) is not None), None)
    if found is None:
        return ""
    return _("It was %(who)s, %(when)s.") % {"who": found[0], "when": date_format(localtime(found[1]), "Y-m-d H:i")}


def value_in_words(bound: forms.BoundField) -> str:
    """The value of a field as people read it: the labels of choices, and a dash for nothing."""
    field, value = bound.field, bound.value()
    if isinstance(field, forms.ModelChoiceField):
        offered: Any = field.queryset
        rows = offered.filter(**{f"{field.to_field_name or 'pk'}__in": _given(value)})
        return ", ".join(field.label_from_instance(row) for row in rows) or _NOTHING
    if isinstance(field, forms.ChoiceField):
        choices: Any = field.choices
        labels = {str(key): str(label) for key, label in _flat(choices)}
        return ", ".join(labels.get(str(one), str(one)) for one in _given(value)) or _NOTHING
    return _NOTHING if value in (None, "") else _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime.datetime):
        return date_format(localtime(value) if value.tzinfo else value, "Y-m-d H:i")
    return str(value)


def _given(value: Any) -> list[Any]:
    return [one for one in (value if isinstance(value, list | tuple) else [value]) if one not in (None, "")]


def _flat(choices: Iterable[Any]) -> Iterable[tuple[Any, Any]]:
    for key, label in choices:
        if isinstance(label, list | tuple):
            yield from label
        else:
            yield key, label
