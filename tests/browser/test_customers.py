"""Customers as an account manager uses them: find, page, open, edit with a mistake, save; in both languages, dark, and on a phone."""

import re

import pytest
from playwright.sync_api import expect

from customers.models import Customer, Lifecycle
from tests.browser.conftest import PHONE
from tests.factories.customers import ContactPersonFactory, CustomerFactory, IndustryFactory, RegionFactory

pytestmark = pytest.mark.django_db(transaction=True)

HOSPITAL = "云江市第一人民医院"
KINDS = ("医院", "海关", "供电局", "税务局", "大学", "地铁集团有限公司", "啤酒股份有限公司", "汽车有限公司", "国际机场", "银行")


@pytest.fixture
def customers(manager, colleague):
    """A hospital among sixty-odd customers, a few of them warned, one with people."""
    health = IndustryFactory(code="H", name_en="Health care", name_zh="医疗")
    region = RegionFactory(code="YJ01", name_en="Yunjiang City", name_zh="云江市")
    states = (Lifecycle.ACTIVE, Lifecycle.ACTIVE, Lifecycle.WARNED, Lifecycle.POTENTIAL, Lifecycle.LEFT)
    for number in range(63):
        CustomerFactory(
            name=f"云江{'东南西北中'[number % 5]}城{KINDS[number % 10]}{number}",
            code=f"YJ-{number:06}",
            manager=manager,
            industry=health,
            region=region,
            level=("A1", "A2", "B1", "B2", "C")[number % 5],
            lifecycle=states[number % 5],
            value_score=number,
        )
    CustomerFactory(name="王磊的客户", manager=colleague)
    hospital = CustomerFactory(name=HOSPITAL, code="YJ-900127", manager=manager, industry=health, region=region, level="A1", value_score=92)
    CustomerFactory(name=f"{HOSPITAL}东院", code="YJ-900128", manager=manager, parent=hospital, level="B1")
    ContactPersonFactory(customer=hospital, name="陈院长", title="院长", role="decision", phone="8613800006621", is_key_person=True)
    ContactPersonFactory(customer=hospital, name="王主任", title="信息科主任", role="technical", phone="8613900000172", is_key_person=True)
    return hospital


def test_find_open_and_edit(page, live_server, manager, customers, sign_in, check_axe, shoot):
    sign_in(manager)
    page.goto("/customers/")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("Customers")
    count = page.locator("#list-customers-count")
    expect(count).to_have_text("65")
    check_axe()
    shoot("customers-list")

    # Next and back again, by the keyboard's J at the last row and by the browser.
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_text("51–65 of 65")).to_be_visible()
    expect(page).to_have_url(re.compile("after="))
    page.get_by_role("link", name="Previous").click()
    expect(page.get_by_text("1–50 of 65")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("[data-row-link]").nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator("[data-row-link]").nth(0)).to_be_focused()
    page.locator("[data-row-link]").last.focus()
    page.keyboard.press("j")
    expect(page.get_by_text("51–65 of 65")).to_be_visible()

    # A filter by the menu becomes a chip that reads as a sentence; a second one joins it.
    page.get_by_text("Filter", exact=True).click()
    page.locator("summary", has_text=re.compile("^Lifecycle$")).click()
    page.get_by_label("churn warning").check()
    shoot("customers-filter")
    page.get_by_role("button", name="Apply").locator("visible=true").click()
    expect(count).to_have_text("13")
    expect(page.locator(".list-chip").first).to_contain_text("Lifecycle is churn warning")
    expect(page).to_have_url(re.compile(r"/customers/\?lifecycle=warned$"))
    check_axe()
    page.get_by_role("link", name="Remove the filter Lifecycle").click()
    expect(count).to_have_text("65")

    # Choices of another table are read when their form opens.
    page.get_by_text("Filter", exact=True).click()
    page.locator("summary", has_text="Account manager").click()
    page.get_by_label("李静").check()
    page.get_by_role("button", name="Apply").locator("visible=true").click()
    expect(page.locator(".list-chip").first).to_contain_text("Account manager is 李静")
    page.get_by_text("Account manager is").click()
    expect(page.get_by_label("李静")).to_be_checked()
    check_axe()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Clear all").click()

    # Search while typing keeps the focus in the box.
    box = page.get_by_role("searchbox", name="Name, code, pinyin or bank account")
    box.press_sequentially("yjsdyrmyy", delay=20)
    expect(count).to_have_text("2")
    expect(box).to_be_focused()
    expect(page).to_have_url(re.compile("q=yjsdyrmyy"))
    page.get_by_role("columnheader", name="Code").get_by_role("link").click()
    expect(page.locator('th[aria-sort="ascending"]')).to_contain_text("Code")
    page.get_by_role("link", name=HOSPITAL, exact=True).click()
    expect(heading).to_have_text(HOSPITAL)


def test_customer_page_and_its_tabs(page, live_server, manager, customers, sign_in, check_axe, shoot, watch):
    watch.expect(422)
    sign_in(manager)
    page.goto(f"/customers/{customers.pk}/")
    expect(page.get_by_text("138****6621")).to_be_visible()
    check_axe()
    shoot("customer-overview")
    page.get_by_role("navigation", name="Sections").get_by_role("link", name="Contact persons").click()
    expect(page.get_by_role("columnheader", name="Phone")).to_be_visible()
    expect(page).to_have_url(re.compile("/people/$"))
    page.get_by_role("searchbox", name="Name, title, customer, phone or ID number").fill("陈")
    expect(page.get_by_text("1–1 of 1")).to_be_visible()
    expect(page).to_have_url(re.compile("/people/$"))
    check_axe()
    shoot("customer-people")
    page.get_by_role("link", name="Hierarchy").click()
    expect(page.get_by_role("link", name=f"{HOSPITAL}东院")).to_be_visible()
    check_axe()
    page.get_by_role("link", name="History").click()
    check_axe()

    # Enter a person: a number that cannot exist is told at its field, and nothing typed is lost.
    page.goto(f"/customers/{customers.pk}/people/")
    page.get_by_role("link", name="New contact person").click()
    page.get_by_label("Name", exact=True).fill("李科长")
    page.get_by_label("Phone").fill("12345")
    page.get_by_role("button", name="Enter the person").click()
    expect(page.get_by_role("alert")).to_contain_text("No such phone number")
    expect(page.get_by_label("Name", exact=True)).to_have_value("李科长")
    check_axe()
    page.get_by_label("Phone").fill("138 0000 1234")
    page.get_by_role("button", name="Enter the person").click()
    expect(page.get_by_text("138****1234")).to_be_visible()


def test_edit_with_a_mistake_then_save(page, live_server, manager, customers, sign_in, check_axe, shoot, watch):
    watch.expect(422)
    sign_in(manager)
    page.goto(f"/customers/{customers.pk}/")
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Short name").fill("云江一院")
    page.get_by_label("Unified social credit code").fill("91110000100000000x")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("credit code")
    expect(page.get_by_label("Short name")).to_have_value("云江一院")
    check_axe()
    shoot("customer-edit-error")
    page.get_by_label("Unified social credit code").fill("")
    parent = page.get_by_label("Parent customer")
    parent.press_sequentially("云江东城", delay=20)
    expect(page.locator("datalist option").first).to_be_attached()
    parent.fill(page.locator("datalist option").first.get_attribute("value"))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(HOSPITAL)
    saved = Customer.objects.get(pk=customers.pk)
    assert saved.short_name == "云江一院"
    assert saved.parent is not None

    page.get_by_text("More", exact=True).click()
    page.get_by_role("link", name="Change the lifecycle").click()
    page.get_by_label("churn warning").check()
    page.get_by_label("Reason").fill("竞争对手报价")
    page.get_by_role("button", name="Change").click()
    expect(page.locator(".head")).to_contain_text("churn warning")


def test_in_chinese_and_dark(page, live_server, manager, director, customers, sign_in, check_axe, shoot):
    sign_in(manager, language="zh-hans", theme="dark")
    page.goto("/customers/?level=A1&level=A2&value_score_min=10")
    expect(page.get_by_role("heading", level=1)).to_have_text("客户")
    expect(page.locator(".list-chip").first).to_contain_text("级别 是 A1 A2")
    check_axe()
    shoot("customers-list-zh-dark")
    page.goto(f"/customers/{customers.pk}/")
    check_axe()
    shoot("customer-overview-zh-dark")
    sign_in(director, language="zh-hans")
    page.goto(f"/customers/{customers.pk}/")
    page.get_by_text("更多", exact=True).click()
    page.get_by_role("link", name="转交").click()
    check_axe()
    shoot("customer-assign-zh")
    page.get_by_label("客户经理").select_option(label="王磊")
    page.get_by_label("原因").fill("休假")
    page.get_by_role("button", name="转交").click()
    expect(page.locator(".head")).to_contain_text("王磊")


def test_on_a_phone(page, live_server, manager, customers, sign_in, check_axe, shoot):
    page.set_viewport_size(PHONE)
    sign_in(manager, language="zh-hans")
    for address, picture in (
        ("/customers/?lifecycle=warned", "customers-list-phone"),
        (f"/customers/{customers.pk}/", "customer-phone"),
        ("/contact-people/", "contact-people-phone"),
        (f"/customers/{customers.pk}/edit/", "customer-edit-phone"),
    ):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        check_axe()
        shoot(picture, full_page=True)
    page.goto("/customers/")
    page.locator(".list-add > summary").click()
    shoot("customers-filter-phone")


def test_without_scripts(browser, browser_context_args, live_server, manager, customers, sign_in, context):
    sign_in(manager)
    plain = browser.new_context(**{**browser_context_args, "java_script_enabled": False, "storage_state": context.storage_state()})
    try:
        page = plain.new_page()
        page.goto("/customers/")
        page.get_by_role("searchbox", name="Name, code, pinyin or bank account").fill("yjsdyrmyy")
        page.keyboard.press("Enter")
        expect(page.locator("#list-customers-count")).to_have_text("2")
        page.locator(".list-add > summary").click()
        page.get_by_role("link", name="Show the filters").click()
        page.locator("summary", has_text="Level").click()
        page.get_by_label("A1").check()
        page.get_by_role("button", name="Apply").locator("visible=true").click()
        expect(page.locator("#list-customers-count")).to_have_text("1")
        page.locator(".list-add > summary").click()
        page.get_by_role("link", name="Show the filters").click()
        page.locator("summary", has_text="Industry").click()
        page.get_by_role("link", name="Show the choices").locator("visible=true").click()
        page.get_by_label("Health care").check()
        page.get_by_role("button", name="Apply").locator("visible=true").click()
        expect(page.get_by_text("Industry is")).to_be_visible()
        page.get_by_role("link", name=HOSPITAL, exact=True).click()
        page.get_by_role("navigation", name="Sections").get_by_role("link", name="Hierarchy").click()
        expect(page.get_by_role("link", name=f"{HOSPITAL}东院")).to_be_visible()
    finally:
        plain.close()
