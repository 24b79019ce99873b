"""What a form or a filter may offer of users and org units: the reach of the person who fills it in, and no more."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from access.models import Action, OrgUnit, User
from access.scope import scope_of


def staff_in_reach(user: User | AnonymousUser, module: str, action: str = Action.VIEW) -> QuerySet[User]:
    """The active users whose customers `user` may come to for `action`.

    That is everybody, those of the units in reach, or `user` alone; with those who lend `user` their customers.
    """
    staff = User.objects.filter(is_active=True).order_by("name", "id")
    reach = scope_of(user).reach(module, action)
    if reach.everything:
        return staff
    in_units = staff.filter(org_unit__in=sorted(reach.unit_ids))
    people = {user.pk} | reach.lender_ids if reach.own and isinstance(user, User) else reach.lender_ids
    return in_units | staff.filter(pk__in=sorted(people)) if people else in_units


def units_in_reach(user: User | AnonymousUser, module: str, action: str = Action.VIEW) -> QuerySet[OrgUnit]:
    """The org units whose customers `user` may come to for `action`; with own customers only, the unit that `user` works in."""
    units = OrgUnit.objects.order_by("path")
    reach = scope_of(user).reach(module, action)
    if reach.everything:
        return units
    in_units = units.filter(pk__in=sorted(reach.unit_ids))
    return in_units | units.filter(staff=user) if reach.own and isinstance(user, User) else in_units
