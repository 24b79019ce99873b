"""How a customer stands to others."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from access.models import Action, User
from access.requests import signed_in
from common.panels import render_panel
from customers.forms_relations import NewRelationForm, RelationForm
from customers.models import Customer, CustomerRelation, RelationKind
from customers.relations import reaches_both, relations_of
from customers.services.relations import add_relation, remove_relation, update_relation
from customers.views.customer import SLOT, may, read_customer


@require_GET
def customer_relations(request: HttpRequest, pk: int) -> HttpResponse:
    """Relations in both directions, as a panel of the page."""
    customer = read_customer(request, pk)
    relations, is_cut = relations_of(customer, signed_in(request))
    context = {
        "customer": customer,
        "relations": relations,
        "is_cut": is_cut,
        "may_change": may(request, customer, Action.CHANGE),
        "has_kinds": RelationKind.objects.filter(is_active=True).exists(),
    }
    return render_panel(
        request, slot=SLOT, key="relations", subject=customer, template="customers/partials/_relations.html", context=context
    )


@require_http_methods(["GET", "POST"])
def relation_create(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter a relation to another customer."""
    customer = read_customer(request, pk, Action.CHANGE)
    form = NewRelationForm(request.POST or None, user=signed_in(request))
    if form.is_valid():
        try:
            add_relation(customer_id=pk, actor=signed_in(request), **form.details())
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The relation is entered."))
            return redirect("customers:customer_relations", pk)
    return render(request, "customers/relation_create.html", {"form": form, "customer": customer}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def relation_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change days and note of a relation."""
    user = signed_in(request)
    relation = CustomerRelation.objects.select_related("kind").get_visible(user, pk, Action.CHANGE)
    customer = _own_side(relation, user)
    form = RelationForm(request.POST or None, relation=relation, with_note=reaches_both(relation, user))
    if form.is_valid():
        try:
            update_relation(relation_id=pk, actor=user, seen=form.cleaned_data["version"], **form.details())
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The changes are saved."))
            return redirect("customers:customer_relations", customer.pk)
    label = relation.kind.label if relation.customer_id == customer.pk else relation.kind.inverse_label
    context = {"form": form, "customer": customer, "relation": relation, "label": label}
    return render(request, "customers/relation_edit.html", context, status=422 if form.errors else 200)


@require_POST
def relation_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a relation."""
    user = signed_in(request)
    relation = CustomerRelation.objects.get_visible(user, pk, Action.CHANGE)
    customer = _own_side(relation, user)
    remove_relation(relation_id=pk, actor=user)
    messages.success(request, _("The relation is removed."))
    return redirect("customers:customer_relations", customer.pk)


def _own_side(relation: CustomerRelation, user: User) -> Customer:
    """The customer of the two that `user` may change, the first where that is both."""
    sides = Customer.objects.visible_to(user, Action.CHANGE).in_bulk([relation.customer_id, relation.other_id])
    return sides.get(relation.customer_id) or sides[relation.other_id]
