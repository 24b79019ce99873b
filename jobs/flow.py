"""What the pages of a job with a file have in common: its steps and figures, waiting for a worker, and how far a run is.

The templates beside it are `templates/jobs/flow/`, the style and script `jobs/flow.css` and `jobs/flow.js`.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect, reswap, retarget

from common.htmx import asks_for, is_by_htmx
from common.masking import mask_digits
from jobs.errors import describe
from jobs.forms import ColumnsForm
from jobs.models import Job, JobAttempt
from jobs.services.progress import Progress, progress_of
from jobs.upload_limits import UPLOAD_LIMITS
from jobs.uploads import UploadLimit

WAIT_TARGET: Final = "batch-wait"
PROGRESS_TARGET: Final = "run-progress"
_LIVE: Final = "#flow-live"
_PATIENCE: Final = datetime.timedelta(seconds=10)
_SAMPLES: Final = 3


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the way; `state` is "done", "current" or "todo", `url` empty where it cannot be gone to."""

    label: Any
    state: str
    url: str


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure; `url` filters the rows by it."""

    label: str
    value: str
    note: str = ""
    url: str = ""
    active: bool = False


def figure(number: int) -> str:
    """A count for people."""
    return number_format(number, force_grouping=True)


def duration_text(seconds: float) -> str:
    """A time span as people say it: "0.8 s", "42 s", "3 min 5 s", "1 h 12 min"."""
    if seconds < 10:
        return _("%(seconds)s s") % {"seconds": f"{seconds:.1f}"}
    whole = round(seconds)
    if whole < 60:
        return _("%(seconds)s s") % {"seconds": whole}
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return _("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": rest}
    hours, minutes = divmod(minutes, 60)
    return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}


def last_duration(job: Job, *works: str) -> str:
    """How long the last of `works` that ended took; empty where there was none."""
    attempt = JobAttempt.objects.filter(job=job, work__in=works, ended_at__isnull=False).order_by("-pk").first()
    return duration_text((attempt.ended_at - attempt.started_at).total_seconds()) if attempt and attempt.ended_at else ""


def go(request: HttpRequest, url: str) -> HttpResponse:
    """Send the person to another page, by whichever way the request came."""
    if is_by_htmx(request):
        return HttpResponseClientRedirect(url)
    return redirect(url)


def too_large_text(limit: UploadLimit) -> str:
    """Why the file of a request was thrown away while it arrived; empty where it was not."""
    return describe("file_too_large", {"size": limit.size, "limit": UPLOAD_LIMITS.bytes}) if limit.size else ""


# --- columns of the source -------------------------------------------------------------------------------------------------------------


def headings_of(inspection: dict[str, Any]) -> list[str]:
    """A heading, maybe empty, for every column that the first rows have; what looks like a number in it masked."""
    headings: list[str] = inspection.get("headings", [])
    width = max([len(headings), *(len(row) - 1 for row in inspection.get("sample", []))])
    return [mask_digits(heading) for heading in headings] + [""] * (width - len(headings))


def columns_of(inspection: dict[str, Any], form: ColumnsForm, *, guesses: bool) -> list[dict[str, Any]]:
    """Each column of the source: its letter, heading, first cells, the select of what it holds, and whether that was guessed.

    Arguments:
        form: which column holds what.
        guesses: whether what stands in the form was guessed.
    """
    sample = [row[1:] for row in inspection.get("sample", [])]
    columns = []
    for index, field in enumerate(form.columns):
        cells = [mask_digits(row[index]) for row in sample if index < len(row) and row[index].strip()]
        guessed = guesses and index in form.guess
        columns.append(
            {"letter": form.letters[index], "heading": field.label, "cells": cells[:_SAMPLES], "field": field, "guessed": guessed}
        )
    return columns


# --- waiting and running ---------------------------------------------------------------------------------------------------------------


def wait_answer(request: HttpRequest, job: Job, context: dict[str, Any], template: str) -> HttpResponse:
    """Tell that a worker is at it, on the page `template`; the page asks again by itself."""
    late = job.heartbeat_at is None and timezone.now() - job.updated_at > _PATIENCE
    context = {**context, "job": job, "late": late, "wait_target": WAIT_TARGET}
    if not asks_for(request, WAIT_TARGET):
        return render(request, template, context)
    if request.GET.get("late") == str(int(late)):
        return HttpResponse(status=204)  # nothing new: what is shown stays, and is not read out again
    return render(request, "jobs/flow/_wait.html", context)


def run_context(job: Job) -> dict[str, Any]:
    """What the templates show of a run under way, or over."""
    progress = progress_of(job)
    return {"progress": progress, "seen": _seen(job), "words": _progress_words(job, progress)}


def progress_answer(request: HttpRequest, job: Job, context: dict[str, Any], url: str) -> HttpResponse:
    """The bar and its figures; where the job's state is no longer the one that the page shows, all of it, and at the end the page `url`."""
    if job.finished_at is not None:
        return HttpResponseClientRedirect(url)
    if request.GET.get("seen") != context["seen"]:
        response = render(request, "jobs/flow/_live.html", context)
        return retarget(reswap(response, "outerHTML"), _LIVE)
    return render(request, "jobs/flow/_progress.html", context)


def _seen(job: Job) -> str:
    return f"{job.status}{'-stopping' if job.cancel_requested_at else ''}"


def _progress_words(job: Job, progress: Progress) -> dict[str, str]:
    """The figures beside the bar as texts; empty where they cannot be told."""
    return {
        "elapsed": duration_text(progress.elapsed),
        "left": duration_text(progress.seconds_left) if progress.seconds_left is not None and not job.cancel_requested_at else "",
        "tenth": str(progress.percent // 10 * 10),
    }
