"""The tree that a customer is a part of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from access.models import User
from customers.models import Customer

DEEPEST: Final = 8
MOST: Final = 300


@dataclass(frozen=True, slots=True)
class Kin:
    """A customer of the tree, `depth` steps below the top that is shown."""

    customer: Customer
    depth: int
    is_self: bool


@dataclass(frozen=True, slots=True)
class Family:
    """The tree in the order of reading; `is_cut` tells that it holds more than is shown."""

    members: list[Kin]
    is_cut: bool


def family_of(customer: Customer, user: User) -> Family:
    """The customers above `customer` and all below it that `user` may see, by one query a level.

    A customer out of reach ends its branch. No more than `DEEPEST` levels either way and `MOST` customers.
    """
    above = _above(customer, user)
    below, is_cut = _below(customer, user)
    line = [Kin(ancestor, depth, is_self=False) for depth, ancestor in enumerate(above)]
    return Family([*line, *_in_reading_order(customer, below, len(above), is_self=True)], is_cut)


def _above(customer: Customer, user: User) -> list[Customer]:
    line: list[Customer] = []
    parent_id = customer.parent_id
    while parent_id is not None and len(line) < DEEPEST:
        parent = Customer.objects.visible_to(user).select_related("manager").filter(pk=parent_id).first()
        if parent is None:
            break
        line.insert(0, parent)
        parent_id = parent.parent_id
    return line


def _below(customer: Customer, user: User) -> tuple[dict[int, list[Customer]], bool]:
    children: dict[int, list[Customer]] = {}
    level, seen = [customer.pk], 0
    for _depth in range(DEEPEST):
        found = list(Customer.objects.visible_to(user).select_related("manager").filter(parent__in=level)[: MOST - seen + 1])
        for child in found[: MOST - seen]:
            children.setdefault(child.parent_id or 0, []).append(child)
        if len(found) > MOST - seen:
            return children, True
        seen += len(found)
        level = [child.pk for child in found]
        if not level:
            return children, False
    return children, Customer.objects.visible_to(user).filter(parent__in=level).exists()


def _in_reading_order(customer: Customer, children: dict[int, list[Customer]], depth: int, *, is_self: bool = False) -> list[Kin]:
    line = [Kin(customer, depth, is_self)]
    for child in children.get(customer.pk, []):
        line += _in_reading_order(child, children, depth + 1)
    return line
