"""Statements over whole blocks of audit tables."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection

from access.seals import AuditTable

_LOCK: Final = 7_203_442  # of our own choosing: only one process seals at a time
_POLL_SECONDS: Final = 0.2

# What a value looks like as text must not depend on who asks.
_SAME_TEXT: Final = (
    "SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'postgres';"
    " SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'"
)

# A row's digest is that of its text as a record, in which NULL and an empty text differ and quotes are doubled.
_BLOCK: Final = """
SELECT count(*), max(k),
    encode(sha256(convert_to(COALESCE(string_agg(k::text, ',' ORDER BY k), ''), 'UTF8')), 'hex'),
    encode(sha256(convert_to(COALESCE(string_agg(encode(d, 'hex'), ',' ORDER BY k), ''), 'UTF8')), 'hex')
FROM (
    SELECT {key} AS k, sha256(convert_to(ROW({columns})::text, 'UTF8')) AS d FROM {table}
    WHERE {key} BETWEEN %(first)s AND %(last)s ORDER BY {key} LIMIT %(limit)s
) block
"""

_WRITERS: Final = """
SELECT virtualtransaction FROM pg_locks
WHERE locktype = 'relation' AND relation = %(table)s::regclass AND granted AND pid IS DISTINCT FROM pg_backend_pid()
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
"""


@dataclass(frozen=True, slots=True)
class Block:
    """Rows of an audit table: how many, the last key, and the SHA-256 of their keys and of their values, in hexadecimal."""

    rows: int
    last_key: int | None
    keys_digest: str
    digest: str


def lock_sealing() -> None:
    """Be the only one who seals until the transaction ends; wait for whoever does."""
    _fetch("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": _LOCK})


def columns_of(table: AuditTable) -> list[str]:
    """The columns of a table in their order."""
    found = _fetch(
        "SELECT attname FROM pg_attribute WHERE attrelid = %(table)s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        {"table": f"public.{table.name}"},
    )
    return [name for (name,) in found]


def read_block(table: AuditTable, columns: list[str], first: int, last: int, limit: int) -> Block:
    """Digest the rows with keys from `first` to `last`, at most `limit` of them; in an open transaction. No row is sent to us."""
    quote = connection.ops.quote_name
    statement = _BLOCK.format(key=quote(table.key), columns=", ".join(f"{quote(name)}::text" for name in columns), table=_quoted(table))
    with connection.cursor() as cursor:
        cursor.execute(_SAME_TEXT)
    rows, last_key, keys_digest, digest = _fetch(statement, {"first": first, "last": last, "limit": limit})[0]
    return Block(rows, last_key, keys_digest, digest)


def rows_between(table: AuditTable, first: int | None, last: int | None) -> int:
    """How many rows have keys from `first` to `last` (None: no limit)."""
    key = connection.ops.quote_name(table.key)
    limits = [f"{key} {sign} {value:d}" for sign, value in ((">=", first), ("<=", last)) if value is not None]
    return int(_fetch(f"SELECT count(*) FROM {_quoted(table)} WHERE {' AND '.join(limits) or 'TRUE'}")[0][0])


def settled_key(table: AuditTable, patience: float) -> int | None:
    """The largest key below which no row can still come, or None where writers did not end within `patience` seconds or there is no row.

    Keys are drawn before their transactions commit, so a lower one may become visible after a higher one. But whoever draws a key of this
    table holds the table's lock for writers from before that until the end of the transaction. So: look at the largest key there is, then
    see who holds that lock, and wait for just these to end. Whoever comes later draws a higher key. Nobody is locked out meanwhile.
    Only a row that is inserted with a key of its own choosing can come later; verifying finds it.
    """
    largest = _fetch(f"SELECT max({connection.ops.quote_name(table.key)}) FROM {_quoted(table)}")[0][0]
    if largest is None:
        return None
    deadline = time.monotonic() + patience
    waited_for = _writers(table)
    while waited_for:
        if time.monotonic() > deadline:
            return None
        time.sleep(_POLL_SECONDS)
        waited_for &= _writers(table)
    return int(largest)


def _writers(table: AuditTable) -> set[str]:
    return {transaction for (transaction,) in _fetch(_WRITERS, {"table": f"public.{table.name}"})}


def _quoted(table: AuditTable) -> str:
    return f"public.{connection.ops.quote_name(table.name)}"


def _fetch(statement: str, parameters: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
