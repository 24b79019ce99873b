"""Why a person reaches which customers: the ways of the access policy, one by one, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from access.grants import MODULE
from access.models import Action, DataScope, Delegation, RoleAssignment, RolePermission, User
from access.scope import Reach, scope_of, subtrees_of
from customers.grants import TO_CHANGE, CustomerGroupObjectPermission, CustomerUserObjectPermission
from customers.models import Customer

COUNT_LIMIT: Final = 10_000
GRANTS_SHOWN: Final = 50


@dataclass(frozen=True, slots=True)
class Way:
    """One way by which customers come into a person's reach.

    Attributes:
        kind: "role", "loan" or "grant".
        reason: what opens it, in words.
        extent: which customers, in words.
        reach: the same for the policy.
        actions: what may be done with them, as far as the way itself says so.
    """

    kind: str
    reason: str
    extent: str
    reach: Reach
    actions: tuple[str, ...]

    def customers(self, user: User) -> Any:
        """The customers that this way alone opens to `user`."""
        return Customer.objects.within(self.reach, user)

    def count(self, user: User) -> int:
        """How many those are, counted up to `COUNT_LIMIT` + 1."""
        return int(self.customers(user).order_by()[: COUNT_LIMIT + 1].count())


def ways_of(user: User) -> list[Way]:
    """All ways of `user`, roles first; nothing where the user is disabled. Queries: a fixed number and one for each held role."""
    if not user.is_active:
        return []
    if user.is_superuser:
        return [Way("role", _("superuser"), _("everything"), Reach(everything=True), tuple(Action.values))]
    return [*_by_role(user), *_by_loan(user), *_by_grant(user)]


def _by_role(user: User) -> Iterable[Way]:
    held = RoleAssignment.objects.filter(user=user).select_related("role", "org_unit").prefetch_related("role__permissions")
    for assignment in held:
        actions = tuple(p.action for p in assignment.role.permissions.all() if p.module == MODULE)
        if actions:
            reason = _("role %(role)s, held in %(unit)s") % {"role": assignment.role, "unit": assignment.org_unit}
            yield Way("role", reason, str(assignment.role.get_scope_display()), _reach_of(assignment), actions)


def _reach_of(assignment: RoleAssignment) -> Reach:
    match assignment.role.scope:
        case DataScope.ALL:
            return Reach(everything=True)
        case DataScope.OWN:
            return Reach(own=True)
        case DataScope.UNIT:
            return Reach(units=frozenset({assignment.org_unit_id}))
    return Reach(subtrees=frozenset(subtrees_of([assignment.org_unit]).values()))


def _by_loan(user: User) -> Iterable[Way]:
    for loan in Delegation.objects.counting(timezone.localdate()).filter(borrower=user).select_related("lender"):
        days = {"first": date_format(loan.starts_on), "last": date_format(loan.ends_on)}
        lent = tuple(action for action in Action.values if loan.lender_id in scope_of(user).reach(MODULE, action).lender_ids)
        extent = _("own customers of %(lender)s") % {"lender": loan.lender}
        yield Way("loan", _("lent from %(first)s to %(last)s") % days, extent, Reach(lender_ids=frozenset({loan.lender_id})), lent)


def _by_grant(user: User) -> Iterable[Way]:
    alone = CustomerUserObjectPermission.objects.filter(user=user).select_related("content_object", "permission")
    together = CustomerGroupObjectPermission.objects.filter(group__user=user).select_related("content_object", "permission", "group")
    for grant in alone.order_by("-id")[:GRANTS_SHOWN]:
        yield _grant_way(grant.content_object, grant.permission.codename, _("shared with this user"))
    for shared in together.order_by("-id")[:GRANTS_SHOWN]:
        yield _grant_way(shared.content_object, shared.permission.codename, _("shared with the group %(group)s") % {"group": shared.group})


def _grant_way(customer: Customer, codename: str, reason: str) -> Way:
    actions = (Action.VIEW, Action.ADD, Action.CHANGE) if codename == TO_CHANGE else (Action.VIEW,)
    return Way("grant", reason, str(customer), Reach(customer_ids=frozenset({customer.pk})), tuple(actions))


# --- one customer ----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a person may do something to one customer, and by which ways."""

    action: str
    label: str
    may: bool
    reasons: tuple[str, ...]


def explain_customer(user: User, customer: Customer, ways: Sequence[Way]) -> list[Verdict]:
    """For each action whether `user` may do it to `customer`: the policy's own answer, with the ways that open it."""
    reaching = [way for way in ways if way.customers(user).filter(pk=customer.pk).exists()]
    return [
        Verdict(
            action.value,
            str(action.label),
            Customer.objects.visible_to(user, action).filter(pk=customer.pk).exists(),
            tuple(way.reason for way in reaching if action in way.actions),
        )
        for action in Action
    ]


def find_customer(text: str, reader: User) -> Customer | None:
    """The customer whose code or whole name is `text`, among those that `reader` reaches: nobody learns here of others."""
    return Customer.objects.visible_to(reader).filter(Q(code=text.upper()) | Q(name=text)).order_by("id").first()


# --- all modules -----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ModuleRow:
    """What the roles of a person allow in one module: for each action, the roles that do."""

    module: str
    cells: tuple[tuple[str, ...], ...]


def allowed_by_module(user: User, modules: Iterable[tuple[str, str]]) -> list[ModuleRow]:
    """A row for each (label, name) of `modules`; the cells stand in the order of `Action`. One query."""
    roles: dict[tuple[str, str], list[str]] = {}
    found = RolePermission.objects.filter(role__assignments__user=user).select_related("role").distinct()
    for permission in found.order_by("role__code"):
        roles.setdefault((permission.module, permission.action), []).append(str(permission.role))
    return [ModuleRow(label, tuple(tuple(roles.get((name, action), ())) for action in Action.values)) for label, name in modules]
