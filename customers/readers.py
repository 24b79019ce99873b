"""Who reaches a customer without its being shared, and why: the other way round than `reach`, for the people who look after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from django.db.models import Q, QuerySet
from django.db.models.functions import Length
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from access.grants import MODULE
from access.models import Action, DataScope, Delegation, OrgUnit, RoleAssignment, User
from access.scope import scope_of
from customers.models import Customer


@dataclass(frozen=True, slots=True)
class Reader:
    """A person who reaches a customer, and the role or loan that opens it, in words."""

    person: User
    reason: str


def readers_of(customer: Customer, *, limit: int) -> list[Reader]:
    """At most `limit` people who may view `customer` by a role or a loan, the nearest first; superusers are left out.

    Takes two queries, and a few more for each colleague who has borrowed it today.
    """
    return list(islice(_readers(customer, limit), limit))


def _readers(customer: Customer, limit: int) -> Iterator[Reader]:
    held = list(roles_reaching(customer.org_unit, customer.manager_id, Action.VIEW)[:limit])
    yield from (Reader(found.user, _reason(found)) for found in held if found.user_id == customer.manager_id)
    yield from _borrowers(customer)
    yield from (Reader(found.user, _reason(found)) for found in held if found.user_id != customer.manager_id)


def roles_reaching(unit: OrgUnit | None, manager_id: int | None, action: str) -> QuerySet[RoleAssignment]:
    """The roles that open `action` on the customers of an account manager in `unit` to whoever holds them, of people who are active.

    The nearest unit first.
    """
    path = unit.path if unit is not None else ""
    above = [path[: end + 1] for end, letter in enumerate(path) if letter == "/"]
    reaching = (
        Q(role__scope=DataScope.ALL)
        | Q(role__scope=DataScope.SUBTREE, org_unit__path__in=above)
        | Q(role__scope=DataScope.UNIT, org_unit=unit)
        | Q(role__scope=DataScope.OWN, user=manager_id)
    )
    found = RoleAssignment.objects.filter(reaching, user__is_active=True)
    opened = found.filter(role__permissions__module=MODULE, role__permissions__action=action)
    return opened.select_related("user", "role", "org_unit").order_by(Length("org_unit__path").desc(), "user__name", "pk")


def _reason(held: RoleAssignment) -> str:
    if held.role.scope == DataScope.OWN:
        return _("account manager of this customer, by the role %(role)s") % {"role": held.role}
    names = {"role": held.role, "unit": held.org_unit, "scope": held.role.get_scope_display()}
    return _("role %(role)s, held in %(unit)s: %(scope)s") % names


def _borrowers(customer: Customer) -> Iterator[Reader]:
    """Those to whom the account manager lends today; the policy itself says whether the loan opens anything."""
    loans = Delegation.objects.counting(timezone.localdate()).filter(lender=customer.manager_id, borrower__is_active=True)
    for loan in loans.select_related("borrower", "lender").order_by("ends_on", "pk"):
        if loan.lender_id in scope_of(loan.borrower).reach(MODULE, Action.VIEW).lender_ids:
            days = {"lender": loan.lender, "last": date_format(loan.ends_on, "Y-m-d")}
            yield Reader(loan.borrower, _("lent by %(lender)s until %(last)s") % days)
