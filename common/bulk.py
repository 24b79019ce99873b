"""Statements over whole tables that no model of its own belongs to."""

from __future__ import annotations

from typing import Any, Final

from django.db import connection, models, transaction

from common.encrypted_fields import EncryptedField, KeyedHashField
from common.encryption import keyring

_BEGINS: Final = 1


def rotate_batch(model: type[models.Model], field: EncryptedField, hashed: KeyedHashField | None, after: Any, rows: int) -> tuple[Any, int]:
    """Bring up to `rows` values of a column, behind the key `after` (None: from the start), to the newest field key; one transaction.

    Rows that somebody else is writing are waited for; a row written meanwhile has the newest key already and is left alone.

    Returns the last key looked at (None: there is none left) and how many values were written.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        found = _old_values(cursor, model, field, after, rows)
        if found:
            _write(cursor, model, field, hashed, found)
    return (found[-1][0] if found else None), len(found)


def remaining(model: type[models.Model], field: EncryptedField) -> int:
    """How many values of a column an older key still reads."""
    table, column = _names(model, field)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table} WHERE {_is_old(column)}", _head())
        return int(cursor.fetchone()[0])


def _old_values(cursor: Any, model: type[models.Model], field: EncryptedField, after: Any, rows: int) -> list[tuple[Any, bytes]]:
    table, column = _names(model, field)
    key = _quoted(model._meta.pk.column)
    beyond = "" if after is None else f"AND {key} > %s"
    cursor.execute(
        f"SELECT {key}, {column} FROM {table} WHERE {_is_old(column)} {beyond} ORDER BY {key} LIMIT %s FOR NO KEY UPDATE",
        [*_head(), *([] if after is None else [after]), rows],
    )
    return [(pk, bytes(stored)) for pk, stored in cursor.fetchall()]


def _write(
    cursor: Any, model: type[models.Model], field: EncryptedField, hashed: KeyedHashField | None, found: list[tuple[Any, bytes]]
) -> None:
    ring, context = keyring(), field.context
    texts = [ring.decrypt(stored, context) for _pk, stored in found]
    table, column = _names(model, field)
    key = _quoted(model._meta.pk.column)
    hash_column = _quoted(hashed.column) if hashed else ""
    cursor.execute(
        f"UPDATE {table} AS kept SET {column} = new.stored {f', {hash_column} = new.hashed' if hashed else ''} "
        f"FROM unnest(%s::bigint[], %s::bytea[], %s::text[]) AS new (key, stored, hashed) WHERE kept.{key} = new.key",
        [[pk for pk, _stored in found], [ring.encrypt(text, context) for text in texts], [ring.hashes(text, context)[0] for text in texts]],
    )


def _names(model: type[models.Model], field: EncryptedField) -> tuple[str, str]:
    return _quoted(model._meta.db_table), _quoted(field.column)


def _quoted(name: str | None) -> str:
    return connection.ops.quote_name(name or "")


def _is_old(column: str) -> str:
    return f"length({column}) > 0 AND substring({column} FROM {_BEGINS} FOR %s) <> %s"


def _head() -> list[Any]:
    head = keyring().head
    return [len(head), head]
