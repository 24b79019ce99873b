"""Template filters for money, discounts and the states of offers."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _

from products.models import Offer, OfferStatus
from products.money import discount_text, yuan

register = template.Library()

register.filter("yuan", yuan)
register.filter("discount_text", discount_text)


@register.filter
def offer_stage(offer: Offer) -> str:
    """The state of `offer` today, in words."""
    return stage_label(offer.stage())


def stage_label(stage: str) -> str:
    """The words for a state that `Offer.stage` returns."""
    by_dates = {"effective": _("effective"), "expiring": _("expiring"), "expired": _("expired")}
    return by_dates.get(stage) or str(OfferStatus(stage).label)
