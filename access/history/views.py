"""Pages of a history: the versions, and the preview of putting something back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from access.history.reading import read_versions
from access.history.restoring import preview, restore
from access.history.subjects import Subject, subject_of
from access.models import Action
from access.requests import signed_in
from common.htmx import asks_for
from common.keys import key_in

View = Callable[..., HttpResponse]


def history_view(label: str) -> View:
    """The page of the versions of objects of the kind `label` ("products.offer")."""

    @require_GET
    def history(request: HttpRequest, pk: int) -> HttpResponse:
        subject = _registered(label)
        row = subject.get(signed_in(request), pk)
        context = {"row": row, "page_url": subject.page(row), **history_context(request, subject, row)}
        response = render(request, _template(request), context)
        patch_vary_headers(response, ["HX-Request", "HX-Target"])
        return response

    return history


def history_context(request: HttpRequest, subject: Subject | str, row: Any) -> dict[str, Any]:
    """What `access/history/_versions.html` shows of `row`, for pages that hold it as a panel. `?below=` names the page."""
    kind = _registered(subject) if isinstance(subject, str) else subject
    user = signed_in(request)
    below = key_in(request.GET.get("below", ""))
    versions, following = read_versions(kind.model, row.pk, user, below=below)
    return {
        "versions": versions,
        "history_url": reverse(kind.history_url, args=[row.pk]),
        "restore_url": reverse(kind.restore_url, args=[row.pk]) if kind.write and _may_change(kind, user, row) else "",
        "restorable": kind.restorable,
        "below": below,
        "following": following,
    }


@require_GET
def show_versions(
    request: HttpRequest, model: type[models.Model], row: Any, *, page_url: str, subject: Subject | None = None
) -> HttpResponse:
    """The versions of `row` at the request's own address, for the administration, which asks who may look.

    Where its model is registered as a `subject` of the administration, old values can be put back.
    """
    below = key_in(request.GET.get("below", ""))
    versions, following = read_versions(model, row.pk, signed_in(request), below=below)
    context = {"row": row, "page_url": page_url, "versions": versions, "history_url": request.path, "below": below, "following": following}
    if subject and subject.restore_url.startswith("admin:") and _may_change(subject, signed_in(request), row):
        context |= {"restore_url": reverse(subject.restore_url, args=[row.pk]), "restorable": subject.restorable}
    return render(request, _template(request), context)


def restore_view(label: str) -> View:
    """The page that shows what putting back would do, and does it. `?version=` names the event, `?field=` the field (else: all)."""

    @require_http_methods(["GET", "POST"])
    def put_back(request: HttpRequest, pk: int) -> HttpResponse:
        subject, user = _registered(label), signed_in(request)
        subject.get(user, pk, Action.CHANGE)
        asked: dict[str, Any] = {"event": key_in(request.GET.get("version", "")) or 0, "field": request.GET.get("field", "")}
        back = redirect(subject.history_url, pk)
        if request.method == "POST":
            try:
                restore(subject=subject, pk=pk, seen=request.POST.get("version", ""), actor=user, **asked)
            except ValidationError as error:
                messages.error(request, " ".join(error.messages))
            else:
                messages.success(request, _("Put back. This is a change of its own in the history."))
            return back
        shown = preview(subject=subject, pk=pk, actor=user, **asked)
        context = {"row": shown.row, "preview": shown, "page_url": subject.page(shown.row), "history_url": back.url}
        return render(request, "access/history/restore.html", context)

    return put_back


def _template(request: HttpRequest) -> str:
    return "access/history/_versions.html" if asks_for(request, "history") else "access/history/page.html"


def _registered(label: str) -> Subject:
    subject = subject_of(label)
    if subject is None:
        raise Http404
    return subject


def _may_change(subject: Subject, user: Any, row: Any) -> bool:
    try:
        subject.get(user, row.pk, Action.CHANGE)
    except Http404:
        return False
    return True
