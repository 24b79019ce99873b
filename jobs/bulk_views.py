"""The pages of a change of many rows: what shall change, the preview, and the change."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from access.requests import signed_in
from common.lists import ListDefinition
from common.lists.bulk import BulkAction, BulkOperation
from common.lists.registry import is_registered
from common.lists.selection import Selection
from jobs.errors import JobRefused
from jobs.models import Job, JobStatus
from jobs.services.bulk_changes import begin_change, operation_of, preview

PREVIEW = "preview"
APPLY = "apply"


def change_actions(definition: ListDefinition) -> Sequence[BulkAction]:
    """The buttons beside the boxes that change rows."""
    if not is_registered(definition):
        return []
    return [
        BulkAction(label=one.label, icon=one.icon, url=reverse("jobs:list_change", args=[definition.name, one.key]))
        for one in definition.get_bulk_operations()
    ]


@require_http_methods(["GET", "POST"])
def list_change(request: HttpRequest, name: str, operation: str) -> HttpResponse:
    """Ask what shall change, show what that would do, and do it."""
    selection = Selection.sent(request, name)
    bound = operation_of(selection, operation, signed_in(request))
    form = bound.form(request.POST) if request.method == "POST" else bound.form(None, request.GET.dict())
    if form.is_valid() and not selection.is_empty:
        if request.POST.get("step") == APPLY:
            return _apply(request, selection, bound, form)
        return _show_preview(request, selection, bound, form)
    context = {"selection": selection, "operation": bound, "form": form, "rows": _rows(selection, bound), "is_ready": _is_ready(form)}
    return render(request, "jobs/list_change.html", context, status=422 if form.errors else 200)


def _is_ready(form: Any) -> bool:
    """Whether the form asks all that it needs: that of a field's value first asks for the field."""
    return "field" not in form.fields or "value" in form.fields


def _rows(selection: Selection, operation: BulkOperation) -> int:
    return 0 if selection.is_empty else selection.rows(operation.user).order_by().count()


def _show_preview(
    request: HttpRequest, selection: Selection, operation: BulkOperation, form: Any, refusal: str = "", token: str | None = None
) -> HttpResponse:
    shown = preview(selection=selection, operation=operation, given=form.cleaned_data)
    context = {
        "selection": selection,
        "operation": operation,
        "preview": shown,
        "data": [(name, value) for name in form.fields for value in request.POST.getlist(name)],
        "token": token or secrets.token_urlsafe(16),
        "refusal": refusal,
    }
    return render(request, "jobs/list_change_preview.html", context, status=409 if refusal else 200)


def _apply(request: HttpRequest, selection: Selection, operation: BulkOperation, form: Any) -> HttpResponse:
    data = {name: request.POST.getlist(name) for name in form.fields if name in request.POST}
    token = request.POST.get("token", "")[:64]
    try:
        job = begin_change(
            selection=selection,
            operation=operation,
            data=data,
            given=form.cleaned_data,
            seen=request.POST.get("seen", ""),
            token=token,
        )
    except JobRefused as refusal:
        kept = None if refusal.code in ("token_missing", "token_reused") else token
        return _show_preview(request, selection, operation, form, refusal.message, kept)
    if job.awaits or job.status != JobStatus.DONE:
        return redirect("jobs:job_page", job.pk)
    messages.success(request, _done_text(job))
    return redirect(selection.back or reverse("jobs:job_page", args=[job.pk]))


def _done_text(job: Job) -> str:
    text = ngettext("%(rows)s row is changed.", "%(rows)s rows are changed.", job.applied) % {"rows": f"{job.applied:,}"}
    return f"{text} " + _("Job #%(job)s can take that back.") % {"job": job.pk}
