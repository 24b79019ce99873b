"""The kinds of jobs. An upper app registers its own; this app runs them without knowing what they do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from jobs.models import Job, JobChunk

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise  # the stubs' name of a lazy text

SingleWork = Callable[[Job], None]
ChunkWork = Callable[[Job, JobChunk], None]


@dataclass(frozen=True, slots=True)
class JobKind:
    """What the runner needs to know of a kind.

    Attributes:
        code, label: the value of `Job.kind` and its name for people.
        page_url: the address of a job's own page.
        single: background work done once, by its name in `Job.awaits`; runs in one transaction and sets the job's next state.
        run_chunk: applies one chunk in the open transaction and sets its `applied` and `conflicts`.
        poison_chunk: called for a chunk of one row that fails again and again, in the transaction that gives it up: marks the row.
        failed: called in the transaction that gives a single work up, with the job's error set: ends what waits for it.
        finish: called in the transaction that ends the run, with the counts and the final status set but not saved.
    """

    code: str
    label: _StrPromise
    page_url: Callable[[Job], str]
    single: dict[str, SingleWork] = field(default_factory=dict)
    run_chunk: ChunkWork | None = None
    poison_chunk: ChunkWork | None = None
    finish: SingleWork | None = None
    failed: SingleWork | None = None


_KINDS: Final[dict[str, JobKind]] = {}


def register(kind: JobKind) -> None:
    """Make a kind known; called from the upper app's `AppConfig.ready`."""
    _KINDS[kind.code] = kind


def kind_of(job: Job) -> JobKind:
    """The kind of `job`.

    Raises KeyError when the app that registered it is not installed.
    """
    return _KINDS[job.kind]


def tell_of_failure(job: Job) -> None:
    """Let the kind of `job` end what waits for a single work that is given up; nothing where its app is not installed."""
    kind = _KINDS.get(job.kind)
    if kind is not None and kind.failed is not None:
        kind.failed(job)


def kinds() -> list[JobKind]:
    """All kinds, by code."""
    return [_KINDS[code] for code in sorted(_KINDS)]


def page_url(job: Job) -> str:
    """The address of the job's own page."""
    return kind_of(job).page_url(job)
