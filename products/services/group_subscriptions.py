"""Put a customer as a whole on a product, and take it off again."""

from __future__ import annotations

import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from access.models import Action, User
from access.policy import ensure_still_reached
from customers.models import Customer
from products.models import GroupSubscription, Offer, ProductRule, ProductRuleKind


@transaction.atomic
def add_group_subscription(*, subscription: GroupSubscription, actor: User) -> GroupSubscription:
    """Save a new group subscription. The product follows from the tariff.

    Raises PermissionDenied when the customer is out of the actor's reach for `add`, ValidationError when the product is for members or not
    on sale, the offer does not fit, or another product of the customer excludes it or is missing.
    """
    Customer.objects.select_for_update(of=("self",)).get_visible(actor, subscription.customer_id)  # two at once see each other's rules
    subscription.product = subscription.tariff.product
    _ensure_on_sale(subscription)
    _ensure_offer_fits(subscription)
    _ensure_rules(subscription)
    subscription.save()
    ensure_still_reached(GroupSubscription.objects.all(), actor, subscription.pk, Action.ADD)
    return subscription


@transaction.atomic
def end_group_subscription(*, subscription_id: int, ended_on: datetime.date, actor: User) -> GroupSubscription:
    """End a group subscription; `ended_on` is the first day it no longer runs.

    Raises Http404, and ValidationError when it has ended already or the day lies before its beginning.
    """
    queryset = GroupSubscription.objects.select_for_update(of=("self",))
    subscription = queryset.get_visible(actor, subscription_id, Action.CHANGE)
    if subscription.ended_on is not None:
        raise ValidationError(_("This subscription has ended already."))
    if ended_on < subscription.effective_on:
        raise ValidationError({"ended_on": _("The end lies before the beginning.")})
    subscription.ended_on = ended_on
    subscription.save(update_fields=["ended_on", "updated_at"])
    return subscription


def _ensure_on_sale(subscription: GroupSubscription) -> None:
    product, tariff, day = subscription.product, subscription.tariff, subscription.effective_on
    if product.member_level:
        raise ValidationError({"tariff": _("This product is for members: numbers subscribe to it in a batch.")})
    if not product.is_available(day) or (tariff.retired_on is not None and tariff.retired_on <= day):
        raise ValidationError({"tariff": _("This tariff is not on sale on the day it would begin.")})


def _ensure_offer_fits(subscription: GroupSubscription) -> None:
    if subscription.offer_id is None:
        return
    fitting = Offer.objects.usable(subscription.effective_on).filter(
        pk=subscription.offer_id, customer=subscription.customer_id, product=subscription.product_id, tariff=subscription.tariff_id
    )
    if not fitting.exists():
        raise ValidationError({"offer": _("This offer is for another tariff, or does not hold on the day it would begin.")})


def _ensure_rules(subscription: GroupSubscription) -> None:
    day = max(subscription.effective_on, timezone.localdate())
    live = GroupSubscription.objects.live(day).filter(customer=subscription.customer_id)
    held = set(live.values_list("product_id", flat=True))
    product = subscription.product
    rules = ProductRule.objects.filter(Q(product=product) | Q(other=product, kind=ProductRuleKind.EXCLUDES)).select_related(
        "product", "other"
    )
    for rule in rules:
        other = rule.other if rule.product_id == product.pk else rule.product
        if rule.kind == ProductRuleKind.EXCLUDES and other.pk in held:
            raise ValidationError({"tariff": _("The customer has %(product)s, which excludes this product.") % {"product": other}})
        if rule.kind == ProductRuleKind.REQUIRES and other.pk not in held:
            raise ValidationError(
                {"tariff": _("This product requires %(product)s, which the customer does not have.") % {"product": other}}
            )
