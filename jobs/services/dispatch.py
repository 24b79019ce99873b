"""Hints to the workers, and the dispatcher that repeats them for as long as work is due."""

from __future__ import annotations

import datetime
import logging
from functools import partial
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from kombu.exceptions import OperationalError

from jobs.locks import lock_dispatch
from jobs.models import Job, JobMode, JobStatus
from jobs.services.work import RUN

logger = logging.getLogger(__name__)

QUIET: Final = datetime.timedelta(seconds=3)


def hint(job_id: int) -> None:
    """Tell the workers that job `job_id` has work due. A messenger that is down is no error: the dispatcher tells them again."""
    from jobs.tasks import work

    try:
        work.apply_async(args=(job_id,), retry=False)
    except (OperationalError, OSError):
        logger.warning("the messenger is out of reach; job %s waits for the dispatcher", job_id)


def lanes_of(mode: str, awaits: str) -> int:
    """How many workers may be at a job at the same time: several at the chunks of a run, one at all that is a single piece."""
    return int(settings.BATCH_LANES) if awaits == RUN and mode == JobMode.VALID else 1


def hint_on_commit(job: Job) -> None:
    """Hint, once for each lane of the job, when the open transaction has committed."""
    for _lane in range(lanes_of(job.mode, job.awaits)):
        transaction.on_commit(partial(hint, job.pk))


def dispatch() -> int:
    """Hint every job that has work due and showed no sign of life for a few seconds. Returns how many were hinted.

    Under an advisory lock, so that two beats do no harm.
    """
    with transaction.atomic():
        if not lock_dispatch():
            return 0
        quiet = Q(heartbeat_at=None) | Q(heartbeat_at__lt=timezone.now() - QUIET)
        jobs = Job.objects.filter(quiet).exclude(awaits="").exclude(status=JobStatus.PAUSED).order_by("id")[:100]
        due = list(jobs.values_list("id", "mode", "awaits"))
    for job_id, mode, awaits in due:
        for _lane in range(lanes_of(mode, awaits)):
            hint(job_id)
    return len(due)
