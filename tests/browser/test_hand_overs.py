"""The pages of a hand-over, as both sides see them."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from access.models import Delegation, User
from customers.models import HandOver, Lifecycle
from customers.services.hand_overs import create_hand_over, offer_hand_over
from tests.browser.conftest import PHONE
from tests.browser.worlds import make_catalogue, make_customer_of
from tests.factories.customers import ContactPersonFactory, CustomerFactory
from tests.factories.workflow import make_task

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def offered(manager: User, colleague: User, director: User) -> HandOver:
    """The manager's portfolio, offered by the director to the colleague."""
    hospital = make_customer_of(manager, make_catalogue())
    ContactPersonFactory(customer=hospital)
    bank = CustomerFactory(name="云江农商银行", code="YJ-000201", level="B1", lifecycle=Lifecycle.WARNED, manager=manager)
    CustomerFactory(name="云江港务集团", code="YJ-000202", level="A2", manager=manager, org_unit=director.org_unit)
    today = timezone.localdate()
    make_task(manager, hospital, title="送续签合同", due_on=today)
    make_task(manager, bank, title="回访客户", due_on=today - datetime.timedelta(days=2))
    Delegation.objects.create(lender=colleague, borrower=director, starts_on=today, ends_on=today + datetime.timedelta(days=6))
    draft = create_hand_over(actor=director, giver=manager, receiver=colleague, reason="李静调往省公司", effective_on=today)
    draft.items.filter(customer=bank).update(note="正在谈续约，请先联系陈主任")
    return offer_hand_over(hand_over_id=draft.pk, actor=director)


def test_the_receiver_looks_at_it_and_accepts(
    page: Page, offered: HandOver, manager: User, colleague: User, sign_in, check_axe, shoot
) -> None:
    sign_in(colleague)
    page.goto("/hand-overs/?whose=decide")
    check_axe()
    shoot("hand-overs")
    page.get_by_role("link", name="李静 → 王磊").click()
    expect(page.get_by_role("heading", name="Open work that goes along")).to_be_visible()
    check_axe()
    shoot("hand-over", full_page=True)
    page.get_by_role("link", name="云江农商银行").click()
    check_axe()
    shoot("hand-over-item")
    page.get_by_label("Reason").fill("行业不熟")
    page.get_by_role("button", name="Refuse this customer").click()
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_text("2 customers are yours now.")).to_be_visible()
    check_axe()
    assert set(colleague.customers.values_list("code", flat=True)) == {"YJ-000127", "YJ-000202"}
    assert [row.code for row in manager.customers.all()] == ["YJ-000201"]


def test_a_draft_changes_until_it_is_offered(
    page: Page, offered: HandOver, manager: User, colleague: User, director: User, sign_in, check_axe, shoot
) -> None:
    CustomerFactory(name="云江口岸办", code="YJ-000203", manager=manager)
    few = manager.customers.filter(code__in=["YJ-000201", "YJ-000202"])
    draft = create_hand_over(
        actor=director, giver=manager, receiver=colleague, reason="轮岗", effective_on=timezone.localdate(), customers=few
    )
    sign_in(director)
    page.goto(f"/hand-overs/{draft.pk}/")
    expect(page.get_by_text("Dropped unless touched")).to_be_visible()
    check_axe()
    shoot("hand-over-draft", full_page=True)
    page.get_by_role("link", name="Edit", exact=True).click()
    check_axe()
    shoot("hand-over-edit")
    page.get_by_label("Reason").fill("休假")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The draft is changed.")).to_be_visible()
    page.get_by_role("row", name="云江港务集团").get_by_role("checkbox").check()
    page.get_by_role("button", name="Leave out").click()
    expect(page.get_by_role("heading", name="They stay with whom they are")).to_be_visible()
    check_axe()
    shoot("hand-over-leave-out")
    page.get_by_role("button", name="Leave out").click()
    expect(page.get_by_text("1 customer is left out.")).to_be_visible()
    page.get_by_role("link", name="Add customers").click()
    page.get_by_role("row", name="云江口岸办").get_by_role("checkbox").check()
    page.get_by_role("button", name="Hand over with open work").click()
    check_axe()
    shoot("hand-over-add-to-draft")
    page.get_by_role("button", name=f"Add {draft.number}").click()
    expect(page.get_by_text("1 customer is added.")).to_be_visible()
    expect(page.get_by_role("row", name="云江口岸办")).to_be_visible()
    sign_in(colleague, language="zh-hans", theme="dark")
    page.set_viewport_size(PHONE)
    page.goto("/")
    expect(page.get_by_role("heading", name="待我处理的移交")).to_be_visible()
    check_axe()
    shoot("hand-over-card-zh-dark-phone", full_page=True)
    sign_in(director, language="zh-hans", theme="dark")
    page.goto(f"/hand-overs/{draft.pk}/")
    check_axe()
    shoot("hand-over-draft-zh-dark-phone", full_page=True)


def test_in_chinese_in_the_dark_and_on_a_phone(page: Page, offered: HandOver, director: User, sign_in, check_axe, shoot) -> None:
    sign_in(director, language="zh-hans", theme="dark")
    page.goto(f"/hand-overs/{offered.pk}/")
    expect(page.get_by_role("heading", name="随同移交的未完工作")).to_be_visible()
    check_axe()
    shoot("hand-over-zh-dark", full_page=True)
    page.goto("/hand-overs/new/?giver=" + str(offered.giver_id))
    check_axe()
    shoot("hand-over-new-zh-dark")
    page.set_viewport_size(PHONE)
    page.goto(f"/hand-overs/{offered.pk}/")
    check_axe()
    shoot("hand-over-zh-phone", full_page=True)
    page.goto("/hand-overs/")
    check_axe()
    shoot("hand-overs-zh-phone")
