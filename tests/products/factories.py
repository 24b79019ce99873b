"""Short ways to make the catalogue, offers, numbers and the people who work with them."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from typing import Any

from django.contrib.auth.hashers import make_password

from access.models import Action, DataScope, OrgUnit, Role, RoleAssignment, RolePermission, User
from access.services.org_units import save_org_unit
from customers.models import Customer
from products.models import Discount, DiscountKind, GroupSubscription, Offer, OfferStatus, Product, Tariff

_numbers = itertools.count(1)

PASSWORD = "correct horse battery"


def make_unit(code: str = "", parent: OrgUnit | None = None, level: str = "city") -> OrgUnit:
    """A unit of the operator."""
    code = code or f"U{next(_numbers)}"
    return save_org_unit(OrgUnit(code=code, level=level, parent=parent, name_en=f"Branch {code}", name_zh=f"{code} 分公司"))


def make_user(name: str = "", unit: OrgUnit | None = None, **values: Any) -> User:
    """A person without any role, who can sign in with `PASSWORD`."""
    number = next(_numbers)
    return User.objects.create(
        username=name or f"user{number}", name=name.title() or f"User {number}", org_unit=unit, password=_hashed(), **values
    )


@cache
def _hashed() -> str:
    """Hashing is slow on purpose; once is enough."""
    return make_password(PASSWORD)


def give_role(user: User, unit: OrgUnit, scope: str, permissions: Iterable[str]) -> None:
    """Let `user` do `permissions` ("module.action") with the reach of `scope` from `unit`."""
    number = next(_numbers)
    role = Role.objects.create(code=f"R{number}", scope=scope, name_en=f"Role {number}", name_zh=f"角色 {number}")
    for permission in permissions:
        module, action = permission.split(".")
        RolePermission.objects.create(role=role, module=module, action=action)
    RoleAssignment.objects.create(user=user, role=role, org_unit=unit)
    user.__dict__.pop("_access_scope", None)  # the scope is read once for each request


MODULES = ("customers", "products", "members", "jobs")


def make_manager(name: str = "manager", unit: OrgUnit | None = None) -> User:
    """An account manager: views, adds and changes what hangs from the own customers."""
    unit = unit or make_unit()
    user = make_user(name, unit)
    give_role(
        user, unit, DataScope.OWN, [f"{module}.{action}" for module in MODULES for action in (Action.VIEW, Action.ADD, Action.CHANGE)]
    )
    return user


def make_director(name: str = "director", unit: OrgUnit | None = None) -> User:
    """A director: like an account manager for the whole unit and all below, and approves."""
    unit = unit or make_unit()
    user = make_user(name, unit)
    actions = (Action.VIEW, Action.ADD, Action.CHANGE, Action.APPROVE)
    give_role(user, unit, DataScope.SUBTREE, [f"{module}.{action}" for module in MODULES for action in actions])
    return user


def make_keeper(name: str = "keeper") -> User:
    """Who keeps the catalogue: reaches everything."""
    unit = make_unit()
    user = make_user(name, unit)
    actions = (Action.VIEW, Action.ADD, Action.CHANGE, Action.APPROVE)
    give_role(user, unit, DataScope.ALL, [f"{module}.{action}" for module in MODULES for action in actions])
    return user


def make_customer(manager: User | None = None, **values: Any) -> Customer:
    """A customer in its manager's unit."""
    number = next(_numbers)
    unit = values.pop("org_unit", None) or (manager.org_unit if manager else None) or make_unit()
    return Customer.objects.create(
        **{"code": f"CU-{number:06d}", "name": f"云江第{number}医院", "manager": manager, "org_unit": unit, **values}
    )


def make_product(code: str = "", **values: Any) -> Product:
    """A product on sale for members."""
    code = code or f"P{next(_numbers)}"
    return Product.objects.create(**{"code": code, "kind": "vnet", "name_en": f"Product {code}", "name_zh": f"产品 {code}", **values})


def make_tariff(
    product: Product | None = None,
    fee: str | None = "10.00",
    effective_on: datetime.date = datetime.date(2020, 1, 1),
    expires_on: datetime.date | None = None,
    **values: Any,
) -> Tariff:
    """A tariff with one price, or none when `fee` is None."""
    code = f"T{next(_numbers)}"
    defaults = {"code": code, "name_en": f"Tariff {code}", "name_zh": f"资费 {code}"}
    tariff = Tariff.objects.create(product=product or make_product(), **{**defaults, **values})
    if fee is not None:
        tariff.prices.create(fee=Decimal(fee), effective_on=effective_on, expires_on=expires_on)
    return tariff


def make_discount(kind: str = DiscountKind.PERCENT, value: str = "20", **values: Any) -> Discount:
    """A discount."""
    code = f"D{next(_numbers)}"
    return Discount.objects.create(
        **{"code": code, "name_en": f"Discount {code}", "name_zh": f"优惠 {code}", "kind": kind, "value": Decimal(value), **values}
    )


def make_offer(customer: Customer | None = None, tariff: Tariff | None = None, discounts: Iterable[Discount] = (), **values: Any) -> Offer:
    """An approved offer without end since the beginning of 2026."""
    tariff = tariff or make_tariff()
    defaults = {"code": f"O{next(_numbers)}", "effective_on": datetime.date(2026, 1, 1), "status": OfferStatus.APPROVED}
    offer = Offer.objects.create(customer=customer or make_customer(), product=tariff.product, tariff=tariff, **{**defaults, **values})
    offer.discounts.set(discounts)
    return offer


def make_group_subscription(customer: Customer, tariff: Tariff, **values: Any) -> GroupSubscription:
    """A group subscription running since the beginning of 2026."""
    return GroupSubscription.objects.create(
        customer=customer, product=tariff.product, tariff=tariff, **{"effective_on": datetime.date(2026, 1, 1), **values}
    )
