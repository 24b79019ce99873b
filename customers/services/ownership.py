"""Hand a customer to another account manager or unit."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from access.choices import staff_in_reach, units_in_reach
from access.models import Action, OrgUnit, User
from access.policy import ensure_still_reached
from common.versions import ensure_version
from customers.models import Customer, OwnershipChange
from customers.notices import tell_of_owners
from jobs.models import Job


@transaction.atomic
def assign_customer(
    *, customer_id: int, actor: User, manager: User | None, org_unit: OrgUnit, reason: str = "", seen: str | None = None
) -> OwnershipChange:
    """Give the customer to `manager` (None: to nobody yet) in `org_unit`, with the jobs about it; `seen` is the version the form showed.

    Raises Http404 when the customer is hidden from `actor` for approval (the right to hand over), ValidationError when nothing changes, the
    new owner is out of the actor's reach, or the customer was changed meanwhile.
    """
    customer = Customer.objects.select_for_update(of=("self",)).get_visible(actor, customer_id, Action.APPROVE)
    if seen is not None:
        ensure_version(customer, seen)
    if (customer.manager, customer.org_unit) == (manager, org_unit):
        raise ValidationError(_("That is the present ownership already."))
    if manager is not None and not staff_in_reach(actor, "customers", Action.APPROVE).filter(pk=manager.pk).exists():
        raise ValidationError({"manager": _("This person works outside your reach.")})
    if not units_in_reach(actor, "customers", Action.APPROVE).filter(pk=org_unit.pk).exists():
        raise ValidationError({"org_unit": _("This unit lies outside your reach.")})
    change = OwnershipChange.objects.create(
        customer=customer,
        from_manager=customer.manager,
        to_manager=manager,
        from_unit=customer.org_unit,
        to_unit=org_unit,
        actor=actor,
        reason=reason,
    )
    customer.manager, customer.org_unit = manager, org_unit
    customer.save(update_fields=["manager", "org_unit", "updated_at"])
    Job.objects.filter(customer_key=customer.pk).update(manager=manager, org_unit=org_unit, updated_at=timezone.now())
    ensure_still_reached(Customer.objects.all(), actor, customer.pk, Action.APPROVE)
    tell_of_owners(change)
    return change
