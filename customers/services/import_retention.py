"""How long the rows of imports are kept."""

from __future__ import annotations

import datetime

from django.conf import settings
from django.utils import timezone

from customers.models import ImportRow
from customers.services.imports import KIND
from jobs.models import FINISHED, Job


def drop_old_rows() -> int:
    """Delete the rows of imports that ended more than `BATCH_KEEP_DAYS` days ago; the jobs and their counts stay, and cannot be undone.

    It may run twice: the second run finds nothing. Returns how many rows were deleted.
    """
    before = timezone.now() - datetime.timedelta(days=settings.BATCH_KEEP_DAYS)
    old = Job.objects.filter(kind=KIND, status__in=FINISHED, finished_at__lt=before)
    return sum(ImportRow.objects.filter(job=job).delete()[0] for job in old.values_list("pk", flat=True))
