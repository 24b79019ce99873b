"""A person secures the own account: authenticator app, recovery codes, a security key, sessions, and the warning before a session ends."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from access.models import User
from tests.access.test_second_factor import code_of
from tests.browser.conftest import PHONE
from tests.factories.access import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


def give_password(page: Page, user: User) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Login").fill(user.username)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: Page) -> None:
    page.locator(".user-button").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def confirm_password(page: Page) -> None:
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()


def add_virtual_key(page: Page) -> None:
    """Plug a security key into the browser, one that knows its owner."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": {**options, "isUserVerified": True, "automaticPresenceSimulation": True}})


def set_up_app(page: Page, check_axe: Callable[[], None], shoot: Callable[[str], object]) -> tuple[str, list[str]]:
    """From the profile to an app that shows codes. Returns its secret and the recovery codes."""
    page.goto("/profile/")
    page.get_by_role("link", name="Second factor").click()
    check_axe()
    shoot("second-factor")
    page.get_by_role("link", name="Set up the app").click()
    confirm_password(page)
    expect(page.get_by_role("img", name=re.compile("QR code"))).to_be_visible()
    check_axe()
    shoot("second-factor-app")
    secret = page.locator("#authenticator_secret").inner_text()
    page.get_by_label("Code that the app shows").fill("000000")
    page.get_by_role("button", name="Turn it on").click()
    expect(page.locator(".field-error")).to_contain_text("not correct")
    assert page.locator("#authenticator_secret").inner_text() == secret, "a slip of the hand costs no new scan"
    page.get_by_label("Code that the app shows").fill(code_of(secret))
    page.get_by_role("button", name="Turn it on").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    check_axe()
    shoot("recovery-codes")
    recovery = page.locator(".codes li").all_inner_texts()
    assert len(recovery) == 10
    return secret, recovery


def add_key(page: Page, check_axe: Callable[[], None], shoot: Callable[[str], object]) -> None:
    """Add a key that signs in without a password."""
    add_virtual_key(page)
    page.goto("/accounts/2fa/webauthn/add/")
    confirm_password(page)
    page.get_by_label("Name of the key").fill("Blue key")
    page.get_by_label(re.compile("without a password")).check()
    check_axe()
    shoot("second-factor-key")
    page.get_by_role("button", name="Add the key").click()
    expect(page.get_by_role("heading", name="Second factor", exact=True)).to_be_visible()
    page.get_by_role("link", name="Manage keys").click()
    expect(page.get_by_text("Blue key").first).to_be_visible()
    check_axe()
    shoot("second-factor-keys")


def test_second_factor_from_set_up_to_passkey(page: Page, live_server, manager: User, check_axe, shoot):
    give_password(page, manager)
    secret, recovery = set_up_app(page, check_axe, shoot)

    sign_out(page)
    give_password(page, manager)
    expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
    check_axe()
    shoot("second-factor-code")
    page.get_by_label("Code", exact=True).fill(code_of(secret, ahead=1))  # the one that set the app up is spent
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator(".user-button")).to_be_visible()

    sign_out(page)
    give_password(page, manager)
    page.get_by_label("Code", exact=True).fill(recovery[0])
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator(".user-button")).to_be_visible()

    add_key(page, check_axe, shoot)
    sign_out(page)
    give_password(page, manager)
    page.get_by_role("button", name="Use a security key").click()
    expect(page.locator(".user-button")).to_be_visible()
    sign_out(page)
    check_axe()
    shoot("sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator(".user-button")).to_be_visible()


def test_sessions_are_seen_and_ended(page: Page, live_server, manager: User, check_axe, shoot):
    give_password(page, manager)
    phone = Client(headers={"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"})
    phone.post("/accounts/login/", {"login": manager.username, "password": PASSWORD})
    page.goto("/profile/sessions/")
    expect(page.get_by_text("Safari on iPhone").first).to_be_visible()
    check_axe()
    shoot("sessions")
    page.get_by_role("button", name="End Safari on iPhone").click()
    expect(page.get_by_text("Safari on iPhone")).to_have_count(0)
    assert phone.get("/profile/").status_code == 302


def test_the_end_of_a_session_is_told_before_and_loses_nothing(page: Page, live_server, manager: User, check_axe, shoot, settings, watch):
    watch.expect(422)  # the form is sent and read, only its other fields are missing
    settings.SESSION_IDLE_SECONDS = 122
    give_password(page, manager)
    page.goto("/customers/new/")
    page.locator("#id_name").fill("云江新客户")
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_be_visible(timeout=15_000)
    check_axe()
    shoot("session-warning")
    settings.SESSION_IDLE_SECONDS = 1800
    dialog.get_by_role("button", name="Stay signed in").click()
    expect(dialog).to_be_hidden()
    page.context.clear_cookies()
    page.evaluate("document.body.dispatchEvent(new CustomEvent('session-ended'))")
    expect(dialog.get_by_text("You were signed out.")).to_be_visible()
    check_axe()
    other = page.context.new_page()
    give_password(other, manager)
    expect(other.locator(".user-button")).to_be_visible()
    dialog.get_by_role("button", name="I am signed in again").click()
    expect(dialog).to_be_hidden()
    expect(page.locator("#id_name")).to_have_value("云江新客户")
    page.locator("main form button[type=submit]").first.click()
    expect(page.locator("main")).not_to_contain_text("out of date")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_in_chinese_on_a_phone(page: Page, live_server, manager: User, sign_in, check_axe, shoot, theme):
    sign_in(manager, language="zh-hans", theme=theme)
    page.set_viewport_size(PHONE)
    for address, heading, name in (
        ("/accounts/2fa/", "第二因素", "second-factor"),
        ("/profile/sessions/", "会话", "sessions"),
        ("/profile/", manager.name, "profile"),
        ("/accounts/2fa/totp/activate/", "确认", "confirm"),
    ):
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
        check_axe()
        shoot(f"{name}-zh-phone-{theme}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
