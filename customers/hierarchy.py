"""The tree that a customer is a part of, and figures that add up along it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

from access.models import Action, User
from customers.bulk.family import Branch, branches_below, has_hidden_children
from customers.models import Customer
from customers.rollups import Amount, RollUp, roll_ups_for

HIGHEST: Final = 8
MOST: Final = 20_000
"""So many customers are added up."""
OPENED: Final = 2
"""So many levels below the customer are open at first."""
SHOWN: Final = 200
"""So many customers are shown at first, and of one branch when it is opened."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What a customer has by itself, and with all below."""

    roll_up: RollUp
    own_amount: Amount
    total_amount: Amount

    @property
    def own(self) -> str:
        """As people read it."""
        return self.roll_up.words(self.own_amount)

    @property
    def total(self) -> str:
        """As people read it."""
        return self.roll_up.words(self.total_amount)


@dataclass(slots=True)
class Kin:
    """A customer of the tree, `depth` steps below the one at its top.

    Attributes:
        below: how many customers in reach lie below.
        is_closed: whether these are not among the rows that follow.
        figures: one for each roll-up; empty until they are asked for.
    """

    customer: Customer
    depth: int
    below: int
    is_closed: bool
    figures: list[Figure] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Family:
    """The tree below a customer, in the order of reading.

    Attributes:
        is_cut: whether it holds more customers than are added up.
        has_hidden: whether a part of it is out of the reader's reach.
        size: how many customers are added up.
    """

    members: list[Kin]
    roll_ups: list[RollUp]
    is_cut: bool
    has_hidden: bool
    size: int


def above(customer: Customer, user: User) -> list[Customer]:
    """The customers above `customer`, the highest first, up to one that is out of reach; one query a level, at most `HIGHEST`."""
    line: list[Customer] = []
    parent_id = customer.parent_id
    while parent_id is not None and len(line) < HIGHEST:
        parent = Customer.objects.visible_to(user).filter(pk=parent_id).first()
        if parent is None:
            break
        line.insert(0, parent)
        parent_id = parent.parent_id
    return line


def family_of(
    customer: Customer, user: User, *, depth: int = 0, with_figures: bool = False, opened: int = OPENED, action: str = Action.VIEW
) -> Family:
    """`customer` and those below it on which `user` may do `action`.

    The tree takes one query whatever its depth, and so does each figure. A customer out of reach ends its branch and adds nothing.

    Arguments:
        depth: how deep the customer itself stands in the tree that it is shown in.
        opened: how many levels below it are open.
    """
    branches = branches_below(customer, user, action, limit=MOST)
    keys = [branch.pk for branch in branches]
    roll_ups = roll_ups_for(user, action)
    shown = _shown(branches, opened)
    rows = Customer.objects.visible_to(user).select_related("manager").in_bulk([branch.pk for branch in shown])
    counts = _summed(branches, dict.fromkeys(keys, 1))
    parents = {branch.parent for branch in shown if branch.depth > 0}
    members = [
        Kin(rows[branch.pk], depth + branch.depth, below=int(counts[branch.pk]) - 1, is_closed=branch.pk not in parents)
        for branch in shown
        if branch.pk in rows
    ]
    if with_figures:
        _enter_figures(members, branches, roll_ups, user)
    return Family(members, roll_ups, len(branches) > MOST, len(branches) <= MOST and has_hidden_children(keys), len(branches))


def _shown(branches: list[Branch], opened: int) -> list[Branch]:
    """Those that stand open, in the order of reading. The children of a customer are shown all or not at all, as far as there is room."""
    children: dict[int | None, list[Branch]] = defaultdict(list)
    for branch in branches[1:]:
        children[branch.parent].append(branch)
    open_keys: set[int] = set()
    count = 1
    for branch in branches:
        below = len(children[branch.pk])
        if branch.depth >= opened or (branch.parent not in open_keys and branch.depth > 0) or (count + below > SHOWN and branch.depth > 0):
            continue
        open_keys.add(branch.pk)
        count += below
    line: list[Branch] = []
    waiting = [branches[0]]
    while waiting:
        branch = waiting.pop()
        line.append(branch)
        if branch.pk in open_keys:
            waiting += reversed(children[branch.pk])
    return line


def _summed(branches: list[Branch], own: dict[int, Amount]) -> dict[int, Amount]:
    """The figures `own` of each customer with those of all below; parents come before their children."""
    total: dict[int, Amount] = {branch.pk: own.get(branch.pk, 0) for branch in branches}
    for branch in reversed(branches[1:]):
        if branch.parent is not None:
            total[branch.parent] += total[branch.pk]
    return total


def _enter_figures(members: list[Kin], branches: list[Branch], roll_ups: list[RollUp], user: User) -> None:
    for figure in roll_ups:
        own = dict(figure.read([branch.pk for branch in branches], user))
        total = _summed(branches, own)
        for kin in members:
            kin.figures.append(Figure(figure, own.get(kin.customer.pk, 0), total[kin.customer.pk]))
