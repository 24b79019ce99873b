"""Pages of jobs: the list, the way to a job's own page, and the chip that follows its owner."""

from __future__ import annotations

import datetime
from typing import Any, Final

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from common.lists import ListPage
from jobs.kinds import page_url
from jobs.models import Job, JobStatus
from jobs.tables import JobList

LINGER: Final = datetime.timedelta(seconds=20)
_SHOWN: Final = 3
_CARD_ROWS: Final = 6


class JobListPage(ListPage):
    """All jobs that the user may see."""

    list_class = JobList


@require_GET
def job_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The page that the job's kind has for it."""
    job = Job.objects.get_visible(request.user, pk)
    try:
        return redirect(page_url(job))
    except KeyError as error:
        raise Http404 from error


def percent_done(job: Job) -> int | None:
    """How far a run is, in whole percent; None while that cannot be said."""
    if job.status not in (JobStatus.RUNNING, JobStatus.PAUSED) or not job.eligible:
        return None
    return min(100, job.processed * 100 // job.eligible)


@never_cache
@require_GET
def progress_chip(request: HttpRequest) -> HttpResponse:
    """The user's own jobs that are at work, and those just finished; nothing at all when there are none."""
    now = timezone.now()
    jobs = (
        Job.objects.visible_to(request.user).filter(~Q(awaits="") | Q(finished_at__gte=now - LINGER), actor=request.user.pk).order_by("-pk")
    )
    shown = [{"job": job, "percent": percent_done(job)} for job in jobs[:_SHOWN]]
    return render(request, "jobs/partials/_progress_chip.html", {"shown": shown})


def own_jobs(request: HttpRequest) -> dict[str, Any]:
    """The home card: the user's last jobs, running ones first."""
    mine = Job.objects.visible_to(request.user).filter(actor=request.user.pk)
    running = list(mine.exclude(awaits="").order_by("-pk")[:_CARD_ROWS])
    last = mine.exclude(pk__in=[job.pk for job in running]).order_by("-pk")[: _CARD_ROWS - len(running)]
    return {"jobs": [{"job": job, "percent": percent_done(job)} for job in [*running, *last]]}
