"""Small helpers for assembling SQL from whole numbers, dates and codes that were looked up before."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from psycopg2.extensions import adapt

Value = int | str | datetime.date | None


def literal(value: Value) -> str:
    """`value` as an SQL literal."""
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, datetime.date):
        return f"DATE '{value.isoformat()}'"
    adapted: Any = adapt(value)
    adapted.encoding = "utf-8"
    return str(adapted.getquoted().decode())


def values_table(rows: Iterable[tuple[Value, ...]], alias: str, columns: str) -> str:
    """`(VALUES …) AS alias (columns)`; the caller sees to at least one row."""
    listed = ", ".join("(" + ", ".join(literal(value) for value in row) + ")" for row in rows)
    return f"(VALUES {listed}) AS {alias} ({columns})"


def execute(statement: str, parameters: dict[str, Any] | None = None) -> int:
    """Run one statement and return the number of rows it touched. Without `parameters` percent signs stand for themselves."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)


def fetch(statement: str, parameters: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
    """Run one query and return its rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def call_owner_function(name: str, job_id: int) -> None:
    """Let the database's owner do to the tables of job `job_id` what the connected role may not: docs/adr/0016."""
    fetch(f"SELECT public.{name}({job_id:d})")


def lock_members(keys: str) -> None:
    """Lock the memberships whose keys the query `keys` gives, in number order; nothing is sent to us but their count."""
    fetch(f"SELECT count(*) FROM (SELECT 1 FROM members_member m WHERE m.id IN ({keys}) ORDER BY m.msisdn FOR UPDATE) locked")


@contextmanager
def unchecked_references() -> Iterator[None]:
    """Suspend the row-by-row foreign key checks of this transaction where the database role may do so.

    Whoever uses this has checked and locked every referenced row itself, once for the whole batch:
    see docs/adr/0003-foreign-keys-of-batches.md.
    """
    allowed = fetch("SELECT has_parameter_privilege('session_replication_role', 'SET')")[0][0]
    if not allowed:
        yield
        return
    execute("SET LOCAL session_replication_role = replica")
    yield  # an error aborts the transaction, and SET LOCAL with it
    execute("SET LOCAL session_replication_role = origin")
