"""The home page and the sign-in page: the only pages that belong to no app."""

from __future__ import annotations

from typing import Any

from allauth.account.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from access.single_sign_on import single_sign_on
from common.panels import actions_for, cards_for, facts_for
from members.demo.sign_ins import demo_sign_ins


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What a person starts the day with: the figures, cards and actions that the apps register for the slot "home"."""
    context = {
        "facts": facts_for("home", request.user, None),
        "cards": cards_for("home", request),
        "actions": actions_for("home", request.user),
    }
    return render(request, "home/home.html", context)


class SignInView(LoginView):  # type: ignore[misc]  # allauth ships no types
    """allauth's sign-in; a development server with demo data also lists the demo's people."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add single sign-on and the demo sign-ins."""
        return {**super().get_context_data(**kwargs), "single_sign_on": single_sign_on(), "demo_sign_ins": demo_sign_ins()}


sign_in = SignInView.as_view()
