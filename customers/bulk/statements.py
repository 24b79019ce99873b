"""Small helpers of the statements of imports."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from django.db import connection

IMPORT_ROWS: Final = "customers_importrow"
Parameters: TypeAlias = Sequence[Any] | Mapping[str, Any] | None


def count(statement: str, parameters: Parameters = None) -> int:
    """Run one statement; returns how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)


def run(statement: str, parameters: Parameters = None) -> list[tuple[Any, ...]]:
    """Run one statement; returns its rows, if it has any."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall()) if cursor.description else []


def mark(code: str, condition: str, parameters: Sequence[Any] = ()) -> int:
    """Mark the rows `i` of imports that meet `condition` as left alone for the reason `code`. Returns how many."""
    return count(
        f"UPDATE {IMPORT_ROWS} i SET is_conflict = TRUE, findings = i.findings || %s::jsonb WHERE {condition}",
        [json.dumps([[code, "", {}]]), *parameters],
    )


def mark_merged(scope: str, table: str, customer: str = "NULL") -> int:
    """Mark the rows `i` of imports in `scope` whose target in `table`, or the customer that they name, a merge has moved or taken away.

    `customer` is SQL for the key of the customer that a row names. What a merge moved bears its moment until somebody changes it. Returns
    how many.
    """
    away = f"SELECT FROM customers_customermerge g WHERE g.state = 'done' AND g.loser_key = {customer}"
    moved = f"SELECT FROM customers_customermerge g JOIN {table} t ON t.updated_at = g.merged_at WHERE g.state = 'done' AND t.id = i.target"
    return sum(mark("merged_since", f"{scope} AND EXISTS ({ways})") for ways in (away, moved))


def lock_customers(keys: str) -> None:
    """Lock the customers that the SQL `keys` selects: lines between people, and between customers, are drawn one after the other there."""
    run(f"SELECT count(*) FROM (SELECT 1 FROM customers_customer c WHERE c.id IN ({keys}) ORDER BY c.id FOR NO KEY UPDATE) locked")
