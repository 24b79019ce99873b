"""What the actions of a batch can be about: products, their tariffs with today's fees, and the customer's own offers."""

from __future__ import annotations

import datetime
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

from django.db.models import Exists, OuterRef, Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from access.models import User
from customers.models import Customer
from members.models import MemberSubscription
from products.models import Offer, OfferStatus, Product, Tariff, TariffUnit
from products.money import discount_text, yuan
from products.services.pricing import in_order, with_fee

SEPARATOR: Final = "|"

Choices = list[tuple[str, str]]
Groups = list[tuple[str, Choices]]


@dataclass(slots=True)
class BatchChoices:
    """The choices of the action rows. A tariff's value is `PRODUCT|TARIFF`, an offer's `PRODUCT|OFFER`, so that each is of one product.

    Attributes:
        products: products on sale for numbers, then retired ones that numbers of the customer are still on.
        tariffs, offers: by product.
        tariff_of_offer: the tariff value that each offer value was made for.
    """

    products: Choices = field(default_factory=list)
    tariffs: Groups = field(default_factory=list)
    offers: Groups = field(default_factory=list)
    tariff_of_offer: dict[str, str] = field(default_factory=dict)


def read_choices(customer: Customer, user: User, day: datetime.date) -> BatchChoices:
    """The choices for a batch of `customer` on `day`, by a constant number of queries."""
    products = _products(customer, user, day)
    ids = [product.pk for product in products]
    tariffs: defaultdict[int, list[Tariff]] = defaultdict(list)
    for tariff in with_fee(Tariff.objects.visible_to(user).on_sale(day).filter(product__in=ids), day).order_by("code"):
        tariffs[tariff.product_id].append(tariff)
    offers = _offers(customer, user, day, ids)
    choices = BatchChoices()
    for product in products:
        retired = product.retired_on is not None and product.retired_on <= day
        choices.products.append((product.code, _("%(product)s (retired)") % {"product": product.label} if retired else product.label))
        if tariffs[product.pk]:
            choices.tariffs.append(
                (product.label, [(_value(product, tariff.code), _tariff_text(tariff)) for tariff in tariffs[product.pk]])
            )
        if offers[product.pk]:
            choices.offers.append((product.label, [(_value(product, offer.code), _offer_text(offer, day)) for offer in offers[product.pk]]))
            choices.tariff_of_offer |= {_value(product, offer.code): _value(product, offer.tariff.code) for offer in offers[product.pk]}
    return choices


def code_of(value: str) -> str:
    """The code of a tariff or offer in a choice's value."""
    return value.partition(SEPARATOR)[2]


def product_of(value: str) -> str:
    """The product's code in the value of a tariff or offer."""
    return value.partition(SEPARATOR)[0]


def _value(product: Product, code: str) -> str:
    return f"{product.code}{SEPARATOR}{code}"


def _products(customer: Customer, user: User, day: datetime.date) -> list[Product]:
    live = MemberSubscription.objects.filter(customer=customer, product=OuterRef("pk"), ended_on=None)
    on_sale = Q(retired_on=None) | Q(retired_on__gt=day)
    found = Product.objects.visible_to(user).filter(on_sale | Exists(live), member_level=True)
    return sorted(found, key=lambda product: (product.retired_on is not None and product.retired_on <= day, product.code))


def _offers(customer: Customer, user: User, day: datetime.date, product_ids: list[int]) -> defaultdict[int, list[Offer]]:
    visible = Offer.objects.visible_to(user).filter(customer=customer, product__in=product_ids, status=OfferStatus.APPROVED)
    not_expired = visible.filter(Q(expires_on=None) | Q(expires_on__gt=day))
    found: defaultdict[int, list[Offer]] = defaultdict(list)
    for offer in not_expired.select_related("tariff").prefetch_related("discounts").order_by("-effective_on", "code"):
        found[offer.product_id].append(offer)
    return found


def _tariff_text(tariff: Tariff) -> str:
    fee = getattr(tariff, "fee", None)
    if fee is None:
        return tariff.label
    price = _("%(fee)s a month") % {"fee": yuan(fee)} if tariff.unit == TariffUnit.MONTH else f"{yuan(fee)} {tariff.get_unit_display()}"
    return f"{tariff.label} · {price}"


def _offer_text(offer: Offer, day: datetime.date) -> str:
    parts = [offer.code, offer.tariff.label, *(discount_text(discount) for discount in in_order(offer.discounts.all()))]
    if offer.effective_on > day:
        parts.append(_("from %(day)s") % {"day": date_format(offer.effective_on, "Y-m-d")})
    if offer.expires_on is not None:
        parts.append(_("until %(day)s") % {"day": date_format(offer.expires_on, "Y-m-d")})
    return " · ".join(parts)
