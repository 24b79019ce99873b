"""Enter the price list."""

from __future__ import annotations

import datetime
from decimal import Decimal

from members.demo.chance import Calendar
from members.demo.price_list import DISCOUNTS, PRODUCTS, ProductEntry, TariffEntry
from products.models import Discount, Product, ProductRule, ProductRuleKind, Tariff, TariffPrice


class Catalogue:
    """Keys of what was entered: products and discounts by code, tariffs by code and the products they belong to."""

    def __init__(self, products: dict[str, int], tariffs: dict[str, int], discounts: dict[str, int]) -> None:
        self.products = products
        self.tariffs = tariffs
        self.discounts = discounts


def enter_catalogue(calendar: Calendar) -> Catalogue:
    """Enter products with rules, tariffs with prices, and discounts; return their keys."""
    since = calendar.date(1600)
    products = {entry.code: _product(entry, since, calendar) for entry in PRODUCTS}
    Product.objects.bulk_create(products.values())
    _enter_rules(products)
    tariffs = {
        tariff.code: Tariff(
            product=products[entry.code],
            code=tariff.code,
            name_en=tariff.english,
            name_zh=tariff.chinese,
            unit=tariff.unit,
            retired_on=_day(calendar, tariff.retired_days_ago),
        )
        for entry in PRODUCTS
        for tariff in entry.tariffs
    }
    Tariff.objects.bulk_create(tariffs.values())
    entries = [tariff for entry in PRODUCTS for tariff in entry.tariffs]
    TariffPrice.objects.bulk_create([price for entry in entries for price in _prices(tariffs[entry.code], entry, calendar)])
    return Catalogue({code: row.pk for code, row in products.items()}, {code: row.pk for code, row in tariffs.items()}, _enter_discounts())


def _day(calendar: Calendar, days_ago: int | None) -> datetime.date | None:
    return None if days_ago is None else calendar.date(days_ago)


def _product(entry: ProductEntry, since: datetime.date, calendar: Calendar) -> Product:
    return Product(
        code=entry.code,
        name_en=entry.english,
        name_zh=entry.chinese,
        kind=entry.kind,
        member_level=entry.member_level,
        min_members=entry.min_members,
        available_from=since,
        retired_on=_day(calendar, entry.retired_days_ago),
        description=entry.description,
    )


def _enter_rules(products: dict[str, Product]) -> None:
    named = [
        (entry.code, kind, other)
        for entry in PRODUCTS
        for kind, others in ((ProductRuleKind.EXCLUDES, entry.excludes), (ProductRuleKind.REQUIRES, entry.requires))
        for other in others
    ]
    ProductRule.objects.bulk_create([ProductRule(product=products[code], kind=kind, other=products[other]) for code, kind, other in named])


def _prices(tariff: Tariff, entry: TariffEntry, calendar: Calendar) -> list[TariffPrice]:
    """A tariff's fees, each until the next begins."""
    begins = [calendar.date(days) for _, days in entry.fees]
    ends = [*begins[1:], None]
    fees = [Decimal(fee) for fee, _ in entry.fees]
    return [
        TariffPrice(tariff=tariff, fee=fee, effective_on=begin, expires_on=end) for fee, begin, end in zip(fees, begins, ends, strict=True)
    ]


def _enter_discounts() -> dict[str, int]:
    rows = [
        Discount(
            code=entry.code,
            name_en=entry.english,
            name_zh=entry.chinese,
            kind=entry.kind,
            value=Decimal(entry.value),
            stacking_group=entry.stacking_group,
            approval_limit=None if entry.limit is None else Decimal(entry.limit),
        )
        for entry in DISCOUNTS
    ]
    return {row.code: row.pk for row in Discount.objects.bulk_create(rows)}
