"""A batch in plain Python: what it finds on each row, what it does, and what is left when it is taken back.

Written from the table of verdicts, without a database and without the product's own code, so that the two can disagree. Every row is
looked at for itself, one after the other. What it looks at stands in `tests/oracle/world.py`, how it reads in `tests/oracle/cells.py`.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.oracle.cells import Reading, read_row
from tests.oracle.world import Action, Day, Membership, Offer, Order, Product, Subscription, Tariff, World

__all__ = [
    "Action",
    "Finding",
    "Membership",
    "Offer",
    "Order",
    "Product",
    "Subscription",
    "Tariff",
    "World",
    "carry_out",
    "judge",
    "picture",
]

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
