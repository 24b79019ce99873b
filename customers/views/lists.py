"""The list pages, and the proposals of the field that chooses a customer."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from access.requests import signed_in
from common.lists import ListPage
from customers.fields import SEPARATOR, label_of
from customers.models import Customer
from customers.tables import ContactPersonList, CustomerList

PROPOSALS = 20


class CustomerListPage(ListPage):
    """All group customers in reach."""

    list_class = CustomerList
    template_name = "customers/customer_list.html"


class ContactPersonListPage(ListPage):
    """The people at all customers in reach."""

    list_class = ContactPersonList
    template_name = "customers/contact_person_list.html"


@require_GET
def customer_options(request: HttpRequest) -> HttpResponse:
    """Up to `PROPOSALS` customers in reach that match what is typed, the first parameter of the query, as options."""
    typed = request.GET.get(next(iter(request.GET), ""), "")
    text = typed.split(SEPARATOR)[0].strip().replace("\x00", "")[:100]
    customers = Customer.objects.visible_to(signed_in(request))
    found = list(customers.matching(text)[:PROPOSALS]) if text else []
    return render(request, "customers/partials/_customer_options.html", {"options": [label_of(customer) for customer in found]})
