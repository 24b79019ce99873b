"""The tab that says who reaches a customer and why, and the dialog that shares it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from access.models import User
from access.requests import signed_in
from common.panels import render_panel
from customers.models import Customer
from customers.readers import readers_of
from customers.services.sharing import customers_to_share, end_share, share_customer
from customers.sharing import SHOWN, ShareForm, grants_of
from customers.views.customer import SLOT, may_share, read_customer


@require_GET
def customer_sharing(request: HttpRequest, pk: int) -> HttpResponse:
    """With whom the customer is shared, and who reaches it anyway."""
    customer = read_customer(request, pk)
    context = {
        "customer": customer,
        "may_share": may_share(request, customer),
        "grants": grants_of(customer),
        "readers": readers_of(customer, limit=SHOWN),
    }
    return render_panel(request, slot=SLOT, key="sharing", subject=customer, template="customers/partials/_sharing.html", context=context)


@require_http_methods(["GET", "POST"])
def customer_share(request: HttpRequest, pk: int) -> HttpResponse:
    """Share the customer: a dialog over whatever page of it is open, and without a script a page of its own."""
    customer = read_customer(request, pk)
    if not may_share(request, customer):
        raise Http404
    form = ShareForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and _share(request, customer, form):
        return _shared(request, customer)
    in_dialog = bool(request.htmx)  # type: ignore[attr-defined]
    template = "customers/customer_share.html"
    if in_dialog:
        template += "#form" if request.method == "POST" else "#dialog"
    response = render(request, template, {"customer": customer, "form": form, "in_dialog": in_dialog}, status=422 if form.errors else 200)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _share(request: HttpRequest, customer: Customer, form: ShareForm) -> bool:
    """Do what the form says; False where the service refuses it, which the form then shows."""
    given = form.cleaned_data
    holder = given["person"] or given["group"]
    try:
        share_customer(customer_id=customer.pk, actor=signed_in(request), holder=holder, permission=given["permission"])
    except ValidationError as error:
        form.refuse(error)
        return False
    messages.success(request, _("The customer is shared with %(name)s.") % {"name": holder})
    return True


def _shared(request: HttpRequest, customer: Customer) -> HttpResponse:
    """The dialog closes, and the tab, where it is open, reads itself anew; without a script the tab opens."""
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("customers:customer_sharing", customer.pk)
    response = HttpResponse(status=204)
    return trigger_client_event(trigger_client_event(response, "dialog-done"), "customer-shared")


@require_POST
def customer_sharing_end(request: HttpRequest, pk: int) -> HttpResponse:
    """No longer share the customer with a holder."""
    user = signed_in(request)
    if not customers_to_share(user).filter(pk=pk).exists():
        raise Http404
    kind, _dash, key = request.POST.get("holder", "").partition("-")
    model: Any = {"user": User, "group": Group}.get(kind)
    holder = model._default_manager.filter(pk=int(key)).first() if model is not None and key.isdecimal() and len(key) < 19 else None
    if holder is not None and end_share(customer_id=pk, actor=user, holder=holder):
        messages.success(request, _("The customer is no longer shared with %(name)s.") % {"name": holder})
    return redirect("customers:customer_sharing", pk)
