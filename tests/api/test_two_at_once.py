"""Two programs that write the same thing at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from access.models import Delegation, User
from access.services.api_tokens import create_token
from customers.models import Customer
from tests.api.conftest import Api
from tests.factories.customers import CustomerFactory
from tests.threads import together

pytestmark = pytest.mark.django_db(transaction=True)


def both_of(manager: User) -> list[Api]:
    """Two programs that act for the manager."""
    return [Api(manager, create_token(owner=manager, name=name, days=1, actor=manager)[1]) for name in ("one", "two")]


def test_of_two_writes_upon_one_state_one_is_refused(manager: User) -> None:
    customer = CustomerFactory(manager=manager)
    path = f"/api/v1/customers/{customer.pk}/"
    both = both_of(manager)
    seen = both[0].get(path)["ETag"]
    sources = ("展会", "广告")
    pairs = zip(both, sources, strict=True)
    writes = [lambda api=api, source=source: api.request("PATCH", path, {"source": source}, If_Match=seen) for api, source in pairs]
    answers = together(*writes)
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    won, lost = sorted(answers, key=lambda answer: answer.status_code)
    assert lost["ETag"] == won["ETag"]
    assert Customer.objects.get().source == won.json()["source"]


def test_the_same_loan_begun_twice_is_one(manager: User, colleague: User) -> None:
    today = timezone.localdate().isoformat()
    loan = {"borrower": colleague.username, "starts_on": today, "ends_on": today}
    answers = together(*[lambda api=api: api.post("/api/v1/cover/", loan) for api in both_of(manager)])
    assert sorted(answer.status_code for answer in answers) == [200, 201]
    assert {answer.json()["id"] for answer in answers} == {Delegation.objects.get().pk}


def test_of_two_arrangements_upon_one_state_one_is_refused(manager: User) -> None:
    path = "/api/v1/cards/home/"
    both = both_of(manager)
    seen = both[0].get(path)
    cards = [{name: card[name] for name in ("key", "shown", "wide")} for card in seen.json()["cards"]]
    orders: list[list[dict[str, Any]]] = [cards[::-1], [{**card, "shown": False} for card in cards]]

    def arranging(api: Api, order: list[dict[str, Any]]) -> Callable[[], Any]:
        return lambda: api.request("PUT", path, {"cards": order}, If_Match=seen["ETag"])

    answers = together(*[arranging(api, order) for api, order in zip(both, orders, strict=True)])
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    assert next(one for one in answers if one.status_code == 200).json() == both[0].get(path).json()
