"""Hypothesis strategies: small worlds with numbers in every standing, and lists as dirty as people send them."""

from __future__ import annotations

import datetime
from typing import Any

from hypothesis import strategies as st

from tests.oracle.provisioning import Action, Membership, Offer, Order, Product, Subscription, Tariff, World

TODAY = datetime.date(2026, 12, 1)
PRODUCTS = ("P1", "P2", "P3", "P4")
NUMBERS = {
    **{f"86138000{n:05d}": "mobile" for n in range(1, 19)},
    "8617712345678": "mobile",
    "861084567890": "fixed",
    "8675526001234": "fixed",
    "869917654321": "fixed",
    "861064812345678": "iot",
    "861440012345678": "iot",
}
GARBAGE = (
    "",
    "   ",
    "12345",
    "1.38E+10",
    "1.3800000001E+10",
    "无",
    "23800000001",
    "1380000000",
    "138000000011",
    "1380000000x",
    "+85291234567",
    "86",
    "+",
)
FULL_WIDTH = str.maketrans("0123456789+-", "０１２３４５６７８９＋－")
SHORTS = (
    "",
    "612",
    "613",
    "64321",
    "6５",
    "610",
    "611",
    "69999",
    "612345",
    "６１２",
    "6",
    "60",
    "600",
    "612345.5",
    "6123456",
    "71234",
    "ab",
)
HOLDERS = ("", "李静", " 王磊 ", 'O\'Neill, "Bob"', "x" * 64, "x" * 65, "控\x07制", "零宽\u200b字", "两行\n名")
DEPARTMENTS = ("", "急诊科", "信息中心\\n", "y" * 65)
SEVERITY_CHOICES = {
    "blacklisted": ("error", "warning", "off"),
    "number_suspended": ("error", "warning", "off"),
    "number_unassigned": ("warning", "error", "off"),
    "product_excluded": ("error", "warning"),
    "product_required": ("error", "warning", "off"),
    "date_outside_offer": ("error", "warning"),
}


def days(around: datetime.date = TODAY, before: int = 40, after: int = 40) -> st.SearchStrategy[datetime.date]:
    """Days around today; a few of them often, so that dates meet."""
    near = [shift for shift in (-30, -30, -1, -1, 0, 0, 0, 1, 1, 30) if -before <= shift <= after]
    return st.sampled_from([*near, *range(-before, after + 1, 5)]).map(lambda shift: around + datetime.timedelta(days=shift))


def chance(percent: int) -> st.SearchStrategy[bool]:
    """True `percent` times in a hundred, in steps of five."""
    return st.sampled_from((False,) * ((100 - percent) // 5) + (True,) * (percent // 5))


@st.composite
def catalogues(draw: Any) -> World:
    """Products with rules, tariffs and offers; each product can be taken today under its tariff A."""
    world = World()
    for code in PRODUCTS:
        since = draw(st.sampled_from((datetime.date(2020, 1, 1), TODAY - datetime.timedelta(days=20))))
        until = TODAY + datetime.timedelta(days=25) if draw(chance(25)) else None
        world.products.append(Product(code, since, until))
        retired = draw(st.sampled_from((None, None, TODAY + datetime.timedelta(days=10), TODAY + datetime.timedelta(days=30))))
        # The code A is known to every product, B and C to one each.
        world.tariffs += [
            Tariff(code, "A", retired),
            Tariff(code, f"B{code}"),
            Tariff(code, f"C{code}", TODAY + datetime.timedelta(days=5)),
        ]
    pairs = [(one, other) for one in PRODUCTS for other in PRODUCTS if one != other]
    world.excludes = set(draw(st.lists(st.sampled_from(pairs), max_size=2)))
    world.requires = set(draw(st.lists(st.sampled_from(pairs), max_size=2)))
    for place in range(draw(st.integers(0, 6))):
        world.offers.append(_offer(draw, place))
    world.severities = {code: draw(st.sampled_from(choices)) for code, choices in SEVERITY_CHOICES.items() if draw(chance(25))}
    return world


def _offer(draw: Any, place: int) -> Offer:
    product = draw(st.sampled_from(PRODUCTS))
    return Offer(
        code=f"O{place}",
        group="OTHER" if draw(chance(15)) else "OWN",
        product=product,
        tariff=draw(st.sampled_from(("A", f"B{product}", f"C{product}"))),
        since=TODAY - datetime.timedelta(days=draw(st.sampled_from((0, 10, 300)))),
        until=draw(st.sampled_from((None, TODAY + datetime.timedelta(days=1), TODAY + datetime.timedelta(days=30)))),
        approved=not draw(chance(15)),
    )


@st.composite
def worlds(draw: Any) -> World:
    """A catalogue, and numbers that are free, members here or elsewhere, leaving or gone, suspended, blacklisted."""
    world: World = draw(catalogues())
    world.segments = {"86138", "861771", "8610", "86106481", "86755", "8699", "8614"} - draw(
        st.sets(st.sampled_from(("86138", "8699", "8610")), max_size=1)
    )
    shorts = iter(("610", "611", "612", "69999", "612345"))
    for number, kind in NUMBERS.items():
        if draw(chance(5)):
            world.blacklist.add(number)
        standing = draw(st.sampled_from(("free",) * 4 + ("own",) * 6 + ("other", "former")))
        if standing == "free":
            continue
        if standing in ("own", "other"):
            group = "OWN" if standing == "own" else "OTHER"
            world.memberships.append(_membership(draw, world, group, number, kind, next(shorts, "") if draw(chance(40)) else ""))
            if draw(chance(85)):
                continue
        _former(draw, world, number, kind)
    return world


def _membership(draw: Any, world: World, group: str, number: str, kind: str, short: str) -> Membership:
    joined = draw(days(after=0)) if draw(chance(85)) else draw(days(after=15))
    member = Membership(
        group, number, kind, joined, state=draw(st.sampled_from(("active",) * 10 + ("suspended", "porting"))), short=short, holder="李静"
    )
    for product in PRODUCTS:
        if draw(chance(35)):
            member.subscriptions.append(_subscription(draw, world, product, joined))
    return member


def _subscription(draw: Any, world: World, product: str, joined: datetime.date) -> Subscription:
    since = max(joined, draw(days(after=10)))
    tariff = draw(st.sampled_from(("A", f"B{product}", f"C{product}")))
    fitting = [offer.code for offer in world.offers if (offer.product, offer.tariff) == (product, tariff)]
    subscription = Subscription(product, tariff, draw(st.sampled_from([None, *fitting])), since)
    if draw(chance(40)):
        subscription.expires = since + datetime.timedelta(days=draw(st.integers(0, 60)))
    if draw(chance(20)):
        subscription.ended = since + datetime.timedelta(days=draw(st.integers(0, 60)))
    return subscription


def _former(draw: Any, world: World, number: str, kind: str) -> None:
    """One or two memberships that have ended or will end."""
    for _ in range(draw(st.integers(1, 2))):
        left = draw(days())
        joined = left - datetime.timedelta(days=draw(st.integers(0, 30)))
        member = Membership(draw(st.sampled_from(("OWN", "OTHER"))), number, kind, joined, left)
        if draw(chance(50)):
            member.subscriptions.append(Subscription("P1", "A", None, joined, ended=left))
        world.memberships.append(member)


@st.composite
def orders(draw: Any, world: World) -> Order:
    """A set of actions that can be asked for together today."""
    if draw(chance(10)):
        return Order("OWN", (Action("leave"),), TODAY)
    actions = [Action("join")] if draw(chance(70)) else []
    for product in draw(st.lists(st.sampled_from(PRODUCTS), unique=True, min_size=0 if actions else 1, max_size=3)):
        kinds = draw(
            st.sampled_from((("subscribe",), ("subscribe",), ("unsubscribe",), ("change_tariff",), ("subscribe", "change_tariff")))
        )
        for kind in kinds:
            tariff, offer = ("", "") if kind == "unsubscribe" else _terms(draw, world, product)
            actions.append(Action(kind, product, tariff, offer))
    expires = draw(st.one_of(st.none(), st.integers(1, 60).map(lambda shift: TODAY + datetime.timedelta(days=shift))))
    return Order("OWN", tuple(draw(st.permutations(actions))), TODAY, expires)


def _terms(draw: Any, world: World, product: str) -> tuple[str, str]:
    """A tariff and an offer that can be had today: either may be left to the other."""
    offers = [
        each
        for each in world.offers
        if each.product == product
        and each.group == "OWN"
        and each.approved
        and each.since <= TODAY
        and (each.until is None or each.until > TODAY)
    ]
    tariff = draw(st.sampled_from(("A", f"B{product}", f"C{product}")))
    if not offers or draw(chance(40)):
        return tariff, ""
    offer = draw(st.sampled_from(offers))
    return (offer.tariff if draw(chance(50)) else ""), offer.code


def spelled(draw: Any, number: str, kind: str) -> str:
    """A number as somebody might have typed it."""
    rest = number.removeprefix("86")
    national = "0" + rest if kind == "fixed" else rest
    head, tail = national[:3], national[3:]
    text: str = draw(
        st.sampled_from(
            (
                national,
                national,
                number,
                "+86" + rest,
                "0086" + rest,
                "86 " + national,
                "+86-" + national,
                f"{head}-{tail[:4]}-{tail[4:]}",
                f"{head} {tail[:4]} {tail[4:]}",
                f"({head}){tail}",
                f"（{head}）{tail}",
                national + ".0",
                "\t" + national + "  ",
                national.translate(FULL_WIDTH),
                ("+86" + rest).translate(FULL_WIDTH),
                "\u3000" + national,
            )
        )
    )
    return text


def written(draw: Any, day: datetime.date) -> str:
    """A day as somebody might have written it."""
    serial = (day - datetime.date(1899, 12, 30)).days
    forms = (
        day.isoformat(),
        day.isoformat(),
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}.{day.month:02}.{day.day:02}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day:%Y%m%d}",
        f"{day.isoformat()} 00:00:00",
        str(serial),
        day.isoformat().translate(FULL_WIDTH),
    )
    text: str = draw(st.sampled_from(forms))
    return text


BAD_DATES = ("2026-02-30", "明天", "12/01/2026", "2026-13-01", "1900-01-01", "00000", "20261301")


@st.composite
def rows(draw: Any, world: World) -> dict[str, str]:
    """One row of a list."""
    cells = {
        "number": draw(st.sampled_from(GARBAGE)) if draw(chance(5)) else spelled(draw, *draw(st.sampled_from(sorted(NUMBERS.items()))))
    }
    cells["holder_name"] = draw(st.sampled_from(HOLDERS)) if draw(chance(10)) else "李静"
    if draw(chance(10)):
        cells["department"] = draw(st.sampled_from(DEPARTMENTS))
    if draw(chance(10)):
        cells["short_number"] = draw(st.sampled_from(SHORTS))
    if draw(chance(15)):
        cells["effective_on"] = draw(st.sampled_from(BAD_DATES)) if draw(chance(10)) else written(draw, draw(days()))
    if draw(chance(10)):
        cells["expires_on"] = draw(st.sampled_from((*BAD_DATES, "  "))) if draw(chance(10)) else written(draw, draw(days(after=70)))
    if draw(chance(10)):
        product = draw(st.sampled_from(PRODUCTS))
        cells["tariff_code"] = draw(st.sampled_from(("A", f"B{product}", f"C{product}", "NONE", "z" * 33)))
    if draw(chance(10)):
        cells["offer_code"] = draw(st.sampled_from([*(offer.code for offer in world.offers), "NONE"]))
    return cells


@st.composite
def cases(draw: Any) -> tuple[World, Order, list[dict[str, str]]]:
    """A world, a batch and its list. Which columns the list has differs too."""
    world = draw(worlds())
    order = draw(orders(world))
    size = draw(st.integers(3, 18))
    listed = draw(st.lists(rows(world), min_size=size, max_size=size))
    left_out = draw(st.sets(st.sampled_from(("short_number", "effective_on", "expires_on", "tariff_code", "offer_code")), max_size=5))
    return world, order, [{name: text for name, text in cells.items() if name not in left_out} for cells in listed]
