"""Running a batch in this process, for commands: the same pieces that workers do, one after the other."""

from __future__ import annotations

import time
from typing import Final

from jobs.models import Job
from jobs.services.work import advance

_PATIENCE: Final = 0.2


def run_here(job: Job) -> Job:
    """Do all work that job `job` awaits; where a worker is at a piece of it, wait for that. Returns the job as it is then."""
    while True:
        more = advance(job.pk)
        job.refresh_from_db()
        if not job.awaits:
            return job
        if not more:
            time.sleep(_PATIENCE)
