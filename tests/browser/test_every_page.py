"""Every page that somebody signed in can open, on a desktop in English and on a phone in Chinese and in the dark.

The routes come from the tables of `tests.access.test_reach`, which a test compares with the resolver: a new route is opened here, or stands
below among those that are no pages. Each page holds: axe finds nothing serious, nothing stands beyond the right edge of a phone, and the
console is silent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse
from playwright.sync_api import Page, ViewportSize, expect
from pytest_django import Settings

from access.history.subjects import event_model_of
from access.models import SavedView, User
from customers.models import ContactPerson, Customer, HandOver, ImportSubject
from members.models import Member
from products.models import Discount, Offer, Product, Tariff
from tests.access import test_reach as reach
from tests.browser.conftest import DESKTOP, PHONE, Watch
from tests.factories.workflow import make_notice

pytestmark = pytest.mark.django_db(transaction=True)

Theme = Literal["light", "dark"]
LOOKS: Final[list[tuple[str, Theme]]] = [("en", "light"), ("zh-hans", "dark")]
WINDOW: Final = ViewportSize(width=DESKTOP["width"], height=DESKTOP["height"])
AREAS: Final = {
    "products and members": r"/(products|members|batches)/|/customers/\d+/(products|members|batches)/",
    "customers": r"/(customers|customer-relations|customer-merges|contact-people)/",
    "work": r"/",
}
"""The first that an address fits; each is opened by a test of its own."""
LONG_NAME: Final = "云江省第一人民医院医疗健康集团股份有限公司信息化建设与运营管理中心"

_FILE, _PART, _BEFORE = "a file", "what a script fetches into a page", "for whoever has not signed in yet, see test_sign_in and test_frame"
_PROOF: Final = "asks for the password or the second factor first, see test_sign_in"
NO_PAGES: Final = {
    **dict.fromkeys(("customers:customer_pdf", "customers:import_errors", "customers:import_template"), _FILE),
    **dict.fromkeys(("members:batch_errors", "members:batch_template", "jobs:job_file", "mfa_download_recovery_codes"), _FILE),
    **dict.fromkeys(("access:session_state", "access:people_options", "customers:customer_options", "jobs:progress_chip"), _PART),
    **dict.fromkeys(("workflow:last_notices", "workflow:counts", "customers:customer_branch", "jobs:list_cell"), _PART),
    **dict.fromkeys(("members:customer_facts", "products:offer_price", "search"), _PART),
    **dict.fromkeys(("account_login", "account_logout", "account_inactive", "mfa_authenticate", "mfa_login_webauthn"), _BEFORE),
    **dict.fromkeys(("socialaccount_login_cancelled", "openid_connect_login", "openid_connect_callback"), _BEFORE),
    **dict.fromkeys(("mfa_reauthenticate", "mfa_reauthenticate_webauthn", "mfa_activate_totp", "mfa_deactivate_totp"), _PROOF),
    **dict.fromkeys(("mfa_add_webauthn", "mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_remove_webauthn"), _PROOF),
}
"""Routes that take GET and are no page of somebody signed in, and why."""
POSTED: Final = {
    *("access:cover_end", "access:api_token_revoke", "access:reveal", "access:session_end", "workflow:notice_open"),
    *("workflow:arrange_cards", *(f"access:list_view_{what}" for what in ("keep", "first", "move", "delete"))),
}
"""Of the tables that name no methods, what takes POST alone."""
RESTORED: Final[dict[str, tuple[str, Any, dict[str, Any]]]] = {
    "customers:customer_restore": ("customer", Customer, {"name": LONG_NAME}),
    "customers:contact_person_restore": ("person", ContactPerson, {"title": "信息化建设与运营管理中心常务副主任"}),
    "products:offer_restore": ("offer", Offer, {"committed_members": 5_000}),
    "members:member_restore": ("member", Member, {"department": "信息化建设与运营管理中心"}),
    "products:product_restore": (
        "product",
        Product,
        {"name_en": "Group virtual private network with short numbers and closed user groups"},
    ),
    "products:tariff_restore": ("tariff", Tariff, {"name_en": "Monthly fee by member, national calls and video included"}),
    "products:discount_restore": ("discount", Discount, {"name_en": "Discount for loyal customers with a contract of three years"}),
}
"""What is put back: the key of its object, the model, and a change before which there was something else."""


@dataclass(frozen=True, slots=True)
class Ground:
    """The rows that the pages are about, and who opens them."""

    world: reach.World
    user: User


@pytest.fixture
def ground(manager: User, administrator: User, settings: Settings, tmp_path: Any) -> Ground:
    """One row of everything, the customer with a long name, and a change that can be taken back."""
    settings.MEDIA_ROOT = tmp_path / "media"
    world = reach.make_world(manager)
    for key, model, change in RESTORED.values():
        rows: Any = model._default_manager
        rows.filter(pk=world.keys[key]).update(**change)
    make_notice(administrator)
    return Ground(world, administrator)


def pages(ground: Ground) -> dict[str, list[str]]:
    """The addresses of every page, by the name of its route."""
    found: dict[str, list[str]] = {}
    for name, (subject, methods) in reach.objects().items():
        if "GET" in methods.split() and name not in NO_PAGES and not name.startswith("api:"):
            found[name] = [ground.world.address(name, subject)]
    for name, (_who, methods) in reach.WITHOUT_AN_OBJECT.items():
        if "GET" in methods.split() and name not in NO_PAGES and not name.startswith("api:"):
            found[name] = [reverse(name)]
    for name in reach.OF_THE_SIGN_IN:
        if name not in NO_PAGES and name not in POSTED:
            found[name] = [reverse(name)]
    of_others = dict(_of_others(ground))
    for name in reach.OF_OTHERS:
        if name not in NO_PAGES and name not in POSTED and not name.startswith("api:"):
            assert name in of_others, f"{name}: open it in _of_others, or say in NO_PAGES why not"
            found[name] = of_others[name]
    return _with_queries(found, ground)


def _of_others(ground: Ground) -> Iterator[tuple[str, list[str]]]:
    keys, user = ground.world.keys, ground.user
    view = SavedView.objects.create(owner=user, list_name="customers", name="我的客户")
    key = Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data={"name": "Key", "credential": {}})
    version = event_model_of(Customer)._default_manager.values_list("pk", flat=True).first()
    rows = f"?row={keys['customer']}"
    yield "customers:import_new", [reverse("customers:import_new", args=[subject]) for subject in ImportSubject.values]
    yield "access:list_view_edit", [reverse("access:list_view_edit", args=[view.pk])]
    yield "mfa_edit_webauthn", [reverse("mfa_edit_webauthn", args=[key.pk])]
    yield "jobs:list_export", [reverse("jobs:list_export", args=["customers"]) + rows]
    operations = ("assign", "edit", "tag", "untag")
    yield "jobs:list_change", [reverse("jobs:list_change", args=["customers", one]) + rows for one in operations]
    person = Customer.objects.values_list("manager", flat=True).get(pk=keys["customer"])
    yield "customers:hand_over_of", [reverse("customers:hand_over_of", args=[person])]
    draft = HandOver.objects.create(giver_id=person, receiver=user, maker=user, reason="轮岗")
    item = draft.items.create(customer_id=keys["customer"], label=LONG_NAME)
    yield "customers:hand_over_edit", [reverse("customers:hand_over_edit", args=[draft.pk])]
    yield (
        "customers:hand_over_leave_out",
        [f"{reverse('customers:hand_over_leave_out', args=[draft.pk])}?in-hand_over={draft.pk}&row={item.pk}"],
    )
    yield "customers:reach_of_user", [reverse("customers:reach_of_user", args=[person])]
    yield "access:audit_changes_of", [reverse("access:audit_changes_of", args=["customers.customer"])]
    yield "access:audit_change", [reverse("access:audit_change", args=["customers.customer", version])]


def _with_queries(found: dict[str, list[str]], ground: Ground) -> dict[str, list[str]]:
    """What a page shows only when it is asked: an old value, a comparison, a filtered list."""
    keys = ground.world.keys
    for name, (subject, model, _change) in RESTORED.items():
        events: Any = event_model_of(model)._default_manager
        found[name] = [f"{found[name][0]}?version={events.filter(pgh_obj_id=keys[subject]).latest('pk').pk}"]
    other = Customer.objects.exclude(pk=keys["customer"]).filter(manager__isnull=False).values_list("pk", flat=True)[0]
    found["customers:customer_merge"].append(f"{found['customers:customer_merge'][0]}?other={other}")
    found["customers:customer_list"].append(f"{reverse('customers:customer_list')}?q={LONG_NAME[:4]}&level=C&panel={keys['customer']}")
    return found


def _area_of(address: str) -> str:
    return next(area for area, pattern in AREAS.items() if re.match(pattern, address))


@pytest.mark.parametrize(("language", "theme"), LOOKS)
@pytest.mark.parametrize("area", AREAS)
def test_every_page_is_for_everybody(
    page: Page,
    watch: Watch,
    ground: Ground,
    sign_in: Callable[..., None],
    check_axe: Callable[[], None],
    area: str,
    language: str,
    theme: Theme,
) -> None:
    sign_in(ground.user, language=language, theme=theme)
    problems: list[str] = []
    for address in [one for some in pages(ground).values() for one in some if _area_of(one) == area]:
        page.set_viewport_size(WINDOW if language == "en" else PHONE)
        answer = page.goto(address)
        if answer is None or answer.status != 200:
            problems.append(f"{address}: {answer and answer.status}")
            continue
        try:
            check_axe()
        except AssertionError as found:
            problems.append(str(found))
        page.set_viewport_size(PHONE)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > PHONE["width"]:
            problems.append(f"{address}: {width} px wide")
        problems += [f"{address}: {one}" for one in watch.problems]
        watch.problems.clear()
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize(("language", "theme"), LOOKS)
def test_whoever_has_a_first_password_is_led_to_another_one(
    page: Page, manager: User, sign_in: Callable[..., None], check_axe: Callable[[], None], language: str, theme: Theme
) -> None:
    User.objects.filter(pk=manager.pk).update(must_change_password=True)
    sign_in(manager, language=language, theme=theme)
    page.goto("/customers/")
    expect(page).to_have_url(re.compile(reverse("account_change_password")))
    check_axe()
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
