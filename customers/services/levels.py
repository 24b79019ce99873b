"""Set a customer's level by hand, for a time, and end that."""

from __future__ import annotations

import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from access.models import Action, User
from common.versions import ensure_version
from customers.models import Customer, CustomerLevel, CustomerScore, LevelOverride
from customers.services.scoring import scoring_is_on


@transaction.atomic
def set_level(*, customer_id: int, actor: User, level: str, reason: str, last_day: datetime.date, seen: str | None = None) -> LevelOverride:
    """Let the customer have `level` up to and including `last_day`, whatever its score; an earlier setting ends.

    Raises Http404 when the customer is hidden from `actor` for approval, ValidationError for a day that has passed, a missing reason, an
    unknown level, or where no scoring rule is in use: then the level is typed in the customer's form. `seen` is the version of the customer
    that was looked at, if that matters; another one is refused with code `stale`.
    """
    customer = Customer.objects.select_for_update(of=("self",)).get_visible(actor, customer_id, Action.APPROVE)
    if seen is not None:
        ensure_version(customer, seen)
    if not scoring_is_on():
        raise ValidationError(_("No scoring rule is in use; the level stands in the customer's form."))
    if level not in CustomerLevel.values:
        raise ValidationError({"level": _("There is no such level.")})
    if last_day < timezone.localdate():
        raise ValidationError({"last_day": _("This day has passed.")})
    if not reason.strip():
        raise ValidationError({"reason": _("Say why.")})
    customer.level_overrides.filter(ended_at=None).update(ended_at=timezone.now())
    held = LevelOverride.objects.create(customer=customer, level=level, reason=reason.strip(), last_day=last_day, actor=actor)
    customer.level = level
    customer.save(update_fields=["level", "updated_at"])
    return held


@transaction.atomic
def end_set_level(*, customer_id: int, actor: User, seen: str | None = None) -> bool:
    """Let the customer have the level of its score again; whether one was set. `seen` and what is raised as `set_level`."""
    customer = Customer.objects.select_for_update(of=("self",)).get_visible(actor, customer_id, Action.APPROVE)
    if seen is not None:
        ensure_version(customer, seen)
    if not customer.level_overrides.filter(ended_at=None).update(ended_at=timezone.now()):
        return False
    current = CustomerScore.objects.filter(customer=customer, is_current=True).first()
    if current is not None and current.level:
        customer.level = current.level
    customer.save(update_fields=["level", "updated_at"])
    return True
