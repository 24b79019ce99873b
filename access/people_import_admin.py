"""The page on which an administrator enters and changes people by a list: what it would do first, and only then doing it."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.contrib import admin, messages
from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldBooleanWidget

from access.models import User
from access.people_checks import CREATED, ERROR, KINDS, UNCHANGED, UPDATED, CheckedRow, check_people
from access.people_files import PeopleFileRefused, PersonRow, read_people
from access.requests import signed_in
from access.services.people_import import Imported, import_people, may_import
from common.cells import neutralised

TEMPLATE: Final = "access/people_import.html"
MOST_SHOWN: Final = 1_000
"""Rows on the page, errors first."""
CHECKED_FOR_SECONDS: Final = 3600
_SALT: Final = "access.people_import"

_WORDS: Final[dict[str, Promise]] = {
    CREATED: pgettext_lazy("people", "new"),
    UPDATED: pgettext_lazy("people", "changed"),
    UNCHANGED: pgettext_lazy("people", "unchanged"),
    ERROR: pgettext_lazy("people", "error"),
}


class PeopleFileForm(forms.Form):
    """A list of people."""

    file = forms.FileField(
        label=gettext_lazy("List of people"), widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".xlsx,.csv,.txt"}), max_length=200
    )


class ConfirmForm(forms.Form):
    """Rows that were checked, and whether new people get a first password."""

    checked = forms.CharField(widget=forms.HiddenInput)
    first_passwords = forms.BooleanField(
        label=gettext_lazy("Make first passwords for new people"),
        help_text=gettext_lazy(
            "They are handed out once, as a file that downloads at once. Without, new people sign in by single sign-on."
        ),
        required=False,
        widget=UnfoldBooleanWidget,
    )


def people_import(request: HttpRequest, page: admin.ModelAdmin[User]) -> HttpResponse:
    """Show the form, what a list would do, or what it did. Raises PermissionDenied for whoever may not change everybody.

    Between the check and the consent the rows stay with the browser: signed, so that nobody can change them, for this person alone and
    for an hour. So no file with people's details lies about on the server, nor need several servers share one.
    """
    if not may_import(signed_in(request)):
        raise PermissionDenied
    if request.method != "POST":
        return _page(request, page, PeopleFileForm())
    if "checked" in request.POST:
        return _confirmed(request, page)
    form = PeopleFileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, page, form)
    file = form.cleaned_data["file"]
    try:
        rows = read_people(file, file.size)
    except PeopleFileRefused as error:
        form.add_error("file", str(error))
        return _page(request, page, form)
    return _page(request, page, PeopleFileForm(), check_people(rows, signed_in(request)))


def _confirmed(request: HttpRequest, page: admin.ModelAdmin[User]) -> HttpResponse:
    form = ConfirmForm(request.POST)
    rows = _unsigned(request) if form.is_valid() else None
    if rows is None:
        again = PeopleFileForm({})
        again.errors.clear()
        again.add_error("file", _("The check is too old or was not yours. Choose the file again."))
        return _page(request, page, again)
    try:
        done = import_people(
            rows=rows, actor=signed_in(request), request=request, first_passwords=bool(form.cleaned_data["first_passwords"])
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return HttpResponseRedirect(request.path)
    messages.success(
        request,
        _("%(created)d people were entered and %(updated)d changed.") % {"created": done.counts[CREATED], "updated": done.counts[UPDATED]},
    )
    return _first_passwords(done) if done.first_passwords else HttpResponseRedirect(reverse("admin:access_user_changelist"))


def _first_passwords(done: Imported) -> HttpResponse:
    """The only place where they are readable: nothing of it is kept."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([_("Login"), pgettext("person", "Name"), _("First password")])
    writer.writerows([neutralised(user.username), neutralised(user.name), password] for user, password in done.first_passwords)
    response = HttpResponse(text.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="first-passwords.csv"'
    response["Cache-Control"] = "no-store"
    return response


def _signed(request: HttpRequest, checked: Sequence[CheckedRow]) -> str:
    rows = [[row.source.line, row.source.texts] for row in checked if row.kind in (CREATED, UPDATED)]
    return signing.dumps({"actor": signed_in(request).pk, "rows": rows}, salt=_SALT, compress=True)


def _unsigned(request: HttpRequest) -> list[PersonRow] | None:
    try:
        content = signing.loads(request.POST["checked"], salt=_SALT, max_age=CHECKED_FOR_SECONDS)
    except signing.BadSignature:
        return None
    if content["actor"] != signed_in(request).pk:
        return None
    return [PersonRow(line, texts) for line, texts in content["rows"]]


def _page(
    request: HttpRequest, page: admin.ModelAdmin[User], form: PeopleFileForm, checked: Sequence[CheckedRow] | None = None
) -> HttpResponse:
    context: dict[str, Any] = {
        **page.admin_site.each_context(request),
        "title": _("Enter people by a list"),
        "opts": page.opts,
        "form": form,
    }
    if checked is not None:
        counts = Counter(row.kind for row in checked)
        shown = sorted(checked, key=lambda row: KINDS.index(row.kind))[:MOST_SHOWN]
        writes = counts[CREATED] + counts[UPDATED]
        context |= {
            "counts": [(kind, _WORDS[kind], counts[kind]) for kind in KINDS],
            "errors_count": counts[ERROR],
            "rows": [(row, _WORDS[row.kind], row.source.texts) for row in shown],
            "left_out": len(checked) - len(shown),
            "writes": writes,
            "confirm": ConfirmForm(initial={"checked": _signed(request, checked)}) if writes else None,
        }
    return TemplateResponse(request, TEMPLATE, context)
