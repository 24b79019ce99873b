"""Names of people and organisations, with their pinyin."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from customers.pinyin import initials_of, pinyin_of
from members.demo.places import CITIES, Place
from members.demo.words import (
    BRAND_FIRST,
    BRAND_SECOND,
    CITY_BODIES,
    DISTRICT_BODIES,
    ESTABLISHMENTS,
    FORMS,
    GIVEN_CHARACTERS,
    SURNAMES,
    TRADES,
)

_BRANDS: Final = tuple(first + second for first in dict.fromkeys(BRAND_FIRST) for second in dict.fromkeys(BRAND_SECOND) if first != second)
_TRADE_WORDS: Final = tuple((industry, word) for industry, words in TRADES.items() for word in words.split())
_PREFIXES: Final = 5  # the city alone, or with one of its four districts
_STRIDE: Final = 7_919  # prime, and no divisor of the number of combinations: walks through all of them without repeating one
_GROUP_SHARE: Final = 0.012
_PUBLIC_SHARE: Final = 0.35


@dataclass(frozen=True, slots=True)
class Identity:
    """What a customer is called and what it is.

    Attributes:
        city: index in `places.CITIES`.
        district: name of one of the city's districts.
        parts: the name in pieces, so that pinyin is looked up piece by piece.
        short_name: what people say.
        industry: code in `words.INDUSTRIES`.
        public: a public body, not a firm.
        behind_head: how many customers before this one its head company stands; 0 for none.
    """

    city: int
    district: str
    parts: tuple[str, ...]
    short_name: str
    industry: str
    public: bool = False
    behind_head: int = 0

    @property
    def name(self) -> str:
        """The whole name."""
        return "".join(self.parts)


@cache
def _spell(part: str) -> tuple[str, str]:
    return pinyin_of(part), initials_of(part)


def spell(parts: tuple[str, ...]) -> tuple[str, str]:
    """The pinyin and the initials of a name in pieces, as `customers.pinyin` gives them for the whole; pieces recur, so they are kept."""
    spelled = [_spell(part) for part in parts if part]
    return "".join(pinyin for pinyin, _ in spelled), "".join(initials for _, initials in spelled)


def person_names(rng: random.Random, count: int) -> list[str]:
    """`count` names of people: a common surname and one or two given-name characters by chance."""
    return [
        rng.choice(SURNAMES) + "".join(rng.choices(GIVEN_CHARACTERS, k=1 if rng.random() < 0.3 else 2))  # one character for about a third
        for _ in range(count)
    ]


def identities(rng: random.Random) -> Iterator[Identity]:
    """Endless organisations, every name once: public bodies until a city has no more, firms, and groups followed by their subsidiaries."""
    weights = [city.weight for city in CITIES]
    indexes = range(len(CITIES))
    bodies = [_shuffled_bodies(rng, city) for city in CITIES]
    made = [0] * len(CITIES)
    while True:
        city = rng.choices(indexes, weights)[0]
        if bodies[city] and rng.random() < _PUBLIC_SHARE:
            industry, parts, short_name, district = bodies[city].pop()
            yield Identity(city, district, parts, short_name, industry, public=True)
            continue
        firm = _firm(city, made[city])
        made[city] += 1
        if firm.name in SHOWCASE_NAMES:
            continue
        if rng.random() < _GROUP_SHARE and firm.parts[-1] == "有限公司":
            yield from _group(rng, firm)
        else:
            yield firm


def _shuffled_bodies(rng: random.Random, city: Place) -> list[tuple[str, tuple[str, ...], str, str]]:
    """All public bodies of a city and its districts but the showcase ones, in chance order."""
    start = f"{city.name}市"
    bodies: list[tuple[str, tuple[str, ...], str, str]] = [
        (industry, (start, body), city.name + short, rng.choice(city.districts)) for industry, body, short in CITY_BODIES
    ]
    for district in city.districts:
        bodies += [(industry, (start, district, body), district[:2] + short, district) for industry, body, short in DISTRICT_BODIES]
    kept = [body for body in bodies if "".join(body[1]) not in SHOWCASE_NAMES]
    rng.shuffle(kept)
    return kept


def _firm(city: int, number: int) -> Identity:
    """The `number`th firm of a city: its brand, trade and prefix are one of all combinations, each taken once."""
    combinations = len(_BRANDS) * len(_TRADE_WORDS) * _PREFIXES
    place = (number * _STRIDE + city * 104_729) % combinations
    place, prefix = divmod(place, _PREFIXES)
    brand_index, trade = divmod(place, len(_TRADE_WORDS))
    brand = _BRANDS[brand_index]
    industry, word = _TRADE_WORDS[trade]
    district = CITIES[city].districts[(number + prefix) % 4]
    start = CITIES[city].name if prefix == 0 else CITIES[city].name + CITIES[city].districts[prefix - 1][:2]
    form = "" if word in ESTABLISHMENTS else FORMS[(brand_index + trade) % len(FORMS)]
    return Identity(city, district, (start, brand, word, form), brand + word, industry)


def _group(rng: random.Random, firm: Identity) -> Iterator[Identity]:
    """A group's head company and two to six branches of it in other places."""
    start, brand, word, _ = firm.parts
    yield Identity(firm.city, firm.district, (start, brand, word, "集团有限公司"), f"{brand}集团", firm.industry)
    places = [(index, district, city.name + district[:2]) for index, city in enumerate(CITIES) for district in ("", *city.districts)]
    others = [place for place in places if place[2] != start]
    for position, (city, district, branch) in enumerate(rng.sample(others, rng.randint(2, 6)), start=1):
        home = district or CITIES[city].districts[0]
        yield Identity(city, home, (start, brand, word, "集团", branch, "分公司"), f"{brand}{branch}", firm.industry, behind_head=position)


@dataclass(frozen=True, slots=True)
class Showcase:
    """A customer of the demo account manager that always exists.

    Attributes:
        serial: the number in its code.
        share: its members per thousand of all, at most `most`.
        lifecycle: a `Lifecycle` value.
    """

    serial: int
    city: int
    parts: tuple[str, ...]
    short_name: str
    industry: str
    level: str
    lifecycle: str
    share: int
    most: int
    public: bool = True


SHOWCASE: Final = (
    Showcase(127, 0, ("云江市", "第一人民医院"), "市一医院", "HEALTH", "A1", "active", 80, 4812),
    Showcase(131, 0, ("云江海关",), "云江海关", "CUSTOMS", "A1", "active", 38, 2306),
    Showcase(140, 0, ("云江市", "公安局", "东城分局"), "东城公安", "POLICE", "A2", "warned", 20, 1250),
    Showcase(152, 0, ("云江供电局",), "云江供电", "ENERGY", "A2", "active", 60, 3870),
    Showcase(158, 0, ("云江大学", "附属医院"), "云大附院", "HEALTH", "A2", "active", 32, 1944),
    Showcase(163, 0, ("云江地铁", "集团有限公司"), "云江地铁", "TRANSPORT", "B1", "active", 40, 2418, public=False),
    Showcase(171, 1, ("清溪", "甘泉", "啤酒", "股份有限公司"), "甘泉啤酒", "MANUFACTURE", "B1", "left", 5, 310, public=False),
    Showcase(175, 0, ("云江市", "税务局"), "云江税务", "CUSTOMS", "B1", "active", 14, 908),
    Showcase(188, 0, ("云江", "远岚", "汽车配件", "有限公司"), "远岚汽配", "MANUFACTURE", "B2", "potential", 0, 0, public=False),
    Showcase(193, 0, ("云江国际机场",), "云江机场", "TRANSPORT", "A2", "active", 25, 1502),
)
SHOWCASE_NAMES: Final = frozenset("".join(entry.parts) for entry in SHOWCASE)
HOSPITAL_CODE: Final = "YJ-000127"
