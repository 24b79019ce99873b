"""How much of the system one person may take up: batches that are open at a time, bytes uploaded in a day. Counted in PostgreSQL."""

from __future__ import annotations

import datetime
from typing import Final

from django.conf import settings
from django.db.models import Sum
from django.utils import timezone

from access.models import User
from jobs.errors import JobRefused
from jobs.models import FINISHED, Job, Upload

DAY: Final = datetime.timedelta(days=1)


def ensure_may_open(actor: User) -> None:
    """Raise JobRefused (too_many_open_jobs) when `actor` has as many unfinished jobs as allowed."""
    limit = settings.OPEN_BATCHES_PER_USER
    if Job.objects.filter(actor=actor).exclude(status__in=FINISHED).count() >= limit:
        raise JobRefused("too_many_open_jobs", limit=limit)


def bytes_left(uploader: User) -> int:
    """How many bytes `uploader` may still upload today, which is within the last 24 hours."""
    since = timezone.now() - DAY
    used = Upload.objects.filter(user=uploader, created_at__gte=since).aggregate(total=Sum("size"))["total"] or 0
    return max(0, settings.UPLOAD_BYTES_PER_DAY - int(used))


def record_upload(uploader: User, size: int) -> None:
    """Count an upload of `size` bytes, and forget those that no longer count."""
    Upload.objects.filter(user=uploader, created_at__lt=timezone.now() - DAY).delete()
    Upload.objects.create(user=uploader, size=size)
