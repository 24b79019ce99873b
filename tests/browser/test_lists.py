"""A list as people live in it: filtered by operators, laid out, kept as a view, and read row by row beside itself, by the keyboard too."""

import re

import pytest
from playwright.sync_api import expect

from access.models import ListSetting, SavedView
from tests.browser.conftest import PHONE
from tests.factories.customers import ContactPersonFactory, CustomerFactory, IndustryFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def customers(manager):
    """Twelve customers of two levels."""
    industry = IndustryFactory(code="H", name_en="Health care", name_zh="医疗")
    for number in range(12):
        CustomerFactory(
            name=f"云江医院{number:02}",
            code=f"YJ-{number:03}",
            manager=manager,
            level="AC"[number % 2] + "1"[: number % 2 == 0],
            value_score=number,
        )
    ContactPersonFactory(
        customer=CustomerFactory(name="安江大学", code="AJ-1", manager=manager, industry=industry, short_name="安大"), name="陈院长"
    )


def test_filter_lay_out_keep_and_read(page, live_server, manager, customers, sign_in, check_axe, shoot):
    sign_in(manager)
    page.goto("/customers/")
    count = page.locator("#list-customers-count")
    expect(count).to_have_text("13")

    # A number has operators, and shows the inputs that they take.
    page.get_by_text("Filter", exact=True).click()
    page.locator("summary", has_text="Value score").click()
    form = page.locator("#list-customers-value_score-form")
    form.get_by_label("How to compare Value score").select_option("from")
    expect(form.get_by_label("at most")).to_be_hidden()
    form.get_by_label("at least").fill("6")
    check_axe()
    shoot("list-operators")
    form.get_by_role("button", name="Apply").click()
    expect(count).to_have_text("6")
    expect(page.locator(".list-chip").first).to_contain_text("Value score ≥ 6")
    expect(page).to_have_url(re.compile(r"value_score_op=from&value_score_min=6$"))

    # Two orders by a Shift-click, columns by the form.
    page.locator("#list-customers-sort-level").click()
    expect(page).to_have_url(re.compile("sort=level$"))
    page.locator("#list-customers-sort-value_score").click(modifiers=["Shift"])
    expect(page).to_have_url(re.compile("sort=level%2C-value_score"))
    expect(page.locator("[data-row-link]").first).to_have_text("云江医院10")
    page.locator(".list-layout > summary").click()
    columns = page.locator("[data-list-column]")
    columns.filter(has_text="Short name").get_by_role("checkbox").check()
    columns.filter(has_text="Industry").get_by_role("checkbox").uncheck()
    columns.filter(has_text="Value score").get_by_role("button", name="Move Value score up").press("Enter")
    page.get_by_label("compact").check()
    check_axe()
    shoot("list-layout")
    page.locator(".list-layout").get_by_role("button", name="Apply").click()
    expect(page.locator("thead th").last).to_contain_text("Short name")
    assert "industry" not in ListSetting.objects.get().columns
    assert ListSetting.objects.get().sort == "level,-value_score"

    # The view is kept, and its tab says what it is.
    page.get_by_text("Save the view").click()
    page.get_by_label("Name of the view").fill("Worth a visit")
    page.get_by_role("button", name="Save", exact=True).click()
    tab = page.get_by_role("navigation", name="Views").get_by_role("link", name="Worth a visit")
    expect(tab).to_have_attribute("aria-current", "page")
    view = SavedView.objects.get()
    assert view.parameters["value_score_min"] == ["6"]
    shoot("list-view")


def test_rows_open_beside_the_list_by_the_keyboard(page, live_server, manager, customers, sign_in, check_axe, shoot):
    sign_in(manager)
    page.goto("/customers/?sort=level,-value_score")
    # The row beside the list, the next one, closed, and its page.
    page.locator("[data-row-link]").first.focus()
    page.keyboard.press("o")
    panel = page.locator("[data-list-panel]")
    expect(panel.get_by_role("heading", level=2)).to_have_text("云江医院10")
    expect(page).to_have_url(re.compile("panel="))
    page.keyboard.press("j")
    expect(panel.get_by_role("heading", level=2)).to_have_text("云江医院08")
    page.keyboard.press("ArrowUp")
    expect(panel.get_by_role("heading", level=2)).to_have_text("云江医院10")
    check_axe()
    shoot("list-panel")
    page.keyboard.press("Escape")
    expect(panel).to_be_empty()
    expect(page).not_to_have_url(re.compile("panel="))
    page.locator("tbody td").nth(1).click()
    expect(panel.get_by_role("heading", level=2)).to_have_text("云江医院10")
    page.keyboard.press("Escape")
    page.locator("[data-row-link]").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("云江医院10")


def test_in_chinese_dark_and_on_a_phone(page, live_server, manager, customers, sign_in, check_axe, shoot):
    sign_in(manager, language="zh-hans", theme="dark")
    page.goto("/customers/?q=安江&scale_op=empty&created_at_op=month")
    page.locator(".list-layout > summary").click()
    check_axe()
    shoot("list-layout-dark")
    page.locator(".list-layout > summary").click()
    page.locator("tbody td").nth(1).click()
    expect(page.locator("[data-list-panel]").get_by_role("heading", level=2)).to_have_text("安江大学")
    check_axe()
    shoot("list-panel-dark")
    page.set_viewport_size(PHONE)
    check_axe()
    shoot("list-panel-phone")
    page.get_by_role("link", name="关闭").click()
    page.get_by_text("布局").click()
    shoot("list-layout-phone")
