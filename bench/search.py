"""Each kind of search over everything, as the list below the box asks for it."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle, islice
from typing import Any

from django.test import Client
from django.test.utils import override_settings
from django.utils.http import urlencode

from access.models import User
from bench.access import BACKEND, FILLED, FULL, GOAL_MS, HOST, SMALL, Size, fill_operator, people_of_each_rank
from bench.clock import figure, median, seconds
from bench.database import run
from customers.models import Customer
from members.models import Member
from members.reading.normalise import national
from products.models import Product

ROUNDS = 40
WARM_UP = 5
RANK = "city_director"
COMMON = ("公司", "有限", "科技", "集团", "医院", "学校", "银行", "建设")
PAGE_NAMES = ("customers", "new customer", "products", "jobs", "batch", "profile")
LATIN_SHARE = 50
"""One customer in so many is given a Latin name: the demo's are all Chinese."""
_FIRST = (
    "Orient",
    "Pacific",
    "Northern",
    "Golden",
    "Harbour",
    "Summit",
    "Crystal",
    "Mountain",
    "Silver",
    "Evergreen",
    "Phoenix",
    "Meridian",
)
_SECOND = (
    "Medical",
    "Shipping",
    "Electronics",
    "Logistics",
    "Chemical",
    "Textile",
    "Machinery",
    "Insurance",
    "Pharma",
    "Software",
    "Trading",
)
_THIRD = ("Holdings", "Group", "Systems", "Industries", "Services", "Partners", "International")
SEARCH_FIGURES = tuple(
    f"search_p95_{kind}"
    for kind in (
        *("name_rare", "name_common", "initials", "code", "credit_code", "latin_slip", "person"),
        *("number_prefix", "number_suffix", "number_whole", "product", "job", "page"),
    )
)


def measure_search(*, full: bool) -> Iterator[dict[str, Any]]:
    """Server time (p95, with p50 beside it) of a search for each kind of text, by a city's director."""
    size = FULL if full else SMALL
    fill_operator(size)
    _name_some_in_latin()
    for table in FILLED:
        run(f"VACUUM ANALYZE {table}")
    yield from search_figures(people_of_each_rank()[RANK], size)


def search_figures(person: User, size: Size) -> Iterator[dict[str, Any]]:
    """The figures for `person` on the data as they are."""
    client = Client(SERVER_NAME=HOST)
    client.force_login(person, backend=BACKEND)
    with override_settings(ALLOWED_HOSTS=[HOST]):
        for kind, texts in _texts(person).items():
            chosen = list(islice(cycle(texts), WARM_UP + ROUNDS))
            taken = [seconds(partial(_ask, client, text)) * 1_000 for text in chosen][WARM_UP:]
            p95 = statistics.quantiles(taken, n=20)[-1]
            yield figure(f"search_p95_{kind}", p95, "ms", size=size.customers, goal=GOAL_MS, p50=round(median(taken), 1))


def _name_some_in_latin() -> None:
    def one_of(words: tuple[str, ...], divisor: int) -> str:
        listed = ", ".join(f"'{word}'" for word in words)
        return f"(ARRAY[{listed}])[1 + (id / {divisor})::int % {len(words)}]"

    names = " || ' ' || ".join((one_of(_FIRST, LATIN_SHARE), one_of(_SECOND, LATIN_SHARE * 7), one_of(_THIRD, LATIN_SHARE * 11)))
    run(f"UPDATE customers_customer SET name = {names}, short_name = '' WHERE id % {LATIN_SHARE} = 0")


def _texts(person: User) -> dict[str, list[str]]:
    """What is typed for each kind: another text each time, of rows that the person sees."""
    visible = Customer.objects.visible_to(person).only("name", "short_name", "code", "credit_code", "pinyin_initials").order_by("id")
    customers = list(visible.exclude(credit_code="").exclude(short_name="")[: ROUNDS * 7 : 7])
    latin = list(visible.filter(short_name="", name__regex="^[A-Z]")[:ROUNDS])
    people = list(visible.filter(contact_people__isnull=False).values_list("contact_people__name")[:ROUNDS])
    numbers = [national(row.msisdn) for row in Member.objects.visible_to(person).order_by()[: ROUNDS * 11 : 11]]
    of_each: dict[str, Callable[[Customer], str]] = {
        "name_rare": lambda row: row.short_name[:2],
        "initials": lambda row: row.pinyin_initials[:6],
        "code": lambda row: row.code,
        "credit_code": lambda row: row.credit_code,
    }
    found = {kind: [text_of(row) for row in customers] for kind, text_of in of_each.items()}
    return found | {
        "name_common": list(COMMON),
        "latin_slip": [_with_a_slip(row.name, place) for place, row in enumerate(latin)],
        "person": [name for (name,) in people],
        "number_prefix": [number[: 3 + place % 6] for place, number in enumerate(numbers)],
        "number_suffix": [number[-4 - place % 5 :] for place, number in enumerate(numbers)],
        "number_whole": numbers,
        "product": [name[:3] for name in Product.objects.order_by("code").values_list("name_zh", flat=True)[:ROUNDS]],
        "job": [str(key) for key in range(1, ROUNDS + 1)],
        "page": list(PAGE_NAMES),
    }


def _with_a_slip(name: str, place: int) -> str:
    """Two words of a name, a letter left out of the second."""
    first, second, *_rest = name.split()
    at = 2 + place % (len(second) - 3)
    return f"{first} {second[:at]}{second[at + 1 :]}".lower()


def _ask(client: Client, text: str) -> None:
    headers = {"HX-Request": "true", "HX-Target": "find-panel"}
    response = client.get(f"/search/?{urlencode({'q': text, 'at': '/'})}", headers=headers)
    assert response.status_code == 200, (text, response.status_code)
