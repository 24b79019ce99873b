"""Errors as our own pages, and messages, redirects to sign-in and errors in a form that htmx requests can use."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.messages import get_messages
from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django_htmx.http import HttpResponseClientRedirect

from common.errors import answer_error, answer_unexpected, reference_of
from common.htmx import is_by_htmx
from common.limits import TooManyRequests

log = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponse]


class ReferenceMiddleware:
    """Gives every refusal and failure the reference of its request, and logs one line under it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; with a status from 400 on also log."""
        response = self.get_response(request)
        if response.status_code >= 400:
            reference = reference_of(request)
            response["X-Reference"] = reference
            user = getattr(request, "user", None)
            who = getattr(user, "pk", None) or "nobody"
            log.info("answered %s, reference %s, at %s %s to user %s", response.status_code, reference, request.method, request.path, who)
        return response


class ErrorPageMiddleware:
    """Answers what a view raises, with `DEBUG` on as well as off: nobody who works with the product sees a traceback."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Replace the 404 of an address that no URL pattern matches."""
        response = self.get_response(request)
        if response.status_code == 404 and request.resolver_match is None:
            return answer_error(request, 404)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse:
        """Turn an exception of a view into its answer."""
        match exception:
            case Http404():
                return answer_error(request, 404)
            case PermissionDenied():
                return answer_error(request, 403)
            case RequestDataTooBig():
                return answer_error(request, 413)
            case TooManyRequests(wait=wait):
                response = answer_error(request, 429)
                response["Retry-After"] = str(wait)
                return response
            case BadRequest() | SuspiciousOperation():
                return answer_error(request, 400)
        got_request_exception.send(sender=self.__class__, request=request)
        return answer_unexpected(request, exception)


class HtmxMiddleware:
    """Makes plain Django answers fit for htmx.

    A redirect to sign-in (the session has ended) moves the whole page instead of being swapped into a corner of it, and messages
    queued by the view travel in `HX-Trigger` as toasts. Pages keep working without JavaScript because views need not care.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Adapt the answer to a request that came from htmx."""
        response = self.get_response(request)
        if not is_by_htmx(request):
            return response
        sign_in = resolve_url(settings.LOGIN_URL)
        if response.status_code == 302 and response["Location"].split("?")[0] == sign_in:
            return HttpResponseClientRedirect(_sign_in_and_return(request, sign_in))
        if response.status_code < 300 and "HX-Redirect" not in response and "HX-Refresh" not in response:
            _carry_messages(request, response)
        return response


def _sign_in_and_return(request: HttpRequest, sign_in: str) -> str:
    htmx: Any = getattr(request, "htmx", None)
    page = htmx.current_url_abs_path
    return f"{sign_in}?{urlencode({'next': page})}" if page else sign_in


def _carry_messages(request: HttpRequest, response: HttpResponse) -> None:
    messages = [{"text": str(message), "tone": message.level_tag} for message in get_messages(request)]
    if not messages:
        return
    triggers = response.get("HX-Trigger", "")
    named = json.loads(triggers) if triggers.startswith("{") else {name.strip(): None for name in triggers.split(",") if name.strip()}
    response["HX-Trigger"] = json.dumps({**named, "toasts": {"messages": messages}})
