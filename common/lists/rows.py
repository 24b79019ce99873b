"""The rows of a page as the table shows them.

Their cells are put together here and not by the template: a page has hundreds of them, and each costs a template a dozen look-ups.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from common.lists.columns import Beside, Column
from common.lists.layout import naming_column

if TYPE_CHECKING:
    from common.lists.state import ListState


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the page.

    Attributes:
        source: the object.
        url: its page's address (empty: none).
        name: what the cell says that names it; its `beside` stands outside of the row's link.
        name_class: that cell's style classes.
        before, after: the elements of the cells around that one.
        panel_url: the list's address with the row beside it (empty: it does not open there).
        is_open: it stands there now.
    """

    source: Any
    url: str
    name: Beside
    name_class: str
    before: SafeString
    after: SafeString
    panel_url: str
    is_open: bool


class Rows:
    """Makes the rows of one page of a list."""

    def __init__(self, state: ListState) -> None:
        self.state = state
        self.naming = naming_column(state.columns)
        place = state.columns.index(self.naming)
        self.before, self.after = state.columns[:place], state.columns[place + 1 :]
        self.openings = {column.key: self._opening(column) for column in state.columns}

    def _opening(self, column: Column) -> SafeString:
        if column.key not in self.state.editable:
            return format_html('<td class="{}">', column.css_class)
        title = _("Double click or press E to edit")
        return format_html('<td class="{}" data-column="{}" tabindex="-1" title="{}">', column.css_class, column.key, title)

    def made_of(self, found: list[Any]) -> list[Row]:
        """The rows for the objects of the page."""
        fetched = {column.key: column.values(found, self.state.definition.user) for column in self.state.columns if column.values and found}
        return [self._row(row, fetched) for row in found]

    def _row(self, row: Any, fetched: Mapping[str, Mapping[Any, Any]]) -> Row:
        url = self.state.definition.row_url(row)
        return Row(
            source=row,
            url=url,
            name=self.naming.cell(row, fetched.get(self.naming.key)),
            name_class=self.naming.css_class,
            before=self._cells(self.before, row, fetched),
            after=self._cells(self.after, row, fetched),
            panel_url=self.state.panel_address(row) if url else "",
            is_open=self.state.is_beside(row),
        )

    def _cells(self, columns: Iterable[Column], row: Any, fetched: Mapping[str, Mapping[Any, Any]]) -> SafeString:
        cells = ((self.openings[column.key], column.cell(row, fetched.get(column.key))) for column in columns)
        # Hundreds of cells a page: joined by hand, at a third of what `format_html_join` takes.
        parts = (f"{opening}{conditional_escape(cell.content)}{conditional_escape(cell.beside)}</td>" for opening, cell in cells)
        return SafeString("".join(parts))  # of escaped parts alone  # nosec B703
