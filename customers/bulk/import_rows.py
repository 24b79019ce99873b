"""The rows of imports: loaded by COPY, amended when the whole file is known, counted, and dropped."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.db import connection

from common.db_copy import copy_rows
from common.encryption import keyring
from customers.imports.cells import as_bytes
from customers.imports.checking import Draft
from customers.imports.findings import Finding
from customers.models import ImportState

_TABLE: Final = "customers_importrow"
_COLUMNS: Final = ("job_id", "line", "state", "target", "ground", "label", "values", "before", "findings", "raw")
_RAW_CONTEXT: Final = "customers.importrow.raw"
_SECRETS: Final = {"bank_account": "customers.customer.bank_account", "id_number": "customers.contactperson.id_number"}
_ROTATED_AT_ONCE: Final = 1_000


def store_rows(job_id: int, drafts: Iterable[Draft]) -> None:
    """Append a block of checked rows."""
    ring = keyring()
    rows = (
        (
            *(job_id, draft.line, draft.state, draft.target, draft.ground, _storable(draft.searched)),
            *(_json(draft.values), _json(draft.before), _json(draft.findings)),
            as_bytes(ring.encrypt(_json(draft.cells), _RAW_CONTEXT)),
        )
        for draft in drafts
    )
    with connection.cursor() as cursor:
        copy_rows(cursor, _TABLE, _COLUMNS, rows)


def _json(value: Any) -> str:
    return _storable(json.dumps(value, ensure_ascii=False)).replace("\\u0000", "\ufffd")


def _storable(text: str) -> str:
    """Without what PostgreSQL cannot keep in a text: the zero, and halves of signs."""
    return text.replace("\0", "\ufffd").encode(errors="replace").decode()


def amend_rows(job_id: int, links: Mapping[int, int], wrong: Mapping[int, Finding]) -> None:
    """Keep what only the whole file tells: the line of the parent by line, and rows that turn out wrong."""
    with connection.cursor() as cursor:
        if links:
            cursor.execute(
                f"UPDATE {_TABLE} r SET link = n.link FROM unnest(%s::integer[], %s::integer[]) AS n (line, link)"
                " WHERE r.job_id = %s AND r.line = n.line",
                [list(links), list(links.values()), job_id],
            )
        if wrong:
            cursor.execute(
                f"UPDATE {_TABLE} r SET state = %s, findings = r.findings || n.finding, values = '{{}}', before = '{{}}'"
                " FROM unnest(%s::integer[], %s::jsonb[]) AS n (line, finding) WHERE r.job_id = %s AND r.line = n.line",
                [ImportState.ERROR.value, list(wrong), [json.dumps([finding]) for finding in wrong.values()], job_id],
            )


def counts_checked(job_id: int) -> dict[str, int]:
    """How many rows there are in each state, those that are left alone apart."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT state, count(*) FROM {_TABLE} WHERE job_id = %s AND NOT is_conflict GROUP BY state", [job_id])
        return {state: int(count) for state, count in cursor.fetchall()}


def counts_applied(job_id: int) -> dict[str, int]:
    """How many rows of each state were written, by the chunks that are done."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT r.state, count(*) FROM jobs_jobchunk k JOIN {_TABLE} r ON r.job_id = k.job_id AND r.line BETWEEN k.first AND k.last"
            " WHERE k.job_id = %s AND k.state = 'done' AND NOT r.is_conflict AND r.state IN ('c', 'u') GROUP BY r.state",
            [job_id],
        )
        return {state: int(count) for state, count in cursor.fetchall()}


def line_range(job_id: int) -> tuple[int, int]:
    """The first and the last line of the rows that are to be written; (0, -1) where there are none."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT min(line), max(line) FROM {_TABLE} WHERE job_id = %s AND state IN ('c', 'u')", [job_id])
        first, last = cursor.fetchone()
    return (int(first), int(last)) if first is not None else (0, -1)


def give_up_rows(job_id: int, first: int, last: int) -> int:
    """Mark rows that could not be written however often it was tried. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {_TABLE} SET is_conflict = TRUE, findings = findings || %s::jsonb"
            " WHERE job_id = %s AND line BETWEEN %s AND %s AND state IN ('c', 'u') AND NOT is_conflict",
            [json.dumps([["run_failed", "", {}]]), job_id, first, last],
        )
        return int(cursor.rowcount)


def reencrypt_rows() -> int:
    """Bring what rows hold encrypted for the business tables to the newest field key. Returns how many rows were written."""
    written, after = 0, 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                f"SELECT id, values, before FROM {_TABLE} WHERE id > %s AND (values ?| %s OR before ?| %s) ORDER BY id LIMIT %s",
                [after, list(_SECRETS), list(_SECRETS), _ROTATED_AT_ONCE],
            )
            found = [(key, json.loads(values), json.loads(before)) for key, values, before in cursor.fetchall()]
            if not found:
                return written
            after = found[-1][0]
            written += sum(reencrypt_columns(columns) for _key, *both in found for columns in both)
            cursor.execute(
                f"UPDATE {_TABLE} r SET values = n.values, before = n.before"
                " FROM unnest(%s::bigint[], %s::jsonb[], %s::jsonb[]) AS n (id, values, before) WHERE r.id = n.id",
                [[key for key, *_both in found], [_json(values) for _key, values, _b in found], [_json(before) for *_k, before in found]],
            )


def reencrypt_columns(columns: dict[str, Any]) -> bool:
    """Bring what a row, as the database writes it, holds encrypted to the newest field key; whether it held an older one."""
    ring, moved = keyring(), False
    for name, context in _SECRETS.items():
        stored = bytes.fromhex(str(columns.get(name) or "\\x").removeprefix("\\x"))
        if stored and not stored.startswith(ring.head):
            text = ring.decrypt(stored, context)
            columns |= {name: as_bytes(ring.encrypt(text, context)), f"{name}_hash": ring.hashes(text, context)[0]}
            moved = True
    return moved
