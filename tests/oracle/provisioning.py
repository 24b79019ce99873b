"""A batch in plain Python: what it finds on each row, what it does, and what is left when it is taken back.

Written from the table of verdicts, without a database and without the product's own code, so that the two can disagree. Every row is
looked at for itself, one after the other.
"""

from __future__ import annotations

import copy
import datetime
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

Day = datetime.date

DEFAULT_SEVERITIES: Final[dict[str, str]] = {
    **dict.fromkeys(("number_unassigned", "below_min_members", "commitment_exceeded"), "warning"),
    **dict.fromkeys(("already_member", "already_leaving", "has_product", "has_tariff", "no_product"), "skip"),
}
"""Severities of codes by default; whatever is not named is an error."""


# --- the world -------------------------------------------------------------------------------------------------------------------------


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


# --- reading cells ---------------------------------------------------------------------------------------------------------------------


def half_width(text: str) -> str:
    """The text with full-width signs and the ideographic blank brought to ASCII."""
    return "".join(chr(ord(sign) - 0xFEE0) if "！" <= sign <= "～" else " " if sign == "\u3000" else sign for sign in text)


def kind_of(national: str) -> str | None:
    """The kind of a national number of the plan, None when it is none."""
    if not national.isascii() or not national.isdigit():
        return None
    if len(national) == 11 and national[0] == "1" and national[1] in "3456789":
        return "mobile"
    if len(national) == 13 and national[:2] in ("10", "14"):
        return "iot"
    if national.startswith(("010", "02")):
        return "fixed" if len(national) == 11 else None
    if national[0:1] == "0" and national[1:2] in tuple("3456789"):
        return "fixed" if len(national) in (11, 12) else None
    return None


def read_number(text: str) -> tuple[str | None, str | None, str | None]:
    """(E.164 digits, kind, None), or (None, None, the verdict)."""
    plain = half_width(text).strip()
    plain = re.sub(r"\.0+$", "", plain)
    plain = "".join(sign for sign in plain if sign not in " \t-()[]–")
    if not plain:
        return None, None, "number_missing"
    candidates = [plain]
    for code in ("+86", "0086", "86"):
        if plain.startswith(code):
            candidates += [plain.removeprefix(code), "0" + plain.removeprefix(code)]
            break
    for candidate in candidates:
        if kind := kind_of(candidate):
            return "86" + (candidate[1:] if kind == "fixed" else candidate), kind, None
    return None, None, "number_malformed"


def read_day(text: str) -> tuple[Day | None, bool]:
    """(day, whether it could be read). A blank cell reads as no day."""
    plain = half_width(text).strip()
    if not plain:
        return None, True
    day: Day | None = None
    if re.fullmatch(r"[0-9]{5}", plain):
        day = Day(1899, 12, 30) + datetime.timedelta(days=int(plain))
    else:
        plain = re.sub(r"(?<=\d)[ T]\d{1,2}:\d\d(:\d\d)?$", "", plain)
        compact = re.fullmatch(r"[0-9]{8}", plain) is not None
        for form in ("%Y%m%d",) if compact else ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日"):
            try:
                day = datetime.datetime.strptime(plain, form).date()  # noqa: DTZ007  (only the day is taken)
            except ValueError:
                continue
            break
    return (day, True) if day is not None and day.year >= 1980 else (None, False)


def read_text(text: str, limit: int) -> tuple[str | None, str | None]:
    """(text, None) or (None, the verdict); a blank text is (None, None)."""
    plain = text.strip()
    if not plain:
        return None, None
    if len(plain) > limit:
        return None, "text_too_long"
    if any(unicodedata.category(sign) in ("Cc", "Cf", "Zl", "Zp") for sign in plain):
        return None, "text_control"
    return plain, None


def read_short(text: str) -> tuple[str | None, str | None]:
    """(short number, None) or (None, the verdict)."""
    plain = half_width(text).strip()
    if not plain:
        return None, None
    good = plain.isascii() and plain.isdigit() and 3 <= len(plain) <= 6 and plain[0] == "6" and plain[1] != "0"
    return (plain, None) if good else (None, "short_number_malformed")


@dataclass(slots=True)
class Reading:
    """The cells of a row, understood."""

    line: int
    number: str | None
    kind: str | None
    effective: Day | None
    expires: Day | None
    short: str | None
    holder: str | None
    employee_no: str | None
    department: str | None
    tariff: str | None
    offer: str | None
    codes: set[str]


def read_row(line: int, cells: Mapping[str, str], segments: Iterable[str]) -> Reading:
    """Read the cells of one row, by field name."""
    number, kind, wrong = read_number(cells.get("number", ""))
    codes = {wrong}
    if number and not any(number.startswith(prefix) for prefix in segments):
        codes.add("number_unassigned")
    effective, readable = read_day(cells.get("effective_on", ""))
    expires, readable_too = read_day(cells.get("expires_on", ""))
    if not (readable and readable_too):
        codes.add("date_unreadable")
    short, wrong = read_short(cells.get("short_number", ""))
    codes.add(wrong)
    texts: dict[str, str | None] = {}
    for name, limit in (("holder_name", 64), ("employee_no", 32), ("department", 64), ("tariff_code", 32), ("offer_code", 32)):
        texts[name], wrong = read_text(cells.get(name, ""), limit)
        codes.add(wrong)
    return Reading(
        line,
        number,
        kind,
        effective,
        expires,
        short,
        texts["holder_name"],
        texts["employee_no"],
        texts["department"],
        texts["tariff_code"],
        texts["offer_code"],
        {code for code in codes if code},
    )


# --- judging ---------------------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Finding:
    """What is found on a row: verdicts, state ("e", "s", "f"), and the places of the actions that have something to do."""

    reading: Reading
    codes: set[str]
    todo: set[int]
    state: str
    effective: Day
    expires: Day | None
    duplicate_of: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a number stands to the group of the batch on the row's effective date.

    Attributes:
        own: its live membership of the group.
        free: it belongs to nobody and can be joined.
        present: it is in the group, or this batch joins it.
    """

    own: Membership | None
    free: bool
    present: bool


def judge(world: World, order: Order, rows: Sequence[tuple[int, Mapping[str, str]]]) -> list[Finding]:
    """Find out everything about every row, in the order of the source. `rows` are (line, cells by field)."""
    first_lines: dict[str, int] = {}
    shorts: set[str] = set()
    findings = []
    for line, cells in rows:
        if not any(text.strip() for text in cells.values()):
            continue
        reading = read_row(line, cells, world.segments)
        finding = _judge_row(world, order, reading)
        if reading.number is not None:
            first = first_lines.setdefault(reading.number, line)
            if first != line:
                finding.codes.add("duplicate_in_file")
                finding.duplicate_of = first
            if reading.short is not None and (reading.short in shorts or _short_is_taken(world, order.group, reading)):
                finding.codes.add("short_number_taken")
            shorts |= {reading.short} if reading.short else set()
        _settle(world, finding)
        findings.append(finding)
    return findings


def _short_is_taken(world: World, group: str, reading: Reading) -> bool:
    live = (each for each in world.memberships if each.left is None and each.group == group)
    return any(each.short == reading.short and each.number != reading.number for each in live)


def _settle(world: World, finding: Finding) -> None:
    finding.codes = {code for code in finding.codes if world.severity(code) != "off"}
    if any(world.severity(code) == "error" for code in finding.codes):
        finding.state = "f"
    else:
        finding.state = "e" if finding.todo else "s"


def _judge_row(world: World, order: Order, reading: Reading) -> Finding:
    effective, expires = reading.effective or order.effective, reading.expires or order.expires
    finding = Finding(reading, set(reading.codes), set(), "", effective, expires, None)
    if expires is not None and expires <= effective:
        finding.codes.add("date_reversed")
    if reading.number in world.blacklist:
        finding.codes.add("blacklisted")
    standing = _stand(world, order, finding)
    takers = [action for action in order.actions if action.kind in ("subscribe", "change_tariff")]
    for place, action in enumerate(order.actions):
        finding.codes |= set(_judge_action(world, order, finding, standing, place, action))
    for action in takers:
        finding.codes |= set(_judge_choice(world, order, finding, action))
    if reading.tariff and not any(_has_tariff(world, action.product, reading.tariff) for action in takers):
        finding.codes.add("tariff_unknown")
    if reading.offer and not any(_offer(world, order.group, action.product, reading.offer) for action in takers):
        finding.codes.add("offer_unknown")
    return finding


def _stand(world: World, order: Order, finding: Finding) -> Standing:
    """Where the number belongs; the verdicts about that are added to the finding."""
    number, day, codes = finding.reading.number, finding.effective, finding.codes
    holding = [each for each in world.of_number(number) if each.left is None or each.left > day]
    own = next((each for each in holding if each.left is None and each.group == order.group), None)
    leaving = own is None and any(each.group == order.group for each in holding)
    if any(each.group != order.group for each in holding):
        codes.add("member_elsewhere")
    if leaving:
        codes.add("already_leaving")
    if own is not None and own.state in ("suspended", "porting"):
        codes.add(f"number_{own.state}")
    if own is not None and order.asks("join"):
        codes.add("already_member")
    if number is not None and own is None and not leaving and not order.asks("join"):
        codes.add("not_a_member")
    free = number is not None and not holding
    return Standing(own, free, own is not None or (free and order.asks("join")))


def _judge_action(world: World, order: Order, finding: Finding, standing: Standing, place: int, action: Action) -> Iterator[str]:
    """The verdicts of one action on a row; where it has something to do, its place is added to the finding."""
    own, day = standing.own, finding.effective
    held = own.on(action.product, day) if own is not None else None
    idle = _why_idle(world, order, finding, standing, action, held)
    if idle is not None:
        if idle:
            yield idle
        return
    finding.todo.add(place)
    begun = held.since if held is not None else own.joined if own is not None else None
    if begun is not None and day < begun:
        yield "date_reversed"
    if action.kind == "subscribe":
        yield from _judge_rules(world, order, own, action.product, day)
    if action.kind == "unsubscribe" and own is not None and _is_needed(world, order, own, action.product, day):
        yield "product_required"


def _why_idle(world: World, order: Order, finding: Finding, standing: Standing, action: Action, held: Subscription | None) -> str | None:
    """The verdict that says why an action has nothing to do on a row: None when it has, empty when another verdict says it already."""
    match action.kind:
        case "join":
            return None if standing.free else ""
        case "leave":
            return None if standing.own is not None else ""
        case "subscribe" if held is not None:
            return "has_product"
        case "subscribe":
            return None if standing.present else ""
        case _ if held is None:
            return "no_product" if standing.present else ""
        case "change_tariff" if (held.tariff, held.offer) == choose(world, order.group, finding.reading, action):
            return "has_tariff"
    return None


def _remaining(order: Order, own: Membership | None, day: Day) -> set[str]:
    """The products that a number has once the batch is through, the one in question aside."""
    held = {each.product for each in own.subscriptions if each.holds_on(day)} if own else set()
    return (held - order.products("unsubscribe")) | order.products("subscribe")


def _judge_rules(world: World, order: Order, own: Membership | None, product: str, day: Day) -> Iterator[str]:
    others = _remaining(order, own, day) - {product}
    if any((product, other) in world.excludes or (other, product) in world.excludes for other in others):
        yield "product_excluded"
    if any(needed not in others for wanting, needed in world.requires if wanting == product):
        yield "product_required"


def _is_needed(world: World, order: Order, own: Membership, product: str, day: Day) -> bool:
    return any((other, product) in world.requires for other in _remaining(order, own, day))


# --- tariffs and offers ----------------------------------------------------------------------------------------------------------------


def _has_tariff(world: World, product: str, code: str | None) -> bool:
    return any(each.product == product and each.code == code for each in world.tariffs)


def _offer(world: World, group: str, product: str, code: str | None) -> Offer | None:
    fitting = (each for each in world.offers if (each.group, each.product, each.code) == (group, product, code) and each.approved)
    return next(fitting, None)


def choose(world: World, group: str, reading: Reading, action: Action) -> tuple[str, str | None]:
    """(tariff, offer) that a row takes: its own codes as far as the product knows them, else the batch's.

    An offer fixes its tariff; a tariff of the row's own other than that of the batch's offer does without the offer.
    """
    own_tariff = reading.tariff if _has_tariff(world, action.product, reading.tariff) else None
    own_offer = _offer(world, group, action.product, reading.offer)
    default_offer = _offer(world, group, action.product, action.offer)
    default_tariff = action.tariff or (default_offer.tariff if default_offer else "")
    if own_offer is not None:
        return own_tariff or own_offer.tariff, own_offer.code
    if own_tariff is not None:
        kept = default_offer.code if default_offer is not None and default_offer.tariff == own_tariff else None
        return own_tariff, kept
    return default_tariff, default_offer.code if default_offer else None


def _judge_choice(world: World, order: Order, finding: Finding, action: Action) -> Iterator[str]:
    day = finding.effective
    product = world.product(action.product)
    if day < product.since or (product.until is not None and day >= product.until):
        yield "product_unknown"
    tariff_code, offer_code = choose(world, order.group, finding.reading, action)
    tariff = next(each for each in world.tariffs if (each.product, each.code) == (action.product, tariff_code))
    offer = _offer(world, order.group, action.product, offer_code)
    if (tariff.until is not None and day >= tariff.until) or (offer is not None and offer.tariff != tariff_code):
        yield "tariff_unknown"
    if offer is None:
        return
    if day < offer.since or (offer.until is not None and (day >= offer.until or (finding.expires or day) > offer.until)):
        yield "date_outside_offer"


# --- doing it --------------------------------------------------------------------------------------------------------------------------


def carry_out(world: World, order: Order, findings: Iterable[Finding]) -> World:
    """The world once every eligible row has been run. The given one stays as it is: it is what an undo brings back."""
    after = copy.deepcopy(world)
    for finding in findings:
        if finding.state == "e":
            _carry_out_row(after, order, finding)
    return after


def _carry_out_row(world: World, order: Order, finding: Finding) -> None:
    reading, day = finding.reading, finding.effective
    assert reading.number is not None
    assert reading.kind is not None
    own = next((each for each in world.of_number(reading.number) if each.left is None), None)
    for place in sorted(finding.todo):
        action = order.actions[place]
        if action.kind == "join":
            own = Membership(
                order.group,
                reading.number,
                reading.kind,
                day,
                short=reading.short or "",
                holder=reading.holder or "",
                employee_no=reading.employee_no or "",
                department=reading.department or "",
            )
            world.memberships.append(own)
    assert own is not None
    for place in sorted(finding.todo):
        _carry_out_action(world, order, finding, own, order.actions[place])


def _carry_out_action(world: World, order: Order, finding: Finding, own: Membership, action: Action) -> None:
    day = finding.effective
    if action.kind == "leave":
        own.left = day
        for each in own.subscriptions:
            if each.ended is None:
                each.ended = max(each.since, day if each.expires is None else min(day, each.expires))
    for each in own.subscriptions:
        if each.product != action.product or each.ended is not None:
            continue
        if action.kind in ("unsubscribe", "change_tariff"):
            each.ended = day
        elif action.kind == "subscribe" and each.expires is not None:
            each.ended = max(each.since, each.expires)
    if action.kind in ("subscribe", "change_tariff"):
        tariff, offer = choose(world, order.group, finding.reading, action)
        own.subscriptions.append(Subscription(action.product, tariff, offer, day, finding.expires))


# --- comparing -------------------------------------------------------------------------------------------------------------------------


def picture(memberships: Iterable[Membership]) -> list[tuple[object, ...]]:
    """Memberships with their subscriptions in one order, to compare two worlds."""
    return sorted((_described(each) for each in memberships), key=repr)


def _described(each: Membership) -> tuple[object, ...]:
    person = (each.kind, each.state, each.short, each.holder, each.employee_no, each.department)
    subscriptions = sorted(((s.product, s.since, s.ended, s.expires, s.tariff, s.offer) for s in each.subscriptions), key=repr)
    return each.number, each.group, each.joined, each.left, person, tuple(subscriptions)
