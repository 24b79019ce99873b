"""A person's own sessions, the clock of this one, and a form that came after its end."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from access.devices import device_words
from access.requests import signed_in
from access.services.sessions import end_sessions
from access.session_limits import time_left, touch
from access.unsent import forget_unsent, unsent_of


@require_GET
def session_list(request: HttpRequest) -> HttpResponse:
    """Where the user is signed in: device, address, since when, last seen."""
    sessions = [
        {"row": row, "device": device_words(row.user_agent), "current": row.session_key == request.session.session_key}
        for row in UserSession.objects.purge_and_list(signed_in(request))
    ]
    sessions.sort(key=lambda session: (not session["current"], -session["row"].last_seen_at.timestamp()))
    others = sum(not session["current"] for session in sessions)
    return render(request, "access/sessions.html", {"sessions": sessions, "others": others})


@require_POST
def session_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End one of the user's sessions; another person's is not found."""
    user = signed_in(request)
    current = request.session.session_key
    if UserSession.objects.filter(user=user, pk=pk, session_key=current).exists():
        return redirect("account_logout")
    if not end_sessions(user=user, request=request, reason="own", only=pk, sparing=current):
        raise Http404
    messages.success(request, _("The session has ended."))
    return redirect("access:sessions")


@require_POST
def session_end_others(request: HttpRequest) -> HttpResponse:
    """End all of the user's sessions but this one."""
    count = end_sessions(user=signed_in(request), request=request, reason="own", sparing=request.session.session_key)
    messages.success(request, ngettext("%(count)d session has ended.", "%(count)d sessions have ended.", count) % {"count": count})
    return redirect("access:sessions")


@never_cache
@require_GET
def session_state(request: HttpRequest) -> JsonResponse:
    """How long the session lives still, in seconds, whose it is, and a token for forms of pages that were opened before it began."""
    left = time_left(request.session)
    return JsonResponse({"user": signed_in(request).pk, "idle": left.idle, "absolute": left.absolute, "token": get_token(request)})


@require_POST
def session_keep(request: HttpRequest) -> JsonResponse:
    """Set the idle clock back because the user asks for it."""
    touch(request, every_seconds=0)
    return session_state_of(request)


def session_state_of(request: HttpRequest) -> JsonResponse:
    """How long the session lives still, in seconds."""
    left = time_left(request.session)
    return JsonResponse({"idle": left.idle, "absolute": left.absolute})


@never_cache
@require_http_methods(["GET", "POST"])
def unsent(request: HttpRequest) -> HttpResponse:
    """Show the form that came after the end of the last session, to be sent now or thrown away."""
    form = unsent_of(request.session, signed_in(request))
    if request.method == "POST":
        forget_unsent(request.session)
        return redirect("home")
    if form is None:
        return redirect("home")
    return render(request, "access/unsent.html", {"unsent": form})
