"""The list building block: every list of the product is a `ListDefinition`.

A list declares its columns, filters, search and order; the building block filters by chips, sorts, pages by keyset, counts up to a limit,
and shows all of it with and without JavaScript. See `docs/contribute.md`.
"""

from common.lists.columns import NOTHING, Beside, Column, dot, linked, plain_text, show, tag
from common.lists.definition import ListAction, ListDefinition, ListView
from common.lists.filters import (
    ChoicesFilter,
    DatesFilter,
    Filters,
    ModelChoicesFilter,
    MomentsFilter,
    NumbersFilter,
    TextFilter,
    TreeChoicesFilter,
    YesNoFilter,
)
from common.lists.keyset import SortKey
from common.lists.state import ListState
from common.lists.views import ListPage, render_list, render_swap

__all__ = [
    "NOTHING",
    "Beside",
    "ChoicesFilter",
    "Column",
    "DatesFilter",
    "Filters",
    "ListAction",
    "ListDefinition",
    "ListPage",
    "ListState",
    "ListView",
    "ModelChoicesFilter",
    "MomentsFilter",
    "NumbersFilter",
    "SortKey",
    "TextFilter",
    "TreeChoicesFilter",
    "YesNoFilter",
    "dot",
    "linked",
    "plain_text",
    "render_list",
    "render_swap",
    "show",
    "tag",
]
