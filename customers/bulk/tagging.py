"""Putting a tag on many customers, or taking it off, by one statement each."""

from __future__ import annotations

from typing import Any, Final

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

_ADD: Final = """
WITH added AS (
    INSERT INTO customers_customertag (customer_id, tag_id, actor_id, tagged_at)
    SELECT chosen.id, %s, %s, now() FROM ({chosen}) chosen (id) ORDER BY chosen.id
    ON CONFLICT (customer_id, tag_id) DO NOTHING RETURNING customer_id
)
UPDATE customers_customer customer SET updated_at = now() FROM added WHERE customer.id = added.customer_id
"""
_REMOVE: Final = """
WITH removed AS (
    DELETE FROM customers_customertag tagging USING ({chosen}) chosen (id)
    WHERE tagging.customer_id = chosen.id AND tagging.tag_id = %s RETURNING tagging.customer_id
)
UPDATE customers_customer customer SET updated_at = now() FROM removed WHERE customer.id = removed.customer_id
"""


def insert_tag(customers: QuerySet[Any], tag_id: int, actor_id: int) -> int:
    """Put the tag on those of `customers` that do not carry it yet, and move their version; how many those were."""
    chosen, parameters = _keys(customers)
    return _run(_ADD.format(chosen=chosen), [tag_id, actor_id, *parameters]) if chosen else 0


def delete_tag(customers: QuerySet[Any], tag_id: int) -> int:
    """Take the tag off those of `customers` that carry it, and move their version; how many those were."""
    chosen, parameters = _keys(customers)
    return _run(_REMOVE.format(chosen=chosen), [*parameters, tag_id]) if chosen else 0


def _keys(customers: QuerySet[Any]) -> tuple[str, tuple[Any, ...]]:
    """The query of the keys, and its parameters; empty where there can be none."""
    try:
        return customers.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return "", ()


def _run(statement: str, parameters: list[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)
