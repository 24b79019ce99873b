"""What people do to a batch: run it, check it again, hold it, stop it, take it back. Every view is a POST that ends in a redirect."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from access.models import Action
from access.policy import require
from access.requests import signed_in
from jobs.errors import JobRefused
from jobs.models import ACTIVE_OR_DONE, Job, JobMode
from jobs.services.steering import cancel_job, pause_job, resume_job
from members.batch_pages import read_page
from members.services.batches import approve_batch, choose_mode, recheck_batch, undo_batch
from members.services.wording import refusal_text


def _attempt(request: HttpRequest, pk: int, write: Callable[[], Job]) -> HttpResponse:
    """Do it and go to the batch it concerns; a refusal is told on the batch's own page."""
    require(signed_in(request), "members", Action.CHANGE)
    read_page(request, pk, Action.CHANGE)  # 404 for what is hidden or no batch
    try:
        job = write()
    except JobRefused as refused:
        messages.error(request, refusal_text(refused.code, refused.figures))
        return redirect("members:batch_detail", pk)
    return redirect("members:batch_detail", job.pk)


@require_POST
def batch_approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Run exactly what the preview showed. Pressing twice does no harm: the second finds the job under way."""
    page = read_page(request, pk, Action.CHANGE)
    if page.job.status in ACTIVE_OR_DONE:
        return redirect("members:batch_run", pk)
    fingerprint = request.POST.get("fingerprint", "")
    confirmed = request.POST.get("confirm_repeat") == "yes"
    return _attempt(request, pk, lambda: approve_batch(job_id=pk, actor=page.user, fingerprint=fingerprint, confirm_repeat=confirmed))


@require_POST
def batch_recheck(request: HttpRequest, pk: int) -> HttpResponse:
    """Check again on today's ground."""
    return _attempt(request, pk, lambda: recheck_batch(job_id=pk, actor=signed_in(request)))


@require_POST
def batch_mode(request: HttpRequest, pk: int) -> HttpResponse:
    """Run the good rows after all."""
    return _attempt(request, pk, lambda: choose_mode(job_id=pk, actor=signed_in(request), mode=JobMode.VALID))


@require_POST
def batch_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Discard a batch that waits, or stop one that runs."""
    return _attempt(request, pk, lambda: cancel_job(job_id=pk, actor=signed_in(request)))


@require_POST
def batch_pause(request: HttpRequest, pk: int) -> HttpResponse:
    """Hold a run."""
    return _attempt(request, pk, lambda: pause_job(job_id=pk, actor=signed_in(request)))


@require_POST
def batch_resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a held run go on."""
    return _attempt(request, pk, lambda: resume_job(job_id=pk, actor=signed_in(request)))


@require_POST
def batch_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin to take back what the batch did: a batch of its own, whose preview comes first."""

    def begin() -> Job:
        job = undo_batch(job_id=pk, actor=signed_in(request))
        messages.info(request, _("Nothing is taken back yet. Look at what would happen, then run it."))
        return job

    return _attempt(request, pk, begin)
