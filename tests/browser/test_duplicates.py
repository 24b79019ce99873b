"""A customer that is entered twice: the warning while one types, the pair in the list, the merge of the two, and the way back."""

import pytest
from playwright.sync_api import expect

from customers.models import Customer
from customers.services.duplicates import find_duplicates
from tests.browser.conftest import PHONE
from tests.factories.customers import ContactPersonFactory, CustomerFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hospital(manager):
    """A customer that will be entered again."""
    return CustomerFactory(name="云江市第一人民医院", code="YJ-900127", manager=manager, remark="总院")


def test_a_customer_entered_twice_is_warned_of_merged_and_taken_apart(
    page, live_server, manager, colleague, director, hospital, sign_in, check_axe, shoot
):
    sign_in(manager)
    page.goto("/customers/new/")
    warning = page.locator("#alike")
    page.get_by_label("Name", exact=True).press_sequentially("云江市第一人民医院（总院）")
    expect(warning).to_contain_text("YJ-900127")
    page.get_by_label("Name", exact=True).fill("云江市第一人民医院有限公司")
    expect(warning).to_contain_text("the same name")
    check_axe()
    shoot("duplicates-warning")
    page.get_by_label("Code", exact=True).fill("YJ-900128")
    page.get_by_label("Remark").fill("同一家")
    page.get_by_label("Credit limit").fill("5000")
    expect(warning.locator("input")).to_have_count(1)
    page.get_by_role("button", name="Enter the customer").click()
    expect(page.get_by_role("heading", name="云江市第一人民医院有限公司")).to_be_visible()
    again = Customer.objects.get(code="YJ-900128")
    ContactPersonFactory(customer=again, name="陈红")
    find_duplicates()

    sign_in(director, language="zh-hans", theme="dark")
    page.goto("/customers/duplicates/")
    expect(page.get_by_role("row", name="YJ-900128")).to_contain_text("名称相同")
    check_axe()
    shoot("duplicates-list-zh-dark")
    page.get_by_role("row", name="YJ-900128").get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="客户对比")).to_be_visible()
    expect(page.get_by_role("row", name="联系人")).to_contain_text("1")
    page.get_by_role("row", name="备注").get_by_role("radio", name="同一家").check()
    check_axe()
    shoot("duplicates-merge-zh-dark")
    page.get_by_role("button", name="合并", exact=True).click()
    expect(page.get_by_text("已转移 1 条记录")).to_be_visible()
    page.goto(f"/customers/{again.pk}/")
    expect(page.get_by_role("heading", name="云江市第一人民医院")).to_be_visible()
    expect(page.get_by_text("您查找的客户已合并到此客户。")).to_be_visible()
    expect(page.get_by_role("link", name="云江市第一人民医院有限公司")).to_be_visible()
    look_at_the_past(page, hospital, check_axe, shoot)
    sign_in(director)
    page.goto("/search/?q=YJ-900128")
    expect(page.get_by_text("merged into 云江市第一人民医院")).to_be_visible()
    merge = hospital.merges.get()
    page.goto(f"/customer-merges/{merge.pk}/")
    shoot("duplicates-merged-phone")
    page.get_by_role("link", name="Take the merge back").click()
    expect(page.get_by_role("heading", name="What comes back")).to_be_visible()
    check_axe()
    page.get_by_role("button", name="Take the merge back").click()
    expect(page.get_by_text("came back")).to_be_visible()
    check_axe()
    page.goto(f"/customers/{hospital.pk}/merge/?other={again.pk}")
    expect(page.get_by_role("heading", name="Two customers side by side")).to_be_visible()
    check_axe()
    shoot("duplicates-compare-phone")
    assert hospital.contact_people.count() == 0
    assert again.contact_people.count() == 1


def look_at_the_past(page, hospital, check_axe, shoot):
    """What happened to the one that is gone, on the pages of the one that stays."""
    page.goto(f"/customers/{hospital.pk}/timeline/")
    expect(page.get_by_text("云江市第一人民医院有限公司 YJ-900128").first).to_be_visible()
    check_axe()
    shoot("duplicates-timeline-zh-dark")
    page.goto(f"/customers/{hospital.pk}/history/")
    check_axe()
    shoot("duplicates-history-zh-dark")
    page.get_by_role("link", name="云江市第一人民医院有限公司").click()
    expect(page.get_by_role("heading", name="云江市第一人民医院有限公司合并前")).to_be_visible()
    check_axe()
    page.set_viewport_size(PHONE)
    shoot("duplicates-before-zh-dark-phone", full_page=True)
