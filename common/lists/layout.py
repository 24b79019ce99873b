"""How a list is laid out: which columns in which order, what the rows are sorted by, how dense they stand.

All of it stands in the address (`columns=name,code&sort=level,-value_score&density=compact`), or is remembered for the person and the list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from common.lists.columns import Column

if TYPE_CHECKING:
    from common.lists.state import ListState

COLUMNS: Final = "columns"
SORT: Final = "sort"
DENSITY: Final = "density"
MOST_SORTS: Final = 3
COMFORTABLE: Final = "comfortable"
COMPACT: Final = "compact"
DENSITIES: Final = (COMFORTABLE, COMPACT)
_KEY: Final = re.compile(r"[\w-]{1,60}")


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout as it is kept; what is empty is as the list itself says."""

    columns: tuple[str, ...] = ()
    sort: str = ""
    density: str = ""


@dataclass(frozen=True, slots=True)
class Sorted:
    """A column that the rows are sorted by."""

    column: Column
    descending: bool

    @property
    def text(self) -> str:
        """As it stands in an address."""
        return f"{'-' if self.descending else ''}{self.column.key}"


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """A column in the form that lays the list out: whether it is shown, and as the how manieth."""

    column: Column
    shown: bool
    fixed: bool
    place: int


@dataclass(frozen=True, slots=True)
class SortChoice:
    """One of the orders in the form, the first the main one: the chosen column's key (empty: none), and its direction."""

    number: int
    key: str
    descending: bool


@dataclass(frozen=True, slots=True)
class LayoutForm:
    """The form that lays the list out.

    Attributes:
        columns: all columns, those shown first, in their order.
        sorts: the orders, as many as there may be.
        sortable: the columns to sort by.
        density: how dense the rows stand.
        back: the address without the layout.
    """

    columns: list[ColumnChoice]
    sorts: list[SortChoice]
    sortable: list[Column]
    density: str
    back: str


def naming_column(columns: Sequence[Column]) -> Column:
    """The column that names a row and links to its page; it is always shown."""
    return next((column for column in columns if column.link), columns[0])


def chosen_columns(available: Sequence[Column], keys: Iterable[str]) -> list[Column]:
    """The columns called `keys` in this order, unknown ones left out, the naming one never; by default all that are not optional."""
    by_key = {column.key: column for column in available}
    chosen = [by_key[key] for key in dict.fromkeys(keys) if key in by_key]
    if not chosen:
        return [column for column in available if not column.optional]
    name = naming_column(available)
    return chosen if name in chosen else [name, *chosen]


def sorts_in(available: Sequence[Column], text: str) -> list[Sorted]:
    """The orders that `level,-value_score` names, unknown ones left out."""
    by_key = {column.key: column for column in available if column.sort}
    found: dict[str, Sorted] = {}
    for part in text.split(","):
        key = part.strip().removeprefix("-")
        if key in by_key and key not in found:
            found[key] = Sorted(by_key[key], part.strip().startswith("-"))
    return list(found.values())[:MOST_SORTS]


def sort_text(sorts: Iterable[Sorted]) -> str:
    """The orders as they stand in an address."""
    return ",".join(one.text for one in sorts)


def with_sort(sorts: Sequence[Sorted], column: Column) -> str:
    """The orders with `column` as a further one, or, where it is one already, turned round."""
    if any(one.column.key == column.key for one in sorts):
        turned = [Sorted(one.column, one.descending != (one.column.key == column.key)) for one in sorts]
        return sort_text(turned)
    return sort_text([*sorts[: MOST_SORTS - 1], Sorted(column, column.descending_first)])


def only_sort(sorts: Sequence[Sorted], column: Column) -> str:
    """The order by `column` alone; where that is the present one, turned round."""
    active = len(sorts) == 1 and sorts[0].column.key == column.key
    return Sorted(column, not sorts[0].descending if active else column.descending_first).text


def layout_form(state: ListState) -> LayoutForm:
    """The form for the list in `state`."""
    shown = state.columns
    rest = [column for column in state.available_columns if column not in shown]
    name = naming_column(state.available_columns)
    choices = [ColumnChoice(column, column in shown, column is name, place) for place, column in enumerate([*shown, *rest], start=1)]
    sorts = [SortChoice(number, one.column.key, one.descending) for number, one in enumerate(state.sort, start=1)]
    sorts += [SortChoice(number, "", descending=False) for number in range(len(sorts) + 1, MOST_SORTS + 1)]
    sortable = [column for column in state.available_columns if column.sort]
    names = [f"{state.prefix}{name}" for name in (COLUMNS, SORT, DENSITY)]
    return LayoutForm(choices, sorts, sortable, state.density, state.address(names))


def read_layout(columns: Iterable[tuple[str, str]], sorts: Iterable[tuple[str, str]], density: str) -> Layout:
    """The layout that the form sent: keys of columns with their places, keys to sort by with their directions; nonsense is left out."""
    placed = sorted((_place(place), key) for key, place in columns if _KEY.fullmatch(key))
    kept = [f"{'-' if direction == 'descending' else ''}{key}" for key, direction in sorts if _KEY.fullmatch(key)]
    return Layout(
        tuple(dict.fromkeys(key for _place_, key in placed)), ",".join(kept[:MOST_SORTS]), density if density in DENSITIES else ""
    )


def _place(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= len("999") else len("999") * 1_000
