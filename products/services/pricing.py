"""What a product costs a month: the tariff's fee of the day, and what an offer's discounts leave of it.

Rules, in this order: of one stacking group only one discount counts; a fixed price replaces the fee; percentages multiply; amounts come
off; nothing falls below zero; during an offer's free months nothing is paid at all. Every step is rounded to the cent, half up, so that
the trail shown to people adds up to the cent.
"""

from __future__ import annotations

import calendar
import datetime
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from django.db.models import OuterRef, Q, QuerySet, Subquery

from products.models import Discount, DiscountKind, Offer, OfferStatus, Tariff, TariffPrice, TariffUnit

CENT: Final = Decimal("0.01")
ZERO: Final = Decimal("0.00")
_ORDER: Final = {DiscountKind.FIXED: 0, DiscountKind.PERCENT: 1, DiscountKind.AMOUNT: 2, DiscountKind.FREE_MONTHS: 3}

Pair = tuple[int, int | None]
"""The ids of a tariff and of an offer (None: no offer)."""


@dataclass(frozen=True, slots=True)
class MonthlyFee:
    """What one subscription costs a month in CNY: `gross` by its tariff, `net` after the discounts of its offer."""

    gross: Decimal
    net: Decimal


@dataclass(frozen=True, slots=True)
class PriceStep:
    """One line of a price trail: the discount that was applied and the fee (CNY a month) it left.

    `counts` is False for a discount that changes nothing today: its stacking group is taken or its free months are over.
    """

    discount: Discount
    fee: Decimal
    counts: bool


def months_since(start: datetime.date, day: datetime.date) -> int:
    """Whole months from `start` to `day`; 0 before `start`. A month that begins on a 31st ends with a shorter month's last day."""
    months = (day.year - start.year) * 12 + day.month - start.month
    anniversary = min(start.day, calendar.monthrange(day.year, day.month)[1])
    return max(0, months - (day.day < anniversary))


def tariff_fee(tariff: Tariff, on: datetime.date) -> Decimal | None:
    """The fee of `tariff` (CNY for each of its units) on day `on`, or None where no price covers the day."""
    return _prices_on(on).filter(tariff=tariff).values_list("fee", flat=True).first()


def with_fee(tariffs: QuerySet[Tariff], on: datetime.date) -> QuerySet[Tariff]:
    """Each of `tariffs` with its fee of day `on` as `fee` (None: no price that day), by the same query."""
    return tariffs.annotate(fee=Subquery(_prices_on(on).filter(tariff=OuterRef("pk")).values("fee")[:1]))


def fees_on(wanted: Collection[tuple[int, datetime.date]]) -> dict[tuple[int, datetime.date], Decimal]:
    """The fees of many (tariff id, day), by one query; those without a price on their day are missing."""
    prices = TariffPrice.objects.filter(tariff__in={tariff for tariff, _ in wanted})
    return {
        (price.tariff_id, day): price.fee
        for price in prices
        for tariff, day in wanted
        if price.tariff_id == tariff and price.effective_on <= day and (price.expires_on is None or day < price.expires_on)
    }


def in_order(discounts: Iterable[Discount]) -> list[Discount]:
    """The discounts in the order in which they apply."""
    return sorted(discounts, key=lambda discount: (_ORDER[DiscountKind(discount.kind)], discount.code))


def price_trail(*, tariff_fee: Decimal, discounts: Iterable[Discount], months_since_effective: int) -> list[PriceStep]:
    """The way from `tariff_fee` (CNY a month) to the net price, one step for each discount."""
    steps: list[PriceStep] = []
    fee = _to_cent(tariff_fee)
    taken: set[str] = set()
    for discount in in_order(discounts):
        counts = not discount.stacking_group or discount.stacking_group not in taken
        counts = counts and (discount.kind != DiscountKind.FREE_MONTHS or months_since_effective < discount.value)
        if counts:
            taken.add(discount.stacking_group)
            fee = _after(fee, discount)
        steps.append(PriceStep(discount, fee, counts))
    return steps


def net_price(tariff_fee: Decimal, discounts: Iterable[Discount], months_since_effective: int) -> Decimal:
    """What the discounts leave of a fee for whatever unit, in CNY; the last step of the trail."""
    steps = price_trail(tariff_fee=tariff_fee, discounts=discounts, months_since_effective=months_since_effective)
    return steps[-1].fee if steps else _to_cent(tariff_fee)


def monthly_fee(*, tariff_fee: Decimal, unit: str, discounts: Sequence[Discount], months_since_effective: int) -> Decimal:
    """What `discounts` leave of `tariff_fee` in CNY a month; 0 for a fee that is not charged by the month.

    Args:
        tariff_fee: fee for one `unit` in CNY.
        unit: a `TariffUnit` value.
        discounts: those of the offer; none where there is no offer.
        months_since_effective: whole months for which the offer has been effective.
    """
    if unit != TariffUnit.MONTH:
        return ZERO
    return net_price(tariff_fee, discounts, months_since_effective)


def monthly_fees(pairs: Iterable[Pair], on: datetime.date) -> dict[Pair, MonthlyFee]:
    """The monthly fee of every (tariff id, offer id or None) on day `on`, read by three queries however many pairs there are.

    A tariff without a price on that day, or not charged by the month, counts as 0. The discounts of an offer that is not approved or does
    not hold on that day do not count.
    """
    wanted = set(pairs)
    gross = _monthly_prices({tariff for tariff, _ in wanted}, on)
    offers = _discounts_of({offer for _, offer in wanted if offer is not None}, on)
    fees: dict[Pair, MonthlyFee] = {}
    for tariff, offer in wanted:
        fee = gross.get(tariff, ZERO)
        effective_on, discounts = offers.get(offer, (on, []))
        months = months_since(effective_on, on)
        net = monthly_fee(tariff_fee=fee, unit=TariffUnit.MONTH, discounts=discounts, months_since_effective=months)
        # A fixed price cannot turn a fee that is not charged monthly into one that is.
        fees[tariff, offer] = MonthlyFee(fee, net if tariff in gross else ZERO)
    return fees


def _after(fee: Decimal, discount: Discount) -> Decimal:
    match discount.kind:
        case DiscountKind.FIXED:
            return _to_cent(discount.value)
        case DiscountKind.PERCENT:
            return _to_cent(fee * (100 - discount.value) / 100)
        case DiscountKind.AMOUNT:
            return max(ZERO, _to_cent(fee - discount.value))
        case _:
            return ZERO


def _to_cent(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def _prices_on(day: datetime.date) -> QuerySet[TariffPrice]:
    return TariffPrice.objects.filter(Q(expires_on=None) | Q(expires_on__gt=day), effective_on__lte=day)


def _monthly_prices(tariff_ids: set[int], day: datetime.date) -> dict[int, Decimal]:
    prices = _prices_on(day).filter(tariff__in=tariff_ids, tariff__unit=TariffUnit.MONTH)
    return {tariff: _to_cent(fee) for tariff, fee in prices.values_list("tariff_id", "fee")}


def _discounts_of(offer_ids: set[int], day: datetime.date) -> dict[int | None, tuple[datetime.date, list[Discount]]]:
    """For each of the offers that holds on `day`: since when, and its discounts."""
    holding = Offer.objects.usable(day).filter(pk__in=offer_ids, status=OfferStatus.APPROVED)
    since = dict(holding.values_list("pk", "effective_on"))
    links = Offer.discounts.through.objects.filter(offer_id__in=since).select_related("discount")
    discounts: defaultdict[int, list[Discount]] = defaultdict(list)
    for link in links:
        discounts[link.offer_id].append(link.discount)
    return {offer: (effective_on, discounts[offer]) for offer, effective_on in since.items()}
