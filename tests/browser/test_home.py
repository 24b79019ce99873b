"""A manager's morning and a director's look at the team, by keyboard alone; and the cards arranged."""

from __future__ import annotations

import datetime
import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from access.models import User
from common.notices import notify
from customers.models import Lifecycle
from tests.browser.conftest import PHONE
from tests.factories.customers import CustomerFactory
from tests.factories.workflow import make_task
from workflow.figures import count_figures
from workflow.models import Task, TaskState

LATE = "回访急诊科"


@pytest.fixture
def work(manager: User, colleague: User, director: User) -> None:
    """To-dos, customers and notices of a small team."""
    today = timezone.localdate()
    names = ("云江市第一人民医院", "云江大学", "云江港务集团", "云江农商银行")
    customers = [
        CustomerFactory(manager=manager, name=name, level=level) for name, level in zip(names, ("A1", "A2", "B1", "C"), strict=True)
    ]
    CustomerFactory(manager=colleague, name="云江水务", lifecycle=Lifecycle.WARNED, level="A2")
    CustomerFactory(manager=manager, name="云江物流园", lifecycle=Lifecycle.WARNED, level="B2")
    days = {LATE: -2, "送续签合同": 0, "核对成员名单": 0, "拜访信息科": 1, "准备季度汇报": 40}
    for (title, offset), customer in zip(days.items(), [*customers, None], strict=True):
        make_task(manager, customer, title=title, due_on=today + datetime.timedelta(days=offset), creator=director)
    make_task(colleague, title="补资料", due_on=today - datetime.timedelta(days=1))
    notify([manager.pk], "task_assigned", task=1, title=LATE, actor_name=director.name)
    notify([manager.pk, director.pk], "customer_shared", customer=customers[0].pk, name=customers[0].name, actor_name="王磊")
    count_figures()


@pytest.mark.usefixtures("work")
def test_a_managers_morning_by_keyboard(page: Page, manager: User, sign_in, check_axe, shoot) -> None:
    sign_in(manager)
    page.goto("/")
    expect(page.locator("#notice-count")).to_contain_text("2")
    check_axe()
    shoot("home-manager", full_page=True)
    page.get_by_role("button", name=f"Done: {LATE}").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=f"Done: {LATE}")).to_be_hidden()
    assert Task.objects.get(title=LATE).state == TaskState.DONE
    page.locator(".bell summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#last-notices")).to_contain_text("云江市第一人民医院")
    check_axe()
    shoot("notices-menu")
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    page.get_by_label("To-do", exact=True).fill("约见院长")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="约见院长", exact=True)).to_be_visible()
    check_axe()
    shoot("tasks")
    page.get_by_label("Choose 约见院长").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Done", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="约见院长", exact=True)).to_be_hidden()
    page.get_by_role("link", name="Give to somebody else: 送续签合同").focus()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_label("Who does it").fill("wanglei")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="送续签合同", exact=True)).to_be_hidden()
    page.goto("/notices/")
    check_axe()
    page.goto("/profile/notices/")
    check_axe()
    shoot("notice-settings")


@pytest.mark.usefixtures("work")
def test_a_director_looks_at_the_team_and_arranges_the_cards(page: Page, director: User, sign_in, check_axe, shoot) -> None:
    sign_in(director, language="zh-hans", theme="dark")
    page.goto("/")
    team = page.get_by_role("region", name="我的团队")
    expect(team).to_contain_text("李静")
    check_axe()
    shoot("home-director", full_page=True)
    page.get_by_role("link", name="布局").focus()
    page.keyboard.press("Enter")
    first = page.locator("[data-card]").first
    expect(first).to_have_attribute("data-card", "tasks")
    check_axe()
    shoot("home-arrange")
    cards = page.locator("[data-card]")
    place = cards.evaluate_all("list => list.findIndex((one) => one.dataset.card === 'team')")
    page.locator("#up-team").focus()
    while place:
        place -= 1
        page.keyboard.press("Enter")
        expect(cards.nth(place)).to_have_attribute("data-card", "team")
        if place:
            expect(page.locator("#up-team")).to_be_focused()
    page.locator("#hide-recent_customers").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#show-recent_customers")).to_be_visible()
    page.goto("/")
    expect(page.locator(".cards > section").first).to_contain_text("我的团队")
    expect(page.get_by_role("heading", name="最近客户")).to_be_hidden()
    team.get_by_role("link", name="李静").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/tasks/\?assignee="))
    expect(page.get_by_role("link", name=LATE, exact=True)).to_be_visible()
    page.goto("/team/")
    expect(page.get_by_role("link", name="王磊", exact=True)).to_be_visible()
    check_axe()
    shoot("team")


@pytest.mark.usefixtures("work")
def test_cards_are_dragged_and_fit_a_phone(page: Page, manager: User, sign_in, check_axe, shoot) -> None:
    sign_in(manager)
    page.goto("/?arrange=yes")
    first, last = page.locator("[data-card]").first, page.locator("[data-card]").last
    moved = first.get_attribute("data-card")
    with page.expect_response("**/cards/home/"):
        first.locator(".arrange-handle").drag_to(last)
    page.reload()
    expect(first).not_to_have_attribute("data-card", str(moved))
    page.set_viewport_size(PHONE)
    page.goto("/")
    expect(page.locator("#notice-count")).to_contain_text("2")
    check_axe()
    shoot("home-manager-phone", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "the page is wider than the phone"
