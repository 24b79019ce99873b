"""A small believable world for pictures: one customer with offers, lines and numbers."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone

from access.models import User
from customers.models import Customer
from members.models import Member
from products.models import Discount, Offer, OfferStatus, Product, ProductRule, Tariff
from tests.factories.customers import CustomerFactory
from tests.members.factories import make_member, make_subscription
from tests.products.factories import make_discount, make_group_subscription, make_offer, make_product, make_tariff

_PEOPLE = [
    "王建国",
    "李秀英",
    "张伟",
    "刘洋",
    "陈静",
    "杨磊",
    "赵敏",
    "黄海燕",
    "周涛",
    "吴桂芳",
    "徐强",
    "孙丽",
    "马超",
    "朱婷",
    "胡军",
    "郭明",
]
_DEPARTMENTS = ["信息科", "护理部", "急诊科", "院办"]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What the operator of the pictures sells."""

    vnet: Product
    ring_back: Product
    line: Product
    vnet_tariff: Tariff
    ring_tariff: Tariff
    line_tariff: Tariff
    volume: Discount
    loyalty: Discount


def make_catalogue() -> Catalogue:
    """Three products with their tariffs, rules and discounts."""
    vnet = make_product("VNET", kind="vnet", name_zh="集团V网", name_en="Group V-net", min_members=3)
    ring_back = make_product("CRBT", kind="ring_back", name_zh="集团彩铃", name_en="Group ring-back tone")
    line = make_product("LINE", kind="private_line", name_zh="互联网专线", name_en="Internet private line", member_level=False)
    rival = make_product("VNET-OLD", kind="vnet", name_zh="老版V网", name_en="Former V-net", retired_on=datetime.date(2025, 7, 1))
    ProductRule.objects.create(product=ring_back, kind="requires", other=vnet)
    ProductRule.objects.create(product=vnet, kind="excludes", other=rival)
    return Catalogue(
        vnet,
        ring_back,
        line,
        make_tariff(vnet, fee="10.00", code="V10", name_zh="V网 10 元", name_en="V-net 10"),
        make_tariff(ring_back, fee="3.00", code="R3", name_zh="彩铃 3 元", name_en="Ring-back 3"),
        make_tariff(line, fee="1200.00", code="L500", name_zh="专线 500M", name_en="Line 500M"),
        make_discount(code="VOL20", name_zh="规模优惠", name_en="Volume", value="20", stacking_group="volume"),
        make_discount(code="LOYAL", name_zh="忠诚优惠", name_en="Loyalty", kind="amount", value="1.50"),
    )


def make_customer_of(manager: User, catalogue: Catalogue) -> Customer:
    """A hospital with two offers, a line and sixteen numbers."""
    customer = CustomerFactory(manager=manager, name="云江市第一人民医院", code="YJ-000127", level="A1")
    today = timezone.localdate()
    offer = make_offer(
        customer,
        catalogue.vnet_tariff,
        discounts=[catalogue.volume, catalogue.loyalty],
        code="YJ-000127-01",
        effective_on=today - datetime.timedelta(days=200),
        expires_on=today + datetime.timedelta(days=25),
        committed_members=5000,
    )
    make_offer(
        customer,
        catalogue.line_tariff,
        discounts=[catalogue.volume],
        code="YJ-000127-02",
        effective_on=today,
        status=OfferStatus.IN_APPROVAL,
        created_by=manager,
    )
    make_group_subscription(customer, catalogue.line_tariff, identifier="YJ-ZX-0091", quantity=2)
    for number, name in enumerate(_PEOPLE):
        _make_number(customer, offer, catalogue, number, name)
    return customer


def _make_number(customer: Customer, offer: Offer, catalogue: Catalogue, number: int, name: str) -> Member:
    state = "suspended" if number == 5 else "active"
    department = _DEPARTMENTS[number % len(_DEPARTMENTS)]
    member = make_member(
        customer,
        f"861380057{number:04d}",
        holder_name=name,
        department=department,
        short_number=f"61{number:02d}",
        employee_no=f"E{1000 + number}",
        state=state,
    )
    make_subscription(member, catalogue.vnet_tariff, offer=offer)
    if number % 3 == 0:
        make_subscription(member, catalogue.ring_tariff, price_override=Decimal("2.00") if number == 3 else None)
    return member
