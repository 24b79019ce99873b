"""Write the catalogue: products and their rules, tariffs and their dated prices, discounts."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import TypeVar

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from access.models import Action, User
from common.saving import save_unless_taken
from common.versions import ensure_version
from products.models import Discount, Product, ProductRule, ProductRuleKind, Tariff, TariffPrice
from products.querysets import may_keep_catalogue

EntryT = TypeVar("EntryT", Product, Tariff, Discount)


@transaction.atomic
def save_entry(*, entry: EntryT, actor: User, seen: str = "") -> EntryT:
    """Save a new or changed product, tariff or discount.

    Args:
        entry: the row with its new values, already validated.
        actor: who saves; needs `add` or `change` on the whole catalogue.
        seen: the version that a changed row had when its form was opened (`common.versions.version_of`).

    Raises PermissionDenied, Http404 when a changed row is gone, ValidationError when it was changed meanwhile or its code is taken.
    """
    if entry.pk is None:
        _require_keeper(actor, Action.ADD)
    else:
        _require_keeper(actor, Action.CHANGE)
        ensure_version(type(entry).objects.select_for_update().get_visible(actor, entry.pk, Action.CHANGE), seen)
    save_unless_taken(entry)
    return entry


@transaction.atomic
def add_rule(*, product_id: int, kind: str, other_id: int, actor: User) -> ProductRule:
    """Enter that one product excludes or requires another.

    Raises PermissionDenied, Http404, and ValidationError for a rule that is there already or contradicts one that is.
    """
    product = Product.objects.select_for_update().get_visible(actor, product_id, Action.CHANGE)
    other = Product.objects.get_visible(actor, other_id)
    if product == other:
        raise ValidationError(_("A product has no rule with itself."))
    _refuse_contradiction(product, kind, other)
    return ProductRule.objects.create(product=product, kind=kind, other=other)


@transaction.atomic
def remove_rule(*, product_id: int, rule_id: int, actor: User) -> None:
    """Remove a rule in which the product stands on either side. One that is gone already is no error.

    Raises Http404.
    """
    product = Product.objects.get_visible(actor, product_id, Action.CHANGE)
    ProductRule.objects.filter(Q(product=product) | Q(other=product), pk=rule_id).delete()


@transaction.atomic
def add_price(*, tariff_id: int, fee: Decimal, effective_on: datetime.date, actor: User) -> TariffPrice:
    """Enter a new fee (CNY for the tariff's unit) from `effective_on` on; the price before it ends the same day.

    A later price that is already entered stays: the new one ends where that begins. The past is not repriced, so that every past month
    can be explained: once a tariff has a price, a new one begins today or later.

    Raises Http404 and ValidationError.
    """
    tariff = Tariff.objects.select_for_update().get_visible(actor, tariff_id, Action.CHANGE)
    prices = list(tariff.prices.order_by("effective_on"))
    if prices and effective_on < timezone.localdate():
        raise ValidationError({"effective_on": _("A new price begins today or later: past months stay as they were charged.")})
    if any(price.effective_on == effective_on for price in prices):
        raise ValidationError({"effective_on": _("A price begins on this day already.")})
    for price in prices:
        if price.effective_on < effective_on and (price.expires_on is None or price.expires_on > effective_on):
            price.expires_on = effective_on
            price.save(update_fields=["expires_on"])
    following = next((price.effective_on for price in prices if price.effective_on > effective_on), None)
    tariff.save(update_fields=["updated_at"])
    return TariffPrice.objects.create(tariff=tariff, fee=fee, effective_on=effective_on, expires_on=following)


def _require_keeper(actor: User, action: str) -> None:
    if not may_keep_catalogue(actor, action):
        raise PermissionDenied


def _refuse_contradiction(product: Product, kind: str, other: Product) -> None:
    between = Q(product=product, other=other) | Q(product=other, other=product)
    for rule in ProductRule.objects.filter(between):
        one_way = rule.product_id == product.pk
        if rule.kind == kind and (one_way or kind == ProductRuleKind.EXCLUDES):
            raise ValidationError(_("This rule is there already."))
        if rule.kind != kind:
            raise ValidationError(_("Two products cannot both exclude and require each other."))
