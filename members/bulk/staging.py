"""Loading a source's rows beside the tables, by COPY."""

from __future__ import annotations

from typing import IO

from django.db import connection

from members.bulk.statements import execute

_CREATE = """
CREATE TABLE {table} (
    line integer, msisdn varchar(15) COLLATE "C", kind varchar(10) COLLATE "C", faults bigint,
    holder_name varchar(64), employee_no varchar(32), department varchar(64), short_number varchar(6) COLLATE "C",
    effective_on date, expires_on date, tariff_code varchar(32) COLLATE "C", offer_code varchar(32) COLLATE "C", raw text
)
"""


STATISTICS_TARGET = 10
"""How finely the rows of one job are sampled: their columns hold a handful of values, or a different one in each row."""


def stage_table(job_id: int) -> str:
    """The name of the table that holds the staged rows of job `job_id` while they are checked."""
    return f"members_stage_{job_id:d}"


def stage_rows(job_id: int, copy_text: IO[bytes]) -> None:
    """Copy the reader's output into a fresh table of the open transaction."""
    table = stage_table(job_id)
    execute(_CREATE.format(table=table))
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} FROM STDIN", copy_text, 1 << 18)


def analyze_stage(job_id: int) -> None:
    """Tell the planner what the staged rows look like."""
    execute(f"SET LOCAL default_statistics_target = {STATISTICS_TARGET}")
    execute(f"ANALYZE {stage_table(job_id)} (msisdn)")


def drop_stage(job_id: int) -> None:
    """Drop the staged rows once they are checked."""
    execute(f"DROP TABLE {stage_table(job_id)}")
