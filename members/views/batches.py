"""The four steps of batch provisioning, one page each: source, actions, preview, run."""

from __future__ import annotations

import datetime
from typing import Any, Final

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect, reswap, retarget

from access.models import Action
from access.policy import require
from access.requests import signed_in
from common.htmx import asks_for, is_by_htmx
from common.lists import ListPage, render_list
from common.masking import mask_digits
from customers.models import Customer
from jobs.errors import JobRefused, describe
from jobs.models import Job, JobStatus
from jobs.services.files import format_of, keep_source
from jobs.services.progress import progress_of
from members.batch_choices import read_choices
from members.batch_pages import (
    ACTIONS,
    PREVIEW,
    RUN,
    SOURCE,
    STEP_LABELS,
    BatchPage,
    Step,
    chips_of,
    group_findings,
    read_page,
    tiles_after,
    tiles_before,
)
from members.batch_tables import BatchList, BatchRowList
from members.forms_batch import MAX_ROWS, ActionsForm, SourceForm
from members.reading.headings import column_letters
from members.services.batches import configure_batch, create_batch, repeated_job, replace_source
from members.services.pasted import pasted_source
from members.services.plan import PlanInvalid
from members.services.reach import customer_to_provision
from members.services.reading import notes_of
from members.services.wording import duration_text
from members.uploads import UploadLimit, limit_upload
from members.views.batch_limits import UPLOAD_LIMITS


class BatchListPage(ListPage):
    """All batches in reach."""

    list_class = BatchList


WAIT_TARGET: Final = "batch-wait"
PROGRESS_TARGET: Final = "run-progress"
_SAMPLES: Final = 3
_PATIENCE: Final = datetime.timedelta(seconds=10)


def _go(request: HttpRequest, url: str) -> HttpResponse:
    """Send the person to another page, by whichever way the request came."""
    if is_by_htmx(request):
        return HttpResponseClientRedirect(url)
    return redirect(url)


# --- 1 source --------------------------------------------------------------------------------------------------------------------------


@csrf_exempt  # the inner view checks the token, after the limit is set that its reading of the form has to keep
@require_http_methods(["GET", "POST"])
def batch_new(request: HttpRequest) -> HttpResponse:
    """Step 1 of a new batch."""
    limit = limit_upload(request)
    try:
        return _batch_new(request, limit)
    except RequestDataTooBig:
        wanted = request.GET.get("customer", "")
        customer = customer_to_provision(signed_in(request), wanted) if wanted else None
        return _too_much_pasted(request, customer, {"steps": _first_steps(), "customer": customer})


@csrf_protect
def _batch_new(request: HttpRequest, limit: UploadLimit) -> HttpResponse:
    user = signed_in(request)
    require(user, "members", Action.CHANGE)
    require(user, "jobs", Action.ADD)
    wanted = request.GET.get("customer", "")
    customer = customer_to_provision(user, wanted) if wanted else None
    form = SourceForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        user=user,
        customer=customer,
        refused=_refused_text(limit),
    )
    if request.method == "POST" and form.is_valid():
        job = _begin(form, user)
        if job is not None:
            return _go(request, reverse("members:batch_actions", args=[job.pk]))
    return _source_page(request, form, {"steps": _first_steps(), "customer": customer})


def _begin(form: SourceForm, user: Any) -> Job | None:
    """The new job, or None with the reason at the field at fault."""
    customer: Customer = form.cleaned_data["customer"]
    try:
        source, name = _kept(form, user)
        key = form.cleaned_data["request_key"]
        # Of one page and one source there is one job, however often the button is pressed; another file from the same page is another job.
        idempotency_key = f"{key}:{source.pk}:{customer.pk}" if key else ""
        wanted = {"customer_id": customer.pk, "actor": user, "source": source, "source_name": name}
        job = create_batch(**wanted, idempotency_key=idempotency_key)
        # Who has discarded it and sends the same page again wants another.
        return create_batch(**wanted) if job.status == JobStatus.CANCELLED else job
    except JobRefused as refused:
        form.add_error("file" if form.cleaned_data.get("file") is not None else "numbers", refused.message)
    except Http404:
        form.add_error("customer", _("You may not change the members of this customer."))
    return None


def _kept(form: SourceForm, user: Any) -> tuple[Any, str]:
    """The source that the form brought, and what to call it. Raises JobRefused."""
    file = form.cleaned_data.get("file")
    if file is None:
        return pasted_source(form.cleaned_data["numbers"], uploader=user), _("pasted numbers")
    return keep_source(file, format_of(file.name), uploader=user), file.name


def _refused_text(limit: UploadLimit) -> str:
    return describe("file_too_large", {"size": limit.size, "limit": UPLOAD_LIMITS.bytes}) if limit.size else ""


def _too_much_pasted(request: HttpRequest, customer: Customer | None, context: dict[str, Any]) -> HttpResponse:
    """The form's text is longer than the server reads; it has not been read, so the form comes back empty."""
    form = SourceForm({}, user=signed_in(request), customer=customer)
    form.errors.clear()
    form.add_error("numbers", _("The pasted text is longer than %(limit)s. Save it as a file.") % {"limit": UPLOAD_LIMITS.text})
    return _source_page(request, form, context)


def _first_steps() -> list[Step]:
    return [Step(label, "current" if key == SOURCE else "todo", "") for key, label in STEP_LABELS.items()]


def _source_page(request: HttpRequest, form: SourceForm, context: dict[str, Any]) -> HttpResponse:
    full = {"form": form, "limits": UPLOAD_LIMITS, **context}
    return render(request, "members/batch/source.html", full, status=422 if form.is_bound else 200)


@csrf_exempt  # see batch_new
@require_http_methods(["GET", "POST"])
def batch_source(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 1 again: another source for the same customer and actions."""
    limit = limit_upload(request)
    try:
        return _batch_source(request, limit, pk)
    except RequestDataTooBig:
        page = read_page(request, pk, Action.CHANGE)
        return _too_much_pasted(request, page.batch.customer, page.context(SOURCE))


@csrf_protect
def _batch_source(request: HttpRequest, limit: UploadLimit, pk: int) -> HttpResponse:
    page = read_page(request, pk, Action.CHANGE)
    if not (page.is_configurable and page.may_change):
        return _go(request, page.url(page.step))
    form = SourceForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        user=page.user,
        customer=page.batch.customer,
        refused=_refused_text(limit),
    )
    if request.method == "POST" and form.is_valid():
        try:
            source, name = _kept(form, page.user)
            replace_source(job_id=pk, actor=page.user, source=source, source_name=name)
        except JobRefused as refused:
            form.add_error("file" if form.cleaned_data.get("file") is not None else "numbers", refused.message)
        else:
            return _go(request, page.url(ACTIONS))
    return _source_page(request, form, page.context(SOURCE))


@require_safe
def batch_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The step that fits the job's status."""
    page = read_page(request, pk)
    return redirect(page.url(page.step))


# --- 2 actions -------------------------------------------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "POST"])
def batch_actions(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 2: what the columns hold, and what shall be done."""
    page = read_page(request, pk, Action.CHANGE if request.method == "POST" else Action.VIEW)
    if page.is_waiting and not page.batch.inspection:
        return _wait(request, page, ACTIONS)
    if asks_for(request, WAIT_TARGET):
        return HttpResponseClientRedirect(page.url(page.step))
    if not page.is_configurable:
        return redirect(page.url(page.step))
    if not page.batch.inspection:
        return render(request, "members/batch/refused.html", page.context(ACTIONS))
    form = _actions_form(request, page)
    if request.method == "POST":
        if not page.may_change:
            raise Http404
        if "add" in request.POST and len(form.rows) < MAX_ROWS:
            form.rows.append(form.blank_row())
        elif form.is_valid() and _configured(form, page):
            return redirect(page.url(PREVIEW))
    context = {**page.context(ACTIONS), "form": form, "columns": _columns(form, page), "notes": notes_of(page.inspection)}
    return render(request, "members/batch/actions.html", context, status=422 if form.has_errors else 200)


def _actions_form(request: HttpRequest, page: BatchPage) -> ActionsForm:
    choices = read_choices(page.batch.customer, page.user, timezone.localdate())
    layout = {**page.inspection, "headings": _headings(page)}
    form = ActionsForm(page.batch.customer, choices, layout, page.batch.mapping, request.POST if request.method == "POST" else None)
    form.fill_from(page.job.parameters, page.job.mode)
    return form


def _headings(page: BatchPage) -> list[str]:
    """A heading, maybe empty, for every column that the first rows have."""
    headings: list[str] = page.inspection.get("headings", [])
    width = max([len(headings), *(len(row) - 1 for row in page.inspection.get("sample", []))])
    return [mask_digits(heading) for heading in headings] + [""] * (width - len(headings))


def _configured(form: ActionsForm, page: BatchPage) -> bool:
    try:
        configure_batch(job_id=page.job.pk, actor=page.user, options=form.batch_options())
    except JobRefused as refused:
        form.options.add_error(None, refused.message)
    except PlanInvalid as invalid:
        form.options.add_error(None, invalid.message)
    else:
        return True
    return False


def _columns(form: ActionsForm, page: BatchPage) -> list[dict[str, Any]]:
    """Each column of the source: its letter, heading, first cells, the select of what it holds, and whether that was guessed."""
    sample = [row[1:] for row in page.inspection.get("sample", [])]
    letters = column_letters(len(form.mapping.fields))
    columns = []
    for index, field in enumerate(form.mapping):
        cells = [mask_digits(row[index]) for row in sample if index < len(row) and row[index].strip()]
        guessed = not page.batch.mapping and not form.is_bound and index in form.mapping.guess
        columns.append({"letter": letters[index], "heading": field.label, "cells": cells[:_SAMPLES], "field": field, "guessed": guessed})
    return columns


def _wait(request: HttpRequest, page: BatchPage, step: str) -> HttpResponse:
    """Tell that a worker is at it; the page asks again by itself."""
    late = page.job.heartbeat_at is None and timezone.now() - page.job.updated_at > _PATIENCE
    context = {**page.context(step), "late": late, "wait_target": WAIT_TARGET}
    if asks_for(request, WAIT_TARGET):
        if request.GET.get("late") == str(int(late)):
            return HttpResponse(status=204)  # nothing new: what is shown stays, and is not read out again
        return render(request, "members/batch/partials/_wait.html", context)
    return render(request, "members/batch/wait.html", context)


# --- 3 preview -------------------------------------------------------------------------------------------------------------------------


@never_cache
@require_GET
def batch_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 3: what would happen, row by row, before anything does."""
    page = read_page(request, pk)
    if page.is_waiting and page.job.status != JobStatus.UPLOADED:
        return _wait(request, page, PREVIEW)
    if asks_for(request, WAIT_TARGET):
        return HttpResponseClientRedirect(page.url(page.step))
    if page.step != PREVIEW:
        return redirect(page.url(page.step))
    if page.job.status == JobStatus.FAILED:
        return render(request, "members/batch/refused.html", page.context(PREVIEW))
    rows = BatchRowList(request, job=page.job, batch=page.batch)
    context = {**page.context(PREVIEW), "rows": rows}
    if not asks_for(request, rows.element_id):
        group = group_findings(page.job)
        context |= {"tiles": tiles_before(page, rows), "chips": chips_of(page, rows), "group": group, "blocked": page.is_blocked}
        context["may_run"] = page.job.eligible and not page.is_blocked and not any(finding.blocks for finding in group)
        context |= {"repeated": repeated_job(page.job), "check_seconds": page.check_seconds()}
    return render_list(request, rows, "members/batch/preview.html", context)


# --- 4 run -----------------------------------------------------------------------------------------------------------------------------


@never_cache
@require_GET
def batch_run(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 4: how far it is, then what came of it."""
    page = read_page(request, pk)
    if page.step != RUN:
        return redirect(page.url(page.step))
    progress = progress_of(page.job)
    context = {**page.context(RUN), "progress": progress, "seen": _seen(page.job), "words": _progress_words(page.job, progress)}
    if asks_for(request, PROGRESS_TARGET):
        return _progress_answer(request, page, context)
    if page.job.finished_at is None:
        return render(request, "members/batch/run.html", context)
    rows = BatchRowList(request, job=page.job, batch=page.batch)
    context["rows"] = rows
    if not asks_for(request, rows.element_id):
        context |= {"tiles": tiles_after(page, rows, duration_text(progress.elapsed)), "chips": chips_of(page, rows)}
        context["members_url"] = f"{reverse('members:customer_panel', args=[page.batch.customer_id])}{page.members_query}"
    return render_list(request, rows, "members/batch/result.html", context)


def _progress_answer(request: HttpRequest, page: BatchPage, context: dict[str, Any]) -> HttpResponse:
    """The bar and its figures; where the job's state is no longer the one that the page shows, all of it."""
    if page.job.finished_at is not None:
        return HttpResponseClientRedirect(page.url(RUN))
    if request.GET.get("seen") != context["seen"]:
        response = render(request, "members/batch/partials/_live.html", context)
        return retarget(reswap(response, "outerHTML"), "#batch-live")
    return render(request, "members/batch/partials/_progress.html", context)


def _seen(job: Job) -> str:
    return f"{job.status}{'-stopping' if job.cancel_requested_at else ''}"


def _progress_words(job: Job, progress: Any) -> dict[str, str]:
    """The figures beside the bar as texts; empty where they cannot be told."""
    return {
        "elapsed": duration_text(progress.elapsed),
        "left": duration_text(progress.seconds_left) if progress.seconds_left is not None and not job.cancel_requested_at else "",
        "tenth": str(progress.percent // 10 * 10),
    }
