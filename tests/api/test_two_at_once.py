"""Two programs that change the same customer at the same moment."""

from __future__ import annotations

import pytest

from access.models import User
from access.services.api_tokens import create_token
from customers.models import Customer
from tests.api.conftest import Api
from tests.factories.customers import CustomerFactory
from tests.threads import together

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_two_writes_upon_one_state_one_is_refused(manager: User) -> None:
    customer = CustomerFactory(manager=manager)
    path = f"/api/v1/customers/{customer.pk}/"
    both = [Api(manager, create_token(owner=manager, name=name, days=1, actor=manager)[1]) for name in ("one", "two")]
    seen = both[0].get(path)["ETag"]
    sources = ("展会", "广告")
    pairs = zip(both, sources, strict=True)
    writes = [lambda api=api, source=source: api.request("PATCH", path, {"source": source}, If_Match=seen) for api, source in pairs]
    answers = together(*writes)
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    won, lost = sorted(answers, key=lambda answer: answer.status_code)
    assert lost["ETag"] == won["ETag"]
    assert Customer.objects.get().source == won.json()["source"]
