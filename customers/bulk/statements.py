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
