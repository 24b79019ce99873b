"""What people do to an import: run it, check it again, stop it, take it back. Every view is a POST that ends in a redirect."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from access.models import Action
from access.requests import signed_in
from customers.import_pages import read_page
from customers.services.imports import approve_import, ensure_may_import, recheck_import, undo_import
from jobs.errors import JobRefused
from jobs.models import ACTIVE_OR_DONE, Job
from jobs.services.steering import cancel_job


def _attempt(request: HttpRequest, pk: int, write: Callable[[], Job]) -> HttpResponse:
    """Do it and go to the import it concerns; a refusal is told on the import's own page."""
    page = read_page(request, pk, Action.CHANGE)  # 404 for what is hidden or no import
    ensure_may_import(page.user, page.subject)
    try:
        job = write()
    except JobRefused as refused:
        messages.error(request, refused.message)
        return redirect("customers:import_detail", pk)
    return redirect("customers:import_detail", job.pk)


@require_POST
def import_approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Run exactly what the preview showed. Pressing twice does no harm: the second finds the job under way."""
    page = read_page(request, pk, Action.CHANGE)
    if page.job.status in ACTIVE_OR_DONE:
        return redirect("customers:import_run", pk)
    fingerprint = request.POST.get("fingerprint", "")
    return _attempt(request, pk, lambda: approve_import(job_id=pk, actor=page.user, fingerprint=fingerprint))


@require_POST
def import_recheck(request: HttpRequest, pk: int) -> HttpResponse:
    """Check again on today's ground."""
    return _attempt(request, pk, lambda: recheck_import(job_id=pk, actor=signed_in(request)))


@require_POST
def import_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Discard an import that waits, or stop one that runs."""
    return _attempt(request, pk, lambda: cancel_job(job_id=pk, actor=signed_in(request)))


@require_POST
def import_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin to take back what the import did: a job of its own, whose preview comes first."""

    def begin() -> Job:
        job = undo_import(job_id=pk, actor=signed_in(request))
        messages.info(request, _("Nothing is taken back yet. Look at what would happen, then run it."))
        return job

    return _attempt(request, pk, begin)
