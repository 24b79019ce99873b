"""A spreadsheet to try batch provisioning with: a customer's made-up roster with careless and bad rows."""

from __future__ import annotations

import csv
import datetime
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.db.models import Q
from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from customers.models import Customer
from members.demo.batch_rows import HEADINGS, POOLED_FAULTS, Ground, RowMaker, Text, expected_verdicts
from members.demo.chance import chance
from members.models import BlacklistedNumber, Member, MemberSubscription, NumberKind, NumberSegment, NumberState
from products.models import Offer, ProductRule, ProductRuleKind

FORMATS: Final = ("xlsx", "csv")
_LOOK_UP: Final = 5_000
_PROBE: Final = 500
_WIDTHS: Final = {"A": 16, "B": 10, "C": 16, "D": 10, "E": 9, "F": 14, "G": 14, "H": 10, "I": 14}


@dataclass(frozen=True, slots=True)
class BatchFileSummary:
    """What was written.

    Attributes:
        offer: code of the offer that days and tariffs fit; with its product and tariff, it makes the batch to try the file with.
        bad: rows with a fault, by kind (see `batch_rows`).
        verdicts: what the preview of that batch says of the bad rows at least, by code.
        careless: rows that are good once their number is brought to one form, by kind.
    """

    path: str
    customer: str
    offer: str
    product: str
    tariff: str
    rows: int
    good: int
    bad: dict[str, int]
    verdicts: dict[str, int]
    careless: dict[str, int]


class NotPossibleError(Exception):
    """The database has not what a batch file needs; the message says what."""


def write_batch_file(
    *, path: Path, customer: Customer, rows: int, bad: float = 0.03, form: str = "xlsx", seed: int = 7, encoding: str = "utf-8-sig"
) -> BatchFileSummary:
    """Write a roster of new numbers for `customer` to `path`.

    Arguments:
        rows: rows below the headings.
        bad: share of bad rows, from 0 to 0.4, spread evenly over all kinds of faults; as many more are good but carelessly written.
        form: "xlsx" or "csv".
        seed: the same seed and the same database give the same rows.
        encoding: of a CSV file.

    Raises NotPossibleError where there are no number segments or the customer has no offer to put numbers on, ValueError for arguments out
    of range.
    """
    if form not in FORMATS or rows < 1 or not 0 <= bad <= 0.4:
        raise ValueError("The format is xlsx or csv, rows are at least 1, and the share of bad rows is from 0 to 0.4.")
    rng = chance(seed, f"batch {customer.code}")
    offer = _offer_for(customer)
    count = round(rows * bad)
    maker = RowMaker(_ground(customer, offer, rows, count, rng), rows, count, rng, numbers_as_cells=form == "xlsx")
    if form == "xlsx":
        _write_xlsx(path, maker)
    else:
        _write_csv(path, maker, encoding)
    found = maker.counts
    return BatchFileSummary(
        path=str(path),
        customer=customer.code,
        offer=offer.code,
        product=offer.product.code,
        tariff=offer.tariff.code,
        rows=rows,
        good=rows - found.bad.total(),
        bad=dict(sorted(found.bad.items())),
        verdicts=expected_verdicts(found.bad, form),
        careless=dict(sorted(found.careless.items())),
    )


def _offer_for(customer: Customer) -> Offer:
    """The customer's usable offer of a product for numbers that ends last."""
    today = timezone.localdate()
    offers = Offer.objects.usable(today).filter(customer=customer, product__member_level=True).select_related("product", "tariff")
    offer = max(offers, key=lambda offer: (offer.expires_on or datetime.date.max, offer.code), default=None)
    if offer is None:
        raise NotPossibleError(f"{customer.code} has no approved offer that numbers can be put on today.")
    return offer


def _ground(customer: Customer, offer: Offer, rows: int, bad: int, rng: random.Random) -> Ground:
    today = timezone.localdate()
    own = Member.objects.filter(customer=customer, left_on=None)
    taken = sorted(own.exclude(short_number="").values_list("short_number", flat=True))
    last = offer.expires_on - datetime.timedelta(days=1) if offer.expires_on else today + datetime.timedelta(days=3650)
    departments = sorted(set(own.exclude(department="").values_list("department", flat=True)[:_PROBE])) or ["综合部"]
    return Ground(
        fresh=_fresh_numbers(rng, rows),
        pools=_pools(customer, offer, bad, rng),
        departments=departments,
        short_numbers=_free_short_numbers(set(taken)),
        taken_short_numbers=taken[:_PROBE],
        tariff=offer.tariff.code,
        offer_from=offer.effective_on,
        offer_until=last,
        today=today,
    )


def _pools(customer: Customer, offer: Offer, bad: int, rng: random.Random) -> dict[str, list[str]]:
    """Numbers (11 digits) for each kind of bad row that rests on the database, each number in one pool only."""
    live = Member.objects.filter(left_on=None, joined_on__lte=timezone.localdate(), kind=NumberKind.MOBILE)
    own, others = live.filter(customer=customer), live.exclude(customer=customer)
    active = Q(state=NumberState.ACTIVE)
    excluded = MemberSubscription.objects.filter(customer=customer, ended_on=None, product__in=_excluded_products(offer)).values("member")
    numbers: dict[str, Callable[[int], Iterable[str]]] = {
        "product_excluded": lambda most: own.filter(active, pk__in=excluded).values_list("msisdn", flat=True)[:most],
        "number_suspended": lambda most: own.filter(state=NumberState.SUSPENDED).values_list("msisdn", flat=True)[:most],
        "number_porting": lambda most: own.filter(state=NumberState.PORTING).values_list("msisdn", flat=True)[:most],
        "blacklisted": lambda most: BlacklistedNumber.objects.values_list("msisdn", flat=True)[:most],
        "already_member": lambda most: own.filter(active).exclude(pk__in=excluded).values_list("msisdn", flat=True)[:most],
        "member_elsewhere": lambda most: others.filter(active).values_list("msisdn", flat=True)[:most],
    }
    share = bad // len(POOLED_FAULTS) + 1
    pools: dict[str, list[str]] = {}
    used: set[str] = set()
    for kind in POOLED_FAULTS:
        found = [number for number in numbers[kind](share * 2) if number not in used][:share]
        used.update(found)
        pools[kind] = [number.removeprefix("86") for number in found]
        rng.shuffle(pools[kind])
    return pools


def _excluded_products(offer: Offer) -> list[int]:
    """Products that no number can have beside the offer's."""
    rules = ProductRule.objects.filter(Q(product=offer.product) | Q(other=offer.product), kind=ProductRuleKind.EXCLUDES)
    return [rule.other_id if rule.product_id == offer.product_id else rule.product_id for rule in rules]


def _fresh_numbers(rng: random.Random, rows: int) -> Iterator[str]:
    """Endless numbers of the plan, in chance order, that are in no group and not on the blacklist."""
    prefixes = list(NumberSegment.objects.filter(kind=NumberKind.MOBILE).order_by("prefix").values_list("prefix", flat=True))
    blocks = [prefix for prefix in prefixes if len(prefix) == 9]
    if len(blocks) * 3_000 < rows:
        blocks = [prefix for prefix in prefixes if len(prefix) == 5]
    if not blocks:
        raise NotPossibleError("There are no number segments; load the demo data first.")
    drawn: set[str] = set()
    while True:
        candidates: list[str] = []
        while len(candidates) < _LOOK_UP:
            prefix = rng.choice(blocks)
            number = f"{prefix}{rng.randrange(10 ** (13 - len(prefix))):0{13 - len(prefix)}d}"
            if number not in drawn:
                drawn.add(number)
                candidates.append(number)
        known = set(Member.objects.filter(msisdn__in=candidates).values_list("msisdn", flat=True))
        known.update(BlacklistedNumber.objects.filter(msisdn__in=candidates).values_list("msisdn", flat=True))
        yield from (number.removeprefix("86") for number in candidates if number not in known)


def _free_short_numbers(taken: set[str]) -> Iterator[str | None]:
    """Short numbers of six digits that the group does not use, then None for ever."""
    yield from (str(number) for number in range(610_000, 700_000) if str(number) not in taken)
    while True:
        yield None


def _write_xlsx(path: Path, rows: Iterable[list[Any]]) -> None:
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("成员名单")
    for column, width in _WIDTHS.items():
        sheet.column_dimensions[column].width = width
    sheet.append(HEADINGS)
    for row in rows:
        sheet.append([_text_cell(sheet, value.value) if isinstance(value, Text) else value for value in row])
    workbook.save(path)


def _text_cell(sheet: Any, value: str) -> Any:
    """A cell that holds `value` as text even where it looks like a formula."""
    cell = WriteOnlyCell(sheet, value=value)
    cell.data_type = "s"
    return cell


def _write_csv(path: Path, rows: Iterable[list[Any]], encoding: str) -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        writer.writerows([value.value if isinstance(value, Text) else value for value in row] for row in rows)
