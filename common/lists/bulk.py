"""What can be done to many rows of a list at once: the actions beside its boxes, and the operations that change rows.

An operation says what it asks, which rows it changes, how the preview shows that, and changes them by statements over all of them. What
runs it, in a request or as a job, with a preview, exactly once and with a way back, is `jobs.services.bulk_changes`.
"""

from __future__ import annotations

import datetime
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django import forms
from django.db.models import Case, F, Model, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Concat, Length
from django.db.models.lookups import GreaterThan
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.gate import may_open
from common.lists.columns import Text

if TYPE_CHECKING:
    from common.lists.definition import ListDefinition

Given = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkAction:
    """A button beside the boxes of a list.

    Attributes:
        label, icon: its text, and a Tabler icon's name without the prefix.
        url: the page that takes the selection (`common.lists.selection`) by GET.
        whole: it also stands below the list, for all rows that match, without anything being chosen.
    """

    label: Text
    icon: str
    url: str
    whole: bool = False


Factory = Callable[["ListDefinition"], Sequence[BulkAction]]
_factories: Final[list[Factory]] = []


def offer_on_lists(factory: Factory) -> None:
    """Let `factory` say which actions a list has for its user; called in the `AppConfig.ready` of an app whose pages take selections."""
    _factories.append(factory)


def actions_on(definition: ListDefinition) -> list[BulkAction]:
    """The actions beside the boxes of `definition`."""
    return [action for factory in _factories for action in factory(definition)]


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Rows that the change may not touch, by a rule of the model: why, and which."""

    reason: Text
    rows: Q


class BulkOperation(ABC):
    """One kind of change of many rows, for one list as one user sees it. A subclass is named in `ListDefinition.bulk_operations`.

    Class attributes:
        key: its name in addresses, unique in its list.
        label, icon: of its button.
        action: what the user must be allowed to do with a row to change it.
    """

    key: ClassVar[str]
    label: ClassVar[Text]
    icon: ClassVar[str] = "edit"
    action: ClassVar[str] = "change"

    def __init__(self, definition: ListDefinition) -> None:
        self.definition = definition
        self.user: Any = definition.user
        self.model: type[Model] = definition.model

    def is_open(self) -> bool:
        """Whether the user may do it to any row at all."""
        return may_open(self.user, self.definition.module, self.action)

    @abstractmethod
    def form(self, data: Any = None, initial: Given | None = None) -> forms.Form:
        """What it asks; choices within the user's reach. The worker validates the same data again, as the same person."""

    def form_of_done(self, data: Any) -> forms.Form:
        """The form that reads again what was done, for its way back: also what is offered no more."""
        return self.form(data)

    @abstractmethod
    def title(self, given: Given) -> str:
        """The change in words, such as "Level: A1"; `given` is what the form cleaned."""

    def columns(self, given: Given) -> Sequence[str]:  # noqa: ARG002
        """The columns of the rows that it writes, by the names of their attributes; they are kept for the way back.

        None: it writes other tables.
        """
        return ()

    @abstractmethod
    def differing(self, rows: QuerySet[Any], given: Given) -> QuerySet[Any]:
        """Those of `rows` that do not hold already what they shall."""

    def obstacles(self, given: Given) -> Sequence[Obstacle]:  # noqa: ARG002
        """Rules that keep rows from being changed."""
        return ()

    @abstractmethod
    def old(self, row: Any, given: Given) -> Any:
        """What the preview shows as the present value of `row`."""

    @abstractmethod
    def new(self, row: Any, given: Given) -> Any:
        """What the preview shows as its value after the change."""

    def lock_first(self) -> None:  # noqa: B027  (most lock nothing else)
        """Lock what other writers lock before the rows of the list, so that two of them never wait for each other."""

    @abstractmethod
    def apply(self, rows: QuerySet[Any], given: Given, moment: datetime.datetime) -> None:
        """Change all of `rows`, which are locked, by as many statements however many they are; their `updated_at` becomes `moment`."""

    def restore(
        self,
        rows: QuerySet[Any],  # noqa: ARG002
        given: Given,  # noqa: ARG002
        before: Mapping[int, Mapping[str, Any]],  # noqa: ARG002
        moment: datetime.datetime,  # noqa: ARG002
    ) -> bool:
        """Take the change of `rows` back; `before` holds their columns as they were, by key. False: the columns are written back for it."""
        return False


@dataclass(frozen=True, slots=True)
class EditableField:
    """A field that many rows can be given at once.

    Attributes:
        name: of the model.
        appends: the text is added below what is there.
    """

    name: str
    appends: bool = False


class FieldEdit(BulkOperation):
    """Give one field of the chosen rows a value.

    Class attributes:
        fields: which fields are offered; names, or `EditableField`.
    """

    key = "edit"
    fields: ClassVar[Sequence[str | EditableField]] = ()

    def form(self, data: Any = None, initial: Given | None = None) -> forms.Form:
        """Which field, and once that is known its value."""
        return FieldEditForm(data, initial, operation=self)

    def offered(self) -> dict[str, EditableField]:
        """The fields by name."""
        items = [EditableField(item) if isinstance(item, str) else item for item in self.fields]
        return {item.name: item for item in items}

    def form_field(self, name: str) -> forms.Field:
        """The control for the value of a field: the model's own, with all that the model asks of a value."""
        field: Any = self.model._meta.get_field(name)
        made: forms.Field | None = field.formfield()
        if made is None:
            raise LookupError(f"{name} has no control")
        made.validators = [*made.validators, *(one for one in field.validators if one not in made.validators)]
        if isinstance(made, forms.DateField):
            made.widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        if isinstance(made, forms.BooleanField):
            return forms.TypedChoiceField(
                label=made.label, choices=[("yes", _("yes")), ("no", _("no"))], coerce=lambda text: text == "yes", widget=forms.RadioSelect
            )
        return made

    def title(self, given: Given) -> str:
        """The field and its value."""
        item = self.offered()[given["field"]]
        return f"{self.form_field(item.name).label}{' +' if item.appends else ''}: {self._words(item.name, given['value'])}"

    def columns(self, given: Given) -> Sequence[str]:
        """The one field."""
        field: Any = self.model._meta.get_field(given["field"])
        return (field.attname,)

    def differing(self, rows: QuerySet[Any], given: Given) -> QuerySet[Any]:
        """Rows with another value; all where text is added."""
        if self.offered()[given["field"]].appends:
            return rows
        if given["value"] is None:
            return rows.exclude(**{f"{given['field']}__isnull": True})
        same = Q(**{given["field"]: given["value"]})
        return rows.filter(~same | Q(**{f"{given['field']}__isnull": True}))

    def obstacles(self, given: Given) -> Sequence[Obstacle]:
        """Rows whose text would become longer than the field takes."""
        item = self.offered()[given["field"]]
        longest = getattr(self.model._meta.get_field(item.name), "max_length", None)
        if not item.appends or longest is None:
            return ()
        room = longest - len(given["value"]) - 1
        return [Obstacle(_("The text would become too long."), Q(GreaterThan(Length(F(item.name)), room)))]

    def old(self, row: Any, given: Given) -> Any:
        """The present value as people read it."""
        return self._words(given["field"], getattr(row, given["field"]))

    def new(self, row: Any, given: Given) -> Any:
        """The value after it."""
        item = self.offered()[given["field"]]
        present = getattr(row, item.name)
        return f"{present}\n{given['value']}" if item.appends and present else self._words(item.name, given["value"])

    def _words(self, name: str, value: Any) -> Any:
        choices = dict(getattr(self.model._meta.get_field(name), "flatchoices", ()) or ())
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        return str(choices.get(value, "—" if value in (None, "") else value))

    def apply(self, rows: QuerySet[Any], given: Given, moment: datetime.datetime) -> None:
        """One statement."""
        item = self.offered()[given["field"]]
        value = appended(item.name, given["value"]) if item.appends else given["value"]
        rows.update(**{item.name: value, "updated_at": moment})


def appended(name: str, text: str) -> Case:
    """The text in column `name` with `text` below it."""
    below = Concat(F(name), Value(f"\n{text}"), output_field=TextField())
    return Case(When(**{name: ""}, then=Value(text)), default=below, output_field=TextField())


class FieldEditForm(forms.Form):
    """Which field gets which value."""

    field = forms.ChoiceField(label=gettext_lazy("Field"))

    def __init__(self, data: Any = None, initial: Given | None = None, *, operation: FieldEdit) -> None:
        super().__init__(data, initial={"field": (initial or {}).get("field")})
        offered = operation.offered()
        chooser = self.fields["field"]
        assert isinstance(chooser, forms.ChoiceField)
        chooser.choices = [("", _("Choose…")), *((name, self._label(operation, item)) for name, item in offered.items())]
        chooser.widget.attrs["data-submit-on-change"] = True
        chosen = str((data or initial or {}).get("field", ""))
        if chosen in offered:
            self.fields["value"] = operation.form_field(chosen)
            self.fields["value"].label = self._label(operation, offered[chosen])
            if offered[chosen].appends:
                self.fields["value"].required = True

    @staticmethod
    def _label(operation: FieldEdit, item: EditableField) -> str:
        label = str(operation.form_field(item.name).label)
        return _("%(field)s: add text") % {"field": label} if item.appends else label
