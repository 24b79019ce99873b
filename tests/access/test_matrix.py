"""The access matrix: every route, tried by eight kinds of people with every method, on an object of their own people and on a foreign one.

What each may do is restated here in a few plain lines (`STANDINGS`, `may`), not asked of the policy. A refusal is 401, 403, 404, 405 or
the way to the sign-in, it names nothing of the object, and after all refusals of a person every table is as it was.
`pytest tests/access/test_matrix.py -rP` shows how much was tried.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from access.models import User
from common.panels import registered_panels
from customers.models import Customer
from products.models import OfferStatus, Tariff
from tests.access import test_reach as reach
from tests.access.clients import browser, token_client
from tests.factories.customers import ContactPersonFactory, CustomerFactory
from tests.members.factories import make_member, make_subscription
from tests.products.factories import make_group_subscription, make_offer

pytestmark = pytest.mark.django_db

METHODS: Final = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
OWN: Final = "own"
FOREIGN: Final = "foreign"
SHARED: Final = "shared"
LOOKS, WORKS, LEADS, RULES = range(4)
_LEVEL_OF: Final = {"manager": WORKS, "director": LEADS, "administrator": RULES}


@dataclass(frozen=True, slots=True)
class Standing:
    """Who somebody is: whose objects come into reach, and what they may do there.

    Attributes:
        sees: the objects in reach: OWN is the manager's, FOREIGN another province's, SHARED the catalogue.
        level: LOOKS reads, WORKS also does a manager's work, LEADS also a director's, RULES also keeps the catalogue.
        exports: whether files may be taken out.
        token: whether the person comes with an API token instead of a browser, to which only the API answers.
    """

    persona: str
    sees: frozenset[str] = frozenset()
    level: int = LOOKS
    exports: bool = True
    token: bool = False


STANDINGS: Final = (
    Standing("anonymous"),
    Standing("manager", frozenset({OWN, SHARED}), WORKS),
    Standing("colleague", frozenset({SHARED}), WORKS),
    Standing("director", frozenset({OWN, SHARED}), LEADS),
    Standing("foreign_director", frozenset({FOREIGN, SHARED}), LEADS),
    Standing("administrator", frozenset({OWN, FOREIGN, SHARED}), RULES),
    Standing("viewer", frozenset({OWN, FOREIGN, SHARED}), LOOKS, exports=False),
    Standing("api_client", frozenset({OWN}), WORKS, token=True),
)


@dataclass(frozen=True, slots=True)
class Route:
    """A route with an object: what its id names, the least level for its work, and the methods that it takes."""

    name: str
    subject: str
    level: int
    methods: frozenset[str]

    @property
    def only_reads(self) -> bool:
        """Whether it shows and changes nothing; a form is part of the change that it asks for."""
        return self.methods == {"GET"}


def routes() -> list[Route]:
    """Every route with an object, from the tables in which each must stand."""
    bound = [Route(name, subject, _LEVEL_OF[who], frozenset(ways.split())) for name, (subject, who, ways) in reach.OF_A_CUSTOMER.items()]
    return bound + [Route(name, subject, RULES, frozenset(ways.split())) for name, (subject, ways) in reach.OF_THE_CATALOGUE.items()]


def may(standing: Standing, route: Route, method: str, side: str) -> bool:
    """The whole rule: who may do what."""
    way = "GET" if method == "HEAD" else method
    if way not in route.methods or side not in standing.sees or (standing.token and not route.name.startswith("api:")):
        return False
    if route.only_reads:
        if route.name in reach.EXPORTS:
            return standing.exports
        return side != SHARED or route.name in reach.READ_BY_ALL_ROLES or standing.level >= RULES
    return standing.level >= route.level or (way == "GET" and route.name in reach.FORMS_SHOWN_TO_READERS)


@dataclass(slots=True)
class Count:
    """What was tried, and what should not have happened."""

    tried: int = 0
    allowed: int = 0
    leaks: list[str] = field(default_factory=list)
    refused_in_vain: list[str] = field(default_factory=list)


@pytest.fixture
def grounds(manager: User, foreign_manager: User, settings: Settings, tmp_path: Path) -> dict[str, reach.World]:
    """The same objects twice: the manager's and, in another province, a foreign manager's; and the catalogue."""
    settings.MEDIA_ROOT = tmp_path / "media"
    own = reach.make_world(manager)
    customer = CustomerFactory(manager=foreign_manager, org_unit=foreign_manager.org_unit)
    tariff, group_tariff = (Tariff.objects.get(pk=own.keys[name]) for name in ("tariff", "group_tariff"))
    member = make_member(customer, "8613912340077")
    make_subscription(member, tariff)
    foreign = {
        "customer": customer.pk,
        "person": ContactPersonFactory(customer=customer).pk,
        "offer": make_offer(customer, tariff, status=OfferStatus.IN_APPROVAL).pk,
        "group_subscription": make_group_subscription(customer, group_tariff).pk,
        "member": member.pk,
        "number": member.msisdn,
        "job": reach.make_batch(foreign_manager, customer.pk).pk,
    }
    return {OWN: own, FOREIGN: reach.World(foreign, own.body), SHARED: own}


def _client(standing: Standing, request: pytest.FixtureRequest) -> Client:
    if standing.persona == "anonymous":
        return browser(None)
    user = request.getfixturevalue("manager" if standing.token else standing.persona)
    return token_client(user) if standing.token else browser(user)


def _sides(route: Route) -> tuple[str, ...]:
    catalogue = {subject for subject, _ways in reach.OF_THE_CATALOGUE.values()}
    return (SHARED,) if route.subject in catalogue else (OWN, FOREIGN)


def _send(client: Client, method: str, address: str, body: dict[str, Any]) -> HttpResponseBase:
    if method in ("GET", "HEAD", "OPTIONS"):
        response: HttpResponseBase = getattr(client, method.lower())(address)
    elif method == "POST":
        response = client.post(address, body)
    else:
        response = client.generic(method, address, b"{}", content_type="application/json")
    if response.streaming:
        b"".join(response)
    return response


def _is_refused(response: HttpResponseBase, method: str) -> bool:
    if response.status_code == 302:
        return str(response["Location"]).startswith(reach.SIGN_IN)
    return response.status_code in reach.REFUSED or (method == "OPTIONS" and response.status_code == 200)


def _names_object(response: HttpResponseBase, labels: list[str]) -> bool:
    text = response.content if isinstance(response, HttpResponse) else b""
    return any(label.encode() in text for label in labels)


def _labels(grounds: dict[str, reach.World]) -> dict[str, list[str]]:
    """What only somebody who reaches a side may read."""
    names = {side: [Customer.objects.get(pk=grounds[side].keys["customer"]).name] for side in (OWN, FOREIGN)}
    return names | {SHARED: []}


def _tries(standing: Standing) -> Iterator[tuple[Route, str, str]]:
    for route in routes():
        for side in _sides(route):
            for method in METHODS:
                yield route, side, method


@pytest.mark.parametrize("standing", STANDINGS, ids=lambda standing: standing.persona)
def test_the_matrix(standing: Standing, grounds: dict[str, reach.World], request: pytest.FixtureRequest) -> None:
    client, count, labels = _client(standing, request), Count(), _labels(grounds)
    before = reach.everything()
    for route, side, method in _tries(standing):
        address = grounds[side].address(route.name, route.subject)
        allowed = may(standing, route, method, side)
        count.tried += 1
        count.allowed += allowed
        with reach.taken_back() if allowed else nullcontext():
            response = _send(client, method, address, grounds[side].body)
        told = f"{method} {route.name} on the {side} object: {response.status_code}"
        if allowed and (response.status_code in reach.REFUSED or response.status_code >= 500) and method != "HEAD":
            count.refused_in_vain.append(told)
        if not allowed and (not _is_refused(response, method) or _names_object(response, labels[side])):
            count.leaks.append(told)
    assert count.leaks == []
    assert count.refused_in_vain == []
    assert reach.everything() == before, "a refused request changed something"
    sys.stdout.write(f"{standing.persona}: {count.tried} tried (routes × objects × methods), {count.allowed} allowed, 0 leaks\n")


@pytest.mark.parametrize("standing", STANDINGS[1:-1], ids=lambda standing: standing.persona)
def test_lists_show_what_is_in_reach_and_nothing_else(
    standing: Standing, grounds: dict[str, reach.World], request: pytest.FixtureRequest
) -> None:
    client, labels = _client(standing, request), _labels(grounds)
    for name in ("customers:customer_list", "customers:contact_person_list", "products:offer_list", "members:member_list", "jobs:job_list"):
        text = client.get(reverse(name)).content.decode()
        for side in (OWN, FOREIGN):
            shown = any(label in text for label in labels[side])
            assert shown == (side in standing.sees), (
                f"{name} for the {standing.persona}: the {side} customer is {'' if shown else 'not '}shown"
            )


def test_every_panel_stands_in_the_matrix() -> None:
    known = {route.name for route in routes()}
    assert {panel.url_name for panel in registered_panels()} - known == set()


def test_the_tables_name_every_route() -> None:
    """`test_reach` compares the tables with the resolver; here: nothing with an object is left out of the matrix."""
    with_ids = {address.name for address in reach.addresses() if address.parameters and not re.match("admin/", address.route)}
    assert with_ids == {route.name for route in routes()} | reach.OF_ONESELF | reach.SINGLE_SIGN_ON | reach.OF_PEOPLE | reach.OF_THE_AUDIT
