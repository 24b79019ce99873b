"""The raw SQL of the load: foreign keys set aside and put back, sequences, and the members' subscriptions made from plans."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from django.db import connection
from django.db.backends.utils import CursorWrapper

_FOREIGN_KEYS: Final = """
SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
FROM pg_constraint WHERE contype = 'f' AND conrelid = ANY(%s::regclass[]) ORDER BY 1, 2
"""
_INDEXES: Final = """
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
FROM pg_index i WHERE i.indrelid = ANY(%s::regclass[]) AND NOT i.indisunique AND NOT i.indisexclusion ORDER BY 1
"""
_PLAN_TABLE: Final = """
CREATE TEMPORARY TABLE demo_plan (
    customer_id bigint NOT NULL, kind text COLLATE "C" NOT NULL, low integer NOT NULL, high integer NOT NULL, product_id bigint NOT NULL,
    tariff_id bigint NOT NULL, offer_id bigint, effective_on date NOT NULL, expires_on date, ended_on date
) ON COMMIT DROP
"""
# A number's lot follows from its key alone, so the products that require another fall on numbers that have it. A lot's stride is prime:
# neighbouring keys, which belong to different customers anyway, get lots far apart.
_SUBSCRIBE: Final = """
INSERT INTO members_membersubscription
    (customer_id, member_id, product_id, tariff_id, offer_id, effective_on, expires_on, ended_on, updated_at)
SELECT customer_id, member_id, product_id, tariff_id, offer_id, effective_on, expires_on, ended_on, %s::timestamptz
FROM (
    SELECT m.customer_id, m.id AS member_id, p.product_id, p.tariff_id, p.offer_id, greatest(m.joined_on, p.effective_on) AS effective_on,
           p.expires_on, least(m.left_on, p.ended_on) AS ended_on
    FROM members_member m
    JOIN demo_plan p ON p.customer_id = m.customer_id AND p.kind = m.kind AND m.id * 7919 %% 1000 >= p.low AND m.id * 7919 %% 1000 < p.high
) AS found
WHERE (ended_on IS NULL OR ended_on > effective_on) AND (expires_on IS NULL OR expires_on > effective_on)
ORDER BY member_id, product_id, effective_on
"""


@contextmanager
def without_foreign_keys(cursor: CursorWrapper, tables: Sequence[str]) -> Iterator[None]:
    """Drop the foreign keys of `tables` and add them again at the end, inside the caller's transaction.

    Adding a key checks all rows by one join; rows that come while it stands are checked one by one and queue an event each. Other sessions
    cannot use the tables meanwhile.
    """
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    cursor.execute(_FOREIGN_KEYS, [list(tables)])
    keys = cursor.fetchall()
    for table, name, _ in keys:
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    yield
    for table, name, definition in keys:
        cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
    cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@contextmanager
def without_indexes(cursor: CursorWrapper, tables: Sequence[str]) -> Iterator[None]:
    """Drop the indexes of `tables` but for keys and unique ones, and make them again at the end, inside the caller's transaction.

    Making an index sorts all rows once; keeping it up finds a place for each.
    """
    cursor.execute(_INDEXES, [list(tables)])
    indexes = cursor.fetchall()
    for name, _definition in indexes:
        cursor.execute(f"DROP INDEX {name}")
    yield
    for _name, definition in indexes:
        cursor.execute(definition)


def prepare_session(cursor: CursorWrapper) -> None:
    """Give the transaction memory for its sorts and joins."""
    cursor.execute("SET LOCAL work_mem = '256MB'; SET LOCAL maintenance_work_mem = '256MB'; SET LOCAL synchronous_commit = off")


def create_plan_table(cursor: CursorWrapper) -> None:
    """Create the temporary table of plans (`engagements.PLAN_COLUMNS`)."""
    cursor.execute(_PLAN_TABLE)


def subscribe_members(cursor: CursorWrapper, moment: str) -> int:
    """Put all members on what the plans say, in number order; return how many subscriptions were made.

    `moment` is their change time. The table of plans is gone afterwards.
    """
    cursor.execute("ANALYZE demo_plan")
    cursor.execute(_SUBSCRIBE, [moment])
    made = int(cursor.rowcount)
    cursor.execute("DROP TABLE demo_plan")
    return made


def set_sequences(cursor: CursorWrapper, tables: Sequence[str]) -> None:
    """Let the keys of `tables` go on after the highest one."""
    for table in tables:
        cursor.execute(f"SELECT coalesce(max(id), 1), max(id) IS NOT NULL FROM {connection.ops.quote_name(table)}")
        cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s, %s)", [table, *cursor.fetchone()])


def analyze(cursor: CursorWrapper, tables: Sequence[str]) -> None:
    """Refresh the planner's statistics of `tables`."""
    cursor.execute(f"ANALYZE {', '.join(connection.ops.quote_name(table) for table in tables)}")
