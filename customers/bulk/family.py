"""The tree below a customer, read by one statement however deep it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db import connection

from access.models import User
from customers.models import Customer

DEEPEST: Final = 32
"""So many levels are followed, which also ends a circle."""

# The working table is a few rows each time, so every level is an index scan of the children.
_DESCENDANTS: Final = """
WITH RECURSIVE family(id, parent_id, depth, name) AS (
    SELECT id, parent_id, 0, pinyin FROM customers_customer WHERE id = %s
    UNION ALL
    SELECT child.id, child.parent_id, family.depth + 1, child.pinyin
    FROM family JOIN ({visible}) AS child ON child.parent_id = family.id
    WHERE family.depth < %s
)
SELECT id, parent_id, depth FROM (SELECT * FROM family LIMIT %s) AS found ORDER BY depth, name, id
"""


@dataclass(frozen=True, slots=True)
class Branch:
    """A customer of the tree, `depth` steps below the one that was asked for."""

    pk: int
    parent: int | None
    depth: int


def branches_below(customer: Customer, user: User, action: str, *, limit: int) -> list[Branch]:
    """`customer` and at most `limit` customers below it on which `user` may do `action`, level by level, by name. One query.

    A customer out of reach ends its branch: what lies below it is not led to.
    """
    visible, parameters = Customer.objects.visible_to(user, action).order_by().values("id", "parent_id", "pinyin").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_DESCENDANTS.format(visible=visible), [customer.pk, *parameters, DEEPEST, limit + 1])
        return [Branch(*row) for row in cursor.fetchall()]


def has_hidden_children(keys: list[int]) -> bool:
    """Whether some customer below one of these, which are a whole tree as somebody sees it, is none of them. No more is told of it."""
    return bool(Customer._base_manager.filter(parent__in=keys).exclude(pk__in=keys).exists())
