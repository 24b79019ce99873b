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
_YEAR_SECONDS: Final = 365 * 24 * 3600


class Theme(models.TextChoices):
    """The colours of the pages."""

    AUTO = "auto", _("As the system")
    LIGHT = "light", pgettext_lazy("theme", "Light")
    DARK = "dark", pgettext_lazy("theme", "Dark")


def theme_of(request: HttpRequest) -> Theme:
    """The theme the browser asks for; the system's own when it asks for none or for nonsense."""
    asked = request.COOKIES.get(THEME_COOKIE, "")
    return Theme(asked) if asked in Theme.values else Theme.AUTO


def rail_is_folded(request: HttpRequest) -> bool:
    """Whether the navigation rail shows icons only."""
    return request.COOKIES.get(RAIL_COOKIE) == "folded"


def remember_theme(response: HttpResponse, theme: str) -> None:
    """Let the browser keep `theme` for a year."""
    response.set_cookie(THEME_COOKIE, theme, max_age=_YEAR_SECONDS, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)


def remember_language(request: HttpRequest, response: HttpResponse, code: str) -> None:
    """Keep language `code` in the browser and, for a signed-in user, with the user; later messages of this request speak it already."""
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, code, max_age=_YEAR_SECONDS, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
    user = request.user
    if isinstance(user, User) and user.locale != code:
        user.locale = code
        user.save(update_fields=["locale", "updated_at"])
    translation.activate(code)
