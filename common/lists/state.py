"""A list in the state its address describes: what is filtered, sorted and shown, and the addresses that change it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.formats import number_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from common.lists.bulk import BulkAction, actions_on
from common.lists.cell_editing import cells_query, editable_columns
from common.lists.columns import Column
from common.lists.entries import FilterEntry, entries_of
from common.lists.keyset import Cursor, Keyset, KeysetPage, SortKey
from common.lists.layout import (
    COLUMNS,
    COMFORTABLE,
    DENSITIES,
    DENSITY,
    SORT,
    LayoutForm,
    Sorted,
    chosen_columns,
    layout_form,
    only_sort,
    sorts_in,
    with_sort,
)
from common.lists.memory import Remembered, recall
from common.lists.panel import RowPanel, read_panel
from common.lists.rows import Row, Rows
from common.lists.tabs import VIEW, Tabs

if TYPE_CHECKING:
    from common.lists.definition import ListAction, ListDefinition

COUNT_LIMIT: Final = 10_000
SEARCH_LIMIT: Final = 100
OPEN: Final = "choose"
MENU: Final = "*"
"""What `OPEN` says for the whole menu of filters; no filter has this name."""
PANEL: Final = "panel"
SEARCH: Final = "q"
PLACE_NAMES: Final = ("after", "before", OPEN, PANEL)
"""Parameters that say where somebody is in the list, and not what the list is."""
OWN_NAMES: Final = (*PLACE_NAMES, COLUMNS, DENSITY, SORT, VIEW, SEARCH)
"""Parameters that are no filter's."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's heading.

    Attributes:
        direction: `ascending`, `descending` or empty.
        url: sorts by the column alone (empty: it cannot).
        further_url: sorts by the column too, after those that the list is sorted by already.
        place: the how manieth of several columns that the list is sorted by; 0 where it is the only one, or none.
    """

    column: Column
    direction: str = ""
    url: str = ""
    further_url: str = ""
    place: int = 0


@dataclass(frozen=True, slots=True)
class FilterForm:
    """The form of one filter.

    Attributes:
        filter: the filter.
        element_id: the id of the form's element.
        is_open: the address asks for this form.
        open_url: the address that asks for it.
        hidden: names and values of what else is filtered, sorted and searched for.
        without: the address without this filter.
    """

    filter: FilterEntry
    element_id: str
    is_open: bool
    open_url: str
    hidden: list[tuple[str, str]]
    without: str


class _SearchForm(forms.Form):
    q = forms.CharField(max_length=SEARCH_LIMIT, required=False)


class ListState:
    """What the list templates read, under the name `list`."""

    def __init__(self, definition: ListDefinition) -> None:
        self.definition = definition
        self.prefix = f"{definition.prefix}-" if definition.prefix else ""
        self.element_id = definition.element_id
        self.parameters: QueryDict = definition.request.GET
        self._search_form = _SearchForm({SEARCH: self.parameters.get(self.search_name, "").strip()})

    # --- addresses

    @property
    def search_name(self) -> str:
        """The parameter of the search box."""
        return f"{self.prefix}{SEARCH}"

    def address(self, drop: Sequence[str] = (), changes: Mapping[str, str | list[str]] | None = None) -> str:
        """This list's address with some parameters dropped and some changed; the place in the list and empty values are dropped too."""
        query = self._kept([*drop, *(changes or {})])
        for name, value in (changes or {}).items():
            query.setlist(name, [value] if isinstance(value, str) else value)
        return f"{self.definition.url}?{query.urlencode()}" if query else self.definition.url

    def _kept(self, drop: Sequence[str]) -> QueryDict:
        query = QueryDict(mutable=True)
        gone = {*drop, *(f"{self.prefix}{name}" for name in PLACE_NAMES), *self._idle_names}
        for name, values in self.parameters.lists():
            filled = [value for value in values if value.strip()]
            if filled and name not in gone:
                query.setlist(name, filled)
        return query

    @cached_property
    def canonical_address(self) -> str:
        """The present address without empty parameters: what the address bar shows."""
        names = (f"{self.prefix}after", f"{self.prefix}before")
        return self.address(changes={name: self.parameters.get(name, "") for name in names if self.parameters.get(name)})

    def kept_by(self, *names: str) -> list[tuple[str, str]]:
        """Names and values of the hidden inputs for a form that changes the parameters `names`."""
        return [(name, value) for name, values in self._kept(names).lists() for value in values]

    @cached_property
    def search_hidden(self) -> list[tuple[str, str]]:
        """Hidden inputs of the search form."""
        return self.kept_by(self.search_name)

    # --- filters and search

    @cached_property
    def _filterset(self) -> Any:
        definition = self.definition
        filterset = definition.filterset_class(
            self.parameters,
            queryset=self._reachable,
            request=definition.request,
            prefix=definition.prefix or None,
            **definition.filterset_options(),
        )
        filterset.add(definition.get_filters())
        filterset.form.auto_id = f"{self.element_id}-%s"
        filterset.form.is_valid()
        return filterset

    @cached_property
    def filters(self) -> list[FilterEntry]:
        """All filters of the list."""
        return entries_of(self._filterset)

    @cached_property
    def has_filters(self) -> bool:
        """Whether the list has any filter."""
        return bool(self.definition.filterset_class.base_filters or self.filters)

    @cached_property
    def _asked_filters(self) -> list[FilterEntry]:
        """The filters, where the address may say anything to one of them.

        Where it cannot, none is made: their twenty forms are a fifth of what a page takes.
        """
        own = {f"{self.prefix}{name}" for name in OWN_NAMES}
        return self.filters if any(name not in own for name in self.parameters) else []

    @cached_property
    def _idle_names(self) -> set[str]:
        """Parameters of filters that say nothing, such as an operator without a value."""
        return {name for entry in self._asked_filters for name in entry.idle}

    @cached_property
    def chips(self) -> list[FilterForm]:
        """The filters that are set."""
        return [self._form(entry) for entry in self._asked_filters if entry.is_set]

    @cached_property
    def menu(self) -> list[FilterForm]:
        """The filters that can be added."""
        return [self._form(entry) for entry in self.filters if not entry.is_set]

    def _form(self, entry: FilterEntry) -> FilterForm:
        return FilterForm(
            filter=entry,
            element_id=f"{self.element_id}-{entry.name}-form",
            is_open=self._asked == entry.name,
            open_url=self.address(changes={f"{self.prefix}{OPEN}": entry.name}),
            hidden=self.kept_by(*entry.names),
            without=self.address(entry.names),
        )

    @property
    def opened(self) -> FilterForm | None:
        """The filter whose form the address asks for."""
        return next((form for form in [*self.chips, *self.menu] if form.is_open), None)

    @property
    def has_more_filters(self) -> bool:
        """Whether there are filters that can be added."""
        return self.has_filters and (not self._asked_filters or any(not entry.is_set for entry in self._asked_filters))

    @property
    def menu_is_open(self) -> bool:
        """Whether the menu of filters stands open because it, or one of its forms, is asked for."""
        if not self._asked or self._asked == MENU:
            return bool(self._asked)
        return any(entry.name == self._asked for entry in self.filters if not entry.is_set)

    @property
    def menu_id(self) -> str:
        """The id of the menu's element."""
        return f"{self.element_id}-more"

    @property
    def menu_url(self) -> str:
        """The address that asks for the menu."""
        return self.address(changes={f"{self.prefix}{OPEN}": MENU})

    @property
    def _asked(self) -> str:
        return self.parameters.get(f"{self.prefix}{OPEN}", "")

    @property
    def has_search(self) -> bool:
        """Whether there is a search box."""
        return bool(self.definition.search_fields)

    @property
    def search_text(self) -> str:
        """What is searched for, as typed."""
        return self.parameters.get(self.search_name, "")

    @cached_property
    def search_errors(self) -> list[str]:
        """What is wrong with the text searched for."""
        return [str(message) for message in self._search_form.errors.get(SEARCH, [])]

    @cached_property
    def is_invalid(self) -> bool:
        """Whether a filter or the search has a value that cannot be; then no row shows, so that nothing unfiltered passes for filtered."""
        return bool(self.search_errors or any(entry.errors for entry in self._asked_filters))

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is filtered or searched for."""
        return bool(self.chips or self.search_text.strip())

    @property
    def address_of_all(self) -> str:
        """The address without any filter or search."""
        return self.address((self.search_name, *(name for entry in self._asked_filters for name in entry.names)))

    # --- views and layout

    @cached_property
    def remembered(self) -> Remembered:
        """What is remembered of the list for its reader; saved views are for lists that are a page of their own."""
        return recall(self.definition.user, self.definition.name, with_views=not self.definition.embedded)

    @cached_property
    def tabs(self) -> Tabs | None:
        """The ready choices of filters and the saved views; None for a part of a page that has none."""
        return None if self.definition.embedded and not self.definition.views else Tabs(self, self.remembered)

    @property
    def opening_address(self) -> str:
        """The address of the saved view that opens where the request's address says nothing at all; empty: none does."""
        bare = not self.definition.embedded and not self.parameters and self.tabs is not None
        return self.tabs.opening_address if bare and self.tabs is not None else ""

    @cached_property
    def available_columns(self) -> list[Column]:
        """All columns that there are for this user."""
        return self.definition.get_columns()

    @cached_property
    def columns(self) -> list[Column]:
        """The columns shown, in their order: by the address, else as they are remembered, else all that are not optional."""
        asked = self.parameters.get(f"{self.prefix}{COLUMNS}", "")
        return chosen_columns(self.available_columns, asked.split(",") if asked else self.remembered.layout.columns)

    @cached_property
    def density(self) -> str:
        """How dense the rows stand."""
        asked = (self.parameters.get(f"{self.prefix}{DENSITY}", ""), self.remembered.layout.density)
        return next((density for density in asked if density in DENSITIES), COMFORTABLE)

    @cached_property
    def layout_form(self) -> LayoutForm:
        """The form that lays the list out."""
        return layout_form(self)

    # --- order and rows

    @cached_property
    def sort(self) -> list[Sorted]:
        """The columns that the list is sorted by, the main one first: by the address, else as remembered, else as the list says."""
        texts = (self.parameters.get(f"{self.prefix}{SORT}", ""), self.remembered.layout.sort, self.definition.default_sort)
        for text in texts:
            if found := sorts_in(self.available_columns, text):
                return found
        raise LookupError(f"{self.definition.name}: default_sort names no sortable column")

    @cached_property
    def headings(self) -> list[Heading]:
        """The headings with the addresses that sort by them."""
        return [self._heading(column) for column in self.columns]

    def _heading(self, column: Column) -> Heading:
        if not column.sort:
            return Heading(column)
        place = next((number for number, one in enumerate(self.sort, start=1) if one.column.key == column.key), 0)
        direction = ("descending" if self.sort[place - 1].descending else "ascending") if place else ""
        name = f"{self.prefix}{SORT}"
        return Heading(
            column=column,
            direction=direction,
            url=self.address(changes={name: only_sort(self.sort, column)}),
            further_url=self.address(changes={name: with_sort(self.sort, column)}),
            place=place if len(self.sort) > 1 else 0,
        )

    @cached_property
    def _reachable(self) -> QuerySet[Any]:
        rows = self.definition.queryset()
        if rows.query.is_empty():
            raise PermissionDenied
        related = [path for column in self.columns for path in column.related]
        return rows.select_related(*related) if related else rows

    @cached_property
    def matching(self) -> QuerySet[Any]:
        """All rows that match, in no order: for counts, exports and bulk actions."""
        if self.is_invalid:
            return self._reachable.none()
        rows: QuerySet[Any] = self._filterset.qs if self._asked_filters else self.definition.filterset_class.unasked(self._reachable)
        text = self.search_text.strip()
        return self.definition.search(rows, text) if text and self.has_search else rows

    @cached_property
    def _keyset(self) -> Keyset:
        found: dict[str, SortKey] = {}
        for one in self.sort:
            for key in self.definition.sort_keys(one.column):
                found.setdefault(key.path, key.reversed() if one.descending else key)
        return Keyset.build(self.definition.model, list(found.values()), self.definition.tie_break)

    @property
    def ordered(self) -> QuerySet[Any]:
        """All rows that match, in the order of the list."""
        return self._keyset.ordered(self.matching)

    @cached_property
    def page(self) -> KeysetPage[Any]:
        """The rows shown, with their neighbours; a cursor that is wrong or of another order means the first page."""
        cursor: Cursor | None = None
        for name in ("after", "before"):
            text = self.parameters.get(f"{self.prefix}{name}", "")
            cursor = cursor or (self._keyset.load(text, self.definition.name) if text else None)
        return self._keyset.page(self.matching, cursor, self.definition.page_size, self.definition.first_rows)

    def page_at(self, text: str, size: int, rows: QuerySet[Any]) -> KeysetPage[Any]:
        """The page of `size` of `rows`, which are those that match, at the cursor `text` (empty: the first).

        Raises LookupError where the cursor is of another list or order.
        """
        cursor = self._keyset.load(text, self.definition.name) if text else None
        if text and cursor is None:
            raise LookupError(text)
        return self._keyset.page(rows, cursor, size, self.definition.first_rows)

    def cursor_text(self, cursor: Cursor) -> str:
        """`cursor` as a word for an address."""
        return self._keyset.dump(cursor, self.definition.name)

    @cached_property
    def rows(self) -> list[Row]:
        """The rows of the page."""
        return Rows(self).made_of(self.page.rows)

    def is_beside(self, row: Any) -> bool:
        """Whether `row` stands beside the list."""
        return str(row.pk) == self._panel_key

    @property
    def _panel_key(self) -> str:
        return "" if self.definition.embedded else self.parameters.get(f"{self.prefix}{PANEL}", "")

    @cached_property
    def panel(self) -> RowPanel | None:
        """The row that stands beside the list."""
        return read_panel(self, self._panel_key) if self._panel_key else None

    def panel_address(self, row: Any) -> str:
        """The address of this page of the list with `row` beside it; empty for a part of a page, which has no room."""
        if self.definition.embedded:
            return ""
        mark = "&" if "?" in self.canonical_address else "?"
        return f"{self.canonical_address}{mark}{self.prefix}{PANEL}={row.pk}"

    def _neighbour(self, cursor: Cursor | None) -> str:
        if cursor is None:
            return ""
        return self.address(changes={f"{self.prefix}{cursor.direction}": self.cursor_text(cursor)})

    @cached_property
    def previous_url(self) -> str:
        """The address of the page before; empty: this is the first."""
        return self._neighbour(self.page.previous)

    @cached_property
    def next_url(self) -> str:
        """The address of the page after; empty: this is the last."""
        return self._neighbour(self.page.following)

    # --- actions and counts

    @cached_property
    def bulk_actions(self) -> list[BulkAction]:
        """The buttons beside the boxes of the rows; none: there are no boxes."""
        return actions_on(self.definition)

    @cached_property
    def whole_actions(self) -> list[BulkAction]:
        """Those of them that also stand below the list, for all rows that match."""
        return [action for action in self.bulk_actions if action.whole]

    @cached_property
    def editable(self) -> frozenset[str]:
        """The keys of the columns whose cells are edited where they stand."""
        return editable_columns(self.definition)

    @cached_property
    def cells_query(self) -> str:
        """What the addresses of these cells carry."""
        return cells_query(self.definition)

    @cached_property
    def selection_fields(self) -> list[tuple[str, str]]:
        """Names and values of the hidden inputs beside the boxes."""
        from common.lists.selection import form_fields

        return form_fields(self)

    @cached_property
    def actions(self) -> list[ListAction]:
        """The buttons beside the title."""
        return self.definition.actions()

    @cached_property
    def empty_action(self) -> ListAction | None:
        """The button of the empty list."""
        return self.definition.empty_action()

    @cached_property
    def count(self) -> int:
        """How many rows match, counted up to one more than `count_limit`."""
        return self.definition.count_rows(self.matching, self.count_limit + 1)

    @property
    def count_limit(self) -> int:
        """How far rows are counted: to `COUNT_LIMIT`, or less far where the list says so."""
        return min(self.definition.count_limit or COUNT_LIMIT, COUNT_LIMIT)

    @property
    def count_text(self) -> str:
        """The count for people; "10,000+" where there are more than are counted."""
        if self.count > self.count_limit:
            return f"{number_format(self.count_limit, force_grouping=True)}+"
        return number_format(self.count, force_grouping=True)

    @property
    def range_text(self) -> str:
        """Which rows of how many are shown, such as "51–100 of 3,127"."""
        first = self.page.start + 1
        span = f"{number_format(first, force_grouping=True)}–{number_format(first + len(self.page.rows) - 1, force_grouping=True)}"
        return _("%(span)s of %(count)s") % {"span": span, "count": self.count_text}
