"""How allauth behaves here: people are entered by an administrator, nobody signs up, and a locked login is locked for every way in."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from access.lockout import locked_out
from access.models import User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Closes self-registration, and looks at everybody who comes in once more."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  # allauth passes it
        """No: the operator's administrators create users."""
        return False

    def pre_login(self, request: HttpRequest, user: User, **hooks: Any) -> HttpResponse | None:
        """Stop a disabled user, a demo sign-in outside of the demo, and a locked login that comes by key or single sign-on."""
        response: HttpResponse | None = super().pre_login(request, user, **hooks)
        if response is not None:
            return response
        if user.is_demo and not settings.DEBUG:
            clear_login(request)
            user_login_failed.send(sender=__name__, credentials={"username": user.username}, request=request)
            messages.error(request, _("The demo's sign-ins work in the demonstration only."))
            return redirect("account_login")
        if not AxesProxyHandler.is_allowed(request, {"username": user.username}):
            clear_login(request)
            return locked_out(request, None)
        return None

    def get_login_stages(self) -> list[str]:
        """allauth's, with our word on when a second factor is asked for."""
        ours = {"allauth.mfa.stages.AuthenticateStage": "access.single_sign_on.SecondFactorStage"}
        return [ours.get(stage, stage) for stage in super().get_login_stages()]
