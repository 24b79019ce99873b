"""Owners and parents that imports give to customers: when the rows are written, whoever has them written must still be allowed to."""

from __future__ import annotations

from typing import Any, Final

from access.choices import staff_in_reach, units_in_reach
from access.models import Action, User
from customers.bulk.handing_over import Passed, record_hand_over
from customers.bulk.statements import IMPORT_ROWS, mark, run
from customers.models import Customer

OWNER_COLUMNS: Final = frozenset({"manager_id", "org_unit_id"})
_DEEPEST: Final = 20
_HANDED_OVER: Final = "{scope} AND i.{column} ?| ARRAY['manager_id', 'org_unit_id']"
_OWNERS: Final = """
SELECT t.id AS customer_id,
    CASE WHEN i.{column} ? 'manager_id' THEN (i.{column} ->> 'manager_id')::bigint ELSE t.manager_id END AS manager_id,
    CASE WHEN i.{column} ? 'org_unit_id' THEN (i.{column} ->> 'org_unit_id')::bigint ELSE t.org_unit_id END AS org_unit_id
FROM {rows} i JOIN customers_customer t ON t.id = i.target WHERE {scope}
"""
_ABOVE: Final = """
WITH RECURSIVE above AS (
    SELECT i.line, i.target, (i.values ->> '{above}')::bigint AS id, 1 AS level
    FROM {rows} i WHERE {scope} AND i.values ->> '{above}' IS NOT NULL
    UNION ALL
    SELECT a.line, a.target, CASE WHEN n.values ? '{above}' THEN (n.values ->> '{above}')::bigint ELSE c.{above} END, a.level + 1
    FROM above a JOIN {table} c ON c.id = a.id
    LEFT JOIN {rows} n ON n.job_id = {job} AND n.state = 'u' AND NOT n.is_conflict AND n.target = c.id
    WHERE a.id <> a.target AND a.level < {deepest}
)
SELECT line FROM above WHERE id = target
"""


def mark_lost_owners(scope: str, column: str, actor: User) -> int:
    """Mark the rows `i` in `scope` whose customer `actor` may not hand over any more, or not to the owner whom `column` names."""
    handed = _HANDED_OVER.format(scope=scope, column=column)
    targets = {key for (key,) in run(f"SELECT i.target FROM {IMPORT_ROWS} i WHERE {handed}")}
    if not targets:
        return 0
    open_rows = Customer.objects.visible_to(actor, Action.APPROVE).filter(pk__in=targets).values_list("pk", flat=True)
    kept = sorted(targets - set(open_rows))
    found = mark("owner_kept", f"{handed} AND i.target = ANY(%s)", [kept]) if kept else 0
    return found + mark_lost_receivers(handed, column, actor, Action.APPROVE, OWNER_COLUMNS)


def mark_lost_receivers(scope: str, column: str, actor: User, action: str, columns: frozenset[str]) -> int:
    """Mark the rows `i` in `scope` for which `column` names (in one of `columns`) an owner whom `actor` does not reach by `action`."""
    reached: dict[str, Any] = {
        "manager_id": staff_in_reach(actor, "customers", action).order_by(),
        "org_unit_id": units_in_reach(actor, "customers", action).order_by(),
    }
    found = 0
    for name in sorted(columns):
        rows = run(
            f"SELECT DISTINCT (i.{column} ->> '{name}')::bigint FROM {IMPORT_ROWS} i WHERE {scope} AND i.{column} ->> '{name}' IS NOT NULL"
        )
        wanted = {key for (key,) in rows}
        lost = sorted(wanted - set(reached[name].filter(pk__in=wanted).values_list("pk", flat=True))) if wanted else []
        if lost:
            found += mark("receiver_lost", f"{scope} AND (i.{column} ->> '{name}')::bigint = ANY(%s)", [lost])
    return found


def hand_over_rows(scope: str, column: str, actor: User, reason: str) -> tuple[list[int], Passed]:
    """Enter that the customers of the rows `i` in `scope` pass to the owners whom `column` names. Returns their keys, and between whom."""
    handed = _HANDED_OVER.format(scope=scope, column=column)
    keys = [key for (key,) in run(f"SELECT i.target FROM {IMPORT_ROWS} i WHERE {handed}")]
    owners = _OWNERS.format(column=column, rows=IMPORT_ROWS, scope=handed)
    return keys, record_hand_over(owners, {}, actor_id=actor.pk, reason=reason) if keys else set()


def mark_lost_parents(scope: str, job: int, actor: User) -> int:
    """Mark the rows `i` in `scope` whose parent is gone, out of sight of `actor`, or below the row itself by now."""
    rows = run(
        f"SELECT DISTINCT (i.values ->> 'parent_id')::bigint FROM {IMPORT_ROWS} i WHERE {scope} AND i.values ->> 'parent_id' IS NOT NULL"
    )
    wanted = {key for (key,) in rows}
    if not wanted:
        return 0
    seen = Customer.objects.visible_to(actor).filter(pk__in=wanted).values_list("pk", flat=True)
    lost = sorted(wanted - set(seen))
    found = mark("parent_lost", f"{scope} AND (i.values ->> 'parent_id')::bigint = ANY(%s)", [lost]) if lost else 0
    return found + _mark_circles("parent_lost", scope, job, "customers_customer", "parent_id")


def mark_lost_superiors(scope: str, job: int) -> int:
    """Mark the rows `i` in `scope` whose person reports to somebody who is gone, at another customer, or below the person by now."""
    customer = "COALESCE((i.values ->> 'customer_id')::bigint, (SELECT t.customer_id FROM customers_contactperson t WHERE t.id = i.target))"
    there = f"SELECT FROM customers_contactperson s WHERE s.id = (i.values ->> 'reports_to_id')::bigint AND s.customer_id = {customer}"
    found = mark("superior_lost", f"{scope} AND i.values ->> 'reports_to_id' IS NOT NULL AND NOT EXISTS ({there})")
    return found + _mark_circles("superior_lost", scope, job, "customers_contactperson", "reports_to_id")


def _mark_circles(code: str, scope: str, job: int, table: str, above: str) -> int:
    circles = run(_ABOVE.format(rows=IMPORT_ROWS, scope=scope, job=job, deepest=_DEEPEST, table=table, above=above))
    lines = sorted({line for (line,) in circles})
    return mark(code, f"{scope} AND i.line = ANY(%s)", [lines]) if lines else 0


def _named(scope: str, column: str, name: str) -> set[int]:
    """The keys that stand as `name` in `column` of the rows `i` in `scope`."""
    cell = f"i.{column} ->> '{name}'"
    return {key for (key,) in run(f"SELECT DISTINCT ({cell})::bigint FROM {IMPORT_ROWS} i WHERE {scope} AND {cell} IS NOT NULL")}
