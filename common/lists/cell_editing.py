"""Editing a cell where it stands: one field of a row, by the form and the service that its own page uses.

A list names a `CellEditor`. The view answers a script; without one the row's own page remains the way to change it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from common.gate import may_open
from common.lists.columns import NOTHING, Beside, Column
from common.lists.registry import is_registered, rebuilt

if TYPE_CHECKING:
    from common.lists.definition import ListDefinition


class CellEditor(ABC):
    """How cells of one list are edited.

    Class attributes:
        fields: the form's field behind each column that can be edited, by the columns' keys.
        action: what the user must be allowed to do with a row.
    """

    fields: ClassVar[Mapping[str, str]] = {}
    action: ClassVar[str] = "change"

    def __init__(self, user: Any) -> None:
        self.user = user

    def is_open(self, definition: ListDefinition) -> bool:
        """Whether the user may edit a cell of any row at all."""
        return may_open(self.user, definition.module, self.action)

    def closed_text(self, row: Any) -> str:  # noqa: ARG002
        """Why nothing of `row` is edited, whoever asks; empty where it may be."""
        return ""

    @abstractmethod
    def form(self, row: Any, data: Any = None) -> Any:
        """The form of the row's own page, with a field `version` and the methods `refuse` and `keep_only`."""

    @abstractmethod
    def save(self, row: Any, given: Mapping[str, Any], seen: str) -> None:
        """Save what the form cleaned by the service of the page; `seen` is the version that the form showed. Raises ValidationError."""

    def one_field(self, row: Any, name: str, data: Any = None) -> Any:
        """The form cut down to the field `name`; None where it does not ask for it."""
        form = self.form(row, data)
        if name not in form.fields:
            return None
        form.keep_only(name)
        return form


def editable_columns(definition: ListDefinition) -> frozenset[str]:
    """The keys of the columns whose cells the user may edit, as far as rows may be changed."""
    editor = definition.cell_editor
    if editor is None or not is_registered(definition) or not editor(definition.user).is_open(definition):
        return frozenset()
    return frozenset(editor.fields)


def cells_query(definition: ListDefinition) -> str:
    """What the address of a cell carries: the rows that narrow the list, without which it could not be built again."""
    from common.lists.selection import SCOPE

    keys = {f"{SCOPE}{name}": key for name, key in definition.scope_keys().items()}
    return f"?{urlencode(keys)}" if keys else ""


@require_http_methods(["GET", "POST"])
def list_cell(request: HttpRequest, name: str, pk: int, column: str) -> HttpResponse:
    """The control for one cell, or with `closed` the cell as it is now.

    POST saves it and answers with the cell as it is then, or with the control and what is wrong.

    Raises Http404 where the cell cannot be edited by this user.
    """
    from common.lists.selection import scope_in

    definition = rebuilt(name, user=request.user, scope=scope_in(request.GET))
    kind = definition.cell_editor
    if kind is None or column not in kind.fields:
        raise Http404
    editor, manager = kind(request.user), definition.model._default_manager
    row: Any = manager.get_visible(request.user, pk, editor.action)  # type: ignore[attr-defined]
    if request.method == "GET" and "closed" in request.GET:
        return _shown(request, definition, column, pk)
    field = editor.fields[column]
    closed = editor.closed_text(row)
    form = None if closed else editor.one_field(row, field, request.POST if request.method == "POST" else None)
    if form is None:
        return render(request, "components/list/cell_closed.html", {"why": closed}, status=422)
    if form.is_valid():
        try:
            editor.save(row, {field: form.cleaned_data[field]}, form.cleaned_data["version"])
        except ValidationError as error:
            form.refuse(error)
        else:
            return _shown(request, definition, column, pk)
    context = {"form": form, "field": form[field], "url": request.get_full_path()}
    return render(request, "components/list/cell_form.html", context, status=422 if form.errors else 200)


def _shown(request: HttpRequest, definition: ListDefinition, column: str, pk: int) -> HttpResponse:
    return render(request, "components/list/cell_saved.html", {"cell": _cell(definition, column, pk)})


def _cell(definition: ListDefinition, key: str, pk: int) -> Any:
    """The cell as the list shows it now."""
    column: Column = next(one for one in definition.get_columns() if one.key == key)
    rows = definition.queryset().filter(pk=pk)
    row = (rows.select_related(*column.related) if column.related else rows).first()
    if row is None:
        return Beside(NOTHING)  # the change has moved it out of the list
    return column.cell(row, column.values([row], definition.user) if column.values else None)
