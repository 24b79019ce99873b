"""The chart of influence: who at a customer reports to whom, and giving somebody another place in it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from access.models import Action
from access.requests import signed_in
from common.htmx import asks_for, is_by_htmx
from common.keys import key_in
from common.panels import render_panel
from customers.chart import chart_of
from customers.forms import PlaceForm
from customers.models import ContactPerson, Customer
from customers.services.contact_people import update_contact_person
from customers.views.customer import SLOT, may, read_customer


@require_GET
def people_chart(request: HttpRequest, pk: int) -> HttpResponse:
    """The chart, in the tab of contact persons. `left` in the query names the person whose form was just left without saving."""
    customer = read_customer(request, pk)
    context = _chart(request, customer, key_in(request.GET.get("left", "")))
    if asks_for(request, "people-chart"):
        response = render(request, "customers/partials/_chart.html", context)
        patch_vary_headers(response, ["HX-Request", "HX-Target"])
        return response
    return render_panel(
        request, slot=SLOT, key="people", subject=customer, template="customers/partials/_people_chart.html", context=context
    )


def _chart(request: HttpRequest, customer: Customer, placed: int | None = None) -> dict[str, Any]:
    """The chart, in which the forms of other people that stand open in the page keep what is typed there; `placed` has the focus."""
    sent = request.POST if request.method == "POST" else request.GET
    return {
        "customer": customer,
        "chart": chart_of(customer, signed_in(request)),
        "may_change": may(request, customer, Action.CHANGE),
        "open": {key_in(text) for text in sent.getlist("open")} - {placed},
        "placed": placed,
    }


@require_http_methods(["GET", "POST"])
def contact_person_place(request: HttpRequest, pk: int) -> HttpResponse:
    """Say to whom a person reports, how the person stands to us, and how much the person's word weighs.

    htmx is answered with the form for the person's place in the chart, and after saving with the chart.
    """
    user = signed_in(request)
    person = ContactPerson.objects.select_related("customer").get_visible(user, pk, Action.CHANGE)
    form = PlaceForm(request.POST or None, instance=person)
    if form.is_valid():
        try:
            update_contact_person(person_id=pk, actor=user, seen=form.cleaned_data["version"], **form.details())
        except ValidationError as error:
            form.refuse(error)
        else:
            return _placed(request, person)
    template = "customers/partials/_place_form.html" if is_by_htmx(request) else "customers/contact_person_place.html"
    response = render(request, template, {"form": form, "person": person}, status=422 if form.errors else 200)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _placed(request: HttpRequest, person: ContactPerson) -> HttpResponse:
    if not is_by_htmx(request):
        messages.success(request, _("The changes are saved."))
        return redirect("customers:people_chart", person.customer_id)
    response = render(request, "customers/partials/_chart.html", _chart(request, person.customer, person.pk))
    response["HX-Retarget"] = "#people-chart"
    response["HX-Reswap"] = "outerHTML"
    return response
