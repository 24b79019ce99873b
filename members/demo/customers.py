"""Group customers, their contact persons and their past account managers, as rows to copy."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final
from zlib import crc32

from customers.credit_code import ALPHABET, check_character
from customers.models import ContactRole, CustomerLevel, CustomerScale, Lifecycle
from members.demo.chance import Calendar, chance
from members.demo.names import SHOWCASE, Identity, Showcase, identities, person_names, spell
from members.demo.organisation import Organisation
from members.demo.places import CITIES, PROVINCE_OF, PROVINCES, STREETS
from members.demo.words import INDUSTRIES, LEFT_REASONS, PREFERENCES, SOURCES, TITLES

CUSTOMER_COLUMNS: Final = (
    "id",
    "code",
    "name",
    "short_name",
    "pinyin",
    "pinyin_initials",
    "credit_code",
    "industry_id",
    "scale",
    "address",
    "region_id",
    "level",
    "value_score",
    "lifecycle",
    "parent_id",
    "org_unit_id",
    "manager_id",
    "credit_limit",
    "source",
    "remark",
    "attributes",
    "created_at",
    "updated_at",
)
CONTACT_COLUMNS: Final = (
    "customer_id",
    "name",
    "title",
    "role",
    "phone",
    "email",
    "birthday",
    "preferences",
    "is_key_person",
    "do_not_contact",
    "created_at",
    "updated_at",
)
LIFECYCLE_COLUMNS: Final = ("customer_id", "from_state", "to_state", "actor_id", "reason", "changed_at")
OWNERSHIP_COLUMNS: Final = (
    "customer_id",
    "from_manager_id",
    "to_manager_id",
    "from_unit_id",
    "to_unit_id",
    "actor_id",
    "reason",
    "changed_at",
)

LIFECYCLES: Final = (Lifecycle.ACTIVE, Lifecycle.POTENTIAL, Lifecycle.WARNED, Lifecycle.SAVED, Lifecycle.LEFT, Lifecycle.WON_BACK)
_LIFECYCLE_WEIGHTS: Final = (72, 12, 5, 3, 6, 2)
POTENTIAL: Final = LIFECYCLES.index(Lifecycle.POTENTIAL)
LEFT: Final = LIFECYCLES.index(Lifecycle.LEFT)
INDUSTRY_CODES: Final = tuple(INDUSTRIES)
LEVELS: Final = (CustomerLevel.A1, CustomerLevel.A2, CustomerLevel.B1, CustomerLevel.B2, CustomerLevel.C)
_LEVEL_SHARES: Final = (0.01, 0.04, 0.14, 0.36)
_WARNED: Final = (Lifecycle.ACTIVE, Lifecycle.WARNED, "在网号码连续两月减少")
_LEFT: Final = (Lifecycle.WARNED, Lifecycle.LEFT, "合同到期未续，转投其他运营商")
_STEPS: Final[dict[Lifecycle, tuple[tuple[Lifecycle, Lifecycle, str], ...]]] = {
    Lifecycle.WARNED: (_WARNED,),
    Lifecycle.SAVED: (_WARNED, (Lifecycle.WARNED, Lifecycle.SAVED, "走访后续签")),
    Lifecycle.LEFT: (_WARNED, _LEFT),
    Lifecycle.WON_BACK: (_WARNED, _LEFT, (Lifecycle.LEFT, Lifecycle.WON_BACK, "新方案签约")),
}
_HEAVIEST: Final = 20_000.0  # weight of the largest customer, where the smallest weigh 1
_PERSONA_CUSTOMERS: Final = 30  # of the demo account manager, beside the showcase ones
_ORG_CODE_STRIDE: Final = 48_271
_ORG_CODE_SPACE: Final = 31**5


class Book:
    """What later steps need to know of every customer, held compactly: about 21 bytes each.

    Attributes:
        mark: the credit code of the first customer.
        first_key: the key of the first customer; the others follow without gaps.
        sizes: how many memberships each gets, ended ones included.
        cities, industries, lifecycles, levels: indexes in `CITIES`, `INDUSTRY_CODES`, `LIFECYCLES` and `LEVELS`.
        since: how many days ago each became a customer.
        serials: the number in each one's code.
        managers: the key of each one's account manager, 0 for none.
    """

    def __init__(self, seed: int, count: int, members: int, first_key: int) -> None:
        self.seed = seed
        self.mark = mark_of(seed, count, members)
        self.count = count
        self.first_key = first_key
        self.lifecycles = _draw_lifecycles(seed, count)
        self.sizes = _draw_sizes(seed, self.lifecycles, members)
        self.levels = _draw_levels(self.sizes, count)
        self.cities = array("B", bytes(count))
        self.industries = array("B", bytes(count))
        self.since = array("H", bytes(2 * count))
        self.serials = array("I", bytes(4 * count))
        self.managers = array("Q", bytes(8 * count))

    def code(self, index: int) -> str:
        """The code of the customer at `index`, as YJ-000127."""
        return f"{CITIES[self.cities[index]].code}-{self.serials[index]:06d}"


def _showcase(count: int) -> tuple[Showcase, ...]:
    return SHOWCASE[:count]


def _draw_lifecycles(seed: int, count: int) -> array[int]:
    fixed = [LIFECYCLES.index(Lifecycle(entry.lifecycle)) for entry in _showcase(count)]
    return array("B", fixed + chance(seed, "lifecycle").choices(range(len(LIFECYCLES)), _LIFECYCLE_WEIGHTS, k=count - len(fixed)))


def _draw_sizes(seed: int, lifecycles: array[int], members: int) -> array[int]:
    """Split `members` among the customers: a few large, most small (Pareto), potential ones none."""
    rng = chance(seed, "sizes")
    count = len(lifecycles)
    shown = [min(entry.most, members * entry.share // 1000) for entry in _showcase(count)]
    rest = members - sum(shown)
    weights = array("d", [0.0] * len(shown))
    for lifecycle in lifecycles[len(shown) :]:
        draw = rng.paretovariate(1.05)
        if draw > _HEAVIEST:
            draw = _HEAVIEST * rng.uniform(0.3, 1.0)
        weights.append(0.0 if lifecycle == POTENTIAL else draw * 0.3 if lifecycle == LEFT else draw)
    if not any(weights):
        return array("I", [members - sum(shown[1:]), *shown[1:]])
    limit = max(rest / 20, 1.0)
    for _ in range(2):  # no single one holds more than a twentieth; capping once shifts the sum, twice is near enough
        scale = rest / sum(weights)
        weights = array("d", [weight if weight <= limit / scale else limit / scale * rng.uniform(0.4, 1.0) for weight in weights])
    scale = rest / sum(weights)
    sizes = array("I", [*shown, *(int(weight * scale) for weight in weights[len(shown) :])])
    takers = [index for index, weight in enumerate(weights) if weight]
    for position in range(members - sum(sizes)):
        sizes[takers[position % len(takers)]] += 1
    return sizes


def _draw_levels(sizes: array[int], count: int) -> array[int]:
    """The level of each customer by its place in the order of sizes."""
    ordered = sorted(sizes, reverse=True)
    limits = [ordered[min(int(share * count), count - 1)] for share in _LEVEL_SHARES]
    levels = array("B", [sum(size <= limit for limit in limits) for size in sizes])
    for index, entry in enumerate(_showcase(count)):
        levels[index] = LEVELS.index(CustomerLevel(entry.level))
    return levels


class CustomerRows:
    """Makes customers one after another and notes in the book what later steps ask for."""

    def __init__(
        self,
        book: Book,
        organisation: Organisation,
        regions: dict[str, int],
        industries: dict[str, int],
        calendar: Calendar,
        attributes: Iterator[dict[str, Any]],
    ) -> None:
        self._book = book
        self._organisation = organisation
        self._regions = regions
        self._industries = industries
        self._calendar = calendar
        self._rng = chance(book.seed, "customers")
        self._attributes = attributes
        self._serials = [0] * len(CITIES)
        self._reserved = {(entry.city, entry.serial) for entry in SHOWCASE}
        self._persona_left = _PERSONA_CUSTOMERS

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        """Rows in the order of `CUSTOMER_COLUMNS`."""
        shown = [
            Identity(entry.city, CITIES[entry.city].districts[0], entry.parts, entry.short_name, entry.industry, entry.public)
            for entry in _showcase(self._book.count)
        ]
        others = islice(identities(chance(self._book.seed, "identities")), self._book.count - len(shown))
        for index, identity in enumerate([*shown]):
            yield self._row(index, identity, SHOWCASE[index].serial)
        for index, identity in enumerate(others, start=len(shown)):
            yield self._row(index, identity, self._next_serial(identity.city))

    def _next_serial(self, city: int) -> int:
        self._serials[city] += 1
        while (city, self._serials[city]) in self._reserved:
            self._serials[city] += 1
        return self._serials[city]

    def _owner(self, index: int, city: int, district: str) -> tuple[int | None, int]:
        """The account manager and the org unit: the manager's team, or the county where nobody is named yet."""
        managers = self._organisation.managers[city]
        if index < len(SHOWCASE):
            return self._organisation.managers[0][0]
        if city == 0 and self._persona_left:
            self._persona_left -= 1
            return managers[0]
        if self._rng.random() < 0.03:
            return None, self._organisation.counties[city][CITIES[city].districts.index(district)]
        return managers[self._rng.randrange(city == 0, len(managers))]

    def _credit_code(self, index: int, identity: Identity, registry: str) -> str:
        """A code with a right check character: kind of body, made-up place, unique number. Some potential customers gave none."""
        if index == 0:
            return self._book.mark
        if self._book.lifecycles[index] == POTENTIAL and self._rng.random() < 0.4:
            return ""
        kind = "91" if not identity.public else "12" if identity.industry in ("HEALTH", "EDU") else "11"
        letters = _letters((index * _ORG_CODE_STRIDE + 7) % _ORG_CODE_SPACE)
        return _with_check(f"{kind}{registry}{identity.city + 1:02d}01MA5K{letters}")

    def _row(self, index: int, identity: Identity, serial: int) -> tuple[Any, ...]:
        book, rng, calendar = self._book, self._rng, self._calendar
        city, size, level, lifecycle = CITIES[identity.city], book.sizes[index], book.levels[index], book.lifecycles[index]
        since = rng.randint(5, 200) if lifecycle == POTENTIAL else rng.randint(60, 2500)
        manager, unit = self._owner(index, identity.city, identity.district)
        book.cities[index], book.industries[index], book.since[index] = identity.city, INDUSTRY_CODES.index(identity.industry), since
        book.serials[index], book.managers[index] = serial, manager or 0
        pinyin, initials = spell(identity.parts)
        province = PROVINCES[PROVINCE_OF[identity.city]]
        moment = f"{calendar.ago(since)}T09:00:00+08:00"
        return (
            book.first_key + index,
            book.code(index),
            identity.name,
            identity.short_name,
            pinyin,
            initials,
            self._credit_code(index, identity, province.registry),
            self._industries[identity.industry],
            _scale(size, identity.public),
            f"{province.place.name}省{city.name}市{identity.district}{rng.choice(STREETS)}{rng.randint(1, 899)}号",
            self._regions[f"{city.code}{city.districts.index(identity.district) + 1}"],
            LEVELS[level],
            _score(level, lifecycle, rng.random()),
            LIFECYCLES[lifecycle],
            book.first_key + index - identity.behind_head if identity.behind_head else None,
            unit,
            manager,
            None if level > 2 else (10_000 if level == 2 else 50_000) * rng.randint(1, 10),
            rng.choice(SOURCES),
            "",
            next(self._attributes),
            moment,
            moment,
        )


def mark_of(seed: int, customers: int, members: int) -> str:
    """The credit code of the first customer. It differs for each seed and size, so a later run knows by it which data are there."""
    return _with_check(f"12960101MA5J{_letters(crc32(f'{seed}/{customers}/{members}'.encode()) % _ORG_CODE_SPACE)}")


def _letters(number: int) -> str:
    """Five characters of the credit code's alphabet."""
    letters = ""
    for _ in range(5):
        number, digit = divmod(number, 31)
        letters += ALPHABET[digit]
    return letters


def _with_check(body: str) -> str:
    return body + check_character(body)


def _scale(size: int, public: bool) -> str:
    if size >= 1000:
        return CustomerScale.LARGE
    if size >= 300:
        return CustomerScale.MEDIUM
    return CustomerScale.SMALL if size >= 20 or public else CustomerScale.MICRO


def _score(level: int, lifecycle: int, draw: float) -> int:
    """A value score: by level, lower for those that are not, or no longer, on the network."""
    score = 92 - 16 * level + int(draw * 15) - 7
    return max(1, score // 3 if lifecycle in (POTENTIAL, LEFT) else score)


def contact_rows(book: Book, calendar: Calendar) -> Iterator[tuple[Any, ...]]:
    """One to six contact persons for each customer, more for the more valuable, in the order of `CONTACT_COLUMNS`."""
    rng = chance(book.seed, "contacts")
    names = person_names(rng, 8192)
    titles = {role: words.split() for role, words in TITLES.items()}
    roles = (ContactRole.DECISION, ContactRole.TECHNICAL, ContactRole.USER, ContactRole.FINANCE, ContactRole.INFLUENCER, ContactRole.USER)
    for index in range(book.count):
        count = 1 + min(5, rng.randrange(6 - book.levels[index]) + (book.levels[index] < 2) * 2)
        created = f"{calendar.ago(book.since[index])}T10:00:00+08:00"
        for position in range(count):
            bits = rng.getrandbits(48)
            role = roles[position]
            yield (
                book.first_key + index,
                names[bits & 8191],
                titles[role][(bits >> 13) % len(titles[role])],
                role,
                f"1{(3, 5, 8, 9)[bits >> 20 & 3]}{(bits >> 16) % 10**9:09d}",
                f"p{position + 1}@c{book.first_key + index}.example" if bits >> 22 & 1 else "",
                f"{1965 + (bits >> 23) % 35}-{1 + (bits >> 28) % 12:02d}-{1 + (bits >> 32) % 28:02d}" if bits >> 40 & 3 == 0 else None,
                PREFERENCES[(bits >> 37) % len(PREFERENCES)],
                position == 0,
                (bits >> 42) % 50 == 0,
                created,
                created,
            )


def ownership_rows(book: Book, organisation: Organisation, calendar: Calendar) -> Iterator[tuple[Any, ...]]:
    """A change of account manager in the past for one managed customer in twenty, in the order of `OWNERSHIP_COLUMNS`."""
    rng = chance(book.seed, "ownership")
    for index in range(book.count):
        city = book.cities[index]
        if book.managers[index] and rng.random() < 0.05 and book.since[index] > 120:
            before, unit = rng.choice(organisation.managers[city])
            after = book.managers[index]
            if before != after:
                after_unit = next(
                    known for manager, known in organisation.managers[0 if index < len(SHOWCASE) else city] if manager == after
                )
                moment = f"{calendar.ago(rng.randint(3, book.since[index] - 60))}T11:30:00+08:00"
                yield (
                    book.first_key + index,
                    before,
                    after,
                    unit,
                    after_unit,
                    organisation.directors[city],
                    rng.choice(LEFT_REASONS),
                    moment,
                )


def lifecycle_rows(book: Book, organisation: Organisation, calendar: Calendar) -> Iterator[tuple[Any, ...]]:
    """How customers that are no longer plainly active or potential came to where they are, in the order of `LIFECYCLE_COLUMNS`."""
    rng = chance(book.seed, "lifecycle changes")
    for index in range(book.count):
        steps = _STEPS.get(LIFECYCLES[book.lifecycles[index]], ())
        last = min(book.since[index], 200) // max(len(steps), 1)
        for position, (before, after, reason) in enumerate(steps):
            day = last * (len(steps) - position) - rng.randrange(last)
            actor = book.managers[index] or organisation.directors[book.cities[index]]
            yield book.first_key + index, before, after, actor, reason, f"{calendar.ago(day)}T14:20:00+08:00"
