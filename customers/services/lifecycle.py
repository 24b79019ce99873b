"""Where a customer stands: potential → active → warned → saved (active) or left → won back (active)."""

from __future__ import annotations

from typing import Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from access.models import Action, User
from customers.models import Customer, Lifecycle, LifecycleChange

MOVES: Final[dict[str, tuple[Lifecycle, ...]]] = {
    Lifecycle.POTENTIAL: (Lifecycle.ACTIVE,),
    Lifecycle.ACTIVE: (Lifecycle.WARNED, Lifecycle.LEFT),
    Lifecycle.WARNED: (Lifecycle.SAVED, Lifecycle.LEFT),
    Lifecycle.SAVED: (Lifecycle.WARNED, Lifecycle.LEFT),
    Lifecycle.LEFT: (Lifecycle.WON_BACK,),
    Lifecycle.WON_BACK: (Lifecycle.WARNED, Lifecycle.LEFT),
}


@transaction.atomic
def move_customer(*, customer_id: int, actor: User, to: str, reason: str) -> LifecycleChange:
    """Move the customer along its lifecycle; saved and won-back customers count as active ones.

    Raises Http404 when the customer is hidden from `actor`, ValidationError when the move is not in `MOVES` or no reason is given.
    """
    customer = Customer.objects.select_for_update(of=("self",)).get_visible(actor, customer_id, Action.CHANGE)
    if to not in MOVES[customer.lifecycle]:
        raise ValidationError({"to": _("From “%(state)s” there is no such step.") % {"state": customer.get_lifecycle_display()}})
    if not reason.strip():
        raise ValidationError({"reason": _("Say why.")})
    change = LifecycleChange.objects.create(
        customer=customer, from_state=customer.lifecycle, to_state=to, actor=actor, reason=reason.strip()
    )
    customer.lifecycle = to
    customer.save(update_fields=["lifecycle", "updated_at"])
    return change
