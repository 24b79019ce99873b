"""Running a batch in this process, for commands: the same pieces that workers do."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from django.db import connection

from jobs.models import Job, JobMode
from jobs.services.work import RUN, advance

_PATIENCE: Final = 0.01


def run_here(job: Job, lanes: int = 1) -> Job:
    """Do all work that job `job` awaits; where a worker is at a piece of it, wait for that.

    Arguments:
        lanes: how many chunks are applied at the same time, each over a connection of its own.

    Returns the job as it is then.
    """
    job.refresh_from_db()
    while job.awaits and job.awaits != RUN:
        if not advance(job.pk):
            time.sleep(0 if _has_moved(job) else _PATIENCE)
        job.refresh_from_db()
    if job.awaits:
        _run_chunks(job, lanes if job.mode == JobMode.VALID else 1)
        job.refresh_from_db()
    return job


def _has_moved(job: Job) -> bool:
    return not Job.objects.filter(pk=job.pk, awaits=job.awaits).exists()


def _run_chunks(job: Job, lanes: int) -> None:
    if lanes == 1:
        _follow(job.pk)
        return
    with ThreadPoolExecutor(lanes) as pool:
        for lane in [pool.submit(_follow_apart, job.pk) for _ in range(lanes)]:
            lane.result()


def _follow_apart(job_id: int) -> None:
    try:
        _follow(job_id)
    finally:
        connection.close()


def _follow(job_id: int) -> None:
    while True:
        more = advance(job_id)
        if not more:
            if not Job.objects.filter(pk=job_id, awaits=RUN).exists():
                return
            time.sleep(_PATIENCE)
