"""Who may do what, as people use it: the dialog that shares a customer, leave cover, tokens, what a person reaches, the audit, refusals."""

from __future__ import annotations

from typing import Literal

import pytest
from django.urls import clear_url_caches
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings

from access.models import Delegation, User
from customers.models import Customer
from customers.services.sharing import share_customer
from tests.browser.conftest import PHONE
from tests.factories.access import PASSWORD
from tests.factories.customers import CustomerFactory

pytestmark = pytest.mark.django_db(transaction=True)

LOOKS = [("en", "light"), ("zh-hans", "dark")]


@pytest.fixture
def customer(manager: User) -> Customer:
    """The manager's customer."""
    customer: Customer = CustomerFactory(name="云江市第一人民医院", code="YJ-000127", manager=manager)
    return customer


def fits(page: Page) -> bool:
    """Whether nothing stands beyond the right edge."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_a_customer_is_shared_in_a_dialog(
    page: Page, manager: User, foreign_manager: User, customer: Customer, sign_in, check_axe, shoot, watch
) -> None:
    watch.expect(422)
    sign_in(manager)
    page.goto(f"/customers/{customer.pk}/sharing/")
    page.keyboard.press("s")
    dialog = page.get_by_role("dialog", name="Share 云江市第一人民医院")
    expect(dialog.get_by_label("Colleague")).to_be_focused()
    check_axe()
    dialog.get_by_role("button", name="Share", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("Name a colleague or a group")
    dialog.get_by_label("Colleague").fill("zhou")
    expect(dialog.locator("datalist option")).to_have_attribute("value", "zhouyan · 周燕")
    dialog.get_by_label("Colleague").fill("zhouyan · 周燕")
    check_axe()
    shoot("share-dialog")
    dialog.get_by_role("button", name="Share", exact=True).click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("status").get_by_text("shared with 周燕")).to_be_visible()
    expect(page.get_by_role("row", name="周燕 may view")).to_be_visible()
    expect(page.get_by_role("row", name="李静 account manager of this customer")).to_be_visible()
    assert Customer.objects.visible_to(User.objects.get(pk=foreign_manager.pk)).exists()


def test_a_share_is_ended_on_a_phone(
    page: Page, manager: User, foreign_manager: User, customer: Customer, sign_in, check_axe, shoot
) -> None:
    share_customer(customer_id=customer.pk, actor=manager, holder=foreign_manager, permission="view_customer")
    sign_in(manager, language="zh-hans", theme="dark")
    page.set_viewport_size(PHONE)
    page.goto(f"/customers/{customer.pk}/sharing/")
    page.locator(".confirm summary").click()
    end = page.locator(".confirm-box").get_by_role("button", name="终止")
    expect(end).to_be_in_viewport(ratio=1)
    check_axe()
    shoot("share-end-phone-zh")
    assert fits(page)
    end.click()
    expect(page.get_by_text("此客户未共享给任何人。")).to_be_visible()
    assert not Customer.objects.visible_to(User.objects.get(pk=foreign_manager.pk)).exists()


def test_sharing_takes_no_script(browser: Browser, live_server, manager: User, foreign_manager: User, customer: Customer) -> None:
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    page.goto(f"/accounts/login/?next=/customers/{customer.pk}/")
    page.get_by_label("Login").fill(manager.username)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("link", name="Share", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Share 云江市第一人民医院")
    page.get_by_label("Colleague").fill("zhouyan")
    page.get_by_label("may view and change").check()
    page.get_by_role("button", name="Share", exact=True).click()
    expect(page.get_by_role("row", name="周燕 may view and change")).to_be_visible()
    page.locator(".confirm summary").click()
    page.locator(".confirm-box").get_by_role("button", name="End").click()
    expect(page.get_by_text("This customer is shared with nobody.")).to_be_visible()
    context.close()


def test_a_leave_is_covered_and_a_token_is_made(page: Page, manager: User, colleague: User, sign_in, check_axe, shoot) -> None:
    sign_in(manager)
    page.goto("/profile/")
    page.get_by_role("link", name="Leave cover").click()
    page.get_by_label("Lend to").fill(colleague.username)
    page.get_by_label("Last day").fill(page.get_by_label("First day").input_value())
    page.get_by_role("button", name="Lend", exact=True).click()
    expect(page.get_by_role("row", name="王磊")).to_contain_text("counts now")
    check_axe()
    shoot("leave-cover")
    page.locator(".confirm summary").click()
    page.locator(".confirm-box").get_by_role("button", name="End").click()
    expect(page.get_by_role("row", name="王磊")).not_to_contain_text("counts now")
    assert Delegation.objects.get().ended_at is not None
    page.goto("/profile/tokens/")
    page.get_by_label("Name", exact=True).fill("billing")
    page.get_by_role("button", name="Make the token").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator("#new-token")).to_contain_text("crm_")
    check_axe()
    page.locator(".confirm summary").click()
    page.locator(".confirm-box").get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("row", name="billing")).to_contain_text("revoked")


@pytest.mark.parametrize(("language", "theme"), LOOKS)
def test_the_pages_of_a_manager_open(
    page: Page, manager: User, customer: Customer, sign_in, check_axe, language: str, theme: Literal["light", "dark"]
) -> None:
    sign_in(manager, language=language, theme=theme)
    for address in (
        *(f"/profile/{part}" for part in ("", "cover/", "tokens/", "sessions/")),
        *(f"/customers/{customer.pk}/{part}" for part in ("", "sharing/", "share/", "history/", "people/", "edit/")),
        *(f"/accounts/{part}" for part in ("2fa/", "2fa/webauthn/", "password/change/")),
    ):
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        check_axe()
        page.set_viewport_size(PHONE)
        assert fits(page), address
        page.set_viewport_size({"width": 1360, "height": 850})


@pytest.mark.parametrize(("language", "theme"), LOOKS)
def test_the_pages_of_an_administrator_open(
    page: Page,
    administrator: User,
    manager: User,
    customer: Customer,
    sign_in,
    check_axe,
    shoot,
    language: str,
    theme: Literal["light", "dark"],
) -> None:
    """What a person reaches, and the audit."""
    sign_in(administrator, language=language, theme=theme)
    for name, address in {
        "reach": f"/people/{manager.pk}/reach/?customer={customer.code}",
        "audit": "/audit/",
        "audit-changes": "/audit/changes/",
        "audit-changes-people": "/audit/changes/access.user/",
    }.items():
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        check_axe()
        shoot(f"{name}-{language}-{theme}")
    page.locator("tbody a").first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    check_axe()


@pytest.mark.parametrize(("language", "theme"), LOOKS)
def test_the_forms_of_the_administration_name_their_fields(
    page: Page, administrator: User, manager: User, sign_in, check_axe, language: str, theme: Literal["light", "dark"]
) -> None:
    """Those of people with their roles, of loans with the boxes that search people, of groups, and of lists of people; on a phone too."""
    administrator.is_staff = True
    administrator.save()
    sign_in(administrator, language=language, theme=theme)
    page.emulate_media(color_scheme=theme)
    for address in ("access/user/{}/change/", "access/user/add/", "access/delegation/add/", "auth/group/add/", "access/user/list/"):
        page.goto(f"/admin/{address.format(manager.pk)}")
        expect(page.locator("#content-main")).to_be_visible()
        expect(page.locator(".select2-selection:not([aria-label])")).to_have_count(0)
        check_axe()
        page.set_viewport_size(PHONE)
        assert fits(page), address
        page.set_viewport_size({"width": 1360, "height": 850})


@pytest.mark.parametrize(("language", "theme"), LOOKS)
def test_refusals_say_what_to_do(
    page: Page, settings: Settings, manager: User, sign_in, check_axe, shoot, watch, language: str, theme: Literal["light", "dark"]
) -> None:
    """The pages of errors: each with a reference that the log holds too."""
    watch.expect(400, 403, 404, 413, 429, 500)
    settings.ROOT_URLCONF = "tests.frame.urls"
    clear_url_caches()
    sign_in(manager, language=language, theme=theme)
    for name in ("missing", "forbidden", "unreadable", "too-large", "too-often", "broken"):
        answer = page.goto(f"/fails/{name}/")
        assert answer is not None
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.locator(".reference")).to_have_text(answer.headers["x-reference"])
        check_axe()
        shoot(f"refusal-{name}-{language}-{theme}")


@pytest.mark.parametrize(("language", "title"), [("en-GB", "Sign-in is locked for a while"), ("zh-CN", "登录已暂时锁定")])
def test_five_wrong_passwords_lock_the_login(browser: Browser, live_server, manager: User, watch, language: str, title: str) -> None:
    watch.expect(403, 429)
    context = browser.new_context(base_url=live_server.url, locale=language, viewport=PHONE)
    watch.watch(context)
    page = context.new_page()
    for _try in range(5):
        page.goto("/accounts/login/")
        page.locator("[name=login]").fill(manager.username)
        page.locator("[name=password]").fill("wrong and wrong again")
        page.locator("form [type=submit]").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    assert fits(page)
    context.close()
