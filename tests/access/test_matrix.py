"""The access matrix: every route, tried by ten kinds of people with every method, on an object of their own people and on a foreign one.

What each may do is restated in a few plain lines and in the tables of `test_reach`, not asked of the policy. A refusal is 401, 403, 404,
405 or the way to the sign-in, it names nothing of the object, and it leaves every table as it was (`matrix.try_all`). The administration
has its own tables: `test_matrix_administration`. `pytest tests/access -k matrix -rP` shows how much was tried.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from access.history.subjects import event_model_of
from access.models import Delegation, SavedView, User
from common.panels import registered_panels
from customers.models import Customer, HandOver
from jobs.models import Job, JobFile
from products.models import OfferStatus, Tariff
from tests.access import test_reach as reach
from tests.access.matrix import (
    ANSWERS,
    CHANGES,
    FOREIGN,
    HTMX,
    LEADS,
    METHODS,
    NONE,
    OWN,
    REFUSES,
    RULES,
    SHARED,
    SHOWS,
    STANDINGS,
    WAYS,
    WORKS,
    Standing,
    Try,
    report,
    try_all,
)
from tests.customers.imports import CUSTOMERS, checked
from tests.factories.customers import ContactPersonFactory, CustomerFactory, make_hand_over, make_merge, make_pair, make_relation
from tests.factories.workflow import make_notice, make_task
from tests.members.factories import make_member, make_subscription
from tests.products.factories import make_group_subscription, make_offer

pytestmark = pytest.mark.django_db

_LEVEL_OF: Final = {"manager": WORKS, "director": LEADS, "administrator": RULES}
LEAST: Final = 1_650
"""So many requests each person sends at least; the table must not shrink unseen."""


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
    """Every route with an object of the business, from the tables in which each must stand."""
    bound = [Route(name, subject, _LEVEL_OF[who], frozenset(ways.split())) for name, (subject, who, ways) in reach.OF_A_CUSTOMER.items()]
    return bound + [Route(name, subject, RULES, frozenset(ways.split())) for name, (subject, ways) in reach.OF_THE_CATALOGUE.items()]


def method_of(way: str) -> str:
    """The method by which a view is asked: HEAD and a fragment are GET."""
    return "GET" if way in ("HEAD", HTMX) else way


def may(standing: Standing, route: Route, method: str, side: str) -> bool:
    """The whole rule: who may do what with an object."""
    if method not in route.methods or side not in standing.sees or (standing.token and not route.name.startswith("api:")):
        return False
    if route.only_reads:
        if route.name in reach.EXPORTS:
            return standing.exports
        return side != SHARED or route.name in reach.READ_BY_ALL_ROLES or standing.level >= RULES
    return standing.level >= route.level or (method == "GET" and route.name in reach.FORMS_SHOWN_TO_READERS)


def outcome(allowed: bool, method: str) -> str:
    """What is to come of a request: one that only asks changes nothing."""
    if not allowed:
        return REFUSES
    return SHOWS if method in ("GET", "OPTIONS") else CHANGES


@pytest.fixture
def grounds(manager: User, foreign_manager: User, settings: Settings, tmp_path: Path) -> dict[str, reach.World]:
    """The same objects twice: the manager's and, in another province, a foreign manager's; and the catalogue."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.API_REQUESTS_PER_MINUTE = 100_000  # what is tried here are the rights, and not the limit
    own = reach.make_world(manager)
    customer = CustomerFactory(manager=foreign_manager, org_unit=foreign_manager.org_unit)
    tariff, group_tariff = (Tariff.objects.get(pk=own.keys[name]) for name in ("tariff", "group_tariff"))
    member = make_member(customer, "8613912340077")
    make_subscription(member, tariff)
    foreign = {
        "customer": customer.pk,
        "person": ContactPersonFactory(customer=customer).pk,
        "relation": make_relation(customer).pk,
        "pair": make_pair(customer).pk,
        "merge": make_merge(customer).pk,
        "offer": make_offer(customer, tariff, status=OfferStatus.IN_APPROVAL).pk,
        "group_subscription": make_group_subscription(customer, group_tariff).pk,
        "member": member.pk,
        "number": member.msisdn,
        "job": reach.make_batch(foreign_manager, customer.pk).pk,
        "task": make_task(foreign_manager, customer).pk,
        "import": checked(foreign_manager, CUSTOMERS, reach.IMPORTED).pk,
        **make_hand_over(foreign_manager, customer),
    }
    return {OWN: own, FOREIGN: reach.World(foreign, own.body), SHARED: own}


def _sides(route: Route) -> tuple[str, ...]:
    catalogue = {subject for subject, _ways in reach.OF_THE_CATALOGUE.values()}
    return (SHARED,) if route.subject in catalogue else (OWN, FOREIGN)


def _labels(grounds: dict[str, reach.World]) -> dict[str, tuple[str, ...]]:
    """What only somebody who reaches a side may read."""
    names = {side: (Customer.objects.get(pk=grounds[side].keys["customer"]).name,) for side in (OWN, FOREIGN)}
    return {**names, SHARED: (), NONE: ()}


def with_an_object(standing: Standing, grounds: dict[str, reach.World]) -> Iterator[Try]:
    """Every route with an object of the business."""
    labels = _labels(grounds)
    for route in routes():
        for side in _sides(route):
            address = grounds[side].address(route.name, route.subject)
            for way in WAYS:
                expected = outcome(may(standing, route, method_of(way), side), method_of(way))
                yield Try(route.name, side, way, address, expected, grounds[side].body, labels[side])


def without_an_object(standing: Standing, grounds: dict[str, reach.World]) -> Iterator[Try]:
    """Every route that takes no object: lists, forms, one's own account, the audit."""
    secrets = tuple(label for side, labels in _labels(grounds).items() if side not in standing.sees for label in labels)
    for name, (words, methods) in reach.WITHOUT_AN_OBJECT.items():
        for way in WAYS:
            method = method_of(way)
            also = method == "POST" and standing.is_called(reach.ALSO_POSTED_BY.get(name, "nobody"))
            expected = outcome(also or (standing.is_called(words) and method in methods.split()), method)
            yield Try(name, NONE, way, reverse(name), expected, grounds[OWN].body, secrets)
    for name, words in reach.OF_THE_SIGN_IN.items():
        for way in WAYS:
            expected = ANSWERS if standing.is_called(words) else REFUSES
            yield Try(name, NONE, way, reverse(name), expected, grounds[OWN].body, secrets)


def of_others(standing: Standing, request: pytest.FixtureRequest) -> Iterator[Try]:
    """The routes whose parts name a person, a session, a key, a kind of object, a change or a provider of sign-ins."""
    manager, stranger = (request.getfixturevalue(name) for name in ("manager", "foreign_manager"))
    key = Authenticator.objects.create(user=stranger, type=Authenticator.Type.WEBAUTHN, data={"name": "Key", "credential": {}}).pk
    now = timezone.now()
    facts = {"ip": "127.0.0.1", "user_agent": "x", "created_at": now, "last_seen_at": now}
    session = UserSession.objects.create(user=stranger, session_key="strange", **facts).pk
    export = Job.objects.create(kind="export", title="x", actor=stranger)
    file = JobFile.objects.create(job=export, name="x.csv", stored="results/x.csv", size=1, expires_at=now + datetime.timedelta(days=1)).pk
    view = SavedView.objects.create(owner=stranger, list_name="customers", name="Mine alone").pk
    past = timezone.localdate() - datetime.timedelta(days=1)
    loan = Delegation.objects.create(lender=stranger, borrower=manager, starts_on=past, ends_on=past).pk
    draft = HandOver.objects.create(giver=stranger, receiver=manager, maker=stranger, reason="x").pk
    strange = {"session": session, "key": key, "file": file, "view": view, "loan": loan, "draft": draft}
    keys = {side: {"person": user.pk, **strange} for side, user in ((OWN, manager), (FOREIGN, stranger))}
    for named in keys.values():
        named["notice"] = make_notice(stranger).pk
    version = event_model_of(Customer)._default_manager.values_list("pk", flat=True).first()
    parts = {"kind": "customers.customer", "version": version, "provider_id": "nowhere", "name": "customers", "operation": "edit"}
    parts |= {"slot": "home", "subject": CUSTOMERS, "dictionary": "tags"}
    for name, (words, methods, subject) in reach.OF_OTHERS.items():
        for side in (OWN, FOREIGN) if subject in keys[OWN] else (NONE,):
            arguments = {"pk": keys[side][subject]} if side != NONE else {part: parts[part] for part in subject.split()}
            sees = side == NONE or side in standing.sees
            for way in WAYS:
                method = method_of(way)
                expected = outcome(sees and standing.is_called(words) and method in methods.split(), method)
                yield Try(name, side, way, reverse(name, kwargs=arguments), expected)


@pytest.mark.parametrize("standing", STANDINGS, ids=lambda standing: standing.persona)
def test_the_matrix(standing: Standing, grounds: dict[str, reach.World], request: pytest.FixtureRequest) -> None:
    client = standing.client(request)
    tries = [*with_an_object(standing, grounds), *without_an_object(standing, grounds), *of_others(standing, request)]
    report("product", standing, try_all(client, tries), LEAST)
    assert {one.way for one in tries} == set(WAYS) > set(METHODS)


@pytest.mark.parametrize("standing", [one for one in STANDINGS if one.is_called("role")], ids=lambda standing: standing.persona)
def test_lists_show_what_is_in_reach_and_nothing_else(
    standing: Standing, grounds: dict[str, reach.World], request: pytest.FixtureRequest
) -> None:
    client, labels = standing.client(request), _labels(grounds)
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
    assert with_ids | reach.BY_QUERY == {route.name for route in routes()} | set(reach.OF_OTHERS)
