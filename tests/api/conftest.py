"""A customer with a product on offer, and other systems that act for people."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from access.models import User
from access.services.api_tokens import create_token
from customers.models import Customer
from jobs.models import Job
from members.services.batch_run import run_here
from products.models import Product, Tariff
from tests.factories.customers import CustomerFactory
from tests.products.factories import make_offer, make_product, make_tariff

JOBS = "/api/v1/provisioning-jobs/"
TOMORROW = (datetime.date.today() + datetime.timedelta(days=1)).isoformat()  # noqa: DTZ011


@pytest.fixture(autouse=True)
def _store(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def customer(manager: User) -> Customer:
    """The manager's customer."""
    return CustomerFactory(code="YJ-000127", name="云江第一医院", manager=manager)


@pytest.fixture
def tariff(customer: Customer) -> Tariff:
    """A tariff of the product VNET, which is on offer to the customer as O1."""
    product: Product = make_product("VNET", name_en="V-net", name_zh="V网")
    tariff = make_tariff(product, "10.00", code="VNET10")
    make_offer(customer, tariff, code="O1")
    return tariff


@dataclass(frozen=True, slots=True)
class Api:
    """Another system that acts for a user."""

    user: User
    token: str

    def request(self, method: str, path: str, data: Any = None, **headers: str) -> Any:
        """Send a request; `data` goes as JSON. Underscores in the names of headers stand for hyphens."""
        client = self._client(headers)
        if data is None:
            return client.generic(method, path)
        return client.generic(method, path, json.dumps(data), content_type="application/json")

    def get(self, path: str, **headers: str) -> Any:
        """Read."""
        return self.request("GET", path, **headers)

    def post(self, path: str, data: Any = None, **headers: str) -> Any:
        """Write, as JSON."""
        return self.request("POST", path, data, **headers)

    def upload(self, data: Mapping[str, Any], path: str = JOBS, **headers: str) -> Any:
        """Send a form, by which a batch is created."""
        return self._client(headers).post(path, data)

    def _client(self, headers: Mapping[str, str]) -> Client:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Client(headers={"Authorization": f"Token {self.token}", **named})


@pytest.fixture
def api_of() -> Callable[[User], Api]:
    """Another system that acts for whichever user."""
    return lambda user: Api(user, create_token(owner=user, name="tests", days=1, actor=user)[1])


@pytest.fixture
def api(manager: User, api_of: Callable[[User], Api]) -> Api:
    """Another system that acts for the manager."""
    return api_of(manager)


def queries_of(api: Api, path: str) -> int:
    """How many queries it takes to read `path`, once the token has been used today."""
    api.get(path)
    with CaptureQueriesContext(connection) as seen:
        assert api.get(path).status_code == 200
    return len(seen)


NUMBERS = "手机号,姓名\n13912340001,李静\n13912340002,王磊\n1391234,坏\n13912340001,李静\n"


@pytest.fixture
def wanted(customer: Customer, tariff: Tariff) -> dict[str, Any]:
    """A batch of four rows: two good ones, a malformed number and a repeated one."""
    return {"customer": customer.code, "numbers": NUMBERS, "actions": ["join", f"subscribe:VNET:{tariff.code}"]}


@pytest.fixture
def checked(api: Api, wanted: dict[str, Any]) -> Job:
    """That batch, checked."""
    return run_here(Job.objects.get(pk=api.post(JOBS, wanted).json()["id"]))
