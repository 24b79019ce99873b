"""The guard of forms against lost updates: whoever saves what somebody has changed meanwhile is told what stands now, and loses nothing.

A form carries the version of its row (`common.versions`), and what it showed when it was opened; the service compares the version under
the row's lock and refuses another one. Then three states are laid side by side: what was shown, what stands now, and what was typed. A
field that only the other person changed takes the other's value; one that only this person changed keeps what was typed; where both
changed a field, the form shows all three and asks which value holds. Saving once more writes what it says then.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.datastructures import MultiValueDict
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from common.versions import version_of

Changer = Callable[[Any], tuple[str, datetime.datetime] | None]
Texts = list[str]

_changers: list[Changer] = []
_NOTHING: Final = "—"
_OPENED: Final = "opened"
_TAKE: Final = "take"
THEIRS: Final = "theirs"
TECHNICAL: Final = frozenset({"version", _OPENED})
"""The hidden fields of the guard: no values of the row."""


def name_changers_by(changer: Changer) -> None:
    """Let `changer(row)` say who wrote a row last, and when; None where nobody is known."""
    _changers[:] = [changer]


@dataclass(frozen=True, slots=True)
class Shown:
    """What a form shows for a row, as a browser sends it back: masked values masked.

    `marks` are keyed digests of what is masked, by which a change is seen that the mask hides.
    """

    texts: Mapping[str, Texts]
    marks: Mapping[str, str] = field(default_factory=dict)

    def as_text(self) -> str:
        """For a hidden field."""
        return json.dumps({"texts": self.texts, "marks": self.marks}, ensure_ascii=False)

    @classmethod
    def read(cls, text: str) -> Shown | None:
        """What `as_text` wrote; None where it is something else."""
        try:
            kept = json.loads(text)
            texts = {str(name): [str(one) for one in list(values)] for name, values in kept["texts"].items()}
            return cls(texts, {str(name): str(mark) for name, mark in kept["marks"].items()})
        except (ValueError, TypeError, KeyError, AttributeError):
            return None


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that two people changed: the name of the choice between them, and its values in words; `before` is empty where unknown."""

    name: str
    before: str
    theirs: str
    mine: str


class TellsOfChanges(forms.BaseForm):
    """Mixed into a form with the hidden field `version`. A subclass says by `opened_on` how the form looks for the row as it is now."""

    together: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """Groups of fields of which each can only be judged with the others."""
    partly: ClassVar[bool] = False
    """Whether whoever writes by the form takes the fields that there are, so that a program may send some of them alone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hidden = forms.HiddenInput(attrs={"autocomplete": "off"})  # else a browser that reloads the page keeps what it was
        self.fields[_OPENED] = forms.CharField(required=False, widget=hidden, initial=lambda: self.shown().as_text())
        self._take_theirs()

    def keep_only(self, *names: str) -> None:
        """Ask for the fields `names` alone, as a cell of a list does; those that only make sense with them stay as they are."""
        kept = {*names, *(one for group in self.together if not set(group).isdisjoint(names) for one in group)}
        for other in [one for one in self.fields if one not in {*kept, *TECHNICAL}]:
            del self.fields[other]
        others = {name: self.get_initial_for_field(self.fields[name], name) for name in kept - set(names) if name in self.fields}
        if others:
            sent: Any = self.data
            self.data = merged = sent.copy()
            merged.update({name: "" if value is None else str(value) for name, value in others.items()})

    def row_now(self) -> Any:
        """The row as it is now."""
        form: Any = self
        return type(form.instance)._base_manager.get(pk=form.instance.pk)

    def opened_on(self, row: Any) -> TellsOfChanges:
        """This form, with nothing typed yet, for `row`."""
        raise NotImplementedError

    def marks(self) -> Mapping[str, str]:
        """Keyed digests of the values that are shown masked, by their fields."""
        return {}

    def shown(self) -> Shown:
        """What the form shows for its row before anything is typed."""
        asked = {name: one for name, one in self.fields.items() if name not in TECHNICAL and not one.disabled}
        return Shown({name: _texts(one, self.get_initial_for_field(one, name)) for name, one in asked.items()}, self.marks())

    def told_stale(self, error: ValidationError) -> bool:
        """Whether a service refused because somebody was quicker; then the form shows what stands now, and can be saved again."""
        if getattr(error, "code", None) != "stale":
            return False
        self._merge(self.row_now())
        return True

    def _merge(self, row: Any) -> None:
        """Lay what was shown, what stands in `row` now, and what was typed side by side."""
        present = self.opened_on(row).shown()
        opened = Shown.read(str(self[_OPENED].data or ""))
        typed: Any = self.data
        sent = typed.copy()
        taken: list[str] = []
        for name in [one for one in self.fields if one in present.texts]:
            bound, theirs = self[name], present.texts[name]
            mine, before = _texts(bound.field, bound.data), opened.texts.get(name) if opened else None
            moved = opened is None or before != theirs or opened.marks.get(name) != present.marks.get(name)
            if not moved or mine == theirs:
                continue
            if mine == before:
                _put(sent, self.add_prefix(name), theirs)
                taken.append(f"{bound.label}: {_in_words(bound.field, theirs)}")
            else:
                self._ask(bound, before, theirs, mine)
        self.add_error(None, " ".join(part for part in (*_told(row), *self._what_to_do(taken)) if part))
        sent[self.add_prefix("version")] = version_of(row)
        sent[self.add_prefix(_OPENED)] = present.as_text()
        self.data = sent

    def _ask(self, bound: forms.BoundField, before: Texts | None, theirs: Texts, mine: Texts) -> None:
        """Show the three values at a field, and ask which holds."""
        was = "" if before is None else _in_words(bound.field, before)
        now = _in_words(bound.field, theirs)
        name = self.add_prefix(f"{_TAKE}-{bound.name}")
        bound.field.conflict = Conflict(name, was, now, _in_words(bound.field, mine))  # type: ignore[attr-defined]  # for the template
        told = [_("Before: %(value)s") % {"value": was}] if was else []
        self.add_error(bound.name, " · ".join([*told, _("Now: %(value)s") % {"value": now}]))

    def _what_to_do(self, taken: list[str]) -> Iterable[str]:
        if taken:
            yield _("Taken over from it: %(fields)s.") % {"fields": "; ".join(taken)}
        if any(hasattr(one, "conflict") for one in self.fields.values()):
            yield _("Say at each field that both of you changed which value holds, and save again.")
        else:
            yield _("What you typed is kept: save again.")

    def _take_theirs(self) -> None:
        """Put the other person's value where that was chosen; it is the one that the form showed beside what was typed."""
        typed: Any = self.data
        opened = Shown.read(str(typed.get(self.add_prefix(_OPENED)) or "")) if isinstance(typed, MultiValueDict) else None
        chosen = [name for name in opened.texts if typed.get(self.add_prefix(f"{_TAKE}-{name}")) == THEIRS] if opened else []
        if opened and chosen:
            self.data = sent = typed.copy()
            for name in chosen:
                _put(sent, self.add_prefix(name), list(opened.texts[name]))


def _put(sent: Any, name: str, texts: Texts) -> None:
    sent.setlist(name, texts)
    if not texts:
        del sent[name]


def _told(row: Any) -> Iterable[str]:
    yield _("Somebody else changed this meanwhile.")
    found = next((known for changer in _changers if (known := changer(row)) is not None), None)
    if found is not None:
        yield _("It was %(who)s, %(when)s.") % {"who": found[0], "when": date_format(localtime(found[1]), "Y-m-d H:i")}


def _texts(asked: forms.Field, value: Any) -> Texts:
    """A value as a browser sends it back: a box without its mark, an empty text and no choice are nothing."""
    if isinstance(asked.widget, forms.CheckboxInput):
        return ["True"] if value else []
    shown = asked.widget.format_value(asked.prepare_value(value))
    found = [str(one).replace("\r\n", "\n").strip() for one in (shown if isinstance(shown, list | tuple) else [shown]) if one is not None]
    return sorted(one for one in found if one)


def _in_words(asked: forms.Field, texts: Texts) -> str:
    """Those texts as people read them: the labels of choices, and a dash for nothing."""
    if isinstance(asked.widget, forms.CheckboxInput):
        return _("yes") if texts else _("no")
    if isinstance(asked, forms.ModelChoiceField):
        offered: Any = asked.queryset
        try:
            rows = list(offered.filter(**{f"{asked.to_field_name or 'pk'}__in": texts}))
        except (ValueError, ValidationError):
            rows = []
        return ", ".join(asked.label_from_instance(row) for row in rows) or _NOTHING
    if isinstance(asked, forms.ChoiceField):
        choices: Any = asked.choices
        labels = {str(key): str(label) for key, label in _flat(choices)}
        return ", ".join(labels.get(one, one) for one in texts) or _NOTHING
    words = ", ".join(texts) or _NOTHING
    return words.replace("T", " ") if isinstance(asked, forms.DateTimeField) else words


def _flat(choices: Iterable[Any]) -> Iterable[tuple[Any, Any]]:
    for key, label in choices:
        if isinstance(label, list | tuple):
            yield from label
        else:
            yield key, label
