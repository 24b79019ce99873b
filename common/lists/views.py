"""The page of a list, and the answer of any view that holds one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views import View

from common.htmx import asks_for, is_by_htmx
from common.lists.definition import ListDefinition
from common.lists.state import FilterForm


def render_list(
    request: HttpRequest, definition: ListDefinition, template: str = "components/list/page.html", context: Mapping[str, Any] | None = None
) -> HttpResponse:
    """Answer with the list's changing part alone when htmx asks for that, else with `template`, which has the list as `list`.

    Raises PermissionDenied when the user may see no row of the kind at all.
    """
    response = render_swap(request, definition)
    if response is None and (opening := definition.state.opening_address):
        return redirect(opening)
    if response is None:
        response = render(request, template, {**(context or {}), "list": definition.state})
        patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def render_swap(request: HttpRequest, definition: ListDefinition) -> HttpResponse | None:
    """What htmx asks for of the list, its changing part or a filter's form, else None: for a view that renders its page in another way."""
    if (opened := _asked_form(request, definition)) is not None:
        return render(request, "components/list/filter_form.html", {"list": definition.state, "entry": opened})
    if definition.state.menu_is_open and asks_for(request, definition.state.menu_id):
        return render(request, "components/list/menu.html", {"list": definition.state})
    if asks_for(request, f"{definition.element_id}-panel"):
        return _panel(request, definition)
    if not asks_for(request, definition.element_id):
        return None
    state = definition.state
    response = render(request, "components/list/region.html", {"list": state, "list_count_moved": not definition.embedded})
    if not definition.embedded:
        response["HX-Push-Url"] = state.canonical_address
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def _panel(request: HttpRequest, definition: ListDefinition) -> HttpResponse:
    """The side panel alone, with the address of the list that has it beside it. Raises Http404."""
    panel = definition.state.panel
    if panel is None:
        raise Http404
    response = render(request, "components/list/panel.html", {"list": definition.state})
    response["HX-Replace-Url"] = definition.state.panel_address(panel.source)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def _asked_form(request: HttpRequest, definition: ListDefinition) -> FilterForm | None:
    opened = definition.state.opened if is_by_htmx(request) else None
    return opened if opened is not None and asks_for(request, opened.element_id) else None


class ListPage(View):
    """A page that is a list: `CustomerListPage.as_view()` with `list_class = CustomerList`.

    Class attributes:
        list_class: the list.
        template_name: the page, which extends `components/list/page.html`.
    """

    http_method_names = ("get", "head", "options")
    list_class: ClassVar[type[ListDefinition]]
    template_name: ClassVar[str] = "components/list/page.html"

    def get_list(self, request: HttpRequest) -> ListDefinition:
        """The list bound to `request`."""
        return self.list_class(request)

    def get_context(self, request: HttpRequest) -> Mapping[str, Any]:  # noqa: ARG002
        """What the template needs beside the list."""
        return {}

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the list, or the part of it that htmx asks for."""
        definition = self.get_list(request)
        parts = (definition.element_id, f"{definition.element_id}-panel")
        context = {} if any(asks_for(request, part) for part in parts) else self.get_context(request)
        return render_list(request, definition, self.template_name, context)
