"""What several views of this app and of those above it have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


@dataclass(frozen=True, slots=True)
class Step:
    """A link of the breadcrumb; the last one is the page itself."""

    label: Any
    url: str = ""


def form_page(
    request: HttpRequest, form: Any, *, title: Any, submit: Any, trail: list[Step], template: str = "products/form.html", **context: Any
) -> HttpResponse:
    """A page with one form. A refused form answers 422, so that htmx and scripts can tell; nothing typed is lost.

    Args:
        trail: the pages above; the last one is where "cancel" leads.
    """
    status = 422 if form.is_bound else 200
    full = {"form": form, "title": title, "submit": submit, "trail": trail, "cancel_url": trail[-1].url, **context}
    return render(request, template, full, status=status)


def attempt(request: HttpRequest, write: Callable[[], object], done: Any) -> bool:
    """Call a service and tell the user: `done`, or why it refused. Returns whether it was done."""
    try:
        write()
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return False
    messages.success(request, str(done))
    return True
