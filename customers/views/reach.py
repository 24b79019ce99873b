"""What a person reaches, and why: for administrators, auditors and the directors above."""

from __future__ import annotations

from dataclasses import replace

from django.apps import apps
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from access.administration import may_look_into
from access.models import Action, User
from access.requests import signed_in
from access.services.standard_roles import MODULES
from customers.models import Customer
from customers.reach import COUNT_LIMIT, Way, allowed_by_module, explain_customer, find_customer, ways_of


@require_GET
def reach_of_user(request: HttpRequest, pk: int) -> HttpResponse:
    """The ways by which customers come into a person's reach; with `?customer=`, why one of them does or does not."""
    reader = signed_in(request)
    person = _person(reader, pk)
    ways = _as_read_by(reader, ways_of(person))
    text = request.GET.get("customer", "").strip()
    customer = find_customer(text, reader) if text else None
    context = {
        "person": person,
        "ways": [(way, way.count(person)) for way in ways],
        "count_limit": COUNT_LIMIT,
        "actions": Action.choices,
        "labels": dict(Action.choices),
        "modules": allowed_by_module(person, [(str(apps.get_app_config(name).verbose_name), name) for name in MODULES]),
        "text": text,
        "customer": customer,
        "verdicts": explain_customer(person, customer, ways) if customer else [],
    }
    return render(request, "customers/reach_of_user.html", context)


def _as_read_by(reader: User, ways: list[Way]) -> list[Way]:
    """`ways` without the names of shared customers that `reader` does not reach. One query."""
    shared = {pk for way in ways for pk in way.reach.customer_ids}
    known = set(Customer.objects.visible_to(reader).filter(pk__in=shared).values_list("pk", flat=True)) if shared else set()
    hidden = _("a customer outside your reach")
    return [way if way.reach.customer_ids <= known else replace(way, extent=hidden) for way in ways]


def _person(reader: User, pk: int) -> User:
    """The user with key `pk`, if `reader` may look into whose access it is. Raises Http404."""
    person = get_object_or_404(User.objects.select_related("org_unit"), pk=pk)
    if not may_look_into(reader, person):
        raise Http404
    return person
