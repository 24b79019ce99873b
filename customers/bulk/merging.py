"""Merging a customer into another, and taking that back: one statement a table, however many rows hang from it."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection, models

from customers.bulk.import_rows import reencrypt_columns
from customers.merge_rules import MergeRule, rules
from customers.models import Customer, CustomerMerge, MergedRows

_KEPT: Final = MergedRows._meta.db_table
_CUSTOMERS: Final = Customer._meta.db_table
_ROTATED_AT_ONCE: Final = 500
# What nobody touched has its own moment again, so that an undo of an earlier merge knows it too.
_MOMENT_BACK: Final = ", updated_at = CASE WHEN t.updated_at = %(moment)s THEN coalesce(k.had, %(now)s) ELSE %(now)s END"


class CannotReturn(Exception):
    """What the loser needs is gone, or its code or credit code is taken."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What becomes of the rows of a rule: how many move or come back, and how many do not."""

    rule: MergeRule
    moved: int
    left: int


# --- before ----------------------------------------------------------------------------------------------------------------------------


def effects_of(winner: int, loser: int) -> list[Effect]:
    """What would move to the winner and what would be put aside, by rules that have anything to do; one statement for all of them."""
    parts, named = [], {}
    for place, rule in enumerate(rules()):
        named[place] = rule
        aside = _aside(rule)
        parts.append(
            f"SELECT {place} AS place, count(*) FILTER (WHERE NOT ({aside})), count(*) FILTER (WHERE {aside}) FROM {rule.table} t"
            f" WHERE {_of(rule, 'loser')}"
        )
    found = _rows(" UNION ALL ".join(parts) + " ORDER BY place", {"winner": winner, "loser": loser})
    return [Effect(named[place], moved, left) for place, moved, left in found if moved or left]


def clashes_of(winner: int, loser: int) -> list[str]:
    """What keeps the two apart, in words."""
    found = []
    for rule in rules():
        for clash in rule.clashes:
            (count,) = _rows(clash.count, {"winner": winner, "loser": loser})[0]
            if count:
                found.append(str(clash.reason) % {"count": f"{count:,}"})
    return found


def _of(rule: MergeRule, whose: str) -> str:
    narrowed = f" AND {rule.where}" if rule.where else ""
    return f't."{rule.column}" = %({whose})s{narrowed}'


def _aside(rule: MergeRule) -> str:
    """SQL for the rows `t` of the loser that do not move."""
    if not rule.moves:
        return "TRUE"
    ways = [rule.aside] if rule.aside else []
    if rule.once:
        same = " AND ".join(f'o."{column}" = t."{column}"' for column in rule.once)
        ways.append(f'EXISTS (SELECT FROM {rule.table} o WHERE o."{rule.column}" = %(winner)s AND {same})')
    return " OR ".join(ways) or "FALSE"


# --- merging ---------------------------------------------------------------------------------------------------------------------------


def move_all(merge: int, winner: int, loser: int, moment: datetime.datetime) -> int:
    """Move what hangs from the loser, put aside what does not move and the loser itself; how many rows moved. Both are locked."""
    values = {"merge": merge, "winner": winner, "loser": loser, "moment": moment}
    moved = 0
    for rule in rules():
        _put_aside(rule, values)
        if rule.moves:
            moved += _move(rule, values)
    _run(
        f"WITH gone AS (DELETE FROM {_CUSTOMERS} t WHERE t.id = %(loser)s RETURNING to_jsonb(t) AS content)"
        f' INSERT INTO {_KEPT} (merge_id, "table", "column", keys, aside)'
        f" SELECT %(merge)s, '{_CUSTOMERS}', 'id', '{{}}', jsonb_agg(content) FROM gone",
        values,
    )
    _run("SET CONSTRAINTS ALL IMMEDIATE", {})  # what no rule has moved is told here, and not when all is over
    _run("SET CONSTRAINTS ALL DEFERRED", {})
    return moved


def _put_aside(rule: MergeRule, values: Mapping[str, Any]) -> None:
    condition = _aside(rule)
    if condition == "FALSE":
        return
    _run(
        f"WITH gone AS (DELETE FROM {rule.table} t WHERE {_of(rule, 'loser')} AND ({condition}) RETURNING to_jsonb(t) AS content)"
        f' INSERT INTO {_KEPT} (merge_id, "table", "column", keys, aside)'
        f" SELECT %(merge)s, '{rule.table}', '{rule.column}', '{{}}', jsonb_agg(content) FROM gone HAVING count(*) > 0",
        values,
    )


def _move(rule: MergeRule, values: Mapping[str, Any]) -> int:
    """Move the rows of a rule, and keep their keys and the moments that they had."""
    sets = ", ".join([f'"{rule.column}" = %(winner)s', *(["updated_at = %(moment)s"] if rule.keeps_moment else []), *rule.also])
    source = f", {_CUSTOMERS} w" if rule.also else ""
    joined = " AND w.id = %(winner)s" if rule.also else ""
    had, moments = ("t.updated_at", "array_agg(had)") if rule.keeps_moment else ("NULL", "NULL")
    found = _rows(
        f'WITH due AS (SELECT t."{rule.key}" AS key, {had} AS had FROM {rule.table} t WHERE {_of(rule, "loser")} FOR NO KEY UPDATE),'
        f' moved AS (UPDATE {rule.table} t SET {sets} FROM due{source} WHERE t."{rule.key}" = due.key{joined} RETURNING due.key, due.had)'
        f' INSERT INTO {_KEPT} (merge_id, "table", "column", keys, moments)'
        f" SELECT %(merge)s, '{rule.table}', '{rule.column}', array_agg(key), {moments} FROM moved HAVING count(*) > 0"
        " RETURNING cardinality(keys)",
        values,
    )
    return int(found[0][0]) if found else 0


def columns_of(customer: int) -> dict[str, Any]:
    """The customer's row as the database writes it, without what follows from other columns."""
    ((content,),) = _rows(f"SELECT to_jsonb(t) FROM {_CUSTOMERS} t WHERE t.id = %(key)s", {"key": customer})
    row: dict[str, Any] = content if isinstance(content, dict) else json.loads(content)
    return {name: value for name, value in row.items() if name not in ("updated_at", "unit_0", "unit_1", "unit_2", "unit_3")}


# --- taking back -----------------------------------------------------------------------------------------------------------------------


def effects_of_undo(merge: int, winner: int, loser: int, moment: datetime.datetime) -> list[Effect]:
    """What an undo would bring back, and what it would leave with the winner because it was changed or removed since."""
    values = {"merge": merge, "winner": winner, "loser": loser, "moment": moment, "now": moment}
    found = []
    for rule in rules():
        count = f'SELECT count(*) FILTER (WHERE t."{rule.key}" IS NOT NULL AND {_may_go_back(rule)}), count(*) FROM {_kept_keys(rule)} k'
        ((back, total),) = _rows(f'{count} LEFT JOIN {rule.table} t ON t."{rule.key}" = k.key', values)
        ((aside,),) = _rows(f"SELECT count(*) FROM {_kept_rows(rule)} r WHERE {_can_stand(rule.model_class)}", values)
        ((put,),) = _rows(f"SELECT count(*) FROM {_kept_rows(rule)} r", values)
        if total or put:
            found.append(Effect(rule, back + aside, total - back + put - aside))
    return found


def _kept_keys(rule: MergeRule) -> str:
    return (
        f"(SELECT u.key, u.had FROM {_KEPT} m, unnest(m.keys, m.moments) AS u (key, had)"
        f" WHERE m.merge_id = %(merge)s AND m.\"table\" = '{rule.table}' AND m.\"column\" = '{rule.column}' AND m.aside IS NULL)"
    )


def _kept_rows(rule: MergeRule) -> str:
    return (
        f"(SELECT (jsonb_populate_record(NULL::{rule.table}, content)).* FROM {_KEPT} m, jsonb_array_elements(m.aside) content"
        f" WHERE m.merge_id = %(merge)s AND m.\"table\" = '{rule.table}' AND m.\"column\" = '{rule.column}' AND m.aside IS NOT NULL)"
    )


def _may_go_back(rule: MergeRule) -> str:
    """SQL for the rows `t` that stand as the merge left them, as far as that matters."""
    ways = [_of(rule, "winner")]
    if rule.keeps_moment and not rule.though_changed:
        ways.append("t.updated_at = %(moment)s")
    if rule.back:
        ways.append(rule.back)
    return " AND ".join(f"({way})" for way in ways)


def _can_stand(model: type[models.Model]) -> str:
    """SQL for the kept rows `r` whose references there still are; the loser itself is about to come back."""
    ways = []
    for field in model._meta.concrete_fields:
        related: Any = field.related_model
        if related is None or not getattr(field, "db_constraint", False):
            continue
        target = f'SELECT FROM {related._meta.db_table} x WHERE x."{related._meta.pk.column}" = r."{field.column}"'
        own = f' OR r."{field.column}" = %(loser)s' if related is Customer else ""
        ways.append(f'(r."{field.column}" IS NULL{own} OR EXISTS ({target}))')
    return " AND ".join(ways) or "TRUE"


def bring_back(merge: int, winner: int, loser: int, moment: datetime.datetime, now: datetime.datetime) -> tuple[int, int]:
    """Bring the loser back with what stands as the merge left it; how many rows came back, and how many stay with the winner.

    Raises CannotReturn.
    """
    values = {"merge": merge, "winner": winner, "loser": loser, "moment": moment, "now": now}
    if not _insert(_CUSTOMERS, f"({_loser_row()})", _can_stand(Customer), values):
        raise CannotReturn
    back = left = 0
    for rule in reversed(rules()):
        ((total,),) = _rows(f"SELECT count(*) FROM {_kept_keys(rule)} k", values)
        if total:
            moment_set = _MOMENT_BACK if rule.keeps_moment else ""
            also = "".join(f", {one}" for one in rule.also)
            source = f", {_CUSTOMERS} w" if rule.also else ""
            joined = " AND w.id = %(loser)s" if rule.also else ""
            returned = _run(
                f'UPDATE {rule.table} t SET "{rule.column}" = %(loser)s{moment_set}{also} FROM {_kept_keys(rule)} k{source}'
                f' WHERE t."{rule.key}" = k.key AND {_may_go_back(rule)}{joined}',
                values,
            )
            back, left = back + returned, left + total - returned
    for rule in rules():
        ((total,),) = _rows(f"SELECT count(*) FROM {_kept_rows(rule)} r", values)
        if total:
            returned = _insert(rule.table, _kept_rows(rule), _can_stand(rule.model_class), values)
            back, left = back + returned, left + total - returned
    return back, left


def _loser_row() -> str:
    parent = f"SELECT x.id FROM {_CUSTOMERS} x WHERE x.id = (content ->> 'parent_id')::bigint"
    changed = f"content || jsonb_build_object('updated_at', %(now)s::timestamptz, 'parent_id', ({parent}))"
    return (
        f"SELECT (jsonb_populate_record(NULL::{_CUSTOMERS}, {changed})).* FROM {_KEPT} m, jsonb_array_elements(m.aside) content"
        f" WHERE m.merge_id = %(merge)s AND m.\"table\" = '{_CUSTOMERS}' AND m.\"column\" = 'id'"
    )


def _insert(table: str, source: str, condition: str, values: Mapping[str, Any]) -> int:
    return _run(f"INSERT INTO {table} SELECT r.* FROM {source} r WHERE {condition} ON CONFLICT DO NOTHING", values)


def restore_columns(winner: int, before: Mapping[str, Any], after: Mapping[str, Any], now: datetime.datetime) -> int:
    """Give the winner the columns that it had before, as far as they still hold what the merge gave; how many do not."""
    present = columns_of(winner)
    names = sorted(name for name in before if _is_still(name, present, after))
    if names:
        written = ", ".join(f'"{name}" = v."{name}"' for name in names)
        _run(
            f"UPDATE {_CUSTOMERS} t SET {written}, updated_at = %(now)s FROM {_CUSTOMERS} o"
            " CROSS JOIN LATERAL jsonb_populate_record(o, %(content)s::jsonb) v WHERE o.id = t.id AND t.id = %(winner)s",
            {"winner": winner, "now": now, "content": json.dumps({name: before[name] for name in names})},
        )
    return len(before) - len(names)


def _is_still(name: str, present: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether a column holds what the merge gave. Of what is encrypted the fingerprint tells: the same is written anew with each key."""
    told_by = f"{name}_hash" if f"{name}_hash" in present else name
    return bool(present.get(told_by) == after.get(told_by))


def kept_rows(model: type[models.Model], merges: Sequence[int]) -> list[Any]:
    """The rows of `model` that `merges` put aside because they only tell of the loser."""
    table = model._meta.db_table
    rows = model._base_manager.raw(
        f"SELECT (jsonb_populate_record(NULL::{table}, content)).* FROM {_KEPT} m, jsonb_array_elements(m.aside) content"
        ' WHERE m.merge_id = ANY(%s) AND m."table" = %s',
        [list(merges), table],
    )
    return list(rows)


def rename_jobs(customer: int, *, named: str, name: str, since: datetime.datetime) -> int:
    """Call the jobs of `customer` that were begun `since` then, and called after the customer, by its name and no longer as `named`.

    Returns how many.
    """
    begins = "left(title, length(title) - length(%(named)s))"
    return _run(
        f"UPDATE jobs_job SET title = left({begins} || %(name)s, 200), updated_at = now()"
        " WHERE customer_key = %(customer)s AND created_at >= %(since)s AND kind <> 'customer_merge'"
        f" AND right(title, length(%(named)s)) = %(named)s AND ({begins} = '' OR right({begins}, 1) IN (' ', ':', '：'))",
        {"customer": customer, "named": named, "name": name, "since": since},
    )


def reencrypt_merges() -> int:
    """Bring what merges keep encrypted to the newest field key. Returns how many values were written."""
    kept = [one for one in MergedRows.objects.filter(table=_CUSTOMERS, column="id") if any(map(reencrypt_columns, one.aside or ()))]
    MergedRows.objects.bulk_update(kept, ["aside"], batch_size=_ROTATED_AT_ONCE)
    told = CustomerMerge.objects.filter(before__has_key="bank_account")
    merges = [merge for merge in told if any([reencrypt_columns(merge.before), reencrypt_columns(merge.after)])]
    CustomerMerge.objects.bulk_update(merges, ["before", "after"], batch_size=_ROTATED_AT_ONCE)
    return len(kept) + len(merges)


def _run(statement: str, values: Mapping[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return int(cursor.rowcount)


def _rows(statement: str, values: Mapping[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
