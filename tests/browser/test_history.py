"""The history of a customer as an account manager uses it: look, put one value back; in both languages."""

import pytest
from playwright.sync_api import expect

from common.change_context import change_context
from customers.models import Customer
from tests.factories.customers import CustomerFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def customer(manager):
    """A customer whose remark was overwritten, after many other changes."""
    customer = CustomerFactory(name="云江市第一人民医院", manager=manager, remark="一期已签")
    with change_context(user=manager.pk):
        for number in range(22):
            Customer.objects.filter(pk=customer.pk).update(value_score=number + 1)
        Customer.objects.filter(pk=customer.pk).update(remark="误写")
    return customer


def test_look_and_put_back(page, live_server, manager, customer, sign_in, check_axe, shoot):
    sign_in(manager)
    page.goto(f"/customers/{customer.pk}/")
    page.get_by_role("link", name="History").click()
    expect(page.get_by_role("cell", name="误写")).to_be_visible()
    check_axe()
    shoot("customer-history")
    page.get_by_role("link", name="Older").click()
    expect(page.get_by_role("link", name="Newest")).to_be_visible()
    page.get_by_role("link", name="Newest").click()
    page.get_by_role("link", name="Put back: Remark").click()
    expect(page.get_by_role("cell", name="一期已签")).to_be_visible()
    check_axe()
    shoot("history-restore")
    page.get_by_role("button", name="Put back").click()
    expect(page.get_by_text("This is a change of its own in the history.")).to_be_visible()
    customer.refresh_from_db()
    assert customer.remark == "一期已签"


def test_it_reads_in_chinese(page, live_server, manager, customer, sign_in, check_axe):
    sign_in(manager, language="zh-hans")
    page.goto(f"/customers/{customer.pk}/history/")
    expect(page.get_by_role("link", name="恢复：备注").first).to_be_visible()
    expect(page.get_by_role("columnheader", name="变更前").first).to_be_visible()
    check_axe()
