"""The administration stays quick on large tables: no page offers a choice of hundreds, and no list asks more for more rows."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from access.administration import CappedPaginator
from access.models import OrgUnit, User
from customers.models import Customer
from members.models import BlacklistedNumber, NumberSegment
from tests.access.clients import browser
from tests.factories.customers import CustomerFactory
from tests.members.factories import make_member, make_subscription
from tests.products.factories import make_discount, make_offer, make_tariff

pytestmark = pytest.mark.django_db

MANY = 300
MOST_CHOICES = 200
MODELS = list(admin.site._registry)
_WHOLE_COUNT = re.compile(r"SELECT COUNT\((?!.* LIMIT )", re.IGNORECASE | re.DOTALL)


@pytest.fixture
def client(administrator: User) -> Client:
    """An administrator's browser."""
    administrator.is_staff = True
    administrator.save()
    return browser(administrator)


class _Choices(HTMLParser):
    """Counts the options of each choice on a page."""

    def __init__(self) -> None:
        super().__init__()
        self.options: dict[str, int] = {}
        self._name = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "select":
            self._name = dict(attrs).get("name") or ""
        elif tag == "option":
            self.options[self._name] = self.options.get(self._name, 0) + 1


@pytest.fixture
def many(administrator: User) -> None:
    """Hundreds of people, units and customers."""
    unit = administrator.org_unit
    assert unit is not None
    User.objects.bulk_create(User(username=f"u{number:04d}", name=f"员工{number}", org_unit=unit) for number in range(MANY))
    OrgUnit.objects.bulk_create(
        OrgUnit(code=f"N{number:04d}", name_zh="站", name_en="Station", level="team", parent=unit, path=f"{unit.path}N{number:04d}/")
        for number in range(MANY)
    )
    template = CustomerFactory(manager=administrator, org_unit=unit)
    fields = [field.attname for field in Customer._meta.concrete_fields if field.attname not in ("id", "code", "credit_code")]
    values = {name: getattr(template, name) for name in fields}
    Customer.objects.bulk_create(Customer(**values, code=f"Z{number:05d}") for number in range(MANY))


@pytest.mark.usefixtures("many")
def test_no_page_offers_hundreds_of_choices(client: Client, administrator: User) -> None:
    """Neither the filters of a list nor the forms; keys of large tables are typed or searched."""
    offer = make_offer(Customer.objects.earliest("pk"), make_tariff(), discounts=[make_discount()])
    make_subscription(make_member(offer.customer), offer.tariff, offer=offer)
    for model in MODELS:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        addresses = [reverse(f"{name}_changelist"), reverse(f"{name}_add")]
        row = model._default_manager.first()
        addresses += [reverse(f"{name}_change", args=[row.pk])] if row else []
        for address in addresses:
            page = _Choices()
            page.feed(client.get(address).content.decode())
            long = {key: count for key, count in page.options.items() if count > MOST_CHOICES}
            assert not long, f"{address}: {long}"


def test_no_list_counts_exactly() -> None:
    """Counts end at a limit, and no list is ever shown whole."""
    for model in MODELS:
        page = admin.site._registry[model]
        assert page.show_full_result_count is False, model
        assert page.paginator is CappedPaginator, model
        assert page.list_max_show_all <= 1_000, model


def _add_rows(first: int, count: int) -> None:
    """Rows of the tables that lists show with what they belong to."""
    for number in range(first, first + count):
        customer = CustomerFactory()
        offer = make_offer(customer, make_tariff())
        make_subscription(make_member(customer, f"86139{number:08d}"), offer.tariff, offer=offer)
        NumberSegment.objects.create(prefix=f"86139{number:04d}", kind="mobile", operator="mobile")
        BlacklistedNumber.objects.create(msisdn=f"86138{number:08d}", reason="x")
        user = User.objects.create(username=f"v{number}", name="x", org_unit=customer.org_unit)
        user.assignments.create(role_id=_role(), org_unit=customer.org_unit)


def _role() -> int:
    from access.services.standard_roles import ensure_standard_roles

    return ensure_standard_roles()["viewer"].pk


def _asked(client: Client, model: type[Model]) -> int:
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    for query in queries:
        text = query["sql"]
        assert not _WHOLE_COUNT.match(text), f"{address} counts exactly: {text}"
    return len(queries)


def test_more_rows_take_no_more_queries(client: Client) -> None:
    _add_rows(0, 2)
    before = {model: (_asked(client, model), _asked(client, model))[1] for model in MODELS}
    _add_rows(2, 12)
    for model in MODELS:
        asked = _asked(client, model)
        assert asked <= before[model], f"{model._meta.label}: {asked} queries, {before[model]} with fewer rows"
