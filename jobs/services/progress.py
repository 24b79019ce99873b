"""How far a run is: read from its chunks, because the job's own counts are written at its end."""

from __future__ import annotations

import datetime
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from django.core.cache import cache
from django.db.models import Q, Sum
from django.utils import timezone

from jobs.models import Job, JobChunk, JobMode, JobStatus

_RECENT: Final = datetime.timedelta(seconds=15)
_TOLD_SECONDS: Final = 3_600
_MINIMUM: Final = 0.2  # seconds; a shorter run has no rate worth telling


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is.

    Attributes:
        done: rows dealt with, conflicts included.
        total: eligible rows.
        conflicts: rows of `done` that were left alone because they had changed.
        rate: rows a second, None while it cannot be told.
        seconds_left: seconds until the end at that rate, None while it cannot be told.
        elapsed: seconds since the run began.
        whole: the run is one transaction, so nothing shows before its end.
    """

    done: int
    total: int
    conflicts: int
    rate: float | None
    seconds_left: float | None
    elapsed: float
    whole: bool

    @property
    def percent(self) -> int:
        """Whole percent of the rows; 100 only when all are done."""
        return min(100, self.done * 100 // self.total) if self.total else 0


def tell_done(job_id: int, rows: int) -> None:
    """Say that a single work has dealt with `rows` rows so far; in the cache, for its transaction shows nothing before its end."""
    cache.set(f"job-done:{job_id}", rows, _TOLD_SECONDS)


def told_done(job_ids: Collection[int]) -> dict[int, int]:
    """What `tell_done` was told of those jobs."""
    names = {f"job-done:{job_id}": job_id for job_id in job_ids}
    return {names[name]: int(rows) for name, rows in cache.get_many(list(names)).items()} if names else {}


def progress_of(job: Job) -> Progress:
    """The progress of a job that runs or has run, by one query over its chunks."""
    now = timezone.now()
    end = job.finished_at or now
    elapsed = max((end - job.started_at).total_seconds(), 0.0) if job.started_at else 0.0
    recent = Q(applied_at__gte=now - _RECENT)
    sums = JobChunk.objects.filter(job=job).aggregate(
        rows_applied=Sum("applied"),
        rows_left=Sum("conflicts"),
        recently_applied=Sum("applied", filter=recent),
        recently_left=Sum("conflicts", filter=recent),
    )
    conflicts = sums["rows_left"] or 0
    done = (sums["rows_applied"] or 0) + conflicts
    rate = _rate(job, done, (sums["recently_applied"] or 0) + (sums["recently_left"] or 0), now)
    at_work = job.status in (JobStatus.APPROVED, JobStatus.RUNNING)
    left = (job.eligible - done) / rate if rate and at_work else None
    return Progress(done, job.eligible, conflicts, rate, left, elapsed, whole=job.mode == JobMode.ATOMIC)


def _rate(job: Job, done: int, recent: int, now: datetime.datetime) -> float | None:
    """Rows a second: of the last seconds while it runs, of the whole run once it is over."""
    if job.started_at is None or not done:
        return None
    if job.finished_at is not None:
        return done / max((job.finished_at - job.started_at).total_seconds(), _MINIMUM)
    window = min(now - job.started_at, _RECENT).total_seconds()
    return recent / window if recent and window >= _MINIMUM else None
