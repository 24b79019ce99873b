"""What a person sees when a request cannot be answered: one page per status, a toast for htmx, JSON for the API.

Every such answer carries the reference of its request: it stands on the page, in the header `X-Reference` and in the log line; that of an
unexpected error has the traceback too.
"""

from __future__ import annotations

import json
import logging
import secrets
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.htmx import is_by_htmx

log = logging.getLogger(__name__)

API_PREFIX: Final = "/api/"
_TEXTS: Final = {
    400: gettext_lazy("The request could not be read."),
    403: gettext_lazy("Your role does not allow this."),
    404: gettext_lazy("There is nothing here, or it is outside your reach."),
    413: gettext_lazy("That is too large to be taken."),
    429: gettext_lazy("These are too many requests. Wait a little and try again."),
    500: gettext_lazy("Something went wrong on our side."),
}
_CODES: Final = {
    400: "bad_request",
    403: "not_allowed",
    404: "not_found",
    413: "too_large",
    429: "too_many_requests",
    500: "unexpected",
}


def answer_error(request: HttpRequest, status: int, **context: Any) -> HttpResponse:
    """The answer with `status` in the form the request can use; `context` goes to the template `<status>.html` or the JSON."""
    text = str(_TEXTS[status])
    if status != 500 and not request.path.startswith(API_PREFIX):
        context.setdefault("reference", reference_of(request))
    if request.path.startswith(API_PREFIX):
        return JsonResponse({"code": _CODES[status], "reason": text, **context}, status=status)
    if is_by_htmx(request):
        return _toast(f"{text} {_reference_text(context)}".strip(), status)
    return render(request, f"{status}.html", {"status": status, **context}, status=status)


def answer_unexpected(request: HttpRequest, error: BaseException | None) -> HttpResponse:
    """Log `error` under a new reference and answer with it. Falls back to a page that needs nothing where the ordinary one fails too."""
    reference = reference_of(request)
    log.error("unexpected error %s at %s %s", reference, request.method, request.path, exc_info=error or True)
    try:
        return answer_error(request, 500, reference=reference)
    except Exception:
        log.exception("the error page failed as well, reference %s", reference)
        return HttpResponse(f"Error {reference}", status=500, content_type="text/plain")


def reference_of(request: HttpRequest) -> str:
    """The request's reference, drawn when it is first asked for: short enough to be read out over the telephone."""
    reference: str | None = getattr(request, "error_reference", None)
    if reference is None:
        reference = secrets.token_hex(4).upper()
        request.error_reference = reference  # type: ignore[attr-defined]
    return reference


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """Root URLs' handler429, which allauth asks for."""
    response = answer_error(request, 429)
    response["Retry-After"] = "60"
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  # Django passes it
    """Root URLs' handler400."""
    return answer_error(request, 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  # Django passes it
    """Root URLs' handler403."""
    return answer_error(request, 403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  # Django passes it
    """Root URLs' handler404."""
    return answer_error(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Root URLs' handler500: errors outside of views."""
    return answer_unexpected(request, None)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose token is missing or stale: the page was open across a sign-in, or cookies are off."""
    log.warning("refused a form at %s: %s", request.path, reason)
    if is_by_htmx(request):
        return _toast(_("This page is out of date. Reload it and try again."), 403)
    return HttpResponse(render_to_string("403_csrf.html", {"status": 403, "reference": reference_of(request)}, request), status=403)


def _toast(text: str, status: int) -> HttpResponse:
    response = HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
    response["HX-Trigger"] = json.dumps({"toasts": {"messages": [{"text": text, "tone": "error"}]}})
    return response


def _reference_text(context: dict[str, Any]) -> str:
    return _("Reference: %(reference)s") % context if context.get("reference") else ""
