"""The partitions that hold the rows of batches."""

from __future__ import annotations

from typing import Final

from members.bulk.statements import call_owner_function, execute, fetch
from members.verdict_codes import BIT

KEY_BLOCK: Final = 1 << 21
"""Membership keys are drawn in blocks of this many, so that a batch's keys follow its numbers' order. No batch may have more rows."""
_FIRST_BLOCK: Final = 1 << 42


def rows_table(job_id: int) -> str:
    """The name of the partition with the rows of job `job_id`."""
    return f"members_batchrow_{job_id:d}"


def create_rows(job_id: int) -> None:
    """Make the table for the rows of job `job_id` in the open transaction, not yet indexed and no partition yet."""
    call_owner_function("members_create_rows", job_id)


def complete_rows(job_id: int) -> None:
    """Index the filled table of job `job_id` and make it a partition."""
    call_owner_function("members_complete_rows", job_id)


def drop_rows(job_id: int) -> None:
    """Drop the rows of job `job_id`, if it has any.

    Raises django.db.OperationalError when the job is being run.
    """
    call_owner_function("members_drop_rows", job_id)


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
