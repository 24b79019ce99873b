"""Arranging the cards of a page: each button is a form of its own, so that it works without a script; dragging sends the new order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from access.requests import signed_in
from common.panels import Arranged, arrange
from workflow.services.arrangement import arrangement_of, forget_arrangement, keep_arrangement, moved, reordered

PAGES: Final = {"home": "home"}
"""The pages whose cards are arranged: their slots, and the names of their addresses."""
_CHANGES: Final[dict[str, Callable[[Arranged], Arranged]]] = {
    "show": lambda card: replace(card, shown=True),
    "hide": lambda card: replace(card, shown=False),
    "widen": lambda card: replace(card, wide=True),
    "narrow": lambda card: replace(card, wide=False),
}


@require_POST
def arrange_cards(request: HttpRequest, slot: str) -> HttpResponse:
    """Move, show, hide or resize a card, take a whole order, or forget the arrangement. Raises Http404 for another slot."""
    if slot not in PAGES:
        raise Http404
    user = signed_in(request)
    if "reset" in request.POST:
        forget_arrangement(user=user, slot=slot)
    else:
        cards = _changed(request, arrange(slot, user, arrangement_of(user, slot)))
        keep_arrangement(user=user, slot=slot, cards=cards)
    if request.headers.get("X-Requested-With") == "fetch":
        return HttpResponse(status=204)
    return redirect(f"{reverse(PAGES[slot])}?arrange=yes")


def _changed(request: HttpRequest, cards: list[Arranged]) -> list[Arranged]:
    """`cards` after what the request asks for. Raises BadRequest for anything else."""
    for step, places in (("up", -1), ("down", 1)):
        if step in request.POST:
            return moved(cards, request.POST[step], places)
    if "order" in request.POST:
        return reordered(cards, request.POST.getlist("order"))
    for name, change in _CHANGES.items():
        if name in request.POST:
            return [change(card) if card.key == request.POST[name] else card for card in cards]
    raise BadRequest
