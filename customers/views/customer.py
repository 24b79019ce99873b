"""A customer's page: header, and the tabs that belong to this app."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from access.history import history_context
from access.models import Action, User
from access.requests import signed_in
from access.reveals import mark_revealable
from common.htmx import asks_for
from common.panels import actions_for, facts_for, render_panel
from customers.attribute_history import shown_attributes
from customers.former import merged_into_it
from customers.histories import CUSTOMER
from customers.history import history_of
from customers.models import ContactPerson, Customer, MergeState, ProposalState
from customers.recent import remember_customer
from customers.services.lifecycle import MOVES
from customers.services.merging import merges_to_open
from customers.services.sharing import customers_to_share
from customers.tables import lifecycle_state, tag_chips
from workflow.recent import remember_view

SLOT = "customer"
_MERGES = 10


def page_context(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    """What the customer page's header shows; the slot mechanism asks for it when a panel is opened by itself."""
    user = signed_in(request)
    remember_customer(user, customer)
    return {
        "customer": customer,
        "lifecycle": lifecycle_state(customer),
        "tags": tag_chips(customer.tags.order_by("code")),
        "facts": facts_for(SLOT, user, customer),
        "actions": actions_for(SLOT, user, customer),
        **_rights(user, customer),
        "has_next_step": bool(MOVES[customer.lifecycle]),
    }


def _rights(user: User, customer: Customer) -> dict[str, bool]:
    """What the buttons of the header ask of the policy, by one query."""
    reaching = {
        "may_change": Customer.objects.visible_to(user, Action.CHANGE),
        "may_export": Customer.objects.visible_to(user, Action.EXPORT),
        "may_assign": Customer.objects.visible_to(user, Action.APPROVE),
        "may_share": customers_to_share(user),
    }
    asked = {name: Exists(rows.order_by().filter(pk=OuterRef("pk"))) for name, rows in reaching.items()}
    found: Any = Customer.objects.visible_to(user).filter(pk=customer.pk).values(**asked).get()
    return {name: bool(found[name]) for name in reaching}


def may(request: HttpRequest, customer: Customer, action: str) -> bool:
    """Whether the request's user may do `action` on `customer`."""
    return Customer.objects.visible_to(signed_in(request), action).filter(pk=customer.pk).exists()


def may_share(request: HttpRequest, customer: Customer) -> bool:
    """Whether the request's user may share `customer`: by a role of the own, not by a grant or a loan."""
    return customers_to_share(signed_in(request)).filter(pk=customer.pk).exists()


def read_customer(request: HttpRequest, pk: int, action: str = Action.VIEW) -> Customer:
    """The customer with what its page names. Raises Http404 when it is hidden."""
    related = ("manager", "org_unit", "industry", "region", "parent")
    return Customer.objects.select_related(*related).get_visible(signed_in(request), pk, action)


@require_GET
def customer_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The overview; the user's home page remembers it."""
    user, customer = signed_in(request), read_customer(request, pk)
    remember_view(user=user, kind="customers.customer", key=pk)
    people = list(ContactPerson.objects.visible_to(user).filter(customer=customer, is_key_person=True)[:5])
    mark_revealable(user, people)
    parent = customer.parent
    proposal = customer.lifecycle_proposals.filter(state=ProposalState.OPEN).select_related("rule").first()
    merges = list(customer.merges.filter(state=MergeState.DONE).order_by("-merged_at")[:_MERGES])
    linked = merges_to_open(user, merges)
    context = {
        "customer": customer,
        "merges": [(merge, merge.pk in linked) for merge in merges],
        "parent": parent if parent is not None and Customer.objects.visible_to(user).filter(pk=parent.pk).exists() else None,
        "key_people": people,
        "attributes": shown_attributes(customer),
        "proposal": proposal,
        "may_decide": proposal is not None and may(request, customer, Action.CHANGE),
        "changes": history_of(customer, limit=5),
    }
    return render_panel(request, slot=SLOT, key="overview", subject=customer, template="customers/partials/_overview.html", context=context)


@require_GET
def customer_history(request: HttpRequest, pk: int) -> HttpResponse:
    """Who owned the customer when, its way through the lifecycle, and every change of what is known about it."""
    customer = read_customer(request, pk)
    versions = history_context(request, CUSTOMER, customer)
    if asks_for(request, "history"):
        return render(request, "access/history/_versions.html", versions)
    context = {"customer": customer, "changes": history_of(customer, limit=200), "merges": merged_into_it(customer), **versions}
    return render_panel(request, slot=SLOT, key="history", subject=customer, template="customers/partials/_history.html", context=context)
