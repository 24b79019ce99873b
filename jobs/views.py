"""Pages of jobs: the list, the way to a job's own page, and the chip that follows its owner."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any, Final

from django.db.models import Q, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from common.lists import ListPage
from jobs.kinds import page_url
from jobs.models import Job, JobChunk, JobStatus
from jobs.services.progress import told_done
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


def with_percent(jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """The jobs, each with how far its run is in whole percent (None while that cannot be said).

    One query over the chunks of all: a job's own counts are written when its run ends.
    """
    at_work = [job.pk for job in jobs if job.status in (JobStatus.RUNNING, JobStatus.PAUSED) and job.eligible]
    chunks = JobChunk.objects.filter(job__in=at_work).order_by().values_list("job_id")
    done = told_done(at_work) | dict(chunks.annotate(done=Sum("applied") + Sum("conflicts"))) if at_work else {}
    return [{"job": job, "percent": min(100, done.get(job.pk, 0) * 100 // job.eligible) if job.pk in at_work else None} for job in jobs]


@never_cache
@require_GET
def progress_chip(request: HttpRequest) -> HttpResponse:
    """The user's own jobs that are at work, and those just finished; nothing at all when there are none."""
    now = timezone.now()
    jobs = (
        Job.objects.visible_to(request.user).filter(~Q(awaits="") | Q(finished_at__gte=now - LINGER), actor=request.user.pk).order_by("-pk")
    )
    return render(request, "jobs/partials/_progress_chip.html", {"shown": with_percent(list(jobs[:_SHOWN]))})


def own_jobs(request: HttpRequest) -> dict[str, Any]:
    """The home card: the user's last jobs, running ones first."""
    mine = Job.objects.visible_to(request.user).filter(actor=request.user.pk)
    running = list(mine.exclude(awaits="").order_by("-pk")[:_CARD_ROWS])
    last = mine.exclude(pk__in=[job.pk for job in running]).order_by("-pk")[: _CARD_ROWS - len(running)]
    return {"jobs": with_percent([*running, *last])}
