"""Lend one's own customers to a colleague for a period, and end that."""

from __future__ import annotations

import datetime
from enum import Enum
from typing import Any, Final

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from access.audit import record_event
from access.models import Action, AuditEventKind, Delegation, User
from access.notices import tell_of_cover
from access.scope import scope_of
from common.saving import save_valid

LONGEST: Final = datetime.timedelta(days=366)


class Begun(Enum):
    """What came of beginning a loan."""

    NEW = "new"
    REASON = "reason"
    """It was there, for another reason; the new one is written."""
    SAME = "same"
    """It was there, and stays as it is."""


def lend_scope(
    *, actor: User, lender: User, borrower: User, starts_on: datetime.date, ends_on: datetime.date, reason: str = ""
) -> Delegation:
    """As `begin_loan`, whatever came of it."""
    return begin_loan(actor=actor, lender=lender, borrower=borrower, starts_on=starts_on, ends_on=ends_on, reason=reason)[0]


@transaction.atomic
def begin_loan(
    *, actor: User, lender: User, borrower: User, starts_on: datetime.date, ends_on: datetime.date, reason: str = ""
) -> tuple[Delegation, Begun]:
    """Lend the own customers of `lender` to `borrower` from `starts_on` to `ends_on`, both included; `access.loans` says what that opens.

    Returns the loan, and what came of it: the same one begun once more is the first, with the `reason` given now, if one is.

    Raises PermissionDenied when `actor` is neither the lender nor keeps all access (for a colleague who is ill), ValidationError when the
    lender has no own customers by any role, the borrower cannot work with them, or the days make no sense.
    """
    check_loan(actor=actor, lender=lender, borrower=borrower, starts_on=starts_on, ends_on=ends_on)
    User.objects.select_for_update(no_key=True).get(pk=lender.pk)  # two requests of one person: the second finds the first one's loan
    loan: dict[str, Any] = {"lender": lender, "borrower": borrower, "starts_on": starts_on, "ends_on": ends_on}
    present = Delegation.objects.select_for_update(of=("self",)).select_related("lender", "borrower")
    begun = present.filter(**loan, ended_at=None).first()
    if begun is not None and reason in ("", begun.reason):
        return begun, Begun.SAME
    if begun is not None:
        begun.reason = reason
        save_valid(begun)
        return begun, Begun.REASON
    delegation = Delegation(**loan, reason=reason)
    save_valid(delegation)
    record_event(AuditEventKind.DELEGATED, actor=actor, target=delegation, details=_days(delegation))
    tell_of_cover(delegation)
    return delegation, Begun.NEW


def check_loan(*, actor: User, lender: User, borrower: User, starts_on: datetime.date, ends_on: datetime.date) -> None:
    """Raise what `begin_loan` raises where the loan may not be; for forms, which show it before anything is written."""
    if actor != lender and not _keeps_access(actor):
        raise PermissionDenied
    own = scope_of(lender).role_reach("customers", Action.VIEW)
    if not (own.own or own.everything):
        raise ValidationError(_("Only customers that a role gives as one's own can be lent."))
    if not borrower.is_active:
        raise ValidationError({"borrower": _("This person is disabled.")})
    if scope_of(borrower).role_reach("customers", Action.VIEW).is_empty:
        raise ValidationError({"borrower": _("This person has no role to work with customers.")})
    if ends_on < timezone.localdate():
        raise ValidationError({"ends_on": _("The last day is over.")})
    if ends_on - starts_on > LONGEST:
        raise ValidationError({"ends_on": _("Lend for a year at most.")})


@transaction.atomic
def end_delegation(*, delegation_id: int | str, actor: User) -> Delegation:
    """End a delegation at once; one that is ended stays as it is.

    Raises Http404 when there is none that `actor` lent, or that `actor`, keeping all access, may end.
    """
    delegations = Delegation.objects.select_for_update(of=("self",)).select_related("lender", "borrower")
    if not _keeps_access(actor):
        delegations = delegations.filter(lender=actor)
    try:
        delegation = delegations.get(pk=delegation_id)
    except (Delegation.DoesNotExist, ValueError, OverflowError) as error:
        raise Http404 from error
    if delegation.ended_at is None:
        delegation.ended_at = timezone.now()
        delegation.save(update_fields=["ended_at", "updated_at"])
        record_event(AuditEventKind.DELEGATION_ENDED, actor=actor, target=delegation, details=_days(delegation))
    return delegation


def _keeps_access(user: User) -> bool:
    return scope_of(user).role_reach("access", Action.CHANGE).everything


def _days(delegation: Delegation) -> dict[str, str]:
    return {
        "lender": delegation.lender.username,
        "borrower": delegation.borrower.username,
        "starts_on": delegation.starts_on.isoformat(),
        "ends_on": delegation.ends_on.isoformat(),
    }
