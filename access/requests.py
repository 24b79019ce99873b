"""Who sends a request, and a refusal that htmx can show."""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from access.models import User


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
