"""The four steps of batch provisioning, one page each: source, actions, preview, run."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect

from access.models import Action
from access.policy import require
from access.requests import signed_in
from common.htmx import asks_for
from common.lists import ListPage, render_list
from customers.former import merge_that_moved
from customers.models import Customer
from jobs.errors import JobRefused
from jobs.flow import (
    PROGRESS_TARGET,
    WAIT_TARGET,
    Step,
    columns_of,
    go,
    headings_of,
    progress_answer,
    run_context,
    too_large_text,
    wait_answer,
)
from jobs.models import Job, JobStatus
from jobs.services.files import format_of, keep_source
from jobs.services.reading import notes_of
from jobs.upload_limits import UPLOAD_LIMITS
from jobs.uploads import UploadLimit, limit_upload
from members.batch_choices import read_choices
from members.batch_pages import (
    ACTIONS,
    PREVIEW,
    RUN,
    SOURCE,
    STEP_LABELS,
    BatchPage,
    chips_of,
    group_findings,
    read_page,
    tiles_after,
    tiles_before,
)
from members.batch_tables import BatchList, BatchRowList
from members.forms_batch import MAX_ROWS, ActionsForm, SourceForm
from members.models import ProvisioningBatch
from members.services.batches import configure_batch, create_batch, repeated_job, replace_source
from members.services.pasted import pasted_source
from members.services.plan import PlanInvalid
from members.services.reach import customer_to_provision


class BatchListPage(ListPage):
    """All batches in reach."""

    list_class = BatchList


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
        refused=too_large_text(limit),
    )
    if request.method == "POST" and form.is_valid():
        job = _begin(form, user)
        if job is not None:
            return go(request, reverse("members:batch_actions", args=[job.pk]))
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
        return go(request, page.url(page.step))
    form = SourceForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        user=page.user,
        customer=page.batch.customer,
        refused=too_large_text(limit),
    )
    if request.method == "POST" and form.is_valid():
        try:
            source, name = _kept(form, page.user)
            replace_source(job_id=pk, actor=page.user, source=source, source_name=name)
        except JobRefused as refused:
            form.add_error("file" if form.cleaned_data.get("file") is not None else "numbers", refused.message)
        else:
            return go(request, page.url(ACTIONS))
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
        return wait_answer(request, page.job, page.context(ACTIONS), "members/batch/wait.html")
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
    columns = columns_of(page.inspection, form.mapping, guesses=not page.batch.mapping and not form.is_bound)
    context = {**page.context(ACTIONS), "form": form, "columns": columns, "notes": notes_of(page.inspection)}
    return render(request, "members/batch/actions.html", context, status=422 if form.has_errors else 200)


def _actions_form(request: HttpRequest, page: BatchPage) -> ActionsForm:
    choices = read_choices(page.batch.customer, page.user, timezone.localdate())
    layout = {**page.inspection, "headings": headings_of(page.inspection)}
    form = ActionsForm(page.batch.customer, choices, layout, page.batch.mapping, request.POST if request.method == "POST" else None)
    form.fill_from(page.job.parameters, page.job.mode)
    return form


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


# --- 3 preview -------------------------------------------------------------------------------------------------------------------------


@never_cache
@require_GET
def batch_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 3: what would happen, row by row, before anything does."""
    page = read_page(request, pk)
    if page.is_waiting and page.job.status != JobStatus.UPLOADED:
        return wait_answer(request, page.job, page.context(PREVIEW), "members/batch/wait.html")
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
        context["merge"] = merge_that_moved(ProvisioningBatch, page.job.undo_of_id) if page.job.undo_of_id else None
    return render_list(request, rows, "members/batch/preview.html", context)


# --- 4 run -----------------------------------------------------------------------------------------------------------------------------


@never_cache
@require_GET
def batch_run(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 4: how far it is, then what came of it."""
    page = read_page(request, pk)
    if page.step != RUN:
        return redirect(page.url(page.step))
    context = {**page.context(RUN), **run_context(page.job)}
    if asks_for(request, PROGRESS_TARGET):
        return progress_answer(request, page.job, context, page.url(RUN))
    if page.job.finished_at is None:
        return render(request, "members/batch/run.html", context)
    rows = BatchRowList(request, job=page.job, batch=page.batch)
    context["rows"] = rows
    if not asks_for(request, rows.element_id):
        context |= {"tiles": tiles_after(page, rows, context["words"]["elapsed"]), "chips": chips_of(page, rows)}
        context["members_url"] = f"{reverse('members:customer_panel', args=[page.batch.customer_id])}{page.members_query}"
    return render_list(request, rows, "members/batch/result.html", context)
