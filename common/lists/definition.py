"""What a list is: columns, filters, search, order. One subclass of `ListDefinition` for each list of the product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from common.lists.bulk import BulkOperation
from common.lists.cell_editing import CellEditor
from common.lists.columns import Column, Text
from common.lists.filters import Filters
from common.lists.keyset import SortKey
from common.lists.state import ListState


@dataclass(frozen=True, slots=True, kw_only=True)
class ListAction:
    """A button beside the title.

    Attributes:
        label: its text.
        url: where it leads.
        icon: a Tabler icon's name without the prefix, such as `plus`.
        primary: the page's main action.
        shortcut: one letter that presses it.
    """

    label: Text
    url: str
    icon: str = ""
    primary: bool = False
    shortcut: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListView:
    """A ready choice of filters, shown as a tab: `ListView(label=_("My customers"), parameters={"mine": "yes"})`."""

    label: Text
    parameters: dict[str, str | list[str]]


class ListDefinition:
    """One list for one request. Subclasses declare; `state` computes what the templates show.

    Class attributes:
        name: unique among all lists: element ids, cursors and added columns are kept under it.
        model: the model of the rows; its default manager goes through the access policy (`visible_to`).
        action: what the user must be allowed to do with a row for it to show.
        title: the heading.
        columns: what is shown, in order.
        filterset_class: a django-filter FilterSet of the classes in `common.lists.filters`.
        search_fields: lookups that the search box tries, such as `name__icontains`; empty: no search box.
        search_label: what the search box looks for.
        default_sort: a sortable column's key, "-" before it for the largest first.
        tie_break: the fields that make the order total where that is not the primary key.
        views: ready choices of filters as tabs.
        page_size: rows on a page.
        empty_text: what to say where there is no row at all: what the list is for and what to do next.
        scope_models: the models of the rows that may narrow the list, by their names in `scope`; they are found again by `visible_to`.
        scope_required: the list is nothing without its scope.
        bulk_operations: what can be done to many rows at once.
        cell_editor: how cells are edited where they stand.
        panel_template: what the side panel of a row shows below the facts of its columns, with `panel` (`RowPanel`) in its context.
    """

    name: ClassVar[str]
    model: ClassVar[type[Model]]
    action: ClassVar[str] = "view"
    title: ClassVar[Text] = ""
    columns: ClassVar[Sequence[Column]] = ()
    filterset_class: ClassVar[type[Filters]] = Filters
    search_fields: ClassVar[Sequence[str]] = ()
    search_label: ClassVar[Text] = _("Search this list")
    default_sort: ClassVar[str]
    tie_break: ClassVar[Sequence[str]] = ()
    views: ClassVar[Sequence[ListView]] = ()
    page_size: ClassVar[int] = 50
    empty_text: ClassVar[Text] = _("Nothing here yet.")
    scope_models: ClassVar[Mapping[str, type[Model]]] = {}
    scope_required: ClassVar[bool] = False
    bulk_operations: ClassVar[Sequence[type[BulkOperation]]] = ()
    cell_editor: ClassVar[type[CellEditor] | None] = None
    panel_template: ClassVar[str] = ""

    _known: ClassVar[dict[str, type[ListDefinition]]] = {}
    _added: ClassVar[dict[str, list[Column]]] = {}
    _added_operations: ClassVar[dict[str, list[type[BulkOperation]]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Remember the list by its name."""
        super().__init_subclass__(**kwargs)
        if "name" in vars(cls):
            cls._known[cls.name] = cls

    def __init__(self, request: HttpRequest, *, url: str = "", prefix: str = "", embedded: bool = False, **scope: Any) -> None:
        """Bind the list to `request`.

        Arguments:
            url: the list's own address (default: the request's path).
            prefix: put before every query parameter, for a page with more than one list.
            embedded: the list is a part of a page: the address bar stays as it is, and the count stands below the rows.
            scope: what narrows the list, such as `customer=`; the subclass reads it from `self.scope`.
        """
        self.request = request
        self.user: Any = request.user
        self.url = url or request.path
        self.prefix = prefix
        self.embedded = embedded
        self.scope = scope

    @classmethod
    def add_column(cls, column: Column) -> None:
        """Let an upper app add a column; called in its `AppConfig.ready`. It brings its own figures by `values`."""
        kept = [item for item in cls._added.get(cls.name, []) if item.key != column.key]
        cls._added[cls.name] = [*kept, column]

    @classmethod
    def add_bulk_operation(cls, *operations: type[BulkOperation]) -> None:
        """Let another module add operations on many rows; called in its `AppConfig.ready`."""
        keys = {operation.key for operation in operations}
        kept = [item for item in cls._added_operations.get(cls.name, []) if item.key not in keys]
        cls._added_operations[cls.name] = [*kept, *operations]

    def get_bulk_operations(self) -> list[BulkOperation]:
        """What this user may do to many rows."""
        kinds = [*self.bulk_operations, *self._added_operations.get(self.name, [])]
        return [operation for operation in (kind(self) for kind in kinds) if operation.is_open()]

    @property
    def scope_is_kept(self) -> bool:
        """Whether all rows that narrow the list are such as `scope_models` finds again."""
        return all(name in self.scope_models for name, value in self.scope.items() if not isinstance(value, bool))

    def scope_keys(self) -> dict[str, str]:
        """The keys of the rows that narrow the list."""
        return {name: str(self.scope[name].pk) for name in self.scope_models if name in self.scope}

    @classmethod
    def read_scope(cls, user: Any, keys: Mapping[str, str]) -> dict[str, Any]:
        """The rows with these `keys`, as far as `user` may see them. Raises Http404."""
        if set(keys) - set(cls.scope_models) or (cls.scope_required and not keys):
            raise Http404
        managers: dict[str, Any] = {name: cls.scope_models[name]._default_manager for name in keys}
        return {name: managers[name].get_visible(user, keys[name]) for name in keys}

    @property
    def module(self) -> str:
        """The module whose permissions open the rows."""
        rows: Any = self.model._default_manager.all()
        return str(getattr(rows, "module", ""))

    def queryset(self) -> QuerySet[Any]:
        """All rows that the user may see here. Extend it by `select_related` and by `self.scope`; never start from another queryset."""
        manager: Any = self.model._default_manager
        rows: QuerySet[Any] = manager.visible_to(self.user, self.action)
        return rows

    def search(self, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        """The rows that match `text` (stripped, not empty)."""
        condition = Q()
        for lookup in self.search_fields:
            condition |= Q(**{lookup: text})
        return queryset.filter(condition)

    def first_rows(self, queryset: QuerySet[Any]) -> list[Any]:
        """Read the rows of one page; `queryset` is filtered, ordered and cut.

        A list that nothing narrows is read in the access policy's form for pages, the first rows of each way into reach, where the queryset
        has one; a search or a filter has indexes of its own, which that form would not use.
        """
        by_way: Any = getattr(queryset, "first_of_each_way", None)
        return list(by_way() if by_way is not None and not self.scope and not self.state.is_narrowed else queryset)

    def count_rows(self, queryset: QuerySet[Any], limit: int) -> int:
        """Count the filtered rows up to `limit`; where nothing narrows the list, in the access policy's form for counts."""
        by_way: Any = getattr(queryset, "count_up_to", None)
        if by_way is not None and not self.scope and not self.state.is_narrowed:
            return int(by_way(limit))
        return queryset.order_by()[:limit].count()

    def get_columns(self) -> list[Column]:
        """The columns for this user, those added by upper apps at the end."""
        return [*self.columns, *self._added.get(self.name, [])]

    def filterset_options(self) -> dict[str, Any]:
        """What the filter set takes for this request beside what every one takes."""
        return {}

    def get_filters(self) -> dict[str, Any]:
        """More filters for this request beside those of `filterset_class`, by name: such as one for each attribute that an
        administrator defined. Instances of the same classes, new ones each time.
        """
        return {}

    def row_url(self, row: Any) -> str:  # noqa: ARG002
        """The page of `row`; empty: rows have none."""
        return ""

    def panel_context(self, row: Any) -> Mapping[str, Any]:  # noqa: ARG002
        """What `panel_template` needs for `row`, by a fixed number of queries."""
        return {}

    def actions(self) -> list[ListAction]:
        """The buttons beside the title that this user may press."""
        return []

    def empty_action(self) -> ListAction | None:
        """The button in the empty list; by default the main action."""
        return next((action for action in self.actions() if action.primary), None)

    def sort_keys(self, column: Column) -> list[SortKey]:
        """The order of `column`, smallest first."""
        return [SortKey.parse(path) for path in column.sort]

    @property
    def count_limit(self) -> int | None:
        """How far to count the rows, where that is less far than usual: a search that finds many is counted dearly."""
        return None

    @property
    def element_id(self) -> str:
        """The id of the list's element on the page."""
        return f"list-{self.prefix}{self.name}"

    @cached_property
    def state(self) -> ListState:
        """Everything the templates show; read from the database when first asked."""
        return ListState(self)


def module_of_list(name: str) -> str | None:
    """The module whose permissions open the rows of the list called `name`; None where there is no such list."""
    found = ListDefinition._known.get(name)
    if found is None:
        return None
    rows: Any = found.model._default_manager.all() if hasattr(found, "model") else None
    return str(getattr(rows, "module", "") or found.__module__.partition(".")[0])
