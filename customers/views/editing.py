"""Enter, change, hand over and move a customer."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from access.models import Action
from access.policy import require
from access.requests import signed_in
from common.keys import key_in
from customers.forms import AssignForm, CustomerForm, NewCustomerForm
from customers.forms_rules import LifecycleForm
from customers.models import Customer
from customers.services.details import create_customer, update_customer
from customers.services.lifecycle import move_customer
from customers.services.lifecycle_rules import decide_proposal
from customers.services.ownership import assign_customer
from customers.views.alike import alike_to
from customers.views.customer import read_customer


@require_http_methods(["GET", "POST"])
def customer_create(request: HttpRequest) -> HttpResponse:
    """Enter a customer."""
    user = signed_in(request)
    require(user, "customers", Action.ADD)
    form = NewCustomerForm(request.POST or None, user=user)
    form.alike_url = reverse("customers:customer_alike")
    if form.is_valid() and form.has_seen(alike_to(user, form)):
        try:
            owners = {"manager": form.cleaned_data["manager"], "org_unit": form.cleaned_data["org_unit"]}
            customer = create_customer(actor=user, **owners, **form.details())
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("“%(name)s” is entered.") % {"name": customer.name})
            return redirect("customers:customer_detail", customer.pk)
    return render(request, "customers/customer_create.html", {"form": form}, status=422 if form.errors or form.alike else 200)


@require_http_methods(["GET", "POST"])
def customer_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a customer's details."""
    customer = read_customer(request, pk, Action.CHANGE)
    form = CustomerForm(
        request.POST or None, instance=Customer.objects.get_visible(request.user, pk, Action.CHANGE), user=signed_in(request)
    )
    form.alike_url = f"{reverse('customers:customer_alike')}?{urlencode({'besides': pk})}"
    if form.is_valid() and form.has_seen(alike_to(signed_in(request), form)):
        try:
            update_customer(customer_id=pk, actor=signed_in(request), seen=form.cleaned_data["version"], **form.details())
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The changes are saved."))
            return redirect("customers:customer_detail", pk)
    context = {"form": form, "customer": customer}
    return render(request, "customers/customer_edit.html", context, status=422 if form.errors or form.alike else 200)


@require_http_methods(["GET", "POST"])
def customer_assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand a customer over."""
    customer = read_customer(request, pk, Action.APPROVE)
    form = AssignForm(request.POST or None, user=signed_in(request), customer=customer)
    if form.is_valid():
        given = form.cleaned_data
        try:
            assign_customer(
                customer_id=pk,
                actor=signed_in(request),
                manager=given["manager"],
                org_unit=given["org_unit"],
                reason=given["reason"],
                seen=given["version"],
            )
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The customer is handed over."))
            return redirect("customers:customer_detail", pk)
    return render(request, "customers/customer_assign.html", {"form": form, "customer": customer}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def customer_lifecycle(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a customer along its lifecycle."""
    customer = read_customer(request, pk, Action.CHANGE)
    form = LifecycleForm(request.POST or None, customer=customer)
    if form.is_valid():
        try:
            move_customer(customer_id=pk, actor=signed_in(request), **form.cleaned_data)
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The lifecycle is changed."))
            return redirect("customers:customer_detail", pk)
    return render(request, "customers/customer_lifecycle.html", {"form": form, "customer": customer}, status=422 if form.errors else 200)


@require_POST
def customer_proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the step that a rule proposes, or decline it."""
    accept = request.POST.get("decision") == "accept"
    proposal_id = key_in(request.POST.get("proposal", "")) or 0
    try:
        decide_proposal(proposal_id=proposal_id, customer_id=pk, actor=signed_in(request), accept=accept)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("The lifecycle is changed.") if accept else _("The proposal is declined."))
    return redirect("customers:customer_detail", pk)
