"""Money: what discounts leave of a fee, compared with a plain-Python oracle, and the set-based form compared with the single one."""

from __future__ import annotations

import datetime
from decimal import ROUND_HALF_UP, Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from products.models import Discount, DiscountKind, OfferStatus, TariffUnit
from products.services.pricing import MonthlyFee, monthly_fee, monthly_fees, months_since, price_trail, tariff_fee
from tests.products.factories import make_discount, make_offer, make_tariff

TODAY = datetime.date(2026, 5, 20)


def cents(amount: Decimal) -> int:
    """The oracle counts in whole cents."""
    return int((amount * 100).quantize(Decimal(1), ROUND_HALF_UP))


def oracle(fee: Decimal, unit: str, discounts: list[Discount], months: int) -> Decimal:
    """The rules once more, in whole cents and without the product's code."""
    if unit != "month":
        return Decimal("0.00")
    left = cents(fee)
    seen: list[str] = []
    for kind in ("fixed", "percent", "amount", "free_months"):
        for discount in sorted((d for d in discounts if d.kind == kind), key=lambda d: d.code):
            if kind == "free_months" and months >= discount.value:
                continue
            if discount.stacking_group and discount.stacking_group in seen:
                continue
            seen.append(discount.stacking_group)
            if kind == "fixed":
                left = cents(discount.value)
            elif kind == "percent":
                numerator = left * (10000 - cents(discount.value))
                left = (numerator + 5000) // 10000
            elif kind == "amount":
                left = max(0, left - cents(discount.value))
            else:
                left = 0
    return Decimal(left) / 100


fees = st.decimals(min_value=0, max_value=99999, places=2, allow_nan=False)


@st.composite
def discount_lists(draw: st.DrawFn) -> list[Discount]:
    """Up to six discounts with different codes, some in common stacking groups."""
    discounts = []
    for number in range(draw(st.integers(0, 6))):
        kind = draw(st.sampled_from(DiscountKind.values))
        highest = 100 if kind == "percent" else 36 if kind == "free_months" else 500
        value = draw(st.decimals(min_value=0, max_value=highest, places=0 if kind == "free_months" else 2, allow_nan=False))
        discounts.append(Discount(code=f"D{number}", kind=kind, value=value, stacking_group=draw(st.sampled_from(["", "A", "B"]))))
    return draw(st.permutations(discounts))


@given(fees, st.sampled_from(TariffUnit.values), discount_lists(), st.integers(0, 40))
def test_monthly_fee_equals_the_oracle(fee: Decimal, unit: str, discounts: list[Discount], months: int) -> None:
    """The price of any offer is what the rules say, whatever order its discounts come in."""
    net = monthly_fee(tariff_fee=fee, unit=unit, discounts=discounts, months_since_effective=months)
    assert net == oracle(fee, unit, discounts, months)
    assert net >= 0


@given(fees, discount_lists(), st.integers(0, 40))
def test_the_trail_ends_at_the_net_price(fee: Decimal, discounts: list[Discount], months: int) -> None:
    """The last step shown to people is the price that is charged, and a step that does not count changes nothing."""
    steps = price_trail(tariff_fee=fee, discounts=discounts, months_since_effective=months)
    net = monthly_fee(tariff_fee=fee, unit="month", discounts=discounts, months_since_effective=months)
    assert len(steps) == len(discounts)
    before = fee
    for step in steps:
        assert step.counts or step.fee == before
        before = step.fee
    assert before == net


@given(st.dates(datetime.date(2000, 1, 1), datetime.date(2060, 1, 1)), st.integers(0, 2000))
def test_months_grow_by_one_at_a_time(start: datetime.date, days: int) -> None:
    """A month later is one month, at the ends of months too."""
    day = start + datetime.timedelta(days=days)
    months = months_since(start, day)
    following = months_since(start, day + datetime.timedelta(days=1))
    assert following - months in (0, 1)
    assert abs(days - months * 30.44) < 33


def test_months_at_the_ends_of_months() -> None:
    """The 31st of January and the last of February are a month apart; before the start nothing has passed."""
    assert months_since(datetime.date(2026, 1, 31), datetime.date(2026, 2, 27)) == 0
    assert months_since(datetime.date(2026, 1, 31), datetime.date(2026, 2, 28)) == 1
    assert months_since(datetime.date(2026, 5, 20), datetime.date(2026, 4, 1)) == 0


def test_one_of_a_stacking_group_counts() -> None:
    """Of two percentages in one group the first by code stands; the other is shown as not counting."""
    first = Discount(code="A", kind="percent", value=Decimal(20), stacking_group="volume")
    second = Discount(code="B", kind="percent", value=Decimal(50), stacking_group="volume")
    steps = price_trail(tariff_fee=Decimal(10), discounts=[second, first], months_since_effective=0)
    assert [(step.discount.code, step.fee, step.counts) for step in steps] == [("A", Decimal(8), True), ("B", Decimal(8), False)]


@pytest.mark.django_db
def test_the_fee_of_a_day() -> None:
    """Each dated price holds from its first day to the day before its expiry; a day before all prices has none."""
    tariff = make_tariff(fee="10.00", effective_on=datetime.date(2025, 1, 1), expires_on=datetime.date(2026, 1, 1))
    tariff.prices.create(fee=Decimal("12.00"), effective_on=datetime.date(2026, 1, 1))
    assert tariff_fee(tariff, datetime.date(2024, 12, 31)) is None
    assert tariff_fee(tariff, datetime.date(2025, 12, 31)) == Decimal("10.00")
    assert tariff_fee(tariff, datetime.date(2026, 1, 1)) == Decimal("12.00")


@pytest.mark.django_db
def test_many_prices_in_three_queries() -> None:
    """The set-based form gives what the single one gives, with a number of queries that does not grow."""
    half = make_discount(code="HALF", kind="percent", value="50")
    free = make_discount(code="FREE3", kind="free_months", value="3")
    tariff = make_tariff(fee="10.00")
    once = make_tariff(product=tariff.product, unit="once", fee="100.00")
    discounted = make_offer(tariff=tariff, discounts=[half], effective_on=datetime.date(2026, 1, 1))
    free_now = make_offer(tariff=tariff, discounts=[half, free], effective_on=datetime.date(2026, 4, 1), customer=discounted.customer)
    over = make_offer(tariff=tariff, discounts=[half], expires_on=TODAY, customer=discounted.customer)
    draft = make_offer(tariff=tariff, discounts=[half], status=OfferStatus.DRAFT, customer=discounted.customer)
    pairs = [(tariff.pk, None), (once.pk, None), *((tariff.pk, offer.pk) for offer in (discounted, free_now, over, draft))]
    with CaptureQueriesContext(connection) as queries:
        prices = monthly_fees(pairs, TODAY)
    ten = Decimal("10.00")
    assert prices == {
        (tariff.pk, None): MonthlyFee(ten, ten),
        (once.pk, None): MonthlyFee(Decimal(0), Decimal(0)),
        (tariff.pk, discounted.pk): MonthlyFee(ten, Decimal("5.00")),
        (tariff.pk, free_now.pk): MonthlyFee(ten, Decimal(0)),
        (tariff.pk, over.pk): MonthlyFee(ten, ten),
        (tariff.pk, draft.pk): MonthlyFee(ten, ten),
    }
    assert len(queries) == 3
