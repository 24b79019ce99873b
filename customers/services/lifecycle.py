"""Where a customer stands: potential → active → warned → saved (active) or left → won back (active)."""

from __future__ import annotations

from typing import Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from access.models import Action, User
from customers.models import Customer, Lifecycle, LifecycleChange, LifecycleReason, ProposalState

MOVES: Final[dict[str, tuple[Lifecycle, ...]]] = {
    Lifecycle.POTENTIAL: (Lifecycle.ACTIVE,),
    Lifecycle.ACTIVE: (Lifecycle.WARNED, Lifecycle.LEFT),
    Lifecycle.WARNED: (Lifecycle.SAVED, Lifecycle.LEFT),
    Lifecycle.SAVED: (Lifecycle.WARNED, Lifecycle.LEFT),
    Lifecycle.LEFT: (Lifecycle.WON_BACK,),
    Lifecycle.WON_BACK: (Lifecycle.WARNED, Lifecycle.LEFT),
}


def reasons_for(*states: str) -> QuerySet[LifecycleReason]:
    """The reasons on offer for steps to one of `states`."""
    return LifecycleReason.objects.filter(Q(to_state="") | Q(to_state__in=states), is_active=True).order_by("code")


@transaction.atomic
def move_customer(
    *, customer_id: int, actor: User, to: str, reason: str = "", reason_entry: LifecycleReason | None = None
) -> LifecycleChange:
    """Move the customer along its lifecycle; saved and won-back customers count as active ones.

    Arguments:
        reason: why, in words; may be empty where `reason_entry` says it.
        reason_entry: a reason of the dictionary that is on offer for this step.

    Raises Http404 when the customer is hidden from `actor`, ValidationError when the move is not in `MOVES` or no reason is given.
    """
    customer = Customer.objects.select_for_update(of=("self",)).get_visible(actor, customer_id, Action.CHANGE)
    if to not in MOVES[customer.lifecycle]:
        raise ValidationError({"to": _("From “%(state)s” there is no such step.") % {"state": customer.get_lifecycle_display()}})
    if reason_entry is not None and not reasons_for(to).filter(pk=reason_entry.pk).exists():
        raise ValidationError({"reason_entry": _("This reason is not offered for this step.")})
    if reason_entry is None and not reason.strip():
        raise ValidationError({"reason": _("Say why.")})
    customer.lifecycle_proposals.filter(state=ProposalState.OPEN).update(state=ProposalState.WITHDRAWN, decided_at=timezone.now())
    return take_step(customer, to, LifecycleChange(actor=actor, reason=reason.strip(), reason_entry=reason_entry))


def take_step(customer: Customer, to: str, change: LifecycleChange) -> LifecycleChange:
    """Take the step of a locked `customer` and keep `change`, which says who and why. The caller has checked both."""
    change.customer, change.from_state, change.to_state = customer, customer.lifecycle, to
    change.save()
    customer.lifecycle = to
    customer.save(update_fields=["lifecycle", "updated_at"])
    return change
