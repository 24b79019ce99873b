"""Owners and parents that imports give to customers: when the rows are written, whoever has them written must still be allowed to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from access.choices import staff_in_reach, units_in_reach
from access.models import Action, User
from customers.bulk.handing_over import Passed, record_hand_over
from customers.bulk.statements import IMPORT_ROWS, mark, run
from customers.models import Customer

OWNER_COLUMNS: Final = frozenset({"manager_id", "org_unit_id"})
_HANDED_OVER: Final = "{scope} AND i.{column} ?| ARRAY['manager_id', 'org_unit_id']"
_OWNERS: Final = """
SELECT t.id AS customer_id,
    CASE WHEN i.{column} ? 'manager_id' THEN (i.{column} ->> 'manager_id')::bigint ELSE t.manager_id END AS manager_id,
    CASE WHEN i.{column} ? 'org_unit_id' THEN (i.{column} ->> 'org_unit_id')::bigint ELSE t.org_unit_id END AS org_unit_id
FROM {rows} i JOIN customers_customer t ON t.id = i.target WHERE {scope}
"""
_ABOVE: Final = """
WITH RECURSIVE above AS (
    SELECT i.line, i.target, (i.{column} ->> '{above}')::bigint AS id
    FROM {rows} i WHERE {scope} AND i.{column} ->> '{above}' IS NOT NULL
    UNION
    SELECT a.line, a.target, CASE WHEN n.{column} ? '{above}' THEN (n.{column} ->> '{above}')::bigint ELSE c.{above} END
    FROM above a JOIN {table} c ON c.id = a.id
    LEFT JOIN {rows} n ON n.job_id = {job} AND n.state = 'u' AND NOT n.is_conflict AND n.target = c.id
    WHERE a.id <> a.target
)
SELECT line FROM above WHERE id = target
"""


@dataclass(frozen=True, slots=True)
class Hanging:
    """How rows of `table` hang from others of it: by the column `above`; `code` is found where the one above cannot be it any more."""

    table: str
    above: str
    code: str
    is_at_customer: bool = False
    """Whether both must be at the same customer."""


PARENTS: Final = Hanging("customers_customer", "parent_id", "parent_lost")
SUPERIORS: Final = Hanging("customers_contactperson", "reports_to_id", "superior_lost", is_at_customer=True)


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
        wanted = _named(scope, column, name)
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
    wanted = _named(scope, "values", PARENTS.above)
    lost = sorted(wanted - set(Customer.objects.visible_to(actor).filter(pk__in=wanted).values_list("pk", flat=True))) if wanted else []
    found = mark(PARENTS.code, f"{scope} AND (i.values ->> 'parent_id')::bigint = ANY(%s)", [lost]) if lost else 0
    return found + mark_broken_lines(PARENTS, scope, "values", job)


def mark_broken_lines(hanging: Hanging, scope: str, column: str, job: int) -> int:
    """Mark the rows `i` in `scope` for which `column` names one above who is gone, at another customer, or below the row by now."""
    named = f"i.{column} ->> '{hanging.above}'"
    there = f"SELECT FROM {hanging.table} s WHERE s.id = ({named})::bigint"
    if hanging.is_at_customer:
        own = f"SELECT t.customer_id FROM {hanging.table} t WHERE t.id = i.target"
        there += f" AND s.customer_id = COALESCE((i.{column} ->> 'customer_id')::bigint, ({own}))"
    found = mark(hanging.code, f"{scope} AND {named} IS NOT NULL AND NOT EXISTS ({there})")
    circles = _ABOVE.format(rows=IMPORT_ROWS, scope=scope, column=column, job=job, table=hanging.table, above=hanging.above)
    while lines := sorted({line for (line,) in run(circles)}):  # what stays where it is may close another circle
        found += mark(hanging.code, f"{scope} AND i.line = ANY(%s)", [lines])
    return found


def _named(scope: str, column: str, name: str) -> set[int]:
    """The keys that stand as `name` in `column` of the rows `i` in `scope`."""
    cell = f"i.{column} ->> '{name}'"
    return {key for (key,) in run(f"SELECT DISTINCT ({cell})::bigint FROM {IMPORT_ROWS} i WHERE {scope} AND {cell} IS NOT NULL")}
