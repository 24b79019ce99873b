"""What every page's frame needs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language, get_language_info

from access.preferences import rail_is_folded, theme_of
from access.session_limits import time_left
from common.gate import may_open
from common.navigation import NavigationSection, navigation_for


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor: navigation, theme, languages, and the addresses of optional parts (empty where nothing answers them)."""
    return {
        "navigation": SimpleLazyObject(lambda: _navigation(request)),
        "theme": theme_of(request),
        "rail_folded": rail_is_folded(request),
        "other_languages": [get_language_info(code) for code, _name in settings.LANGUAGES if code != get_language()],
        "search_url": SimpleLazyObject(lambda: _optional(request, "search", "")),
        "session_left": SimpleLazyObject(lambda: time_left(request.session) if hasattr(request, "session") else None),
        "session_idle_limit": settings.SESSION_IDLE_SECONDS,
        "counts_url": SimpleLazyObject(lambda: _optional(request, "workflow:counts", "")),
        "progress_chip_url": SimpleLazyObject(lambda: _optional(request, "jobs:progress_chip", "jobs")),
    }


def _navigation(request: HttpRequest) -> list[NavigationSection]:
    user = getattr(request, "user", None)
    return navigation_for(user, request.path) if user is not None and user.is_authenticated else []


def _optional(request: HttpRequest, url_name: str, module: str) -> str:
    """The address `url_name` for whoever may open it; nothing opens for those who have to choose a password first."""
    user = getattr(request, "user", None)
    if user is None or getattr(user, "must_change_password", False) or not may_open(user, module):
        return ""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""
