"""Hints to the workers, and the dispatcher that repeats them for as long as work is due."""

from __future__ import annotations

import datetime
import logging
from functools import partial
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from kombu.exceptions import OperationalError

from jobs.locks import lock_dispatch
from jobs.models import Job, JobStatus

logger = logging.getLogger(__name__)

QUIET: Final = datetime.timedelta(seconds=3)


def hint(job_id: int) -> None:
    """Tell the workers that job `job_id` has work due. A messenger that is down is no error: the dispatcher tells them again."""
    from jobs.tasks import work

    try:
        work.apply_async(args=(job_id,), retry=False)
    except (OperationalError, OSError):
        logger.warning("the messenger is out of reach; job %s waits for the dispatcher", job_id)


def hint_on_commit(job_id: int) -> None:
    """Hint when the open transaction has committed."""
    transaction.on_commit(partial(hint, job_id))


def dispatch() -> int:
    """Hint every job that has work due and showed no sign of life for a few seconds. Returns how many were hinted.

    Under an advisory lock, so that two beats do no harm.
    """
    with transaction.atomic():
        if not lock_dispatch():
            return 0
        quiet = Q(heartbeat_at=None) | Q(heartbeat_at__lt=timezone.now() - QUIET)
        due = list(
            Job.objects.filter(quiet).exclude(awaits="").exclude(status=JobStatus.PAUSED).order_by("id").values_list("id", flat=True)[:100]
        )
    for job_id in due:
        hint(job_id)
    return len(due)
