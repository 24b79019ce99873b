"""The administration in a browser: django-unfold's pages work under the strict policy, in both languages, light and dark, on a phone.

The watched `page` fails a test on any console error: an expression that Alpine's build for strict policies cannot read, a refused style.
"""

from __future__ import annotations

from typing import Literal

import pytest
from django.contrib import admin
from django.urls import reverse
from playwright.sync_api import Page, expect

from access.models import Role, RolePermission, User
from tests.browser.conftest import PHONE
from tests.members.factories import make_member, make_subscription
from tests.products.factories import make_customer, make_discount, make_offer, make_tariff

OURS = ("access", "jobs", "customers", "products", "members")


@pytest.fixture
def keeper(administrator: User) -> User:
    """An administrator who may open the administration."""
    administrator.is_staff = True
    administrator.save()
    return administrator


@pytest.fixture
def rows(keeper: User) -> None:
    """A row of most models."""
    offer = make_offer(make_customer(), make_tariff(), discounts=[make_discount()])
    make_subscription(make_member(offer.customer), offer.tariff, offer=offer)


def _lists() -> list[str]:
    return [
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model in admin.site._registry
        if model._meta.app_label in OURS
    ]


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("zh-hans", "dark")])
def test_every_page_opens_without_a_console_error(
    page: Page, keeper: User, sign_in, check_axe, shoot, language: str, theme: Literal["light", "dark"]
) -> None:
    sign_in(keeper, language=language, theme=theme)
    page.emulate_media(color_scheme=theme)
    page.goto("/admin/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    check_axe()
    shoot(f"administration-{language}-{theme}")
    for address in _lists():
        page.goto(address)
        expect(page.locator("#content-main")).to_be_visible()
        first = page.locator("#result_list tbody a").first
        if first.count():
            page.goto(first.get_attribute("href") or address)
            expect(page.locator("#content-main form, #content-main fieldset").first).to_be_visible()


@pytest.mark.usefixtures("rows")
def test_what_moves_on_the_pages_moves(page: Page, keeper: User, sign_in) -> None:
    sign_in(keeper)
    page.goto("/admin/access/user/")
    page.locator("[x-on\\:click='filterOpen = true']").first.click()
    expect(page.locator("#changelist-filter")).to_be_visible()
    page.goto("/admin/access/user/")
    menu = page.locator("[x-data*=openUserLinks]")
    menu.locator("[x-on\\:click='openUserLinks = !openUserLinks']").first.click()
    expect(menu.locator("[x-show=openUserLinks]")).to_be_visible()
    page.keyboard.press("t")
    expect(page.locator("#nav-filter")).to_be_focused()
    page.keyboard.type("role")
    expect(page.locator("#search-results")).to_contain_text("Roles")


def test_a_role_is_changed_by_ticking_actions(page: Page, keeper: User, sign_in, shoot) -> None:
    role = Role.objects.get(code="viewer") if Role.objects.filter(code="viewer").exists() else Role.objects.order_by("id")[0]
    RolePermission.objects.filter(role=role, module="customers").delete()
    sign_in(keeper)
    page.goto(f"/admin/access/role/{role.pk}/change/")
    page.locator("input[name=customers][value=view]").check()
    page.locator("input[name=customers][value=export]").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#content-main")).to_be_visible()
    assert set(role.permissions.filter(module="customers").values_list("action", flat=True)) == {"view", "export"}


@pytest.mark.usefixtures("rows")
def test_on_a_phone(page: Page, keeper: User, sign_in, shoot) -> None:
    sign_in(keeper, language="zh-hans")
    page.set_viewport_size(PHONE)
    page.goto("/admin/access/user/")
    expect(page.locator("#content-main")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shoot("administration-phone-zh")


def test_people_are_entered_by_a_list(page: Page, keeper: User, sign_in, check_axe, shoot) -> None:
    """From the list of users: what the file would do first, and then doing it, with a file of first passwords."""
    sign_in(keeper, language="zh-hans")
    assert keeper.org_unit is not None
    page.goto("/admin/access/user/")
    page.get_by_role("link", name="批量导入人员").click()
    people = (f"sunli,孙丽,{keeper.org_unit.code},account_manager", "wuhao,吴昊,NOWHERE,", f"{keeper.username},,,")
    text = "\n".join(("登录名,姓名,组织机构代码,角色代码", *people))
    page.locator("input[type=file]").set_input_files({"name": "people.csv", "mimeType": "text/csv", "buffer": text.encode("gb18030")})
    page.get_by_role("button", name="检查名单").click()
    expect(page.locator(".people-rows tbody tr")).to_have_count(3)
    expect(page.locator(".people-rows")).to_contain_text("NOWHERE")
    check_axe("#content-main")
    shoot("administration-people-list-zh")
    assert not User.objects.filter(username="sunli").exists()
    page.locator("input[name=first_passwords]").check()
    with page.expect_download() as download:
        page.get_by_role("button", name="写入").click()
    assert "sunli" in download.value.path().read_text(encoding="utf-8-sig")
    assert User.objects.get(username="sunli").has_usable_password()


@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("zh-hans", "dark")])
def test_the_pages_of_our_own_open(
    page: Page, keeper: User, sign_in, check_axe, shoot, language: str, theme: Literal["light", "dark"]
) -> None:
    """The schedules, the empty form for a list of people, the tree of units, and the forms that search people while one types."""
    sign_in(keeper, language=language, theme=theme)
    page.emulate_media(color_scheme=theme)
    for name in ("schedules", "access/user/list", "access/orgunit", "access/delegation/add", "auth/group/add"):
        page.goto(f"/admin/{name}/")
        expect(page.locator("#content-main")).to_be_visible()
        shoot(f"administration-{name.replace('/', '-')}-{language}-{theme}")
    page.goto("/admin/schedules/")
    check_axe("#content-main")
    page.goto("/admin/access/delegation/add/")
    page.locator(".select2-selection").first.click()
    page.keyboard.type(keeper.username[:3])
    expect(page.locator(".select2-results__option").first).to_be_visible()
