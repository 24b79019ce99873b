"""Taking back what an import did: what it made is removed, old values come back, and what was changed since is left alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from django.db import models

from access.models import Action, User
from customers.bulk.import_owners import OWNER_COLUMNS, hand_over_rows, mark_broken_lines, mark_lost_owners
from customers.bulk.importing import WRITERS, columns_of, ensure_still_approvable, reason_of, write_silently
from customers.bulk.statements import IMPORT_ROWS as _ROWS
from customers.bulk.statements import count, lock_customers, mark, mark_merged, run
from customers.models import ImportSubject
from customers.notices import tell_of_passed

_OWN: Final = ("customers_ownershipchange",)
"""What an import itself writes beside a customer; it goes with the customer."""
_CALCULATED: Final = ("customers_customerscore",)
"""What the nightly scoring writes beside a customer; it goes with the customer too."""
_AS_RECORDED: Final = (
    "SELECT to_jsonb(e) - ARRAY['pgh_id', 'pgh_created_at', 'pgh_label', 'pgh_context_id', 'pgh_actor', 'pgh_job', 'updated_at',"
    " 'value_score', 'level'] FROM customers_customerevent e WHERE e.pgh_obj_id = t.id {whose} ORDER BY e.pgh_id DESC LIMIT 1"
)
_BY_IMPORT: Final = "AND e.pgh_job = (SELECT j.undo_of_id FROM jobs_job j WHERE j.id = i.job_id)"
_RESCORED: Final = f"({_AS_RECORDED.format(whose='')}) = ({_AS_RECORDED.format(whose=_BY_IMPORT)})"
"""The scoring alone has changed the customer since: its score and level are nobody's work."""

_LIST: Final = """
INSERT INTO {rows} (job_id, line, state, is_conflict, target, ground, link, label, values, before, findings, raw)
SELECT {job}, i.line, i.state, FALSE, i.target, k.applied_at, i.link, i.label, i.values, i.before, '[]', i.raw
FROM jobs_jobchunk k JOIN {rows} i ON i.job_id = k.job_id AND i.line BETWEEN k.first AND k.last
WHERE k.job_id = {undone} AND k.state = 'done' AND i.state IN ('c', 'u') AND NOT i.is_conflict
ORDER BY i.line
"""
_CREATED: Final = "i.job_id = {job} AND i.line BETWEEN {first} AND {last} AND NOT i.is_conflict AND i.state = 'c'"
_UPDATED: Final = "i.job_id = {job} AND i.line BETWEEN {first} AND {last} AND NOT i.is_conflict AND i.state = 'u'"
_ALL: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class UndoChunk:
    """The rows of the undoing job `job` in lines `first` to `last`, taken back for `actor`; `columns` are those that updates changed."""

    job: int
    subject: str
    actor: User
    columns: frozenset[str] = frozenset()
    first: int = 0
    last: int = _ALL

    @property
    def table(self) -> str:
        """The business table."""
        return WRITERS[self.subject].table

    @property
    def above(self) -> str:
        """The column by which a row hangs from another one."""
        return WRITERS[self.subject].above

    @property
    def hands_over(self) -> bool:
        """Whether customers may have to go back to those who had them."""
        return self.subject == ImportSubject.CUSTOMERS and not OWNER_COLUMNS.isdisjoint(self.columns)

    @property
    def created(self) -> str:
        """SQL for the rows `i` whose target shall be removed."""
        return _CREATED.format(job=self.job, first=self.first, last=self.last)

    @property
    def updated(self) -> str:
        """SQL for the rows `i` whose target shall have its old values again."""
        return _UPDATED.format(job=self.job, first=self.first, last=self.last)


def list_rows(chunk: UndoChunk, undone: int) -> None:
    """List what job `undone` wrote as the rows of the undoing job, each with the version that it left, and mark what was changed since."""
    run(_LIST.format(rows=_ROWS, job=chunk.job, undone=undone))
    mark_changed(chunk)


def mark_changed(chunk: UndoChunk) -> int:
    """Mark the rows whose target was changed, removed, or came into use since the import. Returns how many."""
    there = f"SELECT FROM {chunk.table} t WHERE t.id = i.target"
    as_left = f"t.updated_at = i.ground OR {_RESCORED}" if chunk.subject == ImportSubject.CUSTOMERS else "t.updated_at = i.ground"
    found = 0
    own = "i.target" if chunk.subject == ImportSubject.CUSTOMERS else "NULL"
    for scope in (chunk.created, chunk.updated):
        found += mark_merged(scope, chunk.table, own)
        found += mark("gone_already", f"{scope} AND NOT EXISTS ({there})")
        found += mark("changed_after", f"{scope} AND NOT EXISTS ({there} AND ({as_left}))")
    for table, column in _hanging(WRITERS[chunk.subject].model):
        found += mark("in_use", f"{chunk.created} AND {_is_used(table, column)}")
    if chunk.subject == ImportSubject.CUSTOMERS:
        found += mark("in_use", f"{chunk.created} AND EXISTS (SELECT FROM jobs_job j WHERE j.customer_key = i.target)")
        retaken = (
            f"(i.before ? 'credit_code' AND i.before ->> 'credit_code' <> '' AND EXISTS (SELECT FROM {chunk.table} t"
            " WHERE t.credit_code = i.before ->> 'credit_code' AND t.id <> i.target))"
        )
        found += mark("changed_after", f"{chunk.updated} AND {retaken}")
    found += mark_broken_lines(WRITERS[chunk.subject].hanging, chunk.updated, "before", chunk.job)
    return found + _mark_those_above(chunk) + _mark_out_of_reach(chunk)


def _mark_out_of_reach(chunk: UndoChunk) -> int:
    """Mark what the actor may not change any more, or not hand back. Returns how many rows."""
    manager: Any = WRITERS[chunk.subject].model._default_manager
    found = 0
    for scope in (chunk.created, chunk.updated):
        targets = {key for (key,) in run(f"SELECT i.target FROM {_ROWS} i WHERE {scope}")}
        reached = manager.visible_to(chunk.actor, Action.CHANGE).filter(pk__in=targets).values_list("pk", flat=True)
        lost = sorted(targets - set(reached))
        found += mark("lost_reach", f"{scope} AND i.target = ANY(%s)", [lost]) if lost else 0
    return found + (mark_lost_owners(chunk.updated, "before", chunk.actor) if chunk.hands_over else 0)


def _is_used(table: str, column: str) -> str:
    """Rows of `table` that hang from the target of row `i`; of what an import writes itself the first is its own."""
    hangs = f'SELECT FROM {table} h WHERE h."{column}" = i.target'
    return f"EXISTS ({hangs} OFFSET 1)" if table in _OWN else f"EXISTS ({hangs})"


def _mark_those_above(chunk: UndoChunk) -> int:
    """What others hang from that stay, stays too; then what is above it, level by level."""
    stays = (
        f"EXISTS (SELECT FROM {chunk.table} s WHERE s.{chunk.above} = i.target AND NOT EXISTS (SELECT FROM {_ROWS} o"
        f" WHERE o.job_id = {chunk.job} AND o.state = 'c' AND NOT o.is_conflict AND o.target = s.id) AND NOT EXISTS (SELECT FROM {_ROWS} u"
        f" WHERE u.job_id = {chunk.job} AND u.state = 'u' AND NOT u.is_conflict AND u.target = s.id AND u.before ? '{chunk.above}'))"
    )
    found = 0
    while marked := mark("in_use", f"{chunk.created} AND {stays}"):
        found += marked
    return found


@cache
def _hanging(model: type[models.Model]) -> tuple[tuple[str, str], ...]:
    """Tables and columns that refer to rows of `model`, whichever app they belong to; its own parent and kept history apart."""
    relations = [field for field in model._meta.get_fields(include_hidden=True) if field.auto_created and not field.concrete]
    found = set()
    for relation in relations:
        field: Any = getattr(relation, "field", None)
        related = getattr(relation, "related_model", None)
        if related in (None, model) or not getattr(field, "db_constraint", False) or not field.concrete or not field.column:
            continue
        if str(related._meta.db_table) not in _CALCULATED:
            found.add((str(related._meta.db_table), str(field.column)))
    return tuple(sorted(found))


def undo_chunk(chunk: UndoChunk) -> tuple[int, int]:
    """Take back a chunk in the open transaction. Returns (taken back, conflicts)."""
    hung = f"SELECT i.target FROM {_ROWS} i WHERE {chunk.updated} AND i.before ? '{chunk.above}'"
    lock_customers(WRITERS[chunk.subject].holders(hung))
    targets = f"SELECT i.target FROM {_ROWS} i WHERE {chunk.created} UNION ALL SELECT i.target FROM {_ROWS} i WHERE {chunk.updated}"
    run(f"SELECT count(*) FROM (SELECT 1 FROM {chunk.table} t WHERE t.id IN ({targets}) ORDER BY t.id FOR UPDATE) locked")
    conflicts = mark_changed(chunk)
    updated = _restore(chunk)
    return updated + _remove(chunk), conflicts


def _restore(chunk: UndoChunk) -> int:
    keys: list[int] = []
    if chunk.hands_over:
        keys, passed = hand_over_rows(chunk.updated, "before", chunk.actor, reason_of(chunk.job))
        tell_of_passed(passed, chunk.actor, reason_of(chunk.job))
    names = [column for column in columns_of(WRITERS[chunk.subject].model) if column in {*chunk.columns, chunk.above}]
    written = "".join(f'"{column}" = v."{column}", ' for column in names)
    restored = count(
        f"UPDATE {chunk.table} t SET {written}updated_at = now()"
        f" FROM (SELECT n.* FROM {_ROWS} i JOIN {chunk.table} o ON o.id = i.target"
        f" CROSS JOIN LATERAL jsonb_populate_record(o, i.before) n WHERE {chunk.updated}) v WHERE t.id = v.id"
    )
    ensure_still_approvable(keys, chunk.actor)
    return restored


def _remove(chunk: UndoChunk) -> int:
    doomed = f"SELECT i.target FROM {_ROWS} i WHERE {chunk.created}"
    # What another chunk removes or puts back lets go of what is above it first; its version stays, so that it still counts as unchanged.
    write_silently(
        chunk.table,
        f"UPDATE {chunk.table} t SET {chunk.above} = NULL FROM {chunk.table} o"
        f" WHERE o.id = t.id AND t.{chunk.above} IN ({doomed}) RETURNING t.id, o.updated_at",
    )
    if chunk.subject == ImportSubject.CUSTOMERS:
        for beside in (*_OWN, *_CALCULATED):
            run(f"DELETE FROM {beside} WHERE customer_id IN ({doomed})")
    return count(f"DELETE FROM {chunk.table} WHERE id IN ({doomed})")
