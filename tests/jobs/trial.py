"""A kind of job for tests of the runner: its chunks note down which positions they did, and fail where they are told to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from unittest.mock import patch

from django.db import connection

from access.models import User
from jobs import kinds
from jobs.errors import JobRefused
from jobs.kinds import JobKind
from jobs.models import Job, JobChunk, JobStatus
from jobs.services.work import RUN

KIND = "trial"
WORK = "look"


@dataclass(slots=True)
class Trial:
    """What chunks of the kind did and shall do.

    Attributes:
        done: each position done, in order; written by the database's transaction, so a rolled-back chunk leaves none.
        before, after: called with a chunk before or after it is done; an exception fails the chunk.
        look: called by the single work.
        poisoned: positions given up.
        finished: statuses with which jobs ended.
    """

    before: Callable[[JobChunk], object] = lambda chunk: None
    after: Callable[[JobChunk], object] = lambda chunk: None
    look: Callable[[Job], object] = lambda job: None
    poisoned: list[int] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)

    @property
    def done(self) -> list[int]:
        """Each position done, as committed."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT position FROM jobs_trial ORDER BY place")
            return [position for (position,) in cursor.fetchall()]

    def run_chunk(self, job: Job, chunk: JobChunk) -> None:
        """Do the positions of a chunk."""
        self.before(chunk)
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO jobs_trial (position) SELECT generate_series(%s, %s)", [chunk.first, chunk.last])
        chunk.applied = chunk.last - chunk.first + 1
        self.after(chunk)

    def poison(self, job: Job, chunk: JobChunk) -> None:
        """Note a position that was given up."""
        self.poisoned.append(chunk.first)

    def single(self, job: Job) -> None:
        """The single work: the job is ready then."""
        self.look(job)
        job.status, job.awaits = JobStatus.VALIDATED, ""
        job.save()

    def finish(self, job: Job) -> None:
        """Note how a job ended."""
        self.finished.append(job.status)


@contextmanager
def trial_kind() -> Iterator[Trial]:
    """Register the kind for the block. The table of what was done is part of the open transaction, or dropped at the end."""
    trial = Trial()
    kind = JobKind(
        KIND,
        label="trial",  # type: ignore[arg-type]  # a plain text does for a test
        page_url=lambda job: "/",
        single={WORK: trial.single},
        run_chunk=trial.run_chunk,
        poison_chunk=trial.poison,
        finish=trial.finish,
    )
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS jobs_trial; CREATE TABLE jobs_trial (place bigserial, position integer)")
    with patch.dict(kinds._KINDS, {KIND: kind}):
        yield trial
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS jobs_trial")


def running_job(actor: User, rows: int = 8, chunk_rows: int = 2, **values: object) -> Job:
    """An approved job of the kind, cut into chunks."""
    job = Job.objects.create(
        kind=KIND, title="Trial", actor=actor, status=JobStatus.APPROVED, awaits=RUN, rows=rows, eligible=rows, **values
    )
    JobChunk.objects.bulk_create(
        JobChunk(job=job, first=first, last=min(rows, first + chunk_rows - 1)) for first in range(1, rows + 1, chunk_rows)
    )
    return job


def looking_job(actor: User) -> Job:
    """A job of the kind that awaits its single work."""
    return Job.objects.create(kind=KIND, title="Trial", actor=actor, status=JobStatus.CHECKING, awaits=WORK)


def fail(*positions: int, error: Exception | None = None) -> Callable[[JobChunk], None]:
    """A hook that fails every chunk with one of these positions."""

    def hook(chunk: JobChunk) -> None:
        if any(chunk.first <= position <= chunk.last for position in positions):
            raise error or ValueError(f"position in {chunk}")

    return hook


def refuse(chunk: JobChunk) -> None:
    """A hook that refuses a chunk, as a kind does when a run must stop."""
    raise JobRefused("ground_moved")
