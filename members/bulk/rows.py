"""The partitions that hold the rows of batches."""

from __future__ import annotations

from typing import Final

from members.bulk.staging import STATISTICS_TARGET
from members.bulk.statements import execute, fetch
from members.verdict_codes import BIT

KEY_BLOCK: Final = 1 << 21
"""Membership keys are drawn in blocks of this many, so that a batch's keys follow its numbers' order. No batch may have more rows."""
_FIRST_BLOCK: Final = 1 << 42

_COMPLETE: Final = """
ALTER TABLE {table}
    ADD PRIMARY KEY (job_id, line),
    ALTER position SET NOT NULL, ALTER state SET NOT NULL, ALTER verdicts SET NOT NULL, ALTER todo SET NOT NULL,
    ALTER ground SET NOT NULL, ALTER raw SET NOT NULL,
    ADD CONSTRAINT {table}_job CHECK (job_id = {job_id});
CREATE INDEX {table}_position ON {table} USING brin (position) WITH (pages_per_range = 16);
CREATE INDEX {table}_not_applied ON {table} (job_id, line) WHERE state <> 'e';
SET LOCAL default_statistics_target = {target};
ANALYZE {table} (position, state, todo, verdicts, msisdn, member_key);
ALTER TABLE members_batchrow ATTACH PARTITION {table} FOR VALUES IN ({job_id});
ALTER TABLE {table} DROP CONSTRAINT {table}_job
"""


def rows_table(job_id: int) -> str:
    """The name of the partition with the rows of job `job_id`."""
    return f"members_batchrow_{job_id:d}"


def complete_rows(job_id: int) -> None:
    """Index the filled table of job `job_id` and make it a partition."""
    execute(_COMPLETE.format(table=rows_table(job_id), job_id=job_id, target=STATISTICS_TARGET))


def drop_rows(job_id: int) -> None:
    """Drop the rows of job `job_id`, if it has any."""
    execute(f"DROP TABLE IF EXISTS {rows_table(job_id)}")


def has_rows(job_id: int) -> bool:
    """Whether the rows of job `job_id` are kept."""
    return bool(fetch("SELECT to_regclass(%(table)s) IS NOT NULL", {"table": rows_table(job_id)})[0][0])


def give_up_rows(job_id: int, first: int, last: int) -> int:
    """Mark the rows at positions `first` to `last` that were to be run as ones that could not be. Returns how many."""
    return execute(
        f"UPDATE {rows_table(job_id)} SET state = 'c', verdicts = verdicts | {BIT['run_failed']}"
        f" WHERE position BETWEEN {first:d} AND {last:d} AND state = 'e'"
    )


def draw_key_block() -> int:
    """The number below the first key of a fresh block: adding a row's position gives its membership's key."""
    return _FIRST_BLOCK + int(fetch("SELECT nextval('members_member_block')")[0][0]) * KEY_BLOCK


def kept_jobs() -> list[int]:
    """The ids of the jobs whose rows are kept."""
    found = fetch("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'members_batchrow'::regclass")
    return [int(name.rpartition("_")[2]) for (name,) in found]
