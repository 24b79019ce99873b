"""The people at a customer."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from access.models import Action
from access.requests import signed_in
from common.lists import render_swap
from common.panels import render_panel
from customers.forms import ContactPersonForm
from customers.models import ContactPerson
from customers.services.contact_people import add_contact_person, remove_contact_person, update_contact_person
from customers.tables import ContactPersonList
from customers.views.alike import alike_to_person
from customers.views.customer import SLOT, may, read_customer


@require_GET
def customer_people(request: HttpRequest, pk: int) -> HttpResponse:
    """The people at one customer, as a panel of its page."""
    customer = read_customer(request, pk)
    people = ContactPersonList(request, embedded=True, customer=customer, may_change=may(request, customer, Action.CHANGE))
    return render_swap(request, people) or render_panel(
        request,
        slot=SLOT,
        key="people",
        subject=customer,
        template="customers/partials/_people.html",
        context={"customer": customer, "list": people.state},
    )


@require_http_methods(["GET", "POST"])
def contact_person_create(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter a person at a customer."""
    customer = read_customer(request, pk, Action.CHANGE)
    form = ContactPersonForm(request.POST or None, instance=ContactPerson(customer=customer))
    form.alike_url = reverse("customers:contact_person_alike", args=[pk])
    if form.is_valid() and form.has_seen(alike_to_person(signed_in(request), customer, form)):
        try:
            person = add_contact_person(customer_id=pk, actor=signed_in(request), **form.details())
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("“%(name)s” is entered.") % {"name": person.name})
            return redirect("customers:customer_people", pk)
    context = {"form": form, "customer": customer}
    return render(request, "customers/contact_person_create.html", context, status=422 if form.errors or form.alike else 200)


@require_GET
def contact_person(request: HttpRequest, pk: int) -> HttpResponse:
    """What is known about a person, masked where it is sensitive."""
    user = signed_in(request)
    person = ContactPerson.objects.select_related("customer", "reports_to").get_visible(user, pk)
    context = {
        "person": person,
        "may_change": ContactPerson.objects.visible_to(user, Action.CHANGE).filter(pk=pk).exists(),
    }
    return render(request, "customers/contact_person.html", context)


@require_http_methods(["GET", "POST"])
def contact_person_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a person; masked values stay as they are unless they are typed anew."""
    user = signed_in(request)
    person = ContactPerson.objects.select_related("customer").get_visible(user, pk, Action.CHANGE)
    name = person.name
    form = ContactPersonForm(request.POST or None, instance=person)
    alike_url = reverse("customers:contact_person_alike", args=[person.customer_id])
    form.alike_url = f"{alike_url}?{urlencode({'besides': pk})}"
    if form.is_valid() and form.has_seen(alike_to_person(user, person.customer, form)):
        try:
            update_contact_person(person_id=pk, actor=user, seen=form.cleaned_data["version"], **form.details())
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The changes are saved."))
            return redirect("customers:customer_people", person.customer_id)
    context = {"form": form, "person": person, "name": name}
    return render(request, "customers/contact_person_edit.html", context, status=422 if form.errors or form.alike else 200)


@require_POST
def contact_person_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a person."""
    customer = remove_contact_person(person_id=pk, actor=signed_in(request))
    messages.success(request, _("The contact person is removed."))
    return redirect("customers:customer_people", customer.pk)
