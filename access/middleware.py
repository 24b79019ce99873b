"""The language of a signed-in user."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import translation

from access.models import User


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
