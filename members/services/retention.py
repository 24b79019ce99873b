"""How long the rows of batches are kept."""

from __future__ import annotations

import datetime

from django.conf import settings
from django.utils import timezone

from jobs.models import FINISHED, Job
from members.bulk.rows import drop_rows, kept_jobs
from members.services.batches import KIND


def drop_old_rows() -> int:
    """Drop the rows of batches that ended more than `BATCH_KEEP_DAYS` days ago; the jobs and their counts stay.

    It may run twice: the second run finds nothing. Returns how many batches' rows were dropped.
    """
    before = timezone.now() - datetime.timedelta(days=settings.BATCH_KEEP_DAYS)
    old = Job.objects.filter(kind=KIND, pk__in=kept_jobs(), status__in=FINISHED, finished_at__lt=before).values_list("id", flat=True)
    dropped = list(old)
    for job_id in dropped:
        drop_rows(job_id)  # one short lock of the parent each, so that nobody waits for all of them
    return len(dropped)
