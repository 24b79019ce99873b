"""Rows of a made-up roster to provision: good ones, good ones written carelessly, and bad ones of every kind."""

from __future__ import annotations

import datetime
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from members.demo.names import person_names

HEADINGS: Final = ("手机号码", "姓名", "部门", "工号", "短号", "生效日期", "到期日期", "资费", "备注")
NUMBER, NAME, DEPARTMENT, EMPLOYEE, SHORT, EFFECTIVE, EXPIRY, TARIFF, REMARK = range(len(HEADINGS))
_FULL_WIDTH: Final = str.maketrans("0123456789", "０１２３４５６７８９")

Row = list[Any]
Change = Callable[[Row, random.Random], None]


@dataclass(frozen=True, slots=True)
class Text:
    """A cell that shall stay text, though it begins like a formula."""

    value: str


@dataclass(slots=True)
class Ground:
    """What of the database the rows build on.

    Attributes:
        fresh: endless numbers of the plan (11 digits) that belong to nobody yet.
        pools: by kind of bad row, numbers of which that is true.
        departments: departments of the customer.
        short_numbers: short numbers that are free in the group, then None without end.
        taken_short_numbers: short numbers of the group's members.
        tariff: code of the tariff of the offer that the batch is meant for.
        offer_from, offer_until: the days of that offer; `offer_until` is its last day.
        today: the first day on which something can take effect.
    """

    fresh: Iterator[str]
    pools: dict[str, list[str]]
    departments: list[str]
    short_numbers: Iterator[str | None]
    taken_short_numbers: list[str]
    tariff: str
    offer_from: datetime.date
    offer_until: datetime.date
    today: datetime.date


@dataclass(slots=True)
class Counts:
    """How many rows of which kind were made."""

    bad: Counter[str] = field(default_factory=Counter)
    careless: Counter[str] = field(default_factory=Counter)


def _put(column: int, *choices: Any) -> Change:
    """A change that puts one of `choices` into a column."""

    def change(row: Row, rng: random.Random) -> None:
        row[column] = rng.choice(choices)

    return change


def _rewrite(form: Callable[[str], str]) -> Change:
    """A change that writes the number in another form."""

    def change(row: Row, _rng: random.Random) -> None:
        row[NUMBER] = form(str(row[NUMBER]))

    return change


def _long_text(row: Row, rng: random.Random) -> None:
    row[rng.choice((NAME, DEPARTMENT))] = "成员姓名或部门过长" * 9


def _control_text(row: Row, rng: random.Random) -> None:
    row[NAME] = f"{row[NAME][0]}{rng.choice((chr(9), chr(10), chr(127)))}{row[NAME][1:]}"


# Bad rows whose fault lies in what is written. The others take a number from a pool of the database.
WRITTEN_FAULTS: Final[dict[str, Change]] = {
    "number_missing": _put(NUMBER, None, "", "  "),
    "number_too_short": _rewrite(lambda number: number[:10]),
    "number_too_long": _rewrite(lambda number: number + "7"),
    "number_scientific": _put(NUMBER, "1.38E+10", "1.3912E+10", "1.5E10"),
    "number_letters": _rewrite(lambda number: f"{number[:3]}O{number[4:]}"),
    "number_formula": _put(NUMBER, "=1+1", "=A2+1"),
    "number_unassigned": _rewrite(lambda number: f"154{number[3:]}"),
    "date_unreadable": _put(EFFECTIVE, "2026/13/01", "2026-02-30", "下月初", "立即", "01/02/03"),
    "tariff_unknown": _put(TARIFF, "VNET99", "十元套餐", "V-10"),
    "short_number_malformed": _put(SHORT, "12345", "60", "6012", "61234567", "6a12"),
    "text_too_long": _long_text,
    "text_control": _control_text,
}
# Rows of the database that a bad row meets, in the order in which a number is taken that would serve for several.
POOLED_FAULTS: Final = ("product_excluded", "number_suspended", "number_porting", "blacklisted", "already_member", "member_elsewhere")
# Bad rows that need another row, the offer or the day.
MADE_FAULTS: Final = ("duplicate_in_file", "date_reversed", "date_outside_offer", "short_number_taken")
_VERDICTS: Final = {
    "number_too_short": "number_malformed",
    "number_too_long": "number_malformed",
    "number_scientific": "number_malformed",
    "number_letters": "number_malformed",
}
CARELESS: Final[dict[str, Change]] = {
    "full_width": _rewrite(lambda number: number.translate(_FULL_WIDTH)),
    "hyphens": _rewrite(lambda number: f"{number[:3]}-{number[3:7]}-{number[7:]}"),
    "spaces": _rewrite(lambda number: f" {number[:3]} {number[3:7]} {number[7:]} "),
    "plus_86": _rewrite(lambda number: f"+86 {number}"),
    "00_86": _rewrite(lambda number: f"0086{number}"),
    "brackets": _rewrite(lambda number: f"(86){number}"),
    "trailing_zero": _rewrite(lambda number: f"{number}.0"),
    "full_width_hyphens": _rewrite(lambda number: f"{number[:3]}－{number[3:7]}－{number[7:]}".translate(_FULL_WIDTH)),
    "leading_equals_text": _put(DEPARTMENT, Text("=内科"), Text("=1+1"), Text('=HYPERLINK("http://x.example")')),
    "at_sign_text": _put(REMARK, Text("@x"), Text("+86"), Text("-1")),
    "formula_remark": _put(REMARK, "=1+1", "=SUM(1,2)"),
}


def expected_verdicts(bad: Counter[str], form: str) -> dict[str, int]:
    """The verdicts that bad rows get when they are joined and subscribed under the ground's offer, each with its rows.

    A formula has no stored value in XLSX and so no number; in CSV it is text. Some rows get further verdicts: a suspended number, for
    one, is a member already.
    """
    verdicts: Counter[str] = Counter()
    for kind, count in bad.items():
        formula = "number_missing" if form == "xlsx" else "number_malformed"
        verdicts[formula if kind == "number_formula" else _VERDICTS.get(kind, kind)] += count
    return dict(sorted(verdicts.items()))


class RowMaker:
    """Makes rows one after another; the same ground and seed give the same rows."""

    def __init__(self, ground: Ground, rows: int, bad: int, rng: random.Random, numbers_as_cells: bool) -> None:
        """Plan `rows` rows, `bad` of them bad; with `numbers_as_cells` some numbers and days are such cells and not text."""
        self.counts = Counts()
        self._ground = ground
        self._rows = rows
        self._rng = rng
        self._cells = numbers_as_cells
        self._names = person_names(rng, 4096)
        self._kinds = self._plan(bad)
        self._earlier: list[str] = []
        end = min(ground.offer_until, ground.today + datetime.timedelta(days=400))
        self._expiries = [
            end - datetime.timedelta(days=days)
            for days in range(5)
            if end - datetime.timedelta(days=days) > ground.today + datetime.timedelta(days=20)
        ]

    def _plan(self, bad: int) -> dict[int, str]:
        """Which position holds which kind: the bad ones in equal shares, as far as their pools reach, and as many careless ones."""
        kinds = [
            kind for kind in (*POOLED_FAULTS, *MADE_FAULTS, *WRITTEN_FAULTS) if kind not in self._ground.pools or self._ground.pools[kind]
        ]
        if not self._ground.taken_short_numbers:
            kinds.remove("short_number_taken")
        left = {kind: len(numbers) for kind, numbers in self._ground.pools.items()}
        planned: list[str] = []
        while len(planned) < bad:
            for kind in kinds:
                if left.get(kind, 1) > 0 and len(planned) < bad:
                    left[kind] = left.get(kind, bad) - 1
                    planned.append(kind)
        careless = [kind for _ in range(bad // len(CARELESS) + 1) for kind in CARELESS][: min(bad, self._rows - bad)]
        places = self._rng.sample(range(1, self._rows), min(len(planned) + len(careless), self._rows - 1))
        return dict(zip(places, planned + careless, strict=False))

    def __iter__(self) -> Iterator[Row]:
        """The rows in order, headings left out. `counts` is complete at the end."""
        for position in range(self._rows):
            row = self._good(position)
            kind = self._kinds.get(position, "")
            if kind in CARELESS:
                CARELESS[kind](row, self._rng)
                self.counts.careless[kind] += 1
            elif kind:
                self._spoil(row, kind)
                self.counts.bad[kind] += 1
            else:
                self._earlier.append(row[NUMBER])
                if self._cells and position % 3 == 0:
                    row[NUMBER] = int(row[NUMBER])
            yield row

    def _good(self, position: int) -> Row:
        ground, bits = self._ground, self._rng.getrandbits(48)
        effective = ground.today + datetime.timedelta(days=1 + (bits >> 12) % 10)
        return [
            next(ground.fresh),
            self._names[bits & 4095],
            ground.departments[(bits >> 16) % len(ground.departments)],
            f"G{position + 1:06d}",
            next(ground.short_numbers) if bits >> 20 & 3 == 0 else None,
            self._written(effective, bits >> 24 & 7),
            self._written(self._expiries[bits % len(self._expiries)], 1) if self._expiries and bits >> 28 & 7 == 0 else None,
            ground.tariff if bits >> 32 & 7 == 0 else None,
            "新入职" if bits >> 36 & 15 == 0 else None,
        ]

    def _written(self, day: datetime.date, form: int) -> Any:
        """A day as people write it; two forms of eight leave it empty."""
        match form:
            case 0 | 1:
                return day if self._cells else day.isoformat()
            case 2:
                return f"{day.year}/{day.month}/{day.day}"
            case 3:
                return f"{day.year}年{day.month}月{day.day}日"
            case 4:
                return f"{day:%Y%m%d}"
            case 5:
                return day.isoformat()
            case _:
                return None

    def _spoil(self, row: Row, kind: str) -> None:
        ground = self._ground
        if kind in ground.pools:
            row[NUMBER] = ground.pools[kind].pop()
        elif kind == "duplicate_in_file":
            row[NUMBER] = self._rng.choice(self._earlier)
        elif kind == "date_reversed":
            row[EFFECTIVE], row[EXPIRY] = ground.today + datetime.timedelta(days=9), ground.today + datetime.timedelta(days=2)
        elif kind == "date_outside_offer":
            row[EFFECTIVE] = (ground.offer_from - datetime.timedelta(days=self._rng.randint(1, 60))).isoformat()
        elif kind == "short_number_taken":
            row[SHORT] = self._rng.choice(ground.taken_short_numbers)
        else:
            WRITTEN_FAULTS[kind](row, self._rng)
