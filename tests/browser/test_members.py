"""Number lists and numbers, used as people use them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from access.models import User
from customers.models import Customer
from members.models import BlacklistedNumber, Member, NumberSegment
from tests.browser.conftest import PHONE
from tests.browser.worlds import make_catalogue, make_customer_of


@pytest.fixture
def customer(manager: User) -> Customer:
    """A hospital with sixteen numbers."""
    return make_customer_of(manager, make_catalogue())


def test_find_a_number_and_change_it(page: Page, watch, sign_in, manager: User, customer: Customer, check_axe, shoot) -> None:
    """From the customer's panel by the end of a number to its page, with the reason for each price, and back after a change."""
    watch.expect(422)
    sign_in(manager)
    page.goto(f"/customers/{customer.pk}/members/")
    expect(page.locator("#fact-revenue")).to_contain_text("¥2,521")
    expect(page.get_by_text("All numbers")).to_be_visible()
    check_axe()
    shoot("customer-members", full_page=True)
    page.get_by_role("searchbox", name="Number from its beginning").fill("*0003")
    expect(page.get_by_text("1–1 of 1")).to_be_visible()
    page.get_by_role("link", name="138****0003").click()
    expect(page.get_by_role("heading", name="138****0003")).to_be_visible()
    expect(page.get_by_text("was set to ¥2")).to_be_visible()
    expect(page.get_by_text("¥6.50").first).to_be_visible()
    check_axe()
    shoot("number", full_page=True)
    page.get_by_role("link", name="Change", exact=True).click()
    page.get_by_label("Short number").fill("6101")
    page.get_by_label("Holder").fill("刘海洋")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Another member of this group has this short number")
    expect(page.get_by_label("Holder")).to_have_value("刘海洋")
    check_axe()
    page.get_by_label("Short number").fill("6999")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="138****0003")).to_be_visible()
    member = Member.objects.get(msisdn="8613800570003")
    assert (member.holder_name, member.short_number) == ("刘海洋", "6999")


def test_filters_read_as_a_sentence(page: Page, sign_in, manager: User, customer: Customer, check_axe, shoot) -> None:
    """All members, filtered by state and by the roster of a day, in Chinese and on a phone in the dark."""
    sign_in(manager, language="zh-hans", theme="dark")
    page.goto("/members/")
    check_axe()
    shoot("members-zh-dark")
    page.goto("/members/?stage=suspended")
    expect(page.get_by_role("link", name="138****0005")).to_be_visible()
    expect(page.get_by_role("link", name="138****0004")).to_have_count(0)
    page.goto("/members/?on=2025-12-31")
    expect(page.get_by_text("没有符合条件")).to_be_visible()
    page.set_viewport_size(PHONE)
    page.goto(f"/customers/{customer.pk}/members/")
    expect(page.locator("#fact-revenue")).to_contain_text("¥")
    check_axe()
    shoot("customer-members-phone-zh-dark", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_role("link", name="138****0003").click()
    check_axe()
    shoot("number-phone-zh-dark", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_number_plan_and_the_administration(page: Page, sign_in, administrator: User, check_axe, shoot) -> None:
    """Segments and blacklisted numbers are listed, and entered in the administration under the same strict policy."""
    User.objects.filter(pk=administrator.pk).update(is_staff=True)
    NumberSegment.objects.create(prefix="861380057", kind="mobile", operator="mobile")
    sign_in(administrator)
    page.goto("/members/segments/")
    check_axe()
    shoot("segments")
    page.goto("/members/blacklist/")
    page.get_by_role("link", name="Add in the administration").click()
    page.get_by_label("Number").fill("+86 138 0057 0001")
    page.get_by_label("Reason").fill("欺诈")
    shoot("administration-form")
    page.get_by_role("button", name="Save", exact=True).click()
    assert BlacklistedNumber.objects.get().msisdn == "8613800570001"
    page.goto("/admin/")
    shoot("administration")
    page.goto("/admin/access/user/")
    shoot("administration-users")
    page.get_by_role("link", name="admin", exact=True).click()
    page.get_by_text("Add another Role assignment").first.click()
    shoot("administration-user", full_page=True)
