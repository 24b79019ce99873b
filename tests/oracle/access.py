"""The access rules once more, in plain Python over plain facts: who reaches which customer for what. Nothing here asks the product.

A row that hangs from a customer is reached for an action where the customer is reached for it in the row's module.
"""

from __future__ import annotations

from dataclasses import dataclass, field

ACTIONS = ("view", "add", "change", "delete", "approve", "export", "reveal")
MODULES = ("customers", "products", "members", "jobs")


@dataclass(frozen=True, slots=True)
class Role:
    """Actions ("module.action") with a scope: own, unit, subtree or all."""

    scope: str
    permissions: frozenset[str]


@dataclass(frozen=True, slots=True)
class Loan:
    """Person `lender` lends to `borrower` on the days from `first` to `last`, counted from today, unless it was ended."""

    lender: int
    borrower: int
    first: int
    last: int
    ended: bool


@dataclass(frozen=True, slots=True)
class Grant:
    """A customer shared with a person or a group, to view or to change; `to` is ("person", number) or ("group", number)."""

    customer: int
    to: tuple[str, int]
    change: bool


@dataclass(slots=True)
class World:
    """A small operator. People, units, roles, groups and customers are numbers from 0.

    Attributes:
        parents: each unit's parent unit, None for the root.
        active: for each person, whether the person is not disabled.
        roles: the roles there are.
        held: (person, role, unit).
        groups: the members of each group.
        customers: the manager (None: nobody) and the unit of each customer.
    """

    parents: list[int | None]
    active: list[bool]
    roles: list[Role]
    held: set[tuple[int, int, int]]
    groups: list[set[int]]
    customers: list[tuple[int | None, int]]
    grants: list[Grant] = field(default_factory=list)
    loans: list[Loan] = field(default_factory=list)


def reached(world: World, person: int, module: str, action: str) -> set[int]:
    """The customers whose rows in `module` are open to `person` for `action`."""
    return {customer for customer in range(len(world.customers)) if _reaches(world, person, module, action, customer)}


def _reaches(world: World, person: int, module: str, action: str, customer: int) -> bool:
    if not world.active[person]:
        return False
    if any(_role_reaches(world, person, held, module, action, customer) for held in world.held):
        return True
    has_action = _has_action(world, person, module, action)
    if (has_action or (module, action) == ("customers", "view")) and _is_shared(world, person, action, customer):
        return True
    return has_action and any(_is_lent(world, loan, person, module, action, customer) for loan in world.loans)


def _role_reaches(world: World, person: int, held: tuple[int, int, int], module: str, action: str, customer: int) -> bool:
    holder, number, unit = held
    role = world.roles[number]
    if holder != person or f"{module}.{action}" not in role.permissions:
        return False
    manager, place = world.customers[customer]
    match role.scope:
        case "all":
            return True
        case "own":
            return manager == person
        case "unit":
            return place == unit
    return unit in _above(world, place)


def _above(world: World, unit: int | None) -> list[int]:
    """The unit and all units above it."""
    found = []
    while unit is not None:
        found.append(unit)
        unit = world.parents[unit]
    return found


def _has_action(world: World, person: int, module: str, action: str) -> bool:
    """Whether some role of the person names the action, wherever."""
    return any(holder == person and f"{module}.{action}" in world.roles[role].permissions for holder, role, _unit in world.held)


def _is_shared(world: World, person: int, action: str, customer: int) -> bool:
    mine = {("person", person)} | {("group", number) for number, members in enumerate(world.groups) if person in members}
    grants = [grant for grant in world.grants if grant.customer == customer and grant.to in mine]
    if action == "view":
        return bool(grants)
    return action in ("add", "change") and any(grant.change for grant in grants)


def _is_lent(world: World, loan: Loan, person: int, module: str, action: str, customer: int) -> bool:
    if loan.borrower != person or loan.ended or not loan.first <= 0 <= loan.last or not world.active[loan.lender]:
        return False
    by_role = [role for holder, role, _unit in world.held if holder == loan.lender and world.roles[role].scope in ("own", "all")]
    lends = any(f"{module}.{action}" in world.roles[role].permissions for role in by_role)
    return lends and world.customers[customer][0] == loan.lender
