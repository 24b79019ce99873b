"""The tabs above a list: all rows, the ready choices of filters that the list declares, and the views that people saved."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from django.http import QueryDict
from django.utils.translation import gettext as _

from common.lists.columns import Text
from common.lists.layout import COLUMNS, DENSITY, SORT, sort_text
from common.lists.memory import KeptView, Remembered

if TYPE_CHECKING:
    from common.lists.state import ListState

VIEW: Final = "view"
ALL: Final = "all"
"""The value of `view` that says "no view", where one opens by itself."""


@dataclass(frozen=True, slots=True)
class ViewTab:
    """A tab; `view` is the saved view behind it."""

    label: Text
    url: str
    active: bool
    view: KeptView | None = None


class Tabs:
    """The tabs of the list in `state`."""

    def __init__(self, state: ListState, remembered: Remembered) -> None:
        self._state = state
        self._remembered = remembered

    @cached_property
    def active(self) -> KeptView | None:
        """The saved view that the address names."""
        asked = self._state.parameters.get(VIEW, "")
        return next((view for view in self._remembered.views if str(view.key) == asked), None)

    @property
    def ready(self) -> list[ViewTab]:
        """All rows, and the choices that the list declares."""
        state = self._state
        views = [
            (view.label, {name: [value] if isinstance(value, str) else value for name, value in view.parameters.items()})
            for view in state.definition.views
        ]
        names = {f"{state.prefix}{name}" for _label, wanted in views for name in wanted}
        tabs = []
        for label, parameters in [(_("All"), dict[str, list[str]]()), *views]:
            wanted = {f"{state.prefix}{name}": values for name, values in parameters.items()}
            active = self.active is None and all(state.parameters.getlist(name) == wanted.get(name, []) for name in names)
            tabs.append(ViewTab(label, self._ready_address(names, wanted), active))
        return tabs

    def _ready_address(self, names: set[str], wanted: dict[str, list[str]]) -> str:
        """The address of a declared choice: what else is asked for stays, unless that belongs to a saved view."""
        if self._remembered.default_view is not None:
            wanted = {**wanted, VIEW: [ALL]}
        if self.active is None:
            return self._state.address([*names, VIEW], wanted)
        return _address(self._state.definition.url, wanted)

    @property
    def saved(self) -> list[ViewTab]:
        """The saved views, in the reader's order."""
        return [ViewTab(view.label, self.address_of(view), view == self.active, view) for view in self._remembered.views]

    def address_of(self, view: KeptView) -> str:
        """The address that opens `view`: it says all that the view is."""
        return _address(
            self._state.definition.url, {**{name: list(values) for name, values in view.parameters.items()}, VIEW: [str(view.key)]}
        )

    @property
    def opening_address(self) -> str:
        """The address of the view that opens first; empty: none does."""
        found = next((view for view in self._remembered.views if view.key == self._remembered.default_view), None)
        return self.address_of(found) if found is not None else ""

    @property
    def description(self) -> str:
        """What a view of the present list is saved as: all parameters, its layout among them."""
        state = self._state
        query = QueryDict(state.address([VIEW, COLUMNS, SORT, DENSITY]).partition("?")[2], mutable=True)
        query[COLUMNS] = ",".join(column.key for column in state.columns)
        query[SORT] = sort_text(state.sort)
        query[DENSITY] = state.density
        return query.urlencode()

    @property
    def is_changed(self) -> bool:
        """Whether the list is no longer as the active view was saved."""
        if self.active is None:
            return False
        now = {name: sorted(values) for name, values in QueryDict(self.description).lists()}
        return now != {name: sorted(values) for name, values in self.active.parameters.items()}

    @property
    def active_is_default(self) -> bool:
        """Whether the active view opens first."""
        return self.active is not None and self.active.key == self._remembered.default_view


def _address(url: str, parameters: dict[str, list[str]]) -> str:
    query = QueryDict(mutable=True)
    for name, values in parameters.items():
        query.setlist(name, values)
    return f"{url}?{query.urlencode()}" if query else url
