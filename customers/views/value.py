"""How valuable a customer is: its score explained, scored anew, and a level set by hand."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from access.models import Action
from access.requests import signed_in
from common.panels import render_panel
from customers.forms_rules import LevelForm
from customers.score_pages import value_context
from customers.services.levels import end_set_level, set_level
from customers.services.scoring import score_customer, scoring_is_on
from customers.views.customer import SLOT, may, read_customer


@require_GET
def customer_value(request: HttpRequest, pk: int) -> HttpResponse:
    """What the score is made of, the level set by hand, and the history of both."""
    customer = read_customer(request, pk)
    scoring = scoring_is_on()
    context = {
        "customer": customer,
        **value_context(customer),
        "may_score": scoring and may(request, customer, Action.CHANGE),
        "may_set_level": scoring and may(request, customer, Action.APPROVE),
    }
    return render_panel(request, slot=SLOT, key="value", subject=customer, template="customers/partials/_value.html", context=context)


@require_POST
def customer_score(request: HttpRequest, pk: int) -> HttpResponse:
    """Score the customer now."""
    try:
        score = score_customer(customer_id=pk, actor=signed_in(request))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("The score is %(score)d.") % {"score": score.score})
    return redirect("customers:customer_value", pk)


@require_http_methods(["GET", "POST"])
def customer_level(request: HttpRequest, pk: int) -> HttpResponse:
    """Set the level by hand."""
    customer = read_customer(request, pk, Action.APPROVE)
    form = LevelForm(request.POST or None, initial={"level": customer.level})
    if form.is_valid():
        try:
            set_level(customer_id=pk, actor=signed_in(request), **form.cleaned_data)
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The level is set."))
            return redirect("customers:customer_value", pk)
    return render(request, "customers/customer_level.html", {"form": form, "customer": customer}, status=422 if form.errors else 200)


@require_POST
def customer_level_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the level follow from the score again."""
    if end_set_level(customer_id=pk, actor=signed_in(request)):
        messages.success(request, _("The level follows from the score again."))
    return redirect("customers:customer_value", pk)
