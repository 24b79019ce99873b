"""Who sends a request, and a refusal that htmx can show."""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse

from access.models import User
from common.htmx import is_by_htmx


def signed_in(request: HttpRequest) -> User:
    """The user of `request`. Raises PermissionDenied when nobody is signed in, which the sign-in middleware has already prevented."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def refuse_with(text: str, *, status: int, **events: Any) -> HttpResponse:
    """Answer an htmx request with `status`, `text` as a toast, and further `events` for the page's scripts."""
    response = HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
    response["HX-Trigger"] = json.dumps({"toasts": {"messages": [{"text": text, "tone": "error"}]}, **events})
    return response


def refuse_what_is_no_page(request: HttpRequest, *, code: str, text: str) -> HttpResponse | None:
    """Refuse (403) a request of a program, with `code` and `text` as JSON, or of htmx; None for a page, which can be led elsewhere."""
    if request.path.startswith("/api/") or "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"code": code, "reason": text}, status=403)
    return refuse_with(text, status=403) if is_by_htmx(request) else None
