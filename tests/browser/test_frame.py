"""The frame as a person uses it: sign-in, the rail, language, theme, shortcuts, phone width."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from access.models import User
from tests.browser.conftest import PHONE
from tests.factories.access import PASSWORD


def test_signing_in_and_out(page: Page, manager: User, check_axe, shoot) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    check_axe()
    shoot("sign-in")
    page.get_by_label("Login").fill(manager.username)
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("not correct")
    check_axe()
    page.get_by_label("Login").fill(manager.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    page.get_by_text("李静").first.click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_home(page: Page, manager: User, sign_in, check_axe, shoot, language: str, theme: str) -> None:
    sign_in(manager, language=language, theme=theme)
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.get_by_role("heading", level=1)).to_have_text({"en": "Home", "zh-hans": "工作台"}[language])
    check_axe()
    shoot(f"home-{language}-{theme}")


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_profile(page: Page, manager: User, sign_in, check_axe, shoot, language: str) -> None:
    sign_in(manager, language=language)
    page.goto("/profile/")
    check_axe()
    shoot(f"profile-{language}")


def test_language_is_switched_and_kept_with_the_user(page: Page, manager: User, sign_in) -> None:
    sign_in(manager)
    page.goto("/profile/")
    page.get_by_role("button", name="简体中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    expect(page).to_have_url("/profile/")
    manager.refresh_from_db()
    assert manager.locale == "zh-hans"


def test_theme_changes_without_a_new_page(page: Page, manager: User, sign_in) -> None:
    sign_in(manager)
    page.goto("/accounts/password/change/")
    page.get_by_label("Current Password").fill("half typed")
    page.locator("summary[aria-label=Theme]").click()
    with page.expect_response("**/theme/"):
        page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(page.get_by_label("Current Password")).to_have_value("half typed")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_keys(page: Page, manager: User, sign_in, check_axe, shoot) -> None:
    sign_in(manager)
    page.goto("/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    check_axe()
    shoot("shortcuts")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_hidden()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()


def test_rail_folds_and_stays_folded(page: Page, manager: User, sign_in, check_axe, shoot) -> None:
    sign_in(manager)
    page.goto("/")
    page.get_by_role("button", name="Fold the navigation").click()
    page.reload()
    box = page.locator("#rail").bounding_box()
    assert box is not None
    assert box["width"] < 60
    check_axe()
    shoot("rail-folded")


def test_phone(page: Page, manager: User, sign_in, check_axe, shoot) -> None:
    sign_in(manager)
    page.set_viewport_size(PHONE)
    page.goto("/")
    navigation = page.locator("#rail")
    expect(navigation).to_be_hidden()
    check_axe()
    shoot("home-phone")
    page.get_by_role("button", name="Open the navigation").click()
    expect(navigation).to_be_visible()
    shoot("rail-phone")
    page.get_by_role("button", name="Close the navigation").click()
    expect(navigation).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "the page is wider than the phone"


def test_missing_page(page: Page, manager: User, sign_in, watch, check_axe, shoot) -> None:
    watch.expect(404)
    sign_in(manager)
    page.goto("/nothing-here/")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    check_axe()
    shoot("missing")


def test_failed_request_becomes_a_toast(page: Page, manager: User, sign_in, watch, check_axe, shoot) -> None:
    watch.expect(404)
    sign_in(manager)
    page.goto("/")
    page.evaluate("htmx.ajax('GET', '/nothing-here/', '#main')")
    expect(page.get_by_role("status").get_by_text("There is nothing here")).to_be_visible()
    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    check_axe()
    shoot("toast")
    page.get_by_role("status").get_by_role("button", name="Close").click()
    expect(page.get_by_role("status").get_by_text("There is nothing here")).to_be_hidden()


def test_ended_session_leads_to_sign_in_and_back(page: Page, manager: User, sign_in, context) -> None:
    sign_in(manager)
    page.goto("/profile/")
    context.clear_cookies(name="sessionid")
    page.evaluate("htmx.ajax('GET', '/', '#main')")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("Login").fill(manager.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url("/profile/")


def test_without_scripts(browser, live_server, manager: User, shoot) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=live_server.url, viewport=PHONE, locale="en-GB")
    page = context.new_page()
    page.goto("/profile/")
    page.get_by_label("Login").fill(manager.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("link", name="Home")).to_be_visible()
    page.locator("summary[aria-label=Theme]").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(page).to_have_url("/profile/")
    page.get_by_label("Language").select_option("zh-hans")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("设置已保存")).to_be_visible()
    context.close()
