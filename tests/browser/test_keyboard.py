"""A manager's morning and a director's review, from beginning to end with the keyboard alone."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Page, expect

from access.models import SavedView, User
from customers.models import Customer, HandOver, Lifecycle
from tests.browser.conftest import PHONE
from tests.browser.keyboard import Keyboard
from tests.factories.access import PASSWORD
from tests.factories.customers import ContactPersonFactory, CustomerFactory, TagFactory
from tests.factories.workflow import make_task
from workflow.figures import count_figures
from workflow.models import Task

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = ("云江大学", "云江港务集团", "云江农商银行", "云江市第一人民医院", "云江水务")
LATE = "回访急诊科"


@pytest.fixture
def portfolio(manager: User, colleague: User, director: User) -> list[Customer]:
    """Five customers of the manager with to-dos, and one of the colleague."""
    cache.clear()
    customers: list[Customer] = [
        CustomerFactory(manager=manager, name=name, level=level, code=f"YJ-{number:06}")
        for number, (name, level) in enumerate(zip(NAMES, ("A2", "A2", "B1", "A1", "C"), strict=True))
    ]
    CustomerFactory(manager=colleague, name="云江物流园", lifecycle=Lifecycle.WARNED)
    ContactPersonFactory(customer=customers[3], name="陈主任")
    today = timezone.localdate()
    make_task(manager, customers[3], title=LATE, due_on=today - datetime.timedelta(days=2), creator=director)
    make_task(manager, customers[2], title="送续签合同", due_on=today)
    TagFactory(code="VIP", name_en="Key project", name_zh="重点项目")
    count_figures()
    return customers


@pytest.mark.usefixtures("portfolio")
def test_a_managers_morning(page: Page, manager: User, arrived: Callable[..., None], check_axe, shoot) -> None:
    keys = Keyboard(page)
    page.goto("/")
    expect(page.get_by_label("Login")).to_be_focused()
    keys.type(manager.username)
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    page.wait_for_load_state("load")
    check_axe()
    shoot("keyboard-home")
    keys.enter(page.get_by_role("button", name=f"Done: {LATE}"))
    expect(page.get_by_role("button", name=f"Done: {LATE}")).to_be_hidden()
    keys.enter(page.get_by_role("navigation", name="Main navigation").get_by_role("link", name="To-dos"))
    arrived(re.compile(r"/tasks/"))
    expect(page.get_by_role("link", name="送续签合同", exact=True)).to_be_visible()
    assert not Task.objects.filter(title=LATE, state="open").exists()
    check_axe()

    keys.press("/")
    keys.type("港务")
    expect(page.locator("#find-panel").get_by_role("option").first).to_contain_text("云江港务集团")
    keys.press("ArrowDown", "Enter")
    arrived(re.compile(r"/customers/\d+/$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("云江港务集团")
    keys.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()
    keys.type("第一人民")
    expect(page.locator("#palette").get_by_role("option").first).to_contain_text("云江市第一人民医院")
    keys.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("云江市第一人民医院")
    page.wait_for_load_state("load")
    check_axe()
    keys.enter(page.get_by_role("navigation", name="Sections").get_by_role("link", name="Contact persons"))
    expect(page.get_by_role("link", name="陈主任")).to_be_visible()
    check_axe()

    _work_in_the_list(page, keys, arrived, check_axe)
    shoot("keyboard-list")
    keys.enter(page.locator(".list-foot").get_by_role("button", name="Export"))
    arrived(re.compile(r"/export/"))
    check_axe()
    keys.go_to(page.locator("main").get_by_role("button", name="Export"))
    with page.expect_download() as download:
        keys.press("Enter")
    assert download.value.suggested_filename.endswith(".xlsx")
    assert SavedView.objects.get().owner == manager


def _work_in_the_list(page: Page, keys: Keyboard, arrived: Callable[..., None], check_axe: Callable[..., None]) -> None:
    """A cell, a tag on two rows, a view that is kept."""
    keys.enter(page.get_by_role("navigation", name="Main navigation").get_by_role("link", name="Customers", exact=True))
    arrived(re.compile(r"/customers/$"))
    keys.press("j", "e")
    control = page.locator("[data-cell-form] select")
    expect(control).to_be_focused()
    keys.type("B1")
    keys.press("Enter")
    expect(page.locator("td[data-column=level]").first).to_have_text("B1")
    keys.press("ArrowLeft", "x", "j", "Shift+X")
    expect(page.locator("[data-selection]")).to_contain_text("2 rows selected")
    keys.go_to(page.locator("[data-selection]").get_by_role("button", name="Add a tag"), "Shift+Tab")
    keys.press("Enter")
    arrived(re.compile(r"/change/tag/"))
    check_axe()
    keys.choose(page.get_by_label("Tag"), "Key project")
    keys.enter(page.get_by_role("button", name="Preview"))
    expect(page.get_by_role("row")).to_have_count(3)
    page.wait_for_load_state("load")
    check_axe()
    keys.enter(page.get_by_role("button", name="Change 2 rows"))
    expect(page.get_by_text("2 rows are changed.")).to_be_visible()
    assert Customer.objects.filter(tags__code="VIP").count() == 2

    page.wait_for_load_state("load")
    keys.enter(page.locator("summary", has_text="Save the view"))
    keys.go_to(page.get_by_label("Name of the view"))
    keys.type("My morning")
    keys.press("Enter")
    expect(page.get_by_role("navigation", name="Views").get_by_role("link", name="My morning")).to_have_attribute("aria-current", "page")
    page.wait_for_load_state("load")
    check_axe()


@pytest.mark.usefixtures("portfolio")
def test_a_directors_review(page: Page, manager: User, colleague: User, director: User, arrived, sign_in, check_axe, shoot) -> None:
    keys = Keyboard(page)
    sign_in(director, language="zh-hans", theme="dark")
    page.goto("/")
    team = page.get_by_role("region", name="我的团队")
    check_axe()
    shoot("keyboard-home-director-zh-dark")
    keys.enter(team.get_by_role("row").filter(has_text="李静").get_by_role("link", name="5", exact=True).first)
    arrived(re.compile(r"/customers/\?manager=\d+$"))
    count = page.locator("#list-customers-count")
    expect(count).to_have_text("5")
    keys.enter(page.locator("summary", has_text="筛选"))
    keys.enter(page.locator(".list-choice > summary", has_text="级别"))
    keys.go_to(page.locator("#list-customers-level-form").get_by_role("checkbox", name="A2"))
    keys.press("Space")
    keys.enter(page.locator("#list-customers-level-form").get_by_role("button", name="应用"))
    expect(count).to_have_text("2")
    check_axe()

    keys.press("j", "x")
    keys.go_to(page.locator("[data-selection]").get_by_role("button", name="转交", exact=True), "Shift+Tab")
    keys.press("Enter")
    arrived(re.compile(r"/change/assign/"))
    keys.choose(page.get_by_label("客户经理", exact=True), "王磊")
    keys.go_to(page.get_by_label("原因"))
    keys.type("调整分工")
    keys.press("Enter")
    expect(page.get_by_role("cell", name=re.compile("王磊"))).to_be_visible()
    page.wait_for_load_state("load")
    check_axe()
    shoot("keyboard-reassign-zh-dark")
    keys.enter(page.get_by_role("button", name=re.compile("修改 1 行")))
    expect(count).to_have_text("1")
    assert Customer.objects.filter(manager=colleague, name__in=NAMES).count() == 1

    page.wait_for_load_state("load")
    keys.press("Control+k")
    keys.type("云江大学")
    expect(page.locator("#palette").get_by_role("option").first).to_contain_text("云江大学")
    keys.press("Enter")
    arrived(re.compile(r"/customers/\d+/"))
    keys.enter(page.get_by_role("navigation", name="栏目").get_by_role("link", name="变更记录"))
    expect(page.get_by_role("cell", name="调整分工")).to_be_visible()
    check_axe()
    keys.enter(page.get_by_role("navigation", name="主导航").get_by_role("link", name="作业", exact=True))
    arrived(re.compile(r"/jobs/"))
    keys.press("j", "Enter")
    arrived(re.compile(r"/jobs/\d+/"))
    keys.enter(page.get_by_role("button", name="撤销"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("撤销")
    assert not Customer.objects.filter(manager=colleague, name__in=NAMES).exists()

    _hand_the_portfolio_over(page, keys, manager, arrived, check_axe)
    page.set_viewport_size(PHONE)
    check_axe()
    shoot("keyboard-hand-over-zh-dark-phone", full_page=True)


def _hand_the_portfolio_over(
    page: Page, keys: Keyboard, manager: User, arrived: Callable[..., None], check_axe: Callable[..., None]
) -> None:
    """Draft, offer, and take back before it is accepted."""
    page.goto(f"/customers/?manager={manager.pk}")
    keys.enter(page.get_by_role("link", name="移交其名下客户"))
    arrived(re.compile(r"/hand-overs/new/"))
    check_axe()
    keys.go_to(page.get_by_role("combobox", name="接收人"))
    keys.type("wanglei")
    keys.go_to(page.get_by_label("原因"))
    keys.type("轮岗")
    keys.press("Enter")
    arrived(re.compile(r"/hand-overs/\d+/$"))
    check_axe()
    keys.enter(page.get_by_role("button", name="发出"))
    expect(page.get_by_text("已发给王磊。")).to_be_visible()
    assert HandOver.objects.get().items.count() == 5
    page.wait_for_load_state("load")
    keys.enter(page.locator("summary", has_text="撤回"))
    keys.go_to(page.get_by_role("textbox", name="原因"))
    keys.type("先等一等")
    keys.press("Enter")
    expect(page.get_by_text("已撤回，客户不移交。")).to_be_visible()
