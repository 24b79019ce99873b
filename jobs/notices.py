"""The notices that this app sends: a job of one's own has ended."""

from __future__ import annotations

from typing import Final

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from common.notices import NoticeKind, Parameters, notify, register_kind
from jobs.models import Job, JobStatus

DONE: Final = "job_done"
FAILED: Final = "job_failed"


def _job_url(parameters: Parameters) -> str:
    return reverse("jobs:job_detail", args=[parameters["job"]])


def register_notices() -> None:
    """Called once, when Django is ready."""
    done = _("Job #%(job)s is done: %(title)s. %(applied)s rows applied, %(faulty)s not.")
    failed = _("Job #%(job)s failed: %(title)s")
    register_kind(NoticeKind(DONE, _("A job of mine is done"), done, icon="circle-check", url=_job_url, tone="ok"))
    register_kind(NoticeKind(FAILED, _("A job of mine failed"), failed, icon="alert-triangle", url=_job_url, tone="bad"))


def tell_of_end(job: Job) -> None:
    """Tell whoever started `job` how it ended; of one that was cancelled or undone nobody is told. A job's end is told once."""
    if job.status == JobStatus.FAILED:
        notify([job.actor_id], FAILED, key=f"job:{job.pk}:failed", job=job.pk, title=job.title)
    elif job.status in (JobStatus.DONE, JobStatus.DONE_WITH_ERRORS):
        faulty = job.failed + job.conflicts
        notify([job.actor_id], DONE, key=f"job:{job.pk}:done", job=job.pk, title=job.title, applied=job.applied, faulty=faulty)
