"""How a person likes the pages: language (kept with the user), theme and folded rail (kept in the browser)."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from access.models import User

THEME_COOKIE: Final = "theme"
RAIL_COOKIE: Final = "rail"
_HOST_PREFIX: Final = "__Host-"
_YEAR_SECONDS: Final = 365 * 24 * 3600


class Theme(models.TextChoices):
    """The colours of the pages."""

    AUTO = "auto", _("As the system")
    LIGHT = "light", pgettext_lazy("theme", "Light")
    DARK = "dark", pgettext_lazy("theme", "Dark")


def theme_of(request: HttpRequest) -> Theme:
    """The theme the browser asks for; the system's own when it asks for none or for nonsense."""
    asked = request.COOKIES.get(cookie_name(THEME_COOKIE), "")
    return Theme(asked) if asked in Theme.values else Theme.AUTO


def rail_is_folded(request: HttpRequest) -> bool:
    """Whether the navigation rail shows icons only."""
    return request.COOKIES.get(cookie_name(RAIL_COOKIE)) == "folded"


def cookie_name(name: str) -> str:
    """The name of cookie `name` in the browser: over HTTPS one that is kept for this host alone (`rail.js` does the same)."""
    return f"{_HOST_PREFIX}{name}" if settings.SESSION_COOKIE_SECURE else name


def remember_theme(response: HttpResponse, theme: str) -> None:
    """Let the browser keep `theme` for a year."""
    _keep(response, cookie_name(THEME_COOKIE), theme)


def _keep(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(name, value, max_age=_YEAR_SECONDS, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE, httponly=True)


def remember_language(request: HttpRequest, response: HttpResponse, code: str) -> None:
    """Keep language `code` in the browser and, for a signed-in user, with the user; later messages of this request speak it already."""
    _keep(response, settings.LANGUAGE_COOKIE_NAME, code)
    user = request.user
    if isinstance(user, User) and user.locale != code:
        user.locale = code
        user.save(update_fields=["locale", "updated_at"])
    translation.activate(code)
