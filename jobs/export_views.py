"""The page on which the rows of a list are taken out as a file."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Sequence
from typing import Any, BinaryIO, cast

from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from access.models import Action, User
from access.policy import require
from access.requests import signed_in
from access.scope import allowed
from common.limits import ExportLimit, limited
from common.lists import ListDefinition
from common.lists.bulk import BulkAction
from common.lists.export import CONTENT_TYPES, CSV, XLSX
from common.lists.registry import is_registered
from common.lists.selection import Selection
from jobs.errors import JobRefused
from jobs.services.exports import AT_ONCE, ExportOrder, begin_export, export_at_once


class ExportForm(forms.Form):
    """In which form, and which columns."""

    form = forms.ChoiceField(
        label=gettext_lazy("File"),
        choices=[(XLSX, gettext_lazy("Excel workbook (.xlsx)")), (CSV, gettext_lazy("Text with commas (.csv)"))],
        widget=forms.RadioSelect,
        initial=XLSX,
    )
    columns = forms.MultipleChoiceField(label=gettext_lazy("Columns"), widget=forms.CheckboxSelectMultiple)
    token = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, data: Any = None, *, definition: ListDefinition) -> None:
        shown = [column.key for column in definition.state.columns]
        super().__init__(data, initial={"columns": shown, "token": secrets.token_urlsafe(16)})
        columns = {column.key: str(column.label) for column in definition.get_columns()}
        chooser = self.fields["columns"]
        assert isinstance(chooser, forms.MultipleChoiceField)
        chooser.choices = [(key, columns.pop(key)) for key in shown if key in columns] + list(columns.items())


def export_actions(definition: ListDefinition) -> Sequence[BulkAction]:
    """The button below a list that its user may export."""
    if not is_registered(definition) or not allowed(definition.user, definition.module, Action.EXPORT):
        return []
    return [
        BulkAction(label=gettext_lazy("Export"), icon="file-download", url=reverse("jobs:list_export", args=[definition.name]), whole=True)
    ]


@require_http_methods(["GET", "POST"])
def list_export(request: HttpRequest, name: str) -> HttpResponseBase:
    """Ask for the form and the columns of a file; then the file itself, or the page of the job that writes it."""
    user = signed_in(request)
    selection = Selection.sent(request, name)
    definition = selection.bound(user, Action.EXPORT)
    require(user, definition.module, Action.EXPORT)
    form = ExportForm(request.POST if request.method == "POST" else None, definition=definition)
    counts = _counts(selection, user)
    if form.is_valid() and counts["rows"]:
        given = form.cleaned_data
        order = ExportOrder(selection, tuple(given["columns"]), given["form"])
        return _export(request, user, order, token=given["token"], rows=counts["rows"])
    context = {"selection": selection, "definition": definition, "form": form, **counts}
    return render(request, "jobs/list_export.html", context, status=422 if form.errors else 200)


def _counts(selection: Selection, user: User) -> dict[str, Any]:
    """How many rows there are to export, and how many more are seen but may not be taken out."""
    if selection.is_empty:
        return {"rows": 0, "left_out": 0, "at_once": True}
    rows = selection.rows(user, Action.EXPORT).order_by().count()
    return {"rows": rows, "left_out": max(0, selection.rows(user).order_by().count() - rows), "at_once": rows <= AT_ONCE}


@limited(ExportLimit)
def _export(request: HttpRequest, user: User, order: ExportOrder, *, token: str, rows: int) -> HttpResponseBase:
    if rows > AT_ONCE:
        return _by_job(request, user, order, token=token, rows=rows)
    file = tempfile.TemporaryFile()  # noqa: SIM115  # the response closes it
    name = export_at_once(order=order, user=user, file=cast("BinaryIO", file), request=request)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=name, content_type=CONTENT_TYPES[order.form])


def _by_job(request: HttpRequest, user: User, order: ExportOrder, *, token: str, rows: int) -> HttpResponse:
    try:
        job = begin_export(order=order, actor=user, token=token, rows=rows)
    except JobRefused as refusal:
        messages.error(request, refusal.message)
        return redirect(order.selection.back or "jobs:job_list")
    messages.success(request, _("The file is being written. You find it on this page when it is done."))
    return redirect("jobs:job_page", job.pk)
