"""How long a session lasts: it ends when nothing was done for a while, and after some hours in any case. Both are kept on the server.

Requests that a page sends by itself (polls; they carry `X-Background`) are not taken for somebody at work.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from access.audit import record_event
from access.models import AuditEventKind, User
from access.requests import refuse_with
from access.unsent import keep_unsent
from common.htmx import is_by_htmx

SIGNED_IN_AT: Final = "signed_in_at"
SEEN_AT: Final = "seen_at"
BACKGROUND_HEADER: Final = "X-Background"
WRITE_EVERY_SECONDS: Final = 60
"""A session's last moment is written no more often than this."""


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """Seconds until a session ends: when nothing is done (`idle`), and in any case (`absolute`). Below zero: it has ended."""

    idle: int
    absolute: int

    @property
    def over(self) -> str:
        """Which limit has struck: "absolute", "idle" or none ("")."""
        if self.absolute <= 0:
            return "absolute"
        return "idle" if self.idle <= 0 else ""


def begin_session(session: SessionBase) -> None:
    """Start both clocks."""
    session[SIGNED_IN_AT] = session[SEEN_AT] = int(time.time())


def time_left(session: SessionBase) -> TimeLeft:
    """How long `session` has still to live."""
    now = int(time.time())
    return TimeLeft(
        idle=session.get(SEEN_AT, now) + settings.SESSION_IDLE_SECONDS - now,
        absolute=session.get(SIGNED_IN_AT, now) + settings.SESSION_ABSOLUTE_SECONDS - now,
    )


def touch(request: HttpRequest, *, every_seconds: int = WRITE_EVERY_SECONDS) -> None:
    """Somebody is at work: set the idle clock back, if the last time was `every_seconds` ago."""
    session, now = request.session, int(time.time())
    if SIGNED_IN_AT not in session:
        begin_session(session)
    if now - session[SEEN_AT] >= every_seconds:
        session[SEEN_AT] = now
        UserSession.objects.filter(session_key=session.session_key).update(last_seen_at=timezone.now())


class DemoSignInMiddleware:
    """Lets nobody act as one of the demo's people where `DEBUG` is off, whatever the way in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """End the session of a demo sign-in, then answer as to a stranger."""
        if not settings.DEBUG and getattr(request.user, "is_demo", False):
            request.session.flush()
            request.user = AnonymousUser()
        return self.get_response(request)


class SessionLimitMiddleware:
    """Ends a session whose time is over. A form that comes too late is kept until the same person has signed in again."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; the work is done once the view is known and the form's token checked."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, _args: Any, _kwargs: Any) -> HttpResponse | None:
        """End the session or set its clock."""
        user = request.user
        if not isinstance(user, User):
            return None
        over = time_left(request.session).over
        if not over:
            if BACKGROUND_HEADER not in request.headers:
                touch(request)
            return None
        end_overdue(request, user, over)
        if not getattr(view, "login_required", True) or request.path.startswith("/api/"):
            return None
        text = _ended_text(over)
        if is_by_htmx(request):
            return refuse_with(text, status=401, **{"session-ended": {}})
        way_back = reverse("access:unsent") if keep_unsent(request, user) else request.get_full_path()
        if request.method not in {"GET", "HEAD"} and way_back == request.get_full_path():
            way_back = _page_of(request)
        messages.info(request, text)
        return redirect_to_login(way_back)


def end_overdue(request: HttpRequest, user: User, reason: str) -> None:
    """End the session of `request`, and say so in the audit."""
    UserSession.objects.filter(session_key=request.session.session_key).delete()
    request.session.flush()
    request.user = AnonymousUser()
    record_event(AuditEventKind.SESSION_ENDED, actor=user, request=request, target=user, details={"reason": reason})


def _ended_text(over: str) -> str:
    if over == "idle":
        minutes = math.ceil(settings.SESSION_IDLE_SECONDS / 60)
        return _("You were signed out because nothing was done for %(minutes)d minutes. Sign in again to go on.") % {"minutes": minutes}
    hours = settings.SESSION_ABSOLUTE_SECONDS // 3600
    return _("You were signed out because you signed in %(hours)d hours ago. Sign in again to go on.") % {"hours": hours}


def _page_of(request: HttpRequest) -> str:
    """The page from which a form was sent whose address may not be opened by itself."""
    page = request.headers.get("Referer", "")
    return page if url_has_allowed_host_and_scheme(page, {request.get_host()}, request.is_secure()) else "/"
