"""How long what jobs made is kept."""

from __future__ import annotations

import datetime
from typing import Final

from django.conf import settings
from django.utils import timezone

from jobs.models import FINISHED, JobFile, JobRow

FILE_KEPT: Final = datetime.timedelta(days=3)


def drop_expired() -> int:
    """Delete the files whose time is over, and the rows of bulk changes that ended more than `BATCH_KEEP_DAYS` days ago.

    It may run twice: the second run finds nothing. Returns how many files were deleted.
    """
    now = timezone.now()
    expired = list(JobFile.objects.filter(expires_at__lt=now))
    for file in expired:
        file.stored.delete(save=False)
    JobFile.objects.filter(pk__in=[file.pk for file in expired]).delete()
    before = now - datetime.timedelta(days=settings.BATCH_KEEP_DAYS)
    JobRow.objects.filter(job__status__in=FINISHED, job__finished_at__lt=before).delete()
    return len(expired)
