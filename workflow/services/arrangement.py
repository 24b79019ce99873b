"""How a person arranges the cards of a page: which are shown, in which order, how wide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.db import transaction

from access.models import User
from common.panels import Arranged
from workflow.models import CardArrangement

MOST_CARDS: Final = 100


def arrangement_of(user: User, slot: str) -> list[Arranged]:
    """How `user` has arranged the cards of `slot`; empty: not at all."""
    row = CardArrangement.objects.filter(user=user.pk, slot=slot).values_list("cards", flat=True).first()
    return [Arranged(str(card["key"]), bool(card["shown"]), bool(card["wide"])) for card in row or []]


@transaction.atomic
def keep_arrangement(*, user: User, slot: str, cards: Sequence[Arranged]) -> None:
    """Keep how `user` wants the cards of `slot`."""
    kept: list[dict[str, Any]] = [{"key": card.key, "shown": card.shown, "wide": card.wide} for card in cards[:MOST_CARDS]]
    CardArrangement.objects.update_or_create(user=user, slot=slot, defaults={"cards": kept})


def forget_arrangement(*, user: User, slot: str) -> None:
    """The cards stand again as everybody's do at first."""
    CardArrangement.objects.filter(user=user, slot=slot).delete()


def moved(cards: Sequence[Arranged], key: str, places: int) -> list[Arranged]:
    """`cards` with the shown card `key` moved up (negative) or down among those shown."""
    shown, hidden = [card for card in cards if card.shown], [card for card in cards if not card.shown]
    place = next((index for index, card in enumerate(shown) if card.key == key), None)
    if place is not None:
        card = shown.pop(place)
        shown.insert(max(0, min(len(shown), place + places)), card)
    return [*shown, *hidden]


def reordered(cards: Sequence[Arranged], keys: Sequence[str]) -> list[Arranged]:
    """`cards` in the order of `keys`; those that it does not name stay behind them, as they stood."""
    places = {key: place for place, key in enumerate(keys)}
    return sorted(cards, key=lambda card: places.get(card.key, len(places)))
