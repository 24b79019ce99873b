"""A row beside its list: what the side panel shows of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.safestring import SafeString

from common.keys import key_in
from common.lists.columns import NOTHING, Text
from common.lists.layout import naming_column

if TYPE_CHECKING:
    from common.lists.state import ListState


@dataclass(frozen=True, slots=True)
class PanelFact:
    """A column's label and what it says of the row."""

    label: Text
    content: SafeString
    beside: SafeString


@dataclass(frozen=True, slots=True)
class RowPanel:
    """The panel of one row.

    Attributes:
        source: the row.
        name: what names it.
        url: its page.
        close_url: the list without the panel.
        facts: what all columns of the list say of it, the empty ones left out.
        extra: what `ListDefinition.panel_context` adds for `panel_template`.
    """

    source: Any
    name: SafeString
    url: str
    close_url: str
    facts: list[PanelFact]
    extra: Mapping[str, Any]


def read_panel(state: ListState, key: str) -> RowPanel | None:
    """The panel of the row with primary key `key`; None where there is none in the reader's reach."""
    number, definition = key_in(key), state.definition
    columns = state.available_columns
    if number is None:
        return None
    related = [path for column in columns for path in column.related]
    rows = definition.queryset().filter(pk=number)
    row = (rows.select_related(*related) if related else rows).first()
    if row is None:
        return None
    name = naming_column(columns)
    cells = {column.key: column.cell(row, column.values([row], definition.user) if column.values else None) for column in columns}
    facts = [
        PanelFact(column.label, cells[column.key].content, cells[column.key].beside)
        for column in columns
        if column is not name and cells[column.key].content not in ("", NOTHING)
    ]
    return RowPanel(row, cells[name.key].content, definition.row_url(row), state.canonical_address, facts, definition.panel_context(row))
