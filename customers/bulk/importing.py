"""Writing the checked rows of an import: new ones by INSERT … SELECT, changes by UPDATE … FROM, each chunk in one transaction.

A row is written on the ground that the check saw or not at all: what was changed, taken or lost since is marked and left alone.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Final

from django.db import models, transaction

from access.models import Action, User
from access.placing import INHERITED
from customers.bulk.import_owners import (
    OWNER_COLUMNS,
    PARENTS,
    SUPERIORS,
    Hanging,
    hand_over_rows,
    mark_broken_lines,
    mark_lost_owners,
    mark_lost_parents,
    mark_lost_receivers,
)
from customers.bulk.statements import IMPORT_ROWS as _ROWS
from customers.bulk.statements import count, lock_customers, mark, mark_merged, run
from customers.models import ContactPerson, Customer, ImportSubject
from customers.notices import tell_of_passed

_KEPT: Final = frozenset({"id", "created_at", "updated_at", *INHERITED})
_MERGED: Final = "SELECT FROM customers_customermerge g WHERE g.state = 'done'"
_CODE_OF_MERGED: Final = f"EXISTS ({_MERGED} AND g.loser_code = i.values ->> 'code')"
_SCOPE: Final = "i.job_id = {job} AND i.line BETWEEN {first} AND {last} AND NOT i.is_conflict AND i.state = '{state}'"

_LINK: Final = """
WITH RECURSIVE linked AS MATERIALIZED (
    SELECT t.id, a.id AS above, k.applied_at AS version
    FROM {rows} i JOIN {rows} p ON p.job_id = i.job_id AND p.line = i.link
    JOIN jobs_jobchunk k ON k.job_id = i.job_id AND k.state = 'done' AND i.line BETWEEN k.first AND k.last
    JOIN {table} t ON t.id = i.target AND t.updated_at = k.applied_at JOIN {table} a ON a.id = p.target{beside}
    WHERE i.job_id = {job} AND i.link IS NOT NULL AND NOT i.is_conflict
), above AS (
    SELECT l.id AS below, l.above AS id FROM linked l
    UNION
    SELECT b.below, COALESCE(l.above, c.{above})
    FROM above b JOIN {table} c ON c.id = b.id LEFT JOIN linked l ON l.id = c.id WHERE b.id <> b.below
)
UPDATE {table} t SET {above} = l.above FROM linked l
WHERE t.id = l.id AND NOT EXISTS (SELECT FROM above b WHERE b.below = l.id AND b.id = l.id) RETURNING t.id, l.version
"""


class LostReach(Exception):
    """Whoever approved the import may no longer write some of its rows."""


@dataclass(frozen=True, slots=True)
class ImportChunk:
    """The rows of job `job` in lines `first` to `last`, written for `actor`; `columns` are those that updates change."""

    job: int
    first: int
    last: int
    actor: User
    columns: Collection[str]

    def scope(self, state: str) -> str:
        """SQL for the rows `i` in `state` that are still to be written."""
        return _SCOPE.format(job=self.job, first=self.first, last=self.last, state=state)


class RowWriter:
    """Writes chunks of one subject."""

    model: ClassVar[type[models.Model]]
    hanging: ClassVar[Hanging]

    def apply(self, chunk: ImportChunk) -> tuple[int, int]:
        """Write a chunk in the open transaction. Returns (written, conflicts). Raises LostReach."""
        run(f"SELECT count(*) FROM (SELECT 1 FROM {self.table} t WHERE t.id IN (SELECT i.target FROM {_ROWS} i"
             f" WHERE {chunk.scope('u')}) ORDER BY t.id FOR NO KEY UPDATE) locked")  # fmt: skip
        conflicts = self.mark_moved(chunk)
        conflicts += self._mark_out_of_reach(chunk)
        conflicts += self.mark_lost(chunk)
        created = self._create(chunk)
        updated = self._update(chunk)
        return created + updated, conflicts

    def mark_lost(self, chunk: ImportChunk) -> int:  # noqa: ARG002
        """Mark the rows that name what the actor may not use any more, beside the row itself. Returns how many."""
        return 0

    @property
    def table(self) -> str:
        """The business table."""
        return str(self.model._meta.db_table)

    @property
    def above(self) -> str:
        """The column by which a row hangs from another one."""
        return self.hanging.above

    def holders(self, keys: str) -> str:
        """SQL for the keys of the customers at which lines of the rows are drawn whose keys the SQL `keys` selects."""
        return f"SELECT t.customer_id FROM {self.table} t WHERE t.id IN ({keys})" if self.hanging.is_at_customer else keys

    def mark_moved(self, chunk: ImportChunk) -> int:
        """Mark the rows whose ground has moved since the check."""
        return mark(
            "changed_since",
            f"{chunk.scope('u')} AND NOT EXISTS (SELECT FROM {self.table} t WHERE t.id = i.target AND t.updated_at = i.ground)",
        )

    def _mark_out_of_reach(self, chunk: ImportChunk) -> int:
        targets = {key for (key,) in run(f"SELECT i.target FROM {_ROWS} i WHERE {chunk.scope('u')}")}
        manager: Any = self.model._default_manager
        reached = set(manager.visible_to(chunk.actor, Action.CHANGE).filter(pk__in=targets).values_list("pk", flat=True))
        lost = sorted(targets - reached)
        return mark("lost_reach", f"{chunk.scope('u')} AND i.target = ANY(%s)", [lost]) if lost else 0

    def _create(self, chunk: ImportChunk) -> int:
        columns, defaults = columns_of(self.model), json.dumps(defaults_of(self.model))
        listed = ", ".join(f'"{column}"' for column in columns)
        values = ", ".join(f'v."{column}"' for column in columns)
        created = count(
            f"INSERT INTO {self.table} (id, created_at, updated_at, {listed}) SELECT i.target, now(), now(), {values} FROM {_ROWS} i"
            f" CROSS JOIN LATERAL jsonb_populate_record(NULL::{self.table}, %s::jsonb || i.values) v"
            f" WHERE {chunk.scope('c')} ORDER BY i.line",
            [defaults],
        )
        if created:
            self.after_create(chunk, created)
        return created

    def after_create(self, chunk: ImportChunk, created: int) -> None:
        """Look that the `created` rows are in reach, and write what belongs to them. Raises LostReach."""

    def _update(self, chunk: ImportChunk) -> int:
        handed_over = self.before_update(chunk)
        written = "".join(f'"{column}" = v."{column}", ' for column in columns_of(self.model) if column in chunk.columns)
        updated = count(
            f"UPDATE {self.table} t SET {written}updated_at = now()"
            f" FROM (SELECT n.* FROM {_ROWS} i JOIN {self.table} o ON o.id = i.target"
            f" CROSS JOIN LATERAL jsonb_populate_record(o, i.values) n WHERE {chunk.scope('u')}) v WHERE t.id = v.id"
        )
        ensure_still_approvable(handed_over, chunk.actor)
        return updated

    def before_update(self, chunk: ImportChunk) -> Collection[int]:  # noqa: ARG002
        """Write what an update leaves behind, while the old values still stand. Returns the keys of customers that are handed over."""
        return ()


class CustomerWriter(RowWriter):
    """Customers, with the record of who owned them when."""

    model = Customer
    hanging = PARENTS

    def mark_moved(self, chunk: ImportChunk) -> int:
        """With codes and credit codes that somebody took meanwhile."""
        taken = (
            f"EXISTS (SELECT FROM {self.table} t WHERE t.code = i.values ->> 'code')"
            f" OR (COALESCE(i.values ->> 'credit_code', '') <> ''"
            f" AND EXISTS (SELECT FROM {self.table} t WHERE t.credit_code = i.values ->> 'credit_code'))"
        )
        retaken = (
            f"COALESCE(i.values ->> 'credit_code', '') <> ''"
            f" AND EXISTS (SELECT FROM {self.table} t WHERE t.credit_code = i.values ->> 'credit_code' AND t.id <> i.target)"
        )
        found = mark_merged(chunk.scope("u"), self.table, "i.target")
        found += mark("merged_since", f"{chunk.scope('c')} AND {_CODE_OF_MERGED}")  # else the merge could not be taken back
        found += mark("taken_since", f"{chunk.scope('c')} AND ({taken})")
        found += mark("taken_since", f"{chunk.scope('u')} AND {retaken}")
        return found + super().mark_moved(chunk)

    def after_create(self, chunk: ImportChunk, created: int) -> None:
        """Each has its first owner."""
        keys = f"SELECT i.target FROM {_ROWS} i WHERE {chunk.scope('c')}"
        targets = [key for (key,) in run(keys)]
        if Customer.objects.visible_to(chunk.actor, Action.ADD).filter(pk__in=targets).count() != created:
            raise LostReach
        owners = run(
            "INSERT INTO customers_ownershipchange (customer_id, to_manager_id, to_unit_id, actor_id, reason, changed_at)"
            f" SELECT t.id, t.manager_id, t.org_unit_id, %s, %s, now() FROM {self.table} t WHERE t.id IN ({keys}) ORDER BY t.id"
            " RETURNING to_manager_id",
            [chunk.actor.pk, reason_of(chunk.job)],
        )
        tell_of_passed({(None, owner) for (owner,) in owners}, chunk.actor, reason_of(chunk.job))

    def mark_lost(self, chunk: ImportChunk) -> int:
        """Owners, old and new, and parents: each as the actor reaches them now."""
        found = mark_lost_receivers(chunk.scope("c"), "values", chunk.actor, Action.ADD, frozenset({"manager_id"}))
        if not OWNER_COLUMNS.isdisjoint(chunk.columns):
            found += mark_lost_owners(chunk.scope("u"), "values", chunk.actor)
        return found + sum(mark_lost_parents(chunk.scope(state), chunk.job, chunk.actor) for state in ("c", "u"))

    def before_update(self, chunk: ImportChunk) -> Collection[int]:
        """A hand-over is recorded and told of, and the jobs about the customer go with it."""
        if OWNER_COLUMNS.isdisjoint(chunk.columns):
            return ()
        keys, passed = hand_over_rows(chunk.scope("u"), "values", chunk.actor, reason_of(chunk.job))
        tell_of_passed(passed, chunk.actor, reason_of(chunk.job))
        return keys


class ContactWriter(RowWriter):
    """Contact persons."""

    model = ContactPerson
    hanging = SUPERIORS

    def apply(self, chunk: ImportChunk) -> tuple[int, int]:
        """Lines of reports are drawn one after the other at a customer, as the service for one person does it."""
        key = "COALESCE((i.values ->> 'customer_id')::bigint, (SELECT t.customer_id FROM customers_contactperson t WHERE t.id = i.target))"
        hung = f"SELECT {key} FROM {_ROWS} i WHERE i.job_id = {chunk.job} AND i.line BETWEEN {chunk.first} AND {chunk.last}"
        lock_customers(f"{hung} AND i.values ? 'reports_to_id'")
        return super().apply(chunk)

    def mark_lost(self, chunk: ImportChunk) -> int:
        """Whom somebody reports to: still there, at the same customer, and not below the person."""
        return sum(mark_broken_lines(SUPERIORS, chunk.scope(state), "values", chunk.job) for state in ("c", "u"))

    def mark_moved(self, chunk: ImportChunk) -> int:
        """With people who were entered meanwhile, and customers who are gone."""
        there = (
            f"EXISTS (SELECT FROM {self.table} t WHERE t.customer_id = (i.values ->> 'customer_id')::bigint"
            " AND t.name = i.values ->> 'name' AND t.phone = COALESCE(i.values ->> 'phone', ''))"
        )
        gone = "NOT EXISTS (SELECT FROM customers_customer c WHERE c.id = (i.values ->> 'customer_id')::bigint)"
        named = "(i.values ->> 'customer_id')::bigint"
        found = sum(mark_merged(chunk.scope(state), self.table, named) for state in ("c", "u"))
        found += mark("taken_since", f"{chunk.scope('c')} AND ({there} OR {gone})")
        return found + super().mark_moved(chunk)

    def after_create(self, chunk: ImportChunk, created: int) -> None:
        """All of them at customers that may be changed."""
        targets = [key for (key,) in run(f"SELECT i.target FROM {_ROWS} i WHERE {chunk.scope('c')}")]
        if ContactPerson.objects.visible_to(chunk.actor, Action.CHANGE).filter(pk__in=targets).count() != created:
            raise LostReach


WRITERS: Final[dict[str, RowWriter]] = {ImportSubject.CUSTOMERS: CustomerWriter(), ImportSubject.CONTACT_PEOPLE: ContactWriter()}


def ensure_still_approvable(keys: Collection[int], actor: User) -> None:
    """Raise LostReach where customers with these `keys`, just handed over, have left the reach in which `actor` hands over."""
    if keys and Customer.objects.visible_to(actor, Action.APPROVE).filter(pk__in=keys).count() != len(keys):
        raise LostReach


@transaction.atomic
def link_rows(job: int, subject: str) -> int:
    """Hang the written rows of a file below those that the same file made. Returns how many.

    A row is hung only while it stands as its chunk left it, and never below what lies below it by now; its version stays, because it is
    still the same change.
    """
    writer = WRITERS[subject]
    lock_customers(writer.holders(f"SELECT i.target FROM {_ROWS} i WHERE i.job_id = {job:d} AND i.link IS NOT NULL AND NOT i.is_conflict"))
    beside = " AND a.customer_id = t.customer_id" if writer.hanging.is_at_customer else ""
    return write_silently(writer.table, _LINK.format(table=writer.table, above=writer.above, rows=_ROWS, job=job, beside=beside))


@transaction.atomic
def write_silently(table: str, statement: str) -> int:
    """Run an UPDATE of `table` that returns the key and the version that each row shall keep. Returns how many rows it wrote."""
    written = run(statement)
    if written:
        run(
            f"UPDATE {table} t SET updated_at = kept.version FROM unnest(%s::bigint[], %s::timestamptz[]) AS kept (id, version)"
            " WHERE t.id = kept.id",
            [[key for key, _version in written], [version for _key, version in written]],
        )
    return len(written)


def moved_rows(job: int, subject: str) -> int:
    """How many rows to be updated stand on ground that has moved since the check, or are to be made and were made by somebody else, or
    name a customer that was merged away.
    """
    table = WRITERS[subject].table
    moved = f"i.state = 'u' AND NOT EXISTS (SELECT FROM {table} t WHERE t.id = i.target AND t.updated_at = i.ground)"
    if subject == ImportSubject.CUSTOMERS:
        moved += f" OR i.state = 'c' AND EXISTS (SELECT FROM {table} t WHERE t.code = i.values ->> 'code')"
        moved += f" OR i.state = 'c' AND {_CODE_OF_MERGED}"
    else:
        moved += f" OR i.state = 'c' AND EXISTS ({_MERGED} AND g.loser_key = (i.values ->> 'customer_id')::bigint)"
    return int(run(f"SELECT count(*) FROM {_ROWS} i WHERE i.job_id = {job:d} AND ({moved})")[0][0])


@cache
def columns_of(model: type[models.Model]) -> tuple[str, ...]:
    """The columns that an import writes; keys, moments and what triggers keep are apart."""
    return tuple(str(field.column) for field in model._meta.concrete_fields if field.column not in _KEPT)


@cache
def defaults_of(model: type[models.Model]) -> dict[str, Any]:
    """What stands in the columns of a new row that nobody filled in."""
    fields = [field for field in model._meta.concrete_fields if field.column in columns_of(model)]
    return {str(field.column): _default(field) for field in fields}


def _default(field: Any) -> Any:
    if field.has_default():
        return field.get_default()
    if field.has_db_default():
        return getattr(field.db_default, "value", field.db_default)
    return "" if field.empty_strings_allowed and not field.null else None


def reason_of(job: int) -> str:
    """What the record of a hand-over names as its reason."""
    return f"#{job}"


def now_here() -> Any:
    """The moment that `now()` has in this transaction: what its statements write into `updated_at`."""
    return run("SELECT now()")[0][0]
