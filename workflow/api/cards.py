"""How a person arranges the cards of a page, over HTTP."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.models import User
from access.requests import signed_in
from common.api.entity_tags import answered, ensure_seen, tag_of_content, tagged
from common.api.schema import GUARDED, IF_MATCH, READ_ERRORS
from common.panels import Arranged, arrange, card_title
from workflow.services.arrangement import arrangement_of, forget_arrangement, keep_arrangement, reordered
from workflow.views.arranging import PAGES


class CardSerializer(serializers.Serializer[Any]):
    """A card, at its place."""

    key = serializers.CharField()
    title = serializers.CharField(read_only=True)
    shown = serializers.BooleanField()
    wide = serializers.BooleanField(help_text="Whether it takes the whole width.")


class CardsSerializer(serializers.Serializer[Any]):
    """The cards in the order in which they stand; those that are not named stay behind them, as they stood."""

    cards = CardSerializer(many=True)


class CardsView(APIView):
    """The cards of one page."""

    metadata_class: Any = None
    parser_classes: Any = (JSONParser,)

    @extend_schema(
        operation_id="cards_read",
        summary="Read how the cards of a page stand",
        description="Those that you may open, the hidden ones too; `home` is the home page. What a card shows stands in the lists.",
        responses={200: CardsSerializer, **READ_ERRORS},
    )
    def get(self, request: Request, slot: str) -> Response:
        """Answer the arrangement."""
        content = _content(_reader(request, slot), slot)
        return answered(request, content, tag_of_content(content))

    @extend_schema(
        operation_id="cards_arrange",
        summary="Arrange the cards of a page",
        description="For you alone. If-Match is required.",
        parameters=[IF_MATCH],
        request=CardsSerializer,
        responses={200: CardsSerializer, **GUARDED},
    )
    def put(self, request: Request, slot: str) -> Response:
        """Keep another arrangement."""
        user = _reader(request, slot)
        with transaction.atomic():
            cards = _as_seen(request, user, slot)
            sent = CardsSerializer(data=request.data)
            sent.is_valid(raise_exception=True)
            keep_arrangement(user=user, slot=slot, cards=_changed(cards, sent.validated_data["cards"]))
        return _told(user, slot)

    @extend_schema(
        operation_id="cards_reset",
        summary="Let the cards of a page stand as at first",
        description="For you alone. If-Match is required.",
        parameters=[IF_MATCH],
        responses={200: CardsSerializer, **GUARDED},
    )
    def delete(self, request: Request, slot: str) -> Response:
        """Forget the arrangement."""
        user = _reader(request, slot)
        with transaction.atomic():
            _as_seen(request, user, slot)
            forget_arrangement(user=user, slot=slot)
        return _told(user, slot)


def _reader(request: Request, slot: str) -> User:
    """Who asks. Raises Http404 where there is no such page."""
    if slot not in PAGES:
        raise Http404
    return signed_in(request)


def _as_seen(request: Request, user: User, slot: str) -> list[Arranged]:
    """The cards as they stand, and as the request has seen them; of two requests of one person the second sees the first.

    Raises Refusal: precondition_required, stale.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    ensure_seen(request, tag_of_content(_content(user, slot)))
    return arrange(slot, user, arrangement_of(user, slot))


def _changed(cards: list[Arranged], sent: list[dict[str, Any]]) -> list[Arranged]:
    """`cards` in the order and the look that were sent. Raises ValidationError for a card that there is not, or that is named twice."""
    known = {card.key for card in cards}
    named = [one["key"] for one in sent]
    for place, key in enumerate(named):
        if key not in known or key in named[:place]:
            reason = _("There is no such card, or it is named twice.")
            raise exceptions.ValidationError({"cards": {str(place): {"key": [exceptions.ErrorDetail(reason, "unknown_card")]}}})
    wanted = {one["key"]: Arranged(**one) for one in sent}
    return reordered([wanted.get(card.key, card) for card in cards], named)


def _content(user: User, slot: str) -> dict[str, Any]:
    cards = arrange(slot, user, arrangement_of(user, slot))
    return {
        "cards": [{"key": card.key, "title": str(card_title(slot, card.key)), "shown": card.shown, "wide": card.wide} for card in cards]
    }


def _told(user: User, slot: str) -> Response:
    content = _content(user, slot)
    return tagged(Response(content), tag_of_content(content))
