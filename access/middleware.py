"""The language of a signed-in user, and what the audit learns of a request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import translation

from access.audit import record_refusal
from access.models import User
from common.change_context import change_context
from common.masking import mask_digits


class UserLanguageMiddleware:
    """Speaks the language kept with the user; without one, what `LocaleMiddleware` found stays."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Activate the user's language for the views and templates behind."""
        user = request.user
        if isinstance(user, User) and user.locale:
            translation.activate(user.locale)
            request.LANGUAGE_CODE = translation.get_language() or user.locale
        return self.get_response(request)


class ChangeContextMiddleware:
    """What a request changes is recorded as changed by its user, from its address and page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; whose request it is, is asked when something is written: the API finds its user in the view."""

        def facts() -> dict[str, Any]:
            user = getattr(request, "user", None)
            signed_in = user if getattr(user, "is_authenticated", False) else None
            return {
                "user": signed_in.pk if signed_in else None,
                "login": signed_in.get_username() if signed_in else None,
                "address": request.META.get("REMOTE_ADDR"),
                "path": mask_digits(request.path)[:200],
            }

        with change_context(facts):
            return self.get_response(request)


class RefusalMiddleware:
    """Enters into the audit what a signed-in user was refused: what the role does not allow, and what is hidden or does not exist."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, and record a refusal."""
        response = self.get_response(request)
        refused = response.status_code in (403, 404) and request.resolver_match is not None
        if refused and isinstance(getattr(request, "user", None), User):
            record_refusal(request=request, status=response.status_code)
        return response
