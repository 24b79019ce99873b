"""Loading a source's rows beside the tables, by COPY."""

from __future__ import annotations

from typing import IO

from django.db import connection

from members.bulk.statements import call_owner_function


def stage_table(job_id: int) -> str:
    """The name of the table that holds the staged rows of job `job_id` while they are checked."""
    return f"members_stage_{job_id:d}"


def stage_rows(job_id: int, copy_text: IO[bytes]) -> None:
    """Copy the reader's output into a fresh table of the open transaction."""
    call_owner_function("members_create_stage", job_id)
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {stage_table(job_id)} FROM STDIN", copy_text, 1 << 18)


def analyze_stage(job_id: int) -> None:
    """Tell the planner what the staged rows look like."""
    call_owner_function("members_analyze_stage", job_id)


def drop_stage(job_id: int) -> None:
    """Drop the staged rows once they are checked."""
    call_owner_function("members_drop_stage", job_id)
