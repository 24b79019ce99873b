"""Advisory locks of jobs: held by a transaction, gone with it."""

from __future__ import annotations

from typing import Final

from django.db import connection

_WORK: Final = 7_301
_DISPATCH: Final = 7_302


def lock_job_work(job_id: int) -> bool:
    """Take the right to do a job's single work until the transaction ends. Returns False when somebody has it."""
    return _try_lock(_WORK, job_id % 2**31)


def lock_dispatch() -> bool:
    """Take the right to dispatch until the transaction ends. Returns False when another dispatcher has it."""
    return _try_lock(_DISPATCH, 0)


def _try_lock(space: int, key: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [space, key])
        row = cursor.fetchone()
    return bool(row and row[0])
