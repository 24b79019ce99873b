"""The list that `docs/contribute.md` shows works as it stands there."""

import pytest

from tests.factories.customers import ContactPersonFactory, CustomerFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.docs.urls")]


def test_the_example_is_a_whole_list(client, manager, colleague):
    customer, foreign = CustomerFactory(manager=manager), CustomerFactory(manager=colleague)
    shown = ContactPersonFactory(customer=customer, name="周院长", is_key_person=True)
    ContactPersonFactory(customer=customer, name="吴护士", is_key_person=False)
    ContactPersonFactory(customer=foreign, name="郑主任", is_key_person=True)
    client.force_login(manager)
    text = client.get("/key-people/").content.decode()
    assert shown.name in text
    assert customer.name in text
    assert "吴护士" not in text
    assert "郑主任" not in text
    assert shown.name not in client.get("/key-people/?q=nobody").content.decode()
