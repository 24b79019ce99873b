"""Change hand-overs that nobody has been told of yet: their terms, and which customers are in them; and drop those that are forgotten."""

from __future__ import annotations

import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from access.models import User
from common.saving import save_valid
from common.versions import ensure_version
from customers.bulk.handing_over import insert_items
from customers.hand_over_figures import figures_of
from customers.models import HandOver, HandOverItem, HandOverState
from customers.services.hand_overs import customers_of, ensure_terms, locked


@transaction.atomic
def change_draft(
    *, hand_over_id: int, actor: User, seen: str, receiver: User, reason: str, effective_on: datetime.date, moves_unit: bool
) -> HandOver:
    """Change to whom a draft goes, when and why; `seen` is the version that the form showed.

    Raises Http404, ValidationError at the fields, or with code `stale` where somebody was quicker, as from a second window.
    """
    hand_over = locked(hand_over_id, actor, HandOverState.DRAFT)
    ensure_version(hand_over, seen)
    ensure_terms(receiver, effective_on)
    hand_over.receiver, hand_over.reason = receiver, reason
    hand_over.effective_on, hand_over.moves_unit = effective_on, moves_unit
    save_valid(hand_over)
    return hand_over


@transaction.atomic
def add_to_draft(*, hand_over_id: int, actor: User, customers: QuerySet[Any] | None = None) -> int:
    """Put customers of the giver into a draft: all of them, or those of `customers`; returns how many were not in it before.

    Raises Http404, PermissionDenied where the giver works outside the actor's reach by now, ValidationError where there is none to add.
    """
    hand_over = locked(hand_over_id, actor, HandOverState.DRAFT)
    rows = customers_of(actor=actor, giver=hand_over.giver)
    if customers is not None:
        rows = rows.filter(pk__in=customers.order_by().values("pk"))
    added = insert_items(hand_over.pk, list(rows.order_by().values_list("pk", flat=True)))
    if not added:
        raise ValidationError(_("There is no customer to add: they are in it already, or you cannot hand them over."))
    _count_again(hand_over)
    return added


@transaction.atomic
def leave_out_items(*, items: QuerySet[HandOverItem], actor: User) -> tuple[HandOver, int]:
    """Take customers, `items` of one draft, out of it; the draft, and how many it were. Raises Http404, ValidationError."""
    keys = list(items.order_by().values_list("hand_over", flat=True).distinct()[:2])
    if len(keys) != 1:
        raise Http404
    hand_over = locked(keys[0], actor, HandOverState.DRAFT)
    left, _by_model = hand_over.items.filter(pk__in=items.order_by().values("pk")).delete()
    _count_again(hand_over)
    return hand_over, left


def _count_again(hand_over: HandOver) -> None:
    hand_over.figures = figures_of(list(hand_over.items.values_list("customer", flat=True)))
    hand_over.save(update_fields=["figures", "updated_at"])
