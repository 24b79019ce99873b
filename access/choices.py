"""What a form or a filter may offer of users and org units: the reach of the person who fills it in, and no more."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from access.models import Action, OrgUnit, User
from access.scope import scope_of


def staff_in_reach(user: User | AnonymousUser, module: str, action: str = Action.VIEW) -> QuerySet[User]:
    """The active users whose customers `user` may come to for `action`: who may be given something."""
    return people_in_reach(user, module, action).filter(is_active=True)


def people_in_reach(user: User | AnonymousUser, module: str, action: str = Action.VIEW) -> QuerySet[User]:
    """The users, disabled ones too, whose customers `user` may come to for `action`: from whom something may be taken.

    That is everybody, those of the units in reach, or `user` alone; with those who lend `user` their customers.
    """
    people = User.objects.order_by("name", "id")
    reach = scope_of(user).reach(module, action)
    if reach.everything:
        return people
    in_units = people.filter(org_unit__in=sorted(reach.unit_ids))
    single = {user.pk} | reach.lender_ids if reach.own and isinstance(user, User) else reach.lender_ids
    return in_units | people.filter(pk__in=sorted(single)) if single else in_units


def units_in_reach(user: User | AnonymousUser, module: str, action: str = Action.VIEW) -> QuerySet[OrgUnit]:
    """The org units whose customers `user` may come to for `action`; with own customers only, the unit that `user` works in."""
    units = OrgUnit.objects.order_by("path")
    reach = scope_of(user).reach(module, action)
    if reach.everything:
        return units
    in_units = units.filter(pk__in=sorted(reach.unit_ids))
    return in_units | units.filter(staff=user) if reach.own and isinstance(user, User) else in_units
