"""Enter, change and remove relations between customers."""

from __future__ import annotations

import datetime
from typing import TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from access.models import Action, User
from common.saving import save_valid
from common.versions import ensure_version
from customers.models import Customer, CustomerRelation, RelationKind
from customers.relations import reaches_both


class RelationDetails(TypedDict, total=False):
    """What may be written of a relation that is there."""

    begins_on: datetime.date | None
    ends_on: datetime.date | None
    note: str


@transaction.atomic
def add_relation(
    *, customer_id: int, actor: User, other: Customer, kind: RelationKind, inverse: bool = False, **details: Unpack[RelationDetails]
) -> CustomerRelation:
    """Enter that the customer is to `other` what `kind` says, or with `inverse` the other way round.

    Raises Http404 when the customer is hidden from `actor` for changes, ValidationError when the other one is hidden, the kind is offered
    no more, or the relation is there already.
    """
    customer = Customer.objects.get_visible(actor, customer_id, Action.CHANGE)
    _lock(customer.pk, other.pk)
    if not Customer.objects.visible_to(actor).filter(pk=other.pk).exists():
        raise ValidationError({"other": _("There is no such customer in your reach.")})
    if not kind.is_active:
        raise ValidationError({"kind": _("This kind is offered no more.")})
    first, second = (other, customer) if inverse and not kind.is_mutual else (customer, other)
    if kind.is_mutual and CustomerRelation.objects.filter(customer=second, other=first, kind=kind).exists():
        raise ValidationError(_("This relation is entered already."))
    relation = CustomerRelation(customer=first, other=second, kind=kind, actor=actor, **details)
    save_valid(relation)
    return relation


def _lock(*customers: int) -> None:
    """Let two people who relate the same customers wait for each other: no constraint sees a mutual relation from its other side."""
    list(Customer.objects.filter(pk__in=customers).order_by("pk").select_for_update(no_key=True).values_list("pk"))


@transaction.atomic
def update_relation(*, relation_id: int, actor: User, seen: str, **details: Unpack[RelationDetails]) -> CustomerRelation:
    """Change days and note; `seen` is the version that the form showed.

    Raises Http404 when neither customer is open to `actor` for changes, ValidationError at the fields (the note is for whoever reaches both
    customers) or with code `stale`.
    """
    relation = CustomerRelation.objects.select_for_update(of=("self",)).get_visible(actor, relation_id, Action.CHANGE)
    ensure_version(relation, seen)
    if "note" in details and not reaches_both(relation, actor):
        raise ValidationError({"note": _("One of the customers lies outside your reach.")})
    for name, value in details.items():
        setattr(relation, name, value)
    relation.actor = actor
    save_valid(relation)
    return relation


@transaction.atomic
def remove_relation(*, relation_id: int, actor: User, seen: str | None = None) -> None:
    """Delete a relation that was entered by mistake; `seen` is the version of it that was looked at, if that matters.

    Raises Http404 when neither customer is open to `actor` for changes, ValidationError with code `stale`.
    """
    relation = CustomerRelation.objects.select_for_update(of=("self",)).get_visible(actor, relation_id, Action.CHANGE)
    if seen is not None:
        ensure_version(relation, seen)
    relation.delete()
