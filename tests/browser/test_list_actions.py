"""What people do to the rows of a list: tick them by keys, change many at once and take that back, export, edit cells in place."""

import re

import pytest
from playwright.sync_api import expect

from customers.models import Customer
from tests.browser.conftest import PHONE
from tests.factories.customers import CustomerFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def customers(manager):
    """Some of the manager's, in the order of their names."""
    words = enumerate("甲乙丙丁戊")
    return [CustomerFactory(name=f"云江{word}", pinyin=f"{number:02}", manager=manager, level="C") for number, word in words]


def test_tick_change_take_back_and_export(page, live_server, manager, customers, sign_in, check_axe, shoot):
    sign_in(manager)
    page.goto("/customers/")
    bar = page.locator("[data-selection]")
    expect(bar).to_be_hidden()
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Shift+X")
    expect(bar).to_contain_text("3 rows selected")
    check_axe()
    shoot("list-selection")

    bar.get_by_role("button", name="Edit").click()
    page.get_by_label("Field").select_option("level")
    page.get_by_label("Level").select_option("A1")
    check_axe()
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("row")).to_have_count(4)
    check_axe()
    shoot("list-change-preview")
    page.get_by_role("button", name="Change 3 rows").click()
    expect(page.get_by_text("3 rows are changed.")).to_be_visible()
    assert Customer.objects.filter(level="A1").count() == 3
    page.goto("/jobs/")
    page.get_by_role("link", name=re.compile("Level: A1")).click()
    check_axe()
    shoot("job-page")
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("3 rows are changed.")).to_be_visible()
    assert not Customer.objects.filter(level="A1").exists()

    page.goto("/customers/?level=C")
    page.locator(".list-foot").get_by_role("button", name="Export").click()
    expect(page.get_by_text("5 rows")).to_be_visible()
    check_axe()
    shoot("list-export")
    with page.expect_download() as download:
        page.locator("main").get_by_role("button", name="Export").click()
    assert download.value.suggested_filename.endswith(".xlsx")


def test_cells_are_edited_where_they_stand(page, live_server, manager, customers, sign_in, check_axe, shoot):
    sign_in(manager)
    page.goto("/customers/")
    page.keyboard.press("j")
    page.keyboard.press("e")
    control = page.locator("[data-cell-form] select")
    expect(control).to_be_focused()
    check_axe()
    shoot("list-cell")
    control.select_option("B1")
    page.keyboard.press("Enter")
    cell = page.locator("td[data-column=level]").first
    expect(cell).to_have_text("B1")
    expect(cell).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("F2")
    expect(control).to_be_focused()
    page.keyboard.press("Escape")
    expect(control).to_have_count(0)
    assert [Customer.objects.get(name=name).level for name in ("云江甲", "云江乙")] == ["B1", "C"]


def test_tab_goes_from_cell_to_cell_as_in_a_spreadsheet(page, live_server, manager, customers, sign_in, check_axe, shoot, watch):
    """What is typed is saved on the way; what is left as it is, is not written; a choice between two values comes before the next cell."""
    watch.expect(422)
    sign_in(manager)
    page.goto("/customers/?columns=level,short_name")
    cells, control = page.locator("td[data-column]"), page.locator("[data-cell-form] :is(input:not([type=hidden]), select)")
    versions = dict(Customer.objects.values_list("name", "updated_at"))
    cells.nth(0).dblclick()
    expect(control).to_be_focused()
    page.keyboard.press("Tab")
    expect(cells.nth(1).locator("input:not([type=hidden])")).to_be_focused()
    page.keyboard.type("甲方")
    page.keyboard.press("Tab")
    expect(cells.nth(2).locator("select")).to_be_focused()
    expect(cells.nth(1)).to_have_text("甲方")
    page.keyboard.press("Shift+Tab")
    expect(cells.nth(1).locator("input:not([type=hidden])")).to_be_focused()
    Customer.objects.filter(name="云江甲").update(short_name="甲公司")
    page.keyboard.type("甲集团")
    page.keyboard.press("Tab")
    choice = cells.nth(1).get_by_role("radio")
    expect(choice.nth(1)).to_have_count(1)
    check_axe()
    shoot("list-cell-conflict")
    page.keyboard.press("Tab")
    expect(choice.nth(0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(cells.nth(2).locator("select")).to_be_focused()
    page.keyboard.press("Escape")
    expect(control).to_have_count(0)
    expect(cells.nth(2)).to_be_focused()
    assert Customer.objects.get(name="云江甲").short_name == "甲公司"
    del versions["云江甲"]
    assert versions.items() <= dict(Customer.objects.values_list("name", "updated_at")).items()


@pytest.mark.parametrize("way", ["Escape", "Cancel"])
def test_whoever_leaves_a_conflict_sees_what_stands_now(way, page, live_server, manager, customers, sign_in, watch):
    watch.expect(422)
    sign_in(manager)
    page.goto("/customers/?columns=level,short_name")
    cell = page.locator("td[data-column=short_name]").first
    cell.dblclick()
    expect(cell.locator("input:not([type=hidden])")).to_be_focused()
    Customer.objects.filter(name="云江甲").update(short_name="甲公司")
    page.keyboard.type("甲集团")
    page.keyboard.press("Enter")
    expect(cell.get_by_role("radio")).to_have_count(2)
    if way == "Escape":
        page.keyboard.press("Escape")
    else:
        cell.get_by_role("button", name="Cancel").click()
    expect(cell).to_have_text("甲公司")
    expect(cell).to_be_focused()


def test_on_a_phone_in_chinese_in_the_dark(page, live_server, manager, customers, sign_in, shoot):
    sign_in(manager, language="zh-hans", theme="dark")
    page.goto("/customers/")
    page.locator("input[data-row]").first.check()
    shoot("list-selection-dark-zh")
    page.set_viewport_size(PHONE)
    page.goto("/customers/")
    shoot("list-phone-zh")
    page.goto("/jobs/lists/customers/change/edit/?everything=yes&field=level")
    shoot("list-change-phone-zh")
    page.goto("/jobs/lists/customers/export/?everything=yes")
    shoot("list-export-phone-zh")
