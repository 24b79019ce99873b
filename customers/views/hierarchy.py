"""The group that a customer belongs to, with figures that add up."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET

from access.requests import signed_in
from common.htmx import asks_for
from common.keys import key_in
from common.panels import render_panel
from customers.bulk.family import DEEPEST
from customers.hierarchy import above, family_of
from customers.views.customer import SLOT, read_customer


@require_GET
def customer_hierarchy(request: HttpRequest, pk: int) -> HttpResponse:
    """The customers above and below this one. With `?figures=1` with their figures, which take counting; htmx asks for these by itself."""
    customer = read_customer(request, pk)
    user = signed_in(request)
    family = family_of(customer, user, with_figures="figures" in request.GET)
    context: dict[str, Any] = {"customer": customer, "family": family, "with_figures": "figures" in request.GET}
    if asks_for(request, "family"):
        return _part(request, "customers/partials/_family.html", context)
    context["above"] = above(customer, user)
    return render_panel(
        request, slot=SLOT, key="hierarchy", subject=customer, template="customers/partials/_hierarchy.html", context=context
    )


@require_GET
def customer_branch(request: HttpRequest, pk: int) -> HttpResponse:
    """The rows of a customer and its children, which take the place of its closed row; `?depth=` says how deep that one stands."""
    customer = read_customer(request, pk)
    depth = min(key_in(request.GET.get("depth", "")) or 0, DEEPEST)
    family = family_of(customer, signed_in(request), depth=depth, with_figures=True, opened=1)
    return _part(request, "customers/partials/_family_rows.html", {"customer": None, "family": family, "with_figures": True})


def _part(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response
