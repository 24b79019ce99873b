"""The audit search: events, changes by kind of object, and one change with what stood before and after it."""

from __future__ import annotations

from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from access.audit_lists import AuditEventList, kind_label, list_of, require_audit
from access.history.reading import read_versions
from access.history.subjects import event_model_of, tracked_models
from access.requests import signed_in
from common.lists import render_list
from common.panels import Tab

FIRST_KIND: Final = "customers.customer"


def _tabs(active: str) -> list[Tab]:
    return [
        Tab("events", _("Events"), reverse("access:audit_events"), active == "events", None),
        Tab("changes", _("Changes"), reverse("access:audit_changes"), active == "changes", None),
    ]


@require_GET
def audit_events(request: HttpRequest) -> HttpResponse:
    """Sign-ins, refusals, reveals, exports, sharing."""
    require_audit(request.user)
    return render_list(request, AuditEventList(request), "access/audit_events.html", {"tabs": _tabs("events")})


@require_GET
def audit_changes(request: HttpRequest, kind: str = FIRST_KIND) -> HttpResponse:
    """The changes of one kind of object."""
    require_audit(request.user)
    models = tracked_models()
    if kind not in models:
        raise Http404
    addresses = [(label, kind_label(model), reverse("access:audit_changes_of", args=[label])) for label, model in models.items()]
    context: dict[str, Any] = {
        "tabs": _tabs("changes"),
        "kind": kind_label(models[kind]),
        "kinds": [
            {"label": word, "url": url, "current": label == kind} for label, word, url in sorted(addresses, key=lambda item: item[1])
        ],
    }
    return render_list(request, list_of(models[kind])(request), "access/audit_changes.html", context)


@require_GET
def audit_change(request: HttpRequest, kind: str, version: int) -> HttpResponse:
    """One change, also of an object that is no more."""
    user = signed_in(request)
    require_audit(user)
    model = tracked_models().get(kind)
    if model is None:
        raise Http404
    event_model: Any = event_model_of(model)
    event = event_model._default_manager.select_related("pgh_context").filter(pk=version).first()
    if event is None:
        raise Http404
    found, _following = read_versions(model, event.pgh_obj_id, user, below=version + 1, size=1)
    context = {
        "kind": kind_label(model),
        "versions": found,
        "object_key": event.pgh_obj_id,
        "facts": event.pgh_context.metadata if event.pgh_context else {},
        "list_url": f"{reverse('access:audit_changes_of', args=[kind])}?key={event.pgh_obj_id}",
        "back_url": reverse("access:audit_changes_of", args=[kind]),
    }
    return render(request, "access/audit_change.html", context)
