"""Where in the organisation a row hangs, as columns of the row: its org unit and the units above it, one for each depth of the tree.

With them a subtree is one comparison, `unit_2 = 17`, with an index for each order of a list, however many units lie in it. They follow from
the org unit and the tree, and the database itself keeps them right by triggers (`access.placing_sql`), whoever writes: a form, COPY, raw
SQL, or the administrator who moves a unit. Nothing else writes them. See docs/adr/0013.
"""

from __future__ import annotations

from typing import Final

from django.db import models

PLACES: Final = ("unit_0", "unit_1", "unit_2", "unit_3")
"""The columns by depth, the root's first. Units below these are few and small: their subtrees are asked for unit by unit."""
INHERITED: Final = ("manager_key", "unit_key", *PLACES)
"""The columns of a row that hangs from a customer and repeats where that one hangs."""


class Placed(models.Model):
    """A row with an org unit of its own."""

    unit_0 = models.BigIntegerField(null=True, editable=False)
    unit_1 = models.BigIntegerField(null=True, editable=False)
    unit_2 = models.BigIntegerField(null=True, editable=False)
    unit_3 = models.BigIntegerField(null=True, editable=False)

    class Meta:
        abstract = True


class PlacedAsCustomer(Placed):
    """A row below a customer that repeats the customer's account manager and org unit, so that lists of it have indexes by both."""

    manager_key = models.BigIntegerField(null=True, editable=False)
    unit_key = models.BigIntegerField(null=True, editable=False)

    class Meta:
        abstract = True


def scope_indexes(prefix: str, columns: tuple[str, ...], *order: str) -> list[models.Index]:
    """An index for each of the scope columns, in the order of a list: what reads its pages way by way."""
    return [models.Index(fields=[column, *order], name=f"{prefix}_{column}") for column in columns]
