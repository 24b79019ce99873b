"""Writing the scores of a span of customers: a statement for each table, however many they are."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection

# A level that was set by hand stays until its last day; the statement looks itself, because somebody may set one while scores are reckoned.
_CUSTOMERS: Final = """
UPDATE customers_customer customer
SET value_score = new.score,
    level = CASE WHEN held.id IS NULL AND new.level <> '' THEN new.level ELSE customer.level END,
    updated_at = now()
FROM unnest(%s::bigint[], %s::integer[], %s::text[]) AS new (key, score, level)
LEFT JOIN customers_leveloverride held ON held.customer_id = new.key AND held.ended_at IS NULL AND held.last_day >= %s
WHERE customer.id = new.key
    AND (customer.value_score <> new.score OR (held.id IS NULL AND new.level <> '' AND customer.level <> new.level))
"""
_CLOSE: Final = "UPDATE customers_customerscore SET is_current = false WHERE is_current AND customer_id = ANY(%s)"
_ENTER: Final = """
INSERT INTO customers_customerscore (customer_id, run_id, score, level, parts, scored_at, is_current)
SELECT new.key, %s, new.score, new.level, new.parts, now(), true
FROM unnest(%s::bigint[], %s::integer[], %s::text[], %s::jsonb[]) AS new (key, score, level, parts) ORDER BY new.key
"""
_REFRESH: Final = """
UPDATE customers_customerscore kept SET parts = new.parts, run_id = %s
FROM unnest(%s::bigint[], %s::jsonb[]) AS new (key, parts) WHERE kept.is_current AND kept.customer_id = new.key
"""


@dataclass(frozen=True, slots=True)
class Scored:
    """What was reckoned for one customer."""

    customer_id: int
    score: int
    level: str
    parts: list[list[Any]]


def write_scores(run_id: int, day: datetime.date, scored: Sequence[Scored], changed: Sequence[Scored], refreshed: Sequence[Scored]) -> int:
    """Write the scores of one span; how many customers changed their score or level.

    Arguments:
        scored: all of the span.
        changed: those that get a new row of their history.
        refreshed: those whose row stands, with other measured values.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CUSTOMERS, [_keys(scored), [one.score for one in scored], [one.level for one in scored], day])
        moved = int(cursor.rowcount)
        if changed:
            cursor.execute(_CLOSE, [_keys(changed)])
            levels = [one.level for one in changed]
            cursor.execute(_ENTER, [run_id, _keys(changed), [one.score for one in changed], levels, _parts(changed)])
        if refreshed:
            cursor.execute(_REFRESH, [run_id, _keys(refreshed), _parts(refreshed)])
    return moved


def _keys(scored: Sequence[Scored]) -> list[int]:
    return [one.customer_id for one in scored]


def _parts(scored: Sequence[Scored]) -> list[str]:
    return [json.dumps(one.parts, ensure_ascii=False) for one in scored]
