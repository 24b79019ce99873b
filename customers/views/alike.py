"""The warning of what may be entered already, as the forms of customers and contact persons fetch it while somebody types."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from access.models import Action, User
from access.requests import signed_in
from access.scope import allowed
from common.keys import key_in
from customers.duplicates import Alike, customers_like, people_like
from customers.forms import ContactPersonForm, CustomerForm
from customers.models import Customer

_FRAGMENT = "customers/partials/_alike.html"


@require_POST
def customer_alike(request: HttpRequest) -> HttpResponse:
    """Customers like the one that is being typed, without the one that `besides` names. A POST, that keeps what is typed out of logs."""
    user = signed_in(request)
    if not any(allowed(user, "customers", action) for action in (Action.ADD, Action.CHANGE)):
        raise PermissionDenied
    typed, besides = {name: _sent(request, name) for name in ("name", "code", "credit_code")}, _besides(request)
    if besides is not None or not allowed(user, "customers", Action.ADD):
        typed["code"] = ""  # a code stays for good: whoever enters no customer is not told which ones are taken
    return render(request, _FRAGMENT, {"found": customers_like(user, **typed, besides=besides)})


@require_POST
def contact_person_alike(request: HttpRequest, pk: int) -> HttpResponse:
    """Contact persons like the one that is being typed at a customer, without the one that `besides` names."""
    user = signed_in(request)
    customer = Customer.objects.get_visible(user, pk, Action.CHANGE)
    typed = {name: _sent(request, name) for name in ("name", "phone")}
    return render(request, _FRAGMENT, {"found": people_like(user, customer, **typed, besides=_besides(request))})


def _sent(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").replace("\x00", "")[:200]


def _besides(request: HttpRequest) -> int | None:
    return key_in(request.GET.get("besides", ""))


def alike_to(user: User, form: CustomerForm) -> list[Alike]:
    """Customers like the one in a valid form; where it changes one, only what it changes counts. A code that is taken, the form refuses."""
    return _known(customers_like(user, **_typed(form, "name", "code", "credit_code"), besides=form.instance.pk))


def alike_to_person(user: User, customer: Customer, form: ContactPersonForm) -> list[Alike]:
    """Contact persons like the one in a valid form; where it changes one, only what it changes counts."""
    return _known(people_like(user, customer, **_typed(form, "name", "phone"), besides=form.instance.pk))


def _typed(form: Any, *names: str) -> dict[str, str]:
    changed = set(form.changed_data) if form.instance.pk else set(names)
    return {name: str(form.cleaned_data.get(name) or "") if name in changed else "" for name in names}


def _known(found: list[Alike]) -> list[Alike]:
    return [one for one in found if one.key]
