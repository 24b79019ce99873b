"""What htmx says of a request: whether it asks for a part of a page, and for which."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def is_by_htmx(request: HttpRequest) -> bool:
    """Whether a script on a page of ours sent `request`, and not the browser itself."""
    return bool(getattr(request, "htmx", False))


def asks_for(request: HttpRequest, element_id: str) -> bool:
    """Whether `request` asks for the element `element_id` alone. Who goes back in the browser is shown a whole page."""
    htmx: Any = getattr(request, "htmx", None)
    return bool(htmx) and htmx.target == element_id and not htmx.history_restore_request
