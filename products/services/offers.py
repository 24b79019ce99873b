"""Offers made for one customer: draft → in approval → approved; withdrawn."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from access.models import Action, User
from access.policy import ensure_still_reached
from common.saving import save_unless_taken
from common.versions import ensure_version
from customers.models import Customer
from products.models import Discount, Offer, OfferStatus


def suggest_code(customer: Customer) -> str:
    """A free code for the customer's next offer: the customer's code and a running number."""
    taken = set(customer.offers.values_list("code", flat=True))
    number = next(n for n in range(1, len(taken) + 2) if f"{customer.code}-{n:02d}" not in taken)
    return f"{customer.code}-{number:02d}"


def clashing_groups(discounts: Iterable[Discount]) -> list[str]:
    """The stacking groups of which more than one of `discounts` is a part."""
    groups = [discount.stacking_group for discount in discounts if discount.stacking_group]
    return sorted({group for group in groups if groups.count(group) > 1})


@transaction.atomic
def save_offer(*, offer: Offer, discounts: Collection[Discount], actor: User, seen: str = "") -> Offer:
    """Save a new offer as a draft, or a changed draft. The product follows from the tariff.

    Args:
        offer: with its new values, already validated.
        discounts: all that it shall carry; at most one of a stacking group.
        actor: needs `add` (new) or `change` on offers of this customer.
        seen: the version a changed offer had when its form was opened.

    Raises Http404 or PermissionDenied when the offer or its customer is out of the actor's reach, ValidationError when it is no longer a
    draft, was changed meanwhile, has a code that is taken, or carries discounts that exclude each other.
    """
    new = offer._state.adding
    action = Action.ADD if new else Action.CHANGE
    if clashing_groups(discounts):
        raise ValidationError({"discounts": _("Of one stacking group, choose only one discount.")})
    if new:
        offer.created_by, offer.status = actor, OfferStatus.DRAFT
    else:
        stored = _take(offer.pk, actor, Action.CHANGE, {OfferStatus.DRAFT}, seen)
        if stored.customer_id != offer.customer_id:
            raise ValidationError(_("An offer stays with its customer."))
        offer.created_by = actor  # whoever wrote the terms last answers for them, and does not approve them alone
    offer.product_id = offer.tariff.product_id
    save_unless_taken(offer)
    offer.discounts.set(discounts)
    ensure_still_reached(Offer.objects.all(), actor, offer.pk, action)
    return offer


@transaction.atomic
def submit_offer(*, offer_id: int, actor: User, seen: str | None = None) -> Offer:
    """Send a draft to approval.

    `seen` is the version of the offer that was looked at, if that matters; another one is refused with code `stale`. So it is in the other
    steps.

    Raises Http404, and ValidationError when it is not a draft or could not be used any more.
    """
    offer = _take(offer_id, actor, Action.CHANGE, {OfferStatus.DRAFT}, seen)
    _ensure_usable(offer)
    return _set_status(offer, OfferStatus.IN_APPROVAL)


@transaction.atomic
def approve_offer(*, offer_id: int, actor: User, seen: str | None = None) -> Offer:
    """Approve an offer, so that numbers can be put on it.

    Raises Http404 without the action `approve` on this customer's offers, and ValidationError when it is not in approval, could not be used
    any more, or carries a discount above its approval limit and was drafted by the same person.
    """
    offer = _take(offer_id, actor, Action.APPROVE, {OfferStatus.IN_APPROVAL}, seen)
    _ensure_usable(offer)
    if needs_second_person(offer) and offer.created_by_id == actor.pk:
        raise ValidationError(_("A discount of this offer is above its approval limit: somebody other than its author approves it."))
    offer.approved_by, offer.approved_at = actor, timezone.now()
    return _set_status(offer, OfferStatus.APPROVED)


@transaction.atomic
def return_offer(*, offer_id: int, actor: User, seen: str | None = None) -> Offer:
    """Send an offer in approval back to its author as a draft.

    Raises Http404 without the action `approve`, ValidationError when it is not in approval.
    """
    return _set_status(_take(offer_id, actor, Action.APPROVE, {OfferStatus.IN_APPROVAL}, seen), OfferStatus.DRAFT)


@transaction.atomic
def withdraw_offer(*, offer_id: int, actor: User, seen: str | None = None) -> Offer:
    """Take an offer back in any state: no number can be put on it any more, and its discounts stop counting.

    Raises Http404, and ValidationError when it was withdrawn already.
    """
    open_states = {OfferStatus.DRAFT, OfferStatus.IN_APPROVAL, OfferStatus.APPROVED}
    return _set_status(_take(offer_id, actor, Action.CHANGE, open_states, seen), OfferStatus.WITHDRAWN)


def needs_second_person(offer: Offer) -> bool:
    """Whether a discount of `offer` is above the value that its author may approve."""
    return any(d.approval_limit is not None and d.value > d.approval_limit for d in offer.discounts.all())


_REFUSALS = {
    OfferStatus.DRAFT: gettext_lazy("Only a draft allows this. The offer has moved on; look at its state."),
    OfferStatus.IN_APPROVAL: gettext_lazy("Only an offer in approval allows this. The offer has moved on; look at its state."),
    OfferStatus.APPROVED: gettext_lazy("The offer is withdrawn already."),
}


def _take(offer_id: int, actor: User, action: str, states: set[OfferStatus], seen: str | None) -> Offer:
    """Lock the offer for a change that `states` allow; with `seen`, in that version."""
    offer = Offer.objects.select_for_update(of=("self",)).select_related("product", "tariff").get_visible(actor, offer_id, action)
    if offer.status not in states:
        raise ValidationError(str(_REFUSALS[max(states, key=list(OfferStatus).index)]), code="state")
    if seen is not None:
        ensure_version(offer, seen)
    return offer


def _set_status(offer: Offer, status: OfferStatus) -> Offer:
    offer.status = status
    offer.save(update_fields=["status", "approved_by", "approved_at", "updated_at"])
    return offer


def _ensure_usable(offer: Offer) -> None:
    today = timezone.localdate()
    begins = max(today, offer.effective_on)
    if offer.expires_on is not None and offer.expires_on <= today:
        raise ValidationError(_("The offer's expiry has passed. Change its dates first."))
    if not offer.product.is_available(begins):
        raise ValidationError(_("The product is not on sale when the offer begins."))
    if offer.tariff.retired_on is not None and offer.tariff.retired_on <= begins:
        raise ValidationError(_("The tariff is retired when the offer begins."))
