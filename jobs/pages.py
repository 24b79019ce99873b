"""The page of a job that this app itself carries out, exports and bulk changes, and the file that a job made."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from access.models import Action, User
from access.requests import signed_in
from common.htmx import asks_for
from jobs.errors import JobRefused, describe
from jobs.kinds import page_url
from jobs.models import Job, JobFile
from jobs.services import bulk_changes, exports
from jobs.services.bulk_changes import begin_undo, may_be_undone
from jobs.services.exports import fetch_file
from jobs.services.steering import cancel_job
from jobs.views import with_percent

OWN_KINDS = frozenset({exports.KIND, bulk_changes.KIND})
LIVE = "job-live"


@require_http_methods(["GET", "POST"])
def job_page(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the job is and what came of it; POST stops it or takes it back. A job that another app carries out has its page there."""
    user = signed_in(request)
    action = Action.CHANGE if request.method == "POST" else Action.VIEW
    job = Job.objects.select_related("actor", "undo_of").get_visible(user, pk, action)
    if job.kind not in OWN_KINDS:
        return _elsewhere(job)
    if request.method == "POST":
        return _steer(request, job, user)
    template = "jobs/job_page.html#live" if asks_for(request, LIVE) else "jobs/job_page.html"
    return render(request, template, _context(job, user))


def _elsewhere(job: Job) -> HttpResponse:
    try:
        return redirect(page_url(job))
    except KeyError as error:
        raise Http404 from error


def _steer(request: HttpRequest, job: Job, user: User) -> HttpResponse:
    shown = job.pk
    try:
        if request.POST.get("do") == "undo":
            shown = begin_undo(job_id=job.pk, actor=user).pk
        else:
            cancel_job(job_id=job.pk, actor=user)
            messages.success(request, _("The job is being stopped."))
    except JobRefused as refusal:
        messages.error(request, refusal.message)
    return redirect("jobs:job_page", shown)


def _context(job: Job, user: User) -> dict[str, Any]:
    may_change = Job.objects.visible_to(user, Action.CHANGE).filter(pk=job.pk).exists()
    file = JobFile.objects.filter(job=job, expires_at__gt=timezone.now()).first()
    return {
        "job": job,
        "percent": with_percent([job])[0]["percent"],
        "file": file if job.actor_id == user.pk else None,
        "has_expired": job.kind == exports.KIND and file is None and job.status == "done",
        "is_own": job.actor_id == user.pk,
        "reason": describe(job.error["code"], job.error["figures"]) if job.error else "",
        "may_change": may_change,
        "may_undo": may_change and may_be_undone(job),
        "undo": job.undone_by,
    }


@require_GET
def job_file(request: HttpRequest, pk: int) -> FileResponse:
    """The file that a job of one's own made. Raises Http404 for everybody else's."""
    file = fetch_file(file_id=pk, user=signed_in(request), request=request)
    try:
        return FileResponse(file.stored.open("rb"), as_attachment=True, filename=file.name)
    except FileNotFoundError as error:
        raise Http404 from error


def url_of(job: Job) -> str:
    """The address of the page."""
    return reverse("jobs:job_page", args=[job.pk])
