"""What a batch looks at, in plain Python: catalogue, offers, memberships; and what it is asked to do."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Final

Day = datetime.date

DEFAULT_SEVERITIES: Final[dict[str, str]] = {
    **dict.fromkeys(("number_unassigned", "below_min_members", "commitment_exceeded"), "warning"),
    **dict.fromkeys(("already_member", "already_leaving", "has_product", "has_tariff", "no_product"), "skip"),
}
"""Severities of codes by default; whatever is not named is an error."""


@dataclass(frozen=True, slots=True)
class Product:
    """A product that can be newly taken from `since` until the day before `until`."""

    code: str
    since: Day
    until: Day | None = None


@dataclass(frozen=True, slots=True)
class Tariff:
    """A tariff of a product, retired from `until` on."""

    product: str
    code: str
    until: Day | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer to one group, of use from `since` until the day before `until`, once approved."""

    code: str
    group: str
    product: str
    tariff: str
    since: Day
    until: Day | None = None
    approved: bool = True


@dataclass(slots=True)
class Subscription:
    """A number on a product."""

    product: str
    tariff: str
    offer: str | None
    since: Day
    expires: Day | None = None
    ended: Day | None = None

    def holds_on(self, day: Day) -> bool:
        """Whether it still stands on `day`: not ended, and not past its expiry."""
        return self.ended is None and (self.expires is None or self.expires > day)


@dataclass(slots=True)
class Membership:
    """A number in a group. `left` is None while it is live."""

    group: str
    number: str
    kind: str
    joined: Day
    left: Day | None = None
    state: str = "active"
    short: str = ""
    holder: str = ""
    employee_no: str = ""
    department: str = ""
    subscriptions: list[Subscription] = field(default_factory=list)

    def on(self, product: str, day: Day) -> Subscription | None:
        """The subscription of a product that stands on `day`."""
        return next((each for each in self.subscriptions if each.product == product and each.holds_on(day)), None)


@dataclass(slots=True)
class World:
    """Everything that a batch looks at. `excludes` counts both ways; `requires` is (product, the one that it needs)."""

    products: list[Product] = field(default_factory=list)
    tariffs: list[Tariff] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)
    excludes: set[tuple[str, str]] = field(default_factory=set)
    requires: set[tuple[str, str]] = field(default_factory=set)
    memberships: list[Membership] = field(default_factory=list)
    blacklist: set[str] = field(default_factory=set)
    segments: set[str] = field(default_factory=set)
    severities: dict[str, str] = field(default_factory=dict)
    _by_number: dict[str, list[Membership]] = field(default_factory=dict)
    _indexed: int = 0

    def of_number(self, number: str | None) -> list[Membership]:
        """All memberships of a number."""
        for each in self.memberships[self._indexed :]:
            self._by_number.setdefault(each.number, []).append(each)
        self._indexed = len(self.memberships)
        return self._by_number.get(number or "", [])

    def product(self, code: str) -> Product:
        """The product with a code."""
        return next(each for each in self.products if each.code == code)

    def severity(self, code: str) -> str:
        """What a verdict does to its row."""
        return self.severities.get(code) or DEFAULT_SEVERITIES.get(code, "error")


@dataclass(frozen=True, slots=True)
class Action:
    """What is asked: join, leave, subscribe, unsubscribe, change_tariff."""

    kind: str
    product: str = ""
    tariff: str = ""
    offer: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """A batch: for whom, what, and the dates of rows that have none of their own."""

    group: str
    actions: tuple[Action, ...]
    effective: Day
    expires: Day | None = None

    def asks(self, kind: str) -> bool:
        """Whether one of the actions is of `kind`."""
        return any(action.kind == kind for action in self.actions)

    def products(self, kind: str) -> set[str]:
        """The products of the actions of `kind`."""
        return {action.product for action in self.actions if action.kind == kind}
