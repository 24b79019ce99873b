"""The search by the keyboard alone: the box in the top bar, the command palette, the page of all results; in both languages."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache
from playwright.sync_api import Page, expect

from access.models import User
from customers.models import Customer
from tests.browser.conftest import PHONE
from tests.browser.worlds import make_catalogue, make_customer_of
from tests.factories.customers import ContactPersonFactory, CustomerFactory

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = ("云江市人民医院东院", "云江大学附属医院", "云江中医院", "云江儿童医院", "云江口腔医院", "云江海关", "ACME Medical 医疗")
WORDS = {
    "en": {
        "box": "Search everything",
        "palette": "Command palette",
        "jump": "Jump to",
        "customers": "Customers",
        "all": "Show all in the list",
        "person": "Add a contact person",
        "results": "Search for “医院”",
        "nothing": "Nothing in your reach matches “qqqq”.",
    },
    "zh-hans": {
        "box": "全局搜索",
        "palette": "命令面板",
        "jump": "跳转到",
        "customers": "客户",
        "all": "在列表中查看全部",
        "person": "新增联系人",
        "results": "搜索“医院”",
        "nothing": "您的可见范围内没有与“qqqq”相符的内容。",
    },
}


@pytest.fixture
def hospital(manager: User) -> Customer:
    """A hospital with people, numbers and offers, among others."""
    cache.clear()
    for number, name in enumerate(NAMES):
        CustomerFactory(manager=manager, name=name, code=f"YJ-{number:06}")
    found = make_customer_of(manager, make_catalogue())
    ContactPersonFactory(customer=found, name="陈医院", title="院长", phone="8613800006621")
    return found


@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("zh-hans", "dark")])
def test_the_box_in_the_top_bar(
    page: Page, manager: User, hospital: Customer, sign_in, arrived, check_axe, shoot, language: str, theme: str
) -> None:
    words = WORDS[language]
    sign_in(manager, language=language, theme=theme)
    page.goto(f"/customers/{hospital.pk}/")
    page.keyboard.press("/")
    box = page.get_by_role("combobox", name=words["box"])
    expect(box).to_be_focused()
    options = page.locator("#find-panel").get_by_role("option")
    expect(options.first).to_contain_text(hospital.name)  # opened last
    expect(box).to_have_attribute("aria-expanded", "true")

    box.press_sequentially("医院", delay=20)
    expect(page.locator("#find-panel mark").first).to_have_text("医院")
    group = page.locator("#find-panel").get_by_role("group", name=words["customers"])
    expect(group.get_by_role("option")).to_have_count(6)  # five, and the way to all
    check_axe()
    shoot(f"search-box-{language}")
    page.keyboard.press("ArrowDown")
    expect(group.get_by_role("option").first).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", "find-option-0")
    page.keyboard.press("Tab")
    chosen = page.locator("#find-panel [aria-selected=true]")
    expect(chosen).to_contain_text("陈")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Escape")
    expect(page.locator("#find-panel")).to_be_hidden()
    expect(box).to_be_focused()
    page.keyboard.press("ArrowDown")
    for _ in range(6):
        page.keyboard.press("ArrowDown")
    expect(chosen).to_contain_text(words["all"])
    page.keyboard.press("Enter")
    arrived(re.compile(r"/customers/\?q="))
    expect(page.locator("#list-customers-count")).to_have_text("6")

    # Enter with nothing chosen leads to the page of all results.
    page.keyboard.press("/")
    box.fill("医院")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(words["results"])
    check_axe()
    shoot(f"search-page-{language}")


@pytest.mark.parametrize(("language", "theme"), [("en", "dark"), ("zh-hans", "light")])
def test_the_command_palette(
    page: Page, manager: User, hospital: Customer, sign_in, arrived, check_axe, shoot, language: str, theme: str
) -> None:
    words = WORDS[language]
    sign_in(manager, language=language, theme=theme)
    page.goto(f"/customers/{hospital.pk}/")
    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name=words["palette"])
    box = palette.get_by_role("combobox", name=words["jump"])
    expect(box).to_be_focused()
    expect(palette.get_by_role("option", name=words["person"])).to_contain_text(hospital.name)
    check_axe()
    shoot(f"palette-{language}")

    # Typed faster than the answer comes: Enter waits for it.
    page.keyboard.type("0015")
    page.keyboard.press("Enter")
    arrived(re.compile(r"/members/\d+/$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("138****0015")

    # On the page of a number the actions are for its customer.
    page.keyboard.press("Control+k")
    page.keyboard.type(words["person"][:5])
    expect(palette.get_by_role("option", selected=True)).to_contain_text(hospital.name)
    page.keyboard.press("Enter")
    arrived(re.compile(rf"/customers/{hospital.pk}/people/new/$"))

    # A slip in a Latin name, initials, nothing at all; also from within a field.
    page.keyboard.press("Control+k")
    page.keyboard.type("acme medcal")
    expect(palette.get_by_role("option").first).to_contain_text("ACME Medical")
    box.fill("yjzyy")
    expect(palette.locator("mark").first).to_have_text("云江中医院")
    box.fill("qqqq")
    expect(palette.get_by_text(words["nothing"])).to_be_visible()
    page.keyboard.press("Escape")
    expect(palette).to_be_hidden()

    # The row that the focus is in is the thing at hand.
    page.goto("/customers/")
    page.keyboard.press("j")
    row = page.locator("[data-row-link]").first
    name = row.inner_text()
    page.keyboard.press("Control+k")
    expect(palette.get_by_role("option", name=words["person"])).to_contain_text(name)


def test_on_a_phone(page: Page, manager: User, hospital: Customer, sign_in, check_axe, shoot) -> None:
    sign_in(manager)
    page.set_viewport_size(PHONE)
    page.goto("/")
    page.get_by_role("combobox", name="Search everything").fill("1380057")
    expect(page.locator("#find-panel").get_by_role("option").first).to_contain_text("138****0000")
    check_axe()
    shoot("search-box-phone")
    page.goto("/search/?q=人民医院")
    check_axe()
    shoot("search-page-phone")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "the page is wider than the phone"
