"""The four steps of an import, one page each: file, columns, preview, run."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect

from access.models import Action, User
from access.requests import signed_in
from common.htmx import asks_for
from common.lists import render_list
from customers.forms_import import FileForm, ImportColumnsForm
from customers.import_pages import (
    COLUMNS,
    LIST_NAMES,
    PREVIEW,
    RUN,
    SOURCE,
    ImportPage,
    first_steps,
    read_page,
    subject_of,
    subject_title,
    tiles_after,
    tiles_before,
)
from customers.import_tables import ImportRowList
from customers.imports.checking import Options
from customers.services.imports import configure_import, create_import, replace_source
from jobs.errors import JobRefused
from jobs.flow import (
    PROGRESS_TARGET,
    WAIT_TARGET,
    columns_of,
    go,
    headings_of,
    progress_answer,
    run_context,
    too_large_text,
    wait_answer,
)
from jobs.models import Job, JobStatus, SourceFile
from jobs.services.files import format_of, keep_source
from jobs.services.reading import notes_of
from jobs.upload_limits import UPLOAD_LIMITS
from jobs.uploads import UploadLimit, limit_upload

# --- 1 file ----------------------------------------------------------------------------------------------------------------------------


@csrf_exempt  # the inner view checks the token, after the limit is set that its reading of the form has to keep
@require_http_methods(["GET", "POST"])
def import_new(request: HttpRequest, subject: str) -> HttpResponse:
    """Step 1 of a new import."""
    return _import_new(request, limit_upload(request), subject)


@csrf_protect
def _import_new(request: HttpRequest, limit: UploadLimit, subject: str) -> HttpResponse:
    user = signed_in(request)
    subject = subject_of(subject, user)
    form = _file_form(request, limit)
    if request.method == "POST" and form.is_valid():
        job = _begin(form, subject, user)
        if job is not None:
            return go(request, reverse("customers:import_columns", args=[job.pk]))
    context = {
        "steps": first_steps(),
        "subject": subject,
        "subject_label": subject_title(subject),
        "list_url": reverse(LIST_NAMES[subject]),
    }
    return _file_page(request, form, context)


def _file_form(request: HttpRequest, limit: UploadLimit) -> FileForm:
    if request.method != "POST":
        return FileForm()
    return FileForm(request.POST, request.FILES, refused=too_large_text(limit))


def _begin(form: FileForm, subject: str, user: User) -> Job | None:
    """The new job, or None with the reason at the field."""
    try:
        source, name = _kept(form, user)
        key = form.cleaned_data["request_key"]
        wanted: dict[str, Any] = {"subject": subject, "actor": user, "source": source, "source_name": name}
        # Of one page and one file there is one job, however often the button is pressed; another file from the same page is another job.
        job = create_import(**wanted, idempotency_key=f"{key}:{source.pk}" if key else "")
        # Who has discarded it and sends the same page again wants another.
        return create_import(**wanted) if job.status == JobStatus.CANCELLED else job
    except JobRefused as refused:
        form.add_error("file", refused.message)
    return None


def _kept(form: FileForm, user: User) -> tuple[SourceFile, str]:
    file = form.cleaned_data["file"]
    return keep_source(file, format_of(file.name), uploader=user), file.name


def _file_page(request: HttpRequest, form: FileForm, context: dict[str, Any]) -> HttpResponse:
    full = {"form": form, "limits": UPLOAD_LIMITS, **context}
    return render(request, "customers/imports/source.html", full, status=422 if form.is_bound else 200)


@csrf_exempt  # see import_new
@require_http_methods(["GET", "POST"])
def import_source(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 1 again: another file."""
    return _import_source(request, limit_upload(request), pk)


@csrf_protect
def _import_source(request: HttpRequest, limit: UploadLimit, pk: int) -> HttpResponse:
    page = read_page(request, pk, Action.CHANGE)
    if not (page.is_configurable and page.may_change):
        return go(request, page.url(page.step))
    form = _file_form(request, limit)
    if request.method == "POST" and form.is_valid():
        try:
            source, name = _kept(form, page.user)
            replace_source(job_id=pk, actor=page.user, source=source, source_name=name)
        except JobRefused as refused:
            form.add_error("file", refused.message)
        else:
            return go(request, page.url(COLUMNS))
    return _file_page(request, form, page.context(SOURCE))


@require_safe
def import_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The step that fits the job's status."""
    page = read_page(request, pk)
    return redirect(page.url(page.step))


# --- 2 columns -------------------------------------------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "POST"])
def import_columns(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 2: what the columns hold."""
    page = read_page(request, pk, Action.CHANGE if request.method == "POST" else Action.VIEW)
    if page.is_waiting and not page.inspection:
        return wait_answer(request, page.job, page.context(COLUMNS), "customers/imports/wait.html")
    if asks_for(request, WAIT_TARGET):
        return HttpResponseClientRedirect(page.url(page.step))
    if not page.is_configurable:
        return redirect(page.url(page.step))
    if not page.inspection:
        return render(request, "customers/imports/refused.html", page.context(COLUMNS))
    form = _columns_form(request, page)
    if request.method == "POST":
        if not page.may_change:
            raise Http404
        if form.is_valid() and _configured(form, page):
            return redirect(page.url(PREVIEW))
    guesses = not page.data_import.mapping and not form.is_bound
    columns = columns_of(page.inspection, form, guesses=guesses and not page.inspection.get("remembered"))
    context = {**page.context(COLUMNS), "form": form, "columns": columns, "notes": notes_of(page.inspection)}
    return render(request, "customers/imports/columns.html", context, status=422 if form.errors else 200)


def _columns_form(request: HttpRequest, page: ImportPage) -> ImportColumnsForm:
    return ImportColumnsForm(
        request.POST if request.method == "POST" else None,
        subject=page.subject,
        headings=headings_of(page.inspection),
        guess=page.inspection.get("mapping", {}),
        mapping=page.data_import.mapping,
        options=Options(**page.job.parameters.get("options", {})),
    )


def _configured(form: ImportColumnsForm, page: ImportPage) -> bool:
    try:
        configure_import(job_id=page.job.pk, actor=page.user, mapping=form.chosen(), options=form.options())
    except JobRefused as refused:
        form.add_error(None, refused.message)
        return False
    return True


# --- 3 preview -------------------------------------------------------------------------------------------------------------------------


@never_cache
@require_GET
def import_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 3: what would happen, row by row, before anything does."""
    page = read_page(request, pk)
    if page.is_waiting and page.job.status != JobStatus.UPLOADED:
        return wait_answer(request, page.job, page.context(PREVIEW), "customers/imports/wait.html")
    if asks_for(request, WAIT_TARGET):
        return HttpResponseClientRedirect(page.url(page.step))
    if page.step != PREVIEW:
        return redirect(page.url(page.step))
    if page.job.status == JobStatus.FAILED:
        return render(request, "customers/imports/refused.html", page.context(PREVIEW))
    rows = ImportRowList(request, job=page.job, data_import=page.data_import)
    context = {**page.context(PREVIEW), "rows": rows}
    if not asks_for(request, rows.element_id):
        context |= {"tiles": tiles_before(page, rows)}
    return render_list(request, rows, "customers/imports/preview.html", context)


# --- 4 run -----------------------------------------------------------------------------------------------------------------------------


@never_cache
@require_GET
def import_run(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 4: how far it is, then what came of it."""
    page = read_page(request, pk)
    if page.step != RUN:
        return redirect(page.url(page.step))
    context = {**page.context(RUN), **run_context(page.job)}
    if asks_for(request, PROGRESS_TARGET):
        return progress_answer(request, page.job, context, page.url(RUN))
    if page.job.finished_at is None:
        return render(request, "customers/imports/run.html", context)
    rows = ImportRowList(request, job=page.job, data_import=page.data_import)
    context["rows"] = rows
    if not asks_for(request, rows.element_id):
        context |= {"tiles": tiles_after(page, rows, context["words"]["elapsed"])}
    return render_list(request, rows, "customers/imports/result.html", context)
