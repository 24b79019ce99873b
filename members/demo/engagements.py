"""What each customer buys: offers made for it, what its numbers are on, and what it subscribes to as a whole."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from members.demo.catalogue import Catalogue
from members.demo.chance import Calendar, chance
from members.demo.customers import INDUSTRY_CODES, LEFT, POTENTIAL, Book
from members.demo.organisation import Organisation
from members.models import NumberKind
from products.models import OfferStatus

OFFER_COLUMNS: Final = (
    "id",
    "code",
    "customer_id",
    "product_id",
    "tariff_id",
    "effective_on",
    "expires_on",
    "status",
    "committed_members",
    "approved_by_id",
    "approved_at",
    "created_by_id",
    "created_at",
    "updated_at",
)
OFFER_DISCOUNT_COLUMNS: Final = ("offer_id", "discount_id")
PLAN_COLUMNS: Final = (
    "customer_id",
    "kind",
    "low",
    "high",
    "product_id",
    "tariff_id",
    "offer_id",
    "effective_on",
    "expires_on",
    "ended_on",
)
GROUP_COLUMNS: Final = (
    "customer_id",
    "product_id",
    "tariff_id",
    "offer_id",
    "quantity",
    "identifier",
    "effective_on",
    "expires_on",
    "ended_on",
    "created_at",
    "updated_at",
)
ALL: Final = 1000


@dataclass(frozen=True, slots=True)
class Engagement:
    """One product at one customer.

    Attributes:
        customer: index in the book.
        status: of the offer made for it; empty where it is bought at the plain tariff.
        effective, expires, ended: days before today (negative: after it); None for no such day.
        kind: kind of the numbers that are on it; empty when none is, or when the group itself subscribes.
        low, high: numbers whose lot (0 to 999) lies in this half-open range are on it. Products that require another keep inside its range.
        quantity: how many the group itself subscribes to; 0 for products of members.
    """

    customer: int
    product: str
    tariff: str
    status: str = ""
    discounts: tuple[str, ...] = ()
    effective: int = 0
    expires: int | None = None
    ended: int | None = None
    kind: str = ""
    low: int = 0
    high: int = 0
    quantity: int = 0
    committed: int | None = None


_VOICE: Final = (("VNET10", 5), ("VNET5", 3), ("VNET20", 2))
_VOICE_TARIFFS: Final = tuple(tariff for tariff, times in _VOICE for _ in range(times))
_PRICE_DISCOUNTS: Final = ((), ("PCT20",), ("PCT10",), ("PCT20", "FREE1"), ("PCT30",), ("MINUS2",), ("FREE3",), ("PCT10", "FREE3"))
# product, its tariffs, per mille of customers that have it, whether it needs the V-net
_EXTRAS: Final = (
    ("CRBT", ("CRBT3", "CRBT5"), 350, False),
    ("DATA5G", ("DATA5G10", "DATA5G25"), 200, True),
    ("MOBILEOA", ("OA5",), 120, False),
    ("WORKPHONE", ("WORKPHONE29", "WORKPHONE49"), 60, True),
    ("CARDSMS", ("CARDSMS2",), 70, False),
    ("CLOUDPC", ("CLOUDPC45", "CLOUDPC88"), 40, False),
)
_GROUP_PRODUCTS: Final = (
    ("BROADBAND", ("BB200", "BB200", "BB500", "BB1000"), 420),
    ("LINE", ("LINE100", "LINE500"), 70),
    ("MAS", ("MAS300", "MASUSE"), 110),
    ("HOTLINE400", ("H400",), 50),
    ("CLOUDHOST", ("CLOUD380",), 60),
    ("DATALINE", ("DATALINE50",), 35),
    ("MMS", ("MMS500",), 25),
)
_EXPIRING: Final = (-12, -25, -41, -55, -70, -86)


def engagements(book: Book) -> Iterator[Engagement]:
    """All engagements in the customers' order, the hospital's first. Every call gives the same ones, so nothing is kept between passes."""
    rng = chance(book.seed, "engagements")
    yield from _hospital(book)
    for index in range(1, book.count):
        lifecycle = book.lifecycles[index]
        if lifecycle == POTENTIAL:
            yield from _prospects(rng, index)
        elif lifecycle == LEFT:
            yield from _former(rng, book, index)
        else:
            yield from _of_active(rng, book, index)


def _hospital(book: Book) -> Iterator[Engagement]:
    """The showcase: an offer to put numbers on, two that soon expire, others in every state, and a few numbers on an excluded product."""
    approved, mobile, since = OfferStatus.APPROVED, NumberKind.MOBILE, book.since[0]
    start = min(340, since)
    yield Engagement(0, "VNET", "VNET10", approved, ("PCT20",), start, -395, None, mobile, 0, 982)
    yield Engagement(0, "CAMPUSVNET", "CAMPUS8", "", (), start, None, None, mobile, 985, ALL)
    yield Engagement(0, "CRBT", "CRBT3", approved, ("FREE3",), start, -22, None, mobile, 0, 830, committed=5000)
    yield Engagement(0, "DATA5G", "DATA5G10", approved, ("PCT10",), min(120, since), -27, None, mobile, 100, 300)
    yield Engagement(0, "WORKPHONE", "WORKPHONE29", OfferStatus.IN_APPROVAL, ("PCT30",), -10, -740)
    yield Engagement(0, "CLOUDPC", "CLOUDPC45", OfferStatus.DRAFT, ("FREE1",), -5, -370)
    yield Engagement(0, "CRBT", "CRBT5", OfferStatus.WITHDRAWN, ("PCT20",), min(400, since), -60)
    yield Engagement(0, "SIPLINE", "SIP15", "", (), start, None, None, NumberKind.FIXED, 0, ALL)
    yield Engagement(0, "BROADBAND", "BB500", approved, ("MINUS100",), min(500, since), -220, quantity=2)
    yield Engagement(0, "MAS", "MAS300", "", (), start, quantity=1)


def _prospects(rng: random.Random, index: int) -> Iterator[Engagement]:
    if rng.random() < 0.35:
        status = OfferStatus.DRAFT if rng.random() < 0.7 else OfferStatus.IN_APPROVAL
        yield Engagement(
            index, "VNET", rng.choice(_VOICE_TARIFFS), status, rng.choice(_PRICE_DISCOUNTS), -rng.randint(3, 40), -rng.randint(370, 740)
        )


def _former(rng: random.Random, book: Book, index: int) -> Iterator[Engagement]:
    since = book.since[index]
    if rng.random() < 0.6:
        end = rng.randint(5, min(180, since - 20))
        yield Engagement(
            index,
            "VNET",
            rng.choice(_VOICE_TARIFFS),
            OfferStatus.APPROVED,
            rng.choice(_PRICE_DISCOUNTS),
            since,
            end,
            None,
            NumberKind.MOBILE,
            0,
            900,
        )


def _of_active(rng: random.Random, book: Book, index: int) -> Iterator[Engagement]:
    size, since = book.sizes[index], book.since[index]
    industry = INDUSTRY_CODES[book.industries[index]]
    campus = industry == "EDU" and size >= 20 and rng.random() < 0.5
    share = rng.randint(600, ALL)
    if size >= 5:
        yield from _voice(rng, index, size, since, campus, share)
    for product, tariffs, per_mille, needs_vnet in _EXTRAS:
        if rng.random() * 1000 < per_mille and ((size >= 5 and not campus) or not needs_vnet):
            low = rng.randint(0, share // 3)
            yield _at(rng, index, product, rng.choice(tariffs), since, NumberKind.MOBILE, low, rng.randint(low + share // 10, share), 0.5)
    if size >= 20:
        yield Engagement(index, "IOTCARD", rng.choice(("IOT2", "IOT8", "IOTPOOL3")), "", (), since, None, None, NumberKind.IOT, 0, ALL)
        yield Engagement(index, "SIPLINE", "SIP15", "", (), since, None, None, NumberKind.FIXED, 0, ALL)
    for product, choices, per_mille in _GROUP_PRODUCTS:
        if rng.random() * 1000 < per_mille:
            found = _at(rng, index, product, rng.choice(choices), since, "", 0, 0, 0.3)
            yield Engagement(
                index, product, found.tariff, found.status, found.discounts, found.effective, found.expires, quantity=1 + (size > 500)
            )
    if rng.random() < 0.13:
        status = rng.choice((OfferStatus.DRAFT, OfferStatus.DRAFT, OfferStatus.IN_APPROVAL, OfferStatus.WITHDRAWN))
        yield Engagement(index, "CLOUDPC", "CLOUDPC45", status, rng.choice(_PRICE_DISCOUNTS), -rng.randint(1, 30), -rng.randint(370, 740))


def _voice(rng: random.Random, index: int, size: int, since: int, campus: bool, share: int) -> Iterator[Engagement]:
    """The V-net of a group, and for some of its numbers what they were on before."""
    product, tariff = ("CAMPUSVNET", rng.choice(("CAMPUS3", "CAMPUS8"))) if campus else ("VNET", rng.choice(_VOICE_TARIFFS))
    current = _at(rng, index, product, tariff, since, NumberKind.MOBILE, 0, share, 0.8 if size >= 20 else 0.35)
    if not campus and tariff != "VNET5" and since - current.effective > 90:
        yield Engagement(index, "VNET", "VNET5", "", (), since, None, current.effective, NumberKind.MOBILE, 0, share // 2)
    committed = max(50, size * 5 // 4 // 50 * 50) if current.status and size >= 100 and rng.random() < 0.4 else None
    yield Engagement(
        index,
        product,
        tariff,
        current.status,
        current.discounts,
        current.effective,
        current.expires,
        None,
        NumberKind.MOBILE,
        0,
        share,
        committed=committed,
    )


def _at(
    rng: random.Random, index: int, product: str, tariff: str, since: int, kind: str, low: int, high: int, offered: float
) -> Engagement:
    """A running engagement, with probability `offered` under an approved offer of one to three years.

    One offer in eight is near its end and some are past it.
    """
    effective = rng.randint(min(10, since), min(since, 700))
    if rng.random() >= offered:
        return Engagement(index, product, tariff, "", (), effective, None, None, kind, low, high)
    draw = rng.random()
    if draw < 0.125:
        expires = rng.choice(_EXPIRING)
    elif draw < 0.165 and effective > 100:
        expires = rng.randint(1, 60)
    else:
        expires = effective - rng.choice([days for days in (365, 730, 1095) if days > effective + 90])
    return Engagement(index, product, tariff, OfferStatus.APPROVED, rng.choice(_PRICE_DISCOUNTS), effective, expires, None, kind, low, high)


class EngagementRows:
    """Rows of the tables that engagements fill. Each method walks through all engagements once and gives every offer the same key."""

    def __init__(self, book: Book, catalogue: Catalogue, organisation: Organisation, calendar: Calendar, first_key: int) -> None:
        self._book = book
        self._catalogue = catalogue
        self._organisation = organisation
        self._calendar = calendar
        self._first_key = first_key

    def _keyed(self) -> Iterator[tuple[int | None, Engagement]]:
        """Engagements with the key of their offer, None without one."""
        key = self._first_key
        for engagement in engagements(self._book):
            if engagement.status:
                yield key, engagement
                key += 1
            else:
                yield None, engagement

    def offers(self) -> Iterator[tuple[Any, ...]]:
        """Rows in the order of `OFFER_COLUMNS`; codes count within the customer, as in `products.services.offers`."""
        book, ago, last, number = self._book, self._calendar.ago, -1, 0
        for key, entry in self._keyed():
            if key is None:
                continue
            number = number + 1 if entry.customer == last else 1
            last = entry.customer
            decided = entry.status in (OfferStatus.APPROVED, OfferStatus.WITHDRAWN)
            drafted = f"{ago(max(entry.effective + 5, 2))}T15:00:00+08:00"
            approved = f"{ago(max(entry.effective, 1))}T16:00:00+08:00"
            director = self._organisation.directors[book.cities[last]]
            yield (
                key,
                f"{book.code(last)}-{number:02d}",
                book.first_key + last,
                self._catalogue.products[entry.product],
                self._catalogue.tariffs[entry.tariff],
                ago(entry.effective),
                None if entry.expires is None else ago(entry.expires),
                entry.status,
                entry.committed,
                director if decided else None,
                approved if decided else None,
                book.managers[last] or director,
                drafted,
                approved if decided else drafted,
            )

    def discounts(self) -> Iterator[tuple[int, int]]:
        """Rows in the order of `OFFER_DISCOUNT_COLUMNS`."""
        keys = self._catalogue.discounts
        return ((key, keys[code]) for key, entry in self._keyed() if key is not None for code in entry.discounts)

    def plans(self) -> Iterator[tuple[Any, ...]]:
        """What numbers are on, in the order of `PLAN_COLUMNS`: the subscriptions of members follow from these rows."""
        ago, first = self._calendar.ago, self._book.first_key
        for key, entry in self._keyed():
            if entry.kind:
                yield (
                    first + entry.customer,
                    entry.kind,
                    entry.low,
                    entry.high,
                    self._catalogue.products[entry.product],
                    self._catalogue.tariffs[entry.tariff],
                    key,
                    ago(entry.effective),
                    None if entry.expires is None else ago(entry.expires),
                    None if entry.ended is None else ago(entry.ended),
                )

    def group_subscriptions(self) -> Iterator[tuple[Any, ...]]:
        """Rows in the order of `GROUP_COLUMNS`."""
        ago, book = self._calendar.ago, self._book
        for position, (key, entry) in enumerate(self._keyed()):
            if entry.quantity:
                moment = f"{ago(entry.effective)}T16:30:00+08:00"
                yield (
                    book.first_key + entry.customer,
                    self._catalogue.products[entry.product],
                    self._catalogue.tariffs[entry.tariff],
                    key,
                    entry.quantity,
                    f"{entry.product[:4]}{position:08d}",
                    ago(entry.effective),
                    None if entry.expires is None else ago(entry.expires),
                    None,
                    moment,
                    moment,
                )
