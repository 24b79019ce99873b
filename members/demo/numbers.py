"""The number plan: public prefixes, the blocks that the invented cities use of it, and the blacklist.

Prefixes and their operators follow the public numbering plan of mainland China; which city a block belongs to is made up.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from members.demo.chance import chance
from members.demo.places import CITIES
from members.demo.words import BLACKLIST_REASONS
from members.models import BlacklistedNumber, NumberKind, NumberSegment, Operator

HOME_PREFIXES: Final = tuple(
    f"1{rest}" for rest in (34, 35, 36, 37, 38, 39, 47, 50, 51, 52, 57, 58, 59, 72, 78, 82, 83, 84, 87, 88, 95, 97, 98)
)
OTHER_PREFIXES: Final[dict[str, tuple[str, ...]]] = {
    Operator.UNICOM: ("130", "131", "132", "145", "155", "156", "166", "167", "171", "175", "176", "185", "186", "196"),
    Operator.TELECOM: ("133", "153", "162", "173", "177", "180", "181", "189", "190", "191", "193", "199"),
    Operator.BROADNET: ("192",),
}
IOT_PREFIXES: Final = (
    ("1440", Operator.MOBILE),
    ("10648", Operator.MOBILE),
    ("10649", Operator.TELECOM),
    ("1410", Operator.TELECOM),
    ("10646", Operator.UNICOM),
    ("1400", Operator.UNICOM),
)
BLOCK: Final = 10_000
_FILL: Final = 4_000  # numbers used of a block, at most
_LEAST_BLOCKS: Final = 10  # mobile blocks of a city
_BLACKLISTED: Final = 200
_OPERATOR_OF: Final = {prefix: operator for operator, prefixes in OTHER_PREFIXES.items() for prefix in prefixes}


@dataclass(frozen=True, slots=True, order=True)
class Block:
    """Ten thousand numbers that begin with `prefix` (E.164 digits, 86 first) and belong to city `city`."""

    prefix: str
    kind: str
    operator: str
    city: int


def plan_blocks(seed: int, wanted: dict[str, list[int]]) -> list[Block]:
    """The blocks in number order. `wanted` gives for each kind how many numbers every city needs.

    No prefix begins another, so blocks in order and numbers in order within them are all numbers in order.
    """
    rng = chance(seed, "blocks")
    mobile = _mobile_prefixes(rng, [max(_LEAST_BLOCKS, -(-count // _FILL)) for count in wanted[NumberKind.MOBILE]])
    fixed = [
        Block(f"86{place.area_code}{exchange}", NumberKind.FIXED, Operator.MOBILE, city)
        for city, place in enumerate(CITIES)
        for exchange in rng.sample(range(2000, 9000), -(-wanted[NumberKind.FIXED][city] // _FILL))
    ]
    iot = [
        Block(f"861440{city:02d}{number:03d}", NumberKind.IOT, Operator.MOBILE, city)
        for city in range(len(CITIES))
        for number in range(-(-wanted[NumberKind.IOT][city] // _FILL))
    ]
    return sorted([*mobile, *fixed, *iot])


def _mobile_prefixes(rng: random.Random, counts: list[int]) -> list[Block]:
    """Seven-digit prefixes for every city, one in ten of another operator's (numbers ported in), no two alike."""
    others = list(_OPERATOR_OF)
    total = sum(counts)
    home = iter(rng.sample(range(len(HOME_PREFIXES) * BLOCK), total))
    other = iter(rng.sample(range(len(others) * BLOCK), total))
    blocks = []
    for city, count in enumerate(counts):
        for _ in range(count):
            if rng.random() < 0.9:
                prefix, code = divmod(next(home), BLOCK)
                blocks.append(Block(f"86{HOME_PREFIXES[prefix]}{code:04d}", NumberKind.MOBILE, Operator.MOBILE, city))
            else:
                prefix, code = divmod(next(other), BLOCK)
                blocks.append(Block(f"86{others[prefix]}{code:04d}", NumberKind.MOBILE, _OPERATOR_OF[others[prefix]], city))
    return blocks


def enter_segments(blocks: list[Block], regions: dict[str, int]) -> int:
    """Enter the public prefixes and the cities' mobile blocks as segments; return how many there are."""
    rows = [NumberSegment(prefix=f"86{prefix}", kind=NumberKind.MOBILE, operator=Operator.MOBILE) for prefix in HOME_PREFIXES]
    rows += [NumberSegment(prefix=f"86{prefix}", kind=NumberKind.MOBILE, operator=operator) for prefix, operator in _OPERATOR_OF.items()]
    rows += [NumberSegment(prefix=f"86{prefix}", kind=NumberKind.IOT, operator=operator) for prefix, operator in IOT_PREFIXES]
    rows += [
        NumberSegment(prefix=f"86{city.area_code}", kind=NumberKind.FIXED, operator=Operator.MOBILE, region_id=regions[city.code])
        for city in CITIES
    ]
    rows += [
        NumberSegment(prefix=block.prefix, kind=block.kind, operator=block.operator, region_id=regions[CITIES[block.city].code])
        for block in blocks
        if block.kind == NumberKind.MOBILE
    ]
    NumberSegment.objects.bulk_create(rows, batch_size=2000)
    return len(rows)


def enter_blacklist(seed: int) -> int:
    """Enter numbers that no group may take; return how many."""
    rng = chance(seed, "blacklist")
    numbers = {f"86{rng.choice(HOME_PREFIXES)}{rng.randrange(10**8):08d}" for _ in range(_BLACKLISTED)}
    BlacklistedNumber.objects.bulk_create(
        [BlacklistedNumber(msisdn=number, reason=rng.choice(BLACKLIST_REASONS)) for number in sorted(numbers)]
    )
    return len(numbers)


def numbers_of(rng: random.Random, block: Block, count: int) -> Iterator[str]:
    """`count` different numbers of a block, in order."""
    return (f"{block.prefix}{number:04d}" for number in sorted(rng.sample(range(BLOCK), count)))
