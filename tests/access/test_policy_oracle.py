"""The access policy against the oracle: random operators, and every way by which a person gets at rows."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.test import RequestFactory
from django.urls import reverse
from hypothesis import HealthCheck, Phase, given, settings

from access.models import Action, User
from access.scope import allowed
from common.lists import ListDefinition
from customers.models import ContactPerson, Customer
from customers.tables import ContactPersonList, CustomerList
from jobs.models import Job
from jobs.tables import JobList
from members.models import Member
from members.services.reach import customers_to_provision
from members.tables import AllMembersList
from products.models import Offer, Tariff
from products.tables import OfferList
from tests.access.clients import browser, fresh, token_client
from tests.access.operators import NAMES, Loaded, load, worlds
from tests.oracle.access import ACTIONS, World, reached
from tests.products.factories import make_product, make_tariff

pytestmark = pytest.mark.django_db

Case = tuple[World, Loaded]

MODELS: Final[tuple[tuple[Any, str, str], ...]] = (
    (Customer, "customers", "pk"),
    (ContactPerson, "customers", "customer_id"),
    (Offer, "products", "customer_id"),
    (Member, "members", "customer_id"),
    (Job, "jobs", "customer_key"),
)
"""Model, module, and the column that names the customer."""
LISTS: Final[tuple[tuple[type[ListDefinition], str, str], ...]] = (
    (CustomerList, "customers", "pk"),
    (ContactPersonList, "customers", "customer_id"),
    (OfferList, "products", "customer_id"),
    (AllMembersList, "members", "customer_id"),
    (JobList, "jobs", "customer_key"),
)


@pytest.fixture
def tariff() -> Tariff:
    """What the offers are of."""
    return make_tariff(make_product())


@given(world=worlds())
@settings(max_examples=12, deadline=None, derandomize=True, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
def test_every_way_to_the_rows_agrees_with_the_oracle(tariff: Tariff, world: World) -> None:
    with transaction.atomic():
        loaded = load(world, tariff)
        for number, person in enumerate(loaded.people):
            expected = Expected(world, loaded, number)
            _compare_sets(expected, person)
            _compare_details(expected, person)
            _compare_search(expected, person)
            _compare_lists(expected, person)
            if number == 0:  # whole requests take their time, and the numbers of people mean nothing
                _compare_pages(expected, person)
                _compare_interface(expected, person)
        transaction.set_rollback(True)


class Expected:
    """What the oracle says of one person, as ids."""

    def __init__(self, world: World, loaded: Loaded, number: int) -> None:
        self.world, self.loaded, self.number = world, loaded, number

    def customers(self, module: str, action: str = "view") -> set[int]:
        """The ids of the customers in reach."""
        return {self.loaded.customers[each].pk for each in reached(self.world, self.number, module, action)}


def _compare_sets(expected: Expected, person: User) -> None:
    user = fresh(person)
    for model, module, column in MODELS:
        for action in ACTIONS:
            rows = model.objects.visible_to(user, action)
            wanted = expected.customers(module, action)
            assert sorted(rows.values_list(column, flat=True)) == sorted(wanted), (model, action)
            assert rows.count() == rows.order_by()[:10_001].count() == len(wanted)
            assert allowed(user, module, action) or not wanted
    to_provision = expected.customers("customers") & expected.customers("members", "change")
    assert set(customers_to_provision(user).values_list("pk", flat=True)) == to_provision


def _compare_details(expected: Expected, person: User) -> None:
    user = fresh(person)
    for action in (Action.VIEW, Action.CHANGE):
        wanted = expected.customers("customers", action)
        for customer in expected.loaded.customers:
            try:
                found = Customer.objects.get_visible(user, customer.pk, action) == customer
            except Http404:
                found = False
            assert found == (customer.pk in wanted)


def _compare_search(expected: Expected, person: User) -> None:
    wanted = {each.pk for each in expected.loaded.customers if each.name.startswith(NAMES[0])} & expected.customers("customers")
    rows = Customer.objects.visible_to(fresh(person)).matching(NAMES[0])
    assert set(rows.values_list("pk", flat=True)) == wanted


def _compare_lists(expected: Expected, person: User) -> None:
    """Two rows on a page, so that every page but the first begins at a place in each way into reach."""
    for list_class, module, column in LISTS:
        wanted = expected.customers(module)
        short: Any = type("Short", (list_class,), {"page_size": 2})
        for turned in ("", "-"):
            sort = f"{turned}{list_class.default_sort.removeprefix('-')}"
            assert [getattr(row, column) for row in _all_rows(short, person, sort)] == _in_order(short, person, sort, wanted, column)


def _all_rows(list_class: type[ListDefinition], person: User, sort: str) -> list[Any]:
    """The rows of all pages, forwards; going back from the last page shows the page before."""
    rows: list[Any] = []
    parameters: dict[str, Any] = {"sort": sort}
    before: list[Any] = []
    while True:
        request = RequestFactory().get("/", parameters)
        request.user = fresh(person)
        state = list_class(request).state
        try:
            page = state.page.rows
        except PermissionDenied:
            return []
        rows += page
        if before:
            assert _page_before(list_class, person, state.previous_url) == before
        before = page
        if not state.next_url:
            assert state.count == len(rows)
            return rows
        parameters = parse_qs(urlsplit(state.next_url).query)


def _page_before(list_class: type[ListDefinition], person: User, url: str) -> list[Any]:
    request = RequestFactory().get("/", parse_qs(urlsplit(url).query))
    request.user = fresh(person)
    return list_class(request).state.page.rows


def _in_order(list_class: type[ListDefinition], person: User, sort: str, wanted: set[int], column: str) -> list[int]:
    """The wanted customers in the order of the list: that of one page with everything on it, asked without the policy's form for pages."""
    request = RequestFactory().get("/", {"sort": sort})
    request.user = fresh(person)
    whole: Any = type("Whole", (list_class,), {"page_size": 100, "first_rows": lambda _self, rows: list(rows)})
    try:
        keys = [getattr(row, column) for row in whole(request).state.page.rows]
    except PermissionDenied:
        keys = []
    assert sorted(keys) == sorted(wanted)
    return keys


def _compare_pages(expected: Expected, person: User) -> None:
    """Through the browser: the page of each customer, and the list."""
    if not expected.world.active[expected.number]:
        return
    client, wanted = browser(fresh(person)), expected.customers("customers")
    for customer in expected.loaded.customers:
        address = reverse("customers:customer_detail", args=[customer.pk])
        assert client.get(address).status_code == (200 if customer.pk in wanted else 404)
    answer = client.get(reverse("customers:customer_list"))
    listed = {customer.pk for customer in expected.loaded.customers if customer.name in answer.content.decode()}
    assert listed == wanted or (answer.status_code == 403 and not wanted)


def _compare_interface(expected: Expected, person: User) -> None:
    """Through the API: the list of batches, one batch, and its error file."""
    client, viewed = token_client(person), expected.customers("jobs")
    answer = client.get(reverse("api:provisioning_job_list"))
    listed = {row["id"] for row in answer.json()["results"]} if answer.status_code == 200 else set()
    assert listed == set(Job.objects.filter(customer_key__in=viewed).values_list("pk", flat=True))
    exported = expected.customers("jobs", "export")
    for job in Job.objects.all():
        detail = client.get(reverse("api:provisioning_job_detail", args=[job.pk]))
        assert (detail.status_code == 200) == (job.customer_key in viewed)
        file = client.get(reverse("api:provisioning_job_errors_csv", args=[job.pk]))
        assert (file.status_code == 200) == (job.customer_key in exported)
