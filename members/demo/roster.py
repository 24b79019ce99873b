"""The number lists: memberships in number order, as rows to copy."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import Any, Final

from members.demo.chance import Calendar, chance
from members.demo.customers import INDUSTRY_CODES, LEFT, Book
from members.demo.names import person_names
from members.demo.numbers import Block, numbers_of, plan_blocks
from members.demo.places import CITIES
from members.demo.words import INDUSTRIES
from members.models import NumberKind, NumberState, PayMode

MEMBER_COLUMNS: Final = (
    "id",
    "customer_id",
    "msisdn",
    "kind",
    "holder_name",
    "employee_no",
    "department",
    "short_number",
    "pay_mode",
    "state",
    "joined_on",
    "left_on",
    "updated_at",
)
_KINDS: Final = (NumberKind.MOBILE, NumberKind.FIXED, NumberKind.IOT)
_NAME_BITS: Final = 14
_IOT_DEPARTMENTS: Final = ("车载终端", "智能表计", "视频监控", "环境传感", "资产定位")
_SHORT_LIMITS: Final = ((80, 610, 90), (800, 6100, 900), (8_000, 61_000, 9_000), (10**9, 610_000, 90_000))


class Roster:
    """Deals the numbers of every city's blocks to the city's customers.

    Memory: two small integers for each membership and one for each customer.
    """

    def __init__(self, book: Book, calendar: Calendar, first_key: int) -> None:
        self._book = book
        self._calendar = calendar
        self._first_key = first_key
        self._rng = chance(book.seed, "roster")
        self._owners = self._deal()
        self.blocks = plan_blocks(book.seed, {kind: [len(owners) for owners in cities] for kind, cities in self._owners.items()})
        self._names = person_names(chance(book.seed, "holders"), 1 << _NAME_BITS)
        self._departments = [INDUSTRIES[code][-1].split() for code in INDUSTRY_CODES]
        self._employees = array("I", bytes(4 * book.count))
        self._shorts = array("I", bytes(4 * book.count))
        self._key = first_key

    def _deal(self) -> dict[str, list[array[int]]]:
        """For each kind and city, the owners of its numbers by chance: as many entries of a customer as it has members of the kind."""
        owners: dict[str, list[array[int]]] = {kind: [array("I") for _ in CITIES] for kind in _KINDS}
        many_cards = [INDUSTRIES[code][2] for code in INDUSTRY_CODES]
        for index, size in enumerate(self._book.sizes):
            city = self._book.cities[index]
            cards = size * 3 // 10 if size >= 20 and many_cards[self._book.industries[index]] else 0
            lines = size * 3 // 100 if size >= 30 else 0
            owners[NumberKind.IOT][city].extend([index] * cards)
            owners[NumberKind.FIXED][city].extend([index] * lines)
            owners[NumberKind.MOBILE][city].extend([index] * (size - cards - lines))
        for cities in owners.values():
            for entries in cities:
                self._rng.shuffle(entries)
        return owners

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        """Rows in the order of `MEMBER_COLUMNS`, sorted by number; of two memberships of one number, the ended one comes first."""
        left: dict[tuple[str, int], int] = {
            (kind, city): sum(block.kind == kind and block.city == city for block in self.blocks)
            for kind in _KINDS
            for city in range(len(CITIES))
        }
        for block in self.blocks:
            owners = self._owners[block.kind][block.city]
            count = -(-len(owners) // left[block.kind, block.city])
            left[block.kind, block.city] -= 1
            yield from self._members(block, [owners.pop() for _ in range(count)])

    def _members(self, block: Block, owners: list[int]) -> Iterator[tuple[Any, ...]]:
        """The memberships of one block: every owner takes the next number, or, one in four, the number that the owner before has left."""
        book, ago, rng = self._book, self._calendar.ago, self._rng
        numbers = numbers_of(rng, block, len(owners))
        freed: int | None = None
        number = ""
        for index in owners:
            bits = rng.getrandbits(60)
            if freed is None or bits & 3:
                number, freed = next(numbers), None
            joined = _joined(bits, book.since[index], freed)
            ended = _left(bits, joined, book.lifecycles[index] == LEFT)
            freed = ended if ended is not None and ended > 0 else None
            yield (
                self._key,
                book.first_key + index,
                number,
                block.kind,
                *self._person(index, block.kind, bits, ended is None),
                PayMode.GROUP.value if bits >> 30 & 7 else PayMode.PERSON.value,
                _state(bits, ended),
                ago(joined),
                None if ended is None else ago(ended),
                self._calendar.moment,
            )
            self._key += 1

    def _person(self, index: int, kind: str, bits: int, live: bool) -> tuple[str, str, str, str]:
        """Holder, employee number, department and short number. Cards and lines of things have no holder."""
        if kind == NumberKind.IOT:
            return "", "", _IOT_DEPARTMENTS[bits % len(_IOT_DEPARTMENTS)], ""
        self._employees[index] += 1
        departments = self._departments[self._book.industries[index]]
        holder, department = self._names[bits & (1 << _NAME_BITS) - 1], departments[(bits >> 16) % len(departments)]
        short = self._short_number(index) if live and kind == NumberKind.MOBILE and bits >> 20 & 1 and self._book.sizes[index] >= 5 else ""
        return holder, f"{self._employees[index]:05d}", department, short

    def _short_number(self, index: int) -> str:
        """The customer's next free short number, of as many digits as it needs for all its members; empty when there are no more."""
        size, place = self._book.sizes[index], self._shorts[index]
        first, room = next((first, room) for limit, first, room in _SHORT_LIMITS if size <= limit)
        self._shorts[index] += 1
        return str(first + place) if place < room else ""


def _joined(bits: int, since: int, freed: int | None) -> int:
    """How many days ago a membership began: after the customer came, and not before the number was free. A few begin in the next days."""
    if freed is not None:
        return (bits >> 34) % (min(freed, since) + 1)
    if bits >> 34 & 255 == 0:
        return -1 - (bits >> 42) % 14
    return (bits >> 42) % since


def _left(bits: int, joined: int, customer_left: bool) -> int | None:
    """How many days ago a membership ended: one in 32, all of a customer that left, and a few in the next days; None for a live one."""
    if customer_left:
        return (bits >> 22) % (joined + 1) if joined > 0 else joined
    lot = bits >> 52 & 255
    if lot < 8 and joined > 1:
        return (bits >> 22) % joined
    return -1 - (bits >> 22) % 20 if lot == 8 and joined >= 0 else None


def _state(bits: int, ended: int | None) -> str:
    lot = bits >> 44 & 1023
    if ended is None and lot < 12:
        return NumberState.SUSPENDED.value
    return NumberState.PORTING.value if ended is None and lot < 16 else NumberState.ACTIVE.value
