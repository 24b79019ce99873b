"""The home page and the sign-in page: the only pages that belong to no app."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from allauth.account.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from access.requests import signed_in
from access.scope import scope_of
from access.single_sign_on import single_sign_on
from common.gate import may_open
from common.panels import ShownCard, actions_for, arrange, card_title, cards_for, facts_for
from members.demo.sign_ins import demo_sign_ins
from workflow.services.arrangement import arrangement_of

HOME: Final = "home"


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What a person starts the day with: the figures, cards and actions that the apps register for the slot "home", as arranged."""
    user = signed_in(request)
    kept = arrangement_of(user, HOME)
    if request.GET.get("arrange") == "yes":
        arranged = arrange(HOME, request.user, kept)
        context = {
            "arranged": [{"card": card, "title": card_title(HOME, card.key)} for card in arranged],
            "slot": HOME,
            "is_arranged": bool(kept),
            "has_hidden": any(not card.shown for card in arranged),
        }
        return render(request, "home/arrange.html", context)
    cards = cards_for(HOME, request, kept)
    context = {
        "facts": facts_for(HOME, request.user, None),
        "cards": cards,
        "parts": _parts(cards),
        "actions": actions_for(HOME, request.user),
        "is_closed": not (user.is_superuser or scope_of(user).roles or may_open(user, "customers")),
    }
    return render(request, "home/home.html", context)


def _parts(cards: Sequence[ShownCard]) -> list[dict[str, Any]]:
    """The cards as they lie on the page: each wide one by itself, those between in two columns, by turns left and right."""
    parts: list[dict[str, Any]] = []
    for card in cards:
        if card.wide:
            parts.append({"wide": card})
            continue
        if not parts or "columns" not in parts[-1]:
            parts.append({"columns": ([], [])})
        left, right = parts[-1]["columns"]
        (left if len(left) == len(right) else right).append(card)
    return parts


class SignInView(LoginView):  # type: ignore[misc]  # allauth ships no types
    """allauth's sign-in; a development server with demo data also lists the demo's people."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add single sign-on and the demo sign-ins."""
        return {**super().get_context_data(**kwargs), "single_sign_on": single_sign_on(), "demo_sign_ins": demo_sign_ins()}


sign_in = SignInView.as_view()
