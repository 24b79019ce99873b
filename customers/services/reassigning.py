"""Hand many customers to another account manager or unit at once."""

from __future__ import annotations

import datetime
from enum import Enum
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from access.choices import staff_in_reach, units_in_reach
from access.models import Action, OrgUnit, User
from customers.bulk.handing_over import hand_over
from customers.models import Customer, HandOver
from customers.notices import tell_of_many


class Present(Enum):
    """Says that customers keep the manager or the unit that each has."""

    KEPT = "kept"


def differently_owned(manager: User | Present | None, org_unit: OrgUnit | Present) -> Q:
    """The customers that a handing over to `manager` in `org_unit` would change."""
    others = Q(pk__in=[])
    if manager is None:
        others |= Q(manager__isnull=False)
    elif manager is not Present.KEPT:
        others |= ~Q(manager=manager) | Q(manager__isnull=True)
    return others if org_unit is Present.KEPT else others | ~Q(org_unit=org_unit)


@transaction.atomic
def reassign_customers(
    *,
    customers: QuerySet[Any],
    actor: User,
    manager: User | Present | None,
    org_unit: OrgUnit | Present,
    reason: str,
    moment: datetime.datetime | None = None,
    part_of: HandOver | None = None,
) -> int:
    """Give all of `customers` to `manager` (None: to nobody yet) in `org_unit`, with the jobs about them; returns how many changed hands.

    Those that are with them already, and those that `actor` may not hand over, are left alone. Their members, people and offers follow at
    once; each change is entered with `reason` and `moment` (by default now), and as `part_of` a hand-over, which then tells of it itself. A
    fixed number of statements, however many customers they are; the caller cuts very many into chunks.

    Raises ValidationError when the new owner or unit is out of the actor's reach, PermissionDenied when the customers would leave it.
    """
    if isinstance(manager, User) and not staff_in_reach(actor, "customers", Action.APPROVE).filter(pk=manager.pk).exists():
        raise ValidationError({"manager": _("This person works outside your reach.")})
    if isinstance(org_unit, OrgUnit) and not units_in_reach(actor, "customers", Action.APPROVE).filter(pk=org_unit.pk).exists():
        raise ValidationError({"org_unit": _("This unit lies outside your reach.")})
    reached = Customer.objects.visible_to(actor, Action.APPROVE)
    chosen = reached.filter(differently_owned(manager, org_unit), pk__in=customers.order_by().values("pk")).order_by("pk")
    owners = dict(chosen.select_for_update(of=("self",), no_key=True).values_list("pk", "manager"))
    keys, moment = list(owners), moment or timezone.now()
    hand_over(
        keys,
        keeps_manager=manager is Present.KEPT,
        manager_id=manager.pk if isinstance(manager, User) else None,
        unit_id=org_unit.pk if isinstance(org_unit, OrgUnit) else None,
        actor_id=actor.pk,
        reason=reason,
        moment=moment,
        hand_over_id=part_of.pk if part_of is not None else None,
    )
    if reached.filter(pk__in=keys).count() != len(keys):
        raise PermissionDenied
    if keys and manager is not Present.KEPT and part_of is None:
        tell_of_many(set(owners.values()), manager, actor, reason, moment)
    return len(keys)
