"""The access matrix of the administration: every page of every kind of row, tried by everybody with every method.

Everybody is staff here, the worst case; without the flag nobody gets in. A role looks where it reaches every row of a module, and writes
where it may also do that there. A page without a row in a table fails the build, as does a row without a page.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any, Final

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from access.models import User
from access.services.api_tokens import create_token
from access.services.delegations import lend_scope
from customers.grants import TO_VIEW
from customers.models import (
    AttributeDefinition,
    Customer,
    DuplicateRule,
    HandOverRule,
    Industry,
    LevelThreshold,
    LifecycleReason,
    LifecycleRule,
    Region,
    ScoringRule,
    Tag,
)
from customers.services.sharing import share_customer
from members.models import BlacklistedNumber, NumberSegment
from members.verdicts import HARD, NOTHING_TO_DO
from tests.access import test_reach as reach
from tests.access.clients import browser
from tests.access.matrix import (
    ANSWERS,
    CHANGES,
    FOREIGN,
    NONE,
    OWN,
    REFUSES,
    SHARED,
    SHOWS,
    STANDINGS,
    WAYS,
    Standing,
    Try,
    report,
    tallies,
    try_all,
)
from tests.access.test_matrix import grounds, method_of

__all__ = ["grounds"]

pytestmark = pytest.mark.django_db

KINDS: Final = {
    # model: (the module that counts, what an administrator may do beside looking)
    "access.user": ("access", "add change"),
    "access.orgunit": ("access", "add change delete"),
    "access.role": ("access", "add change delete"),
    "access.roleassignment": ("access", "add change delete"),
    "auth.group": ("access", "add change delete"),
    "access.delegation": ("access", "add"),
    "access.apitoken": ("access", ""),
    "customers.customeruserobjectpermission": ("customers", ""),
    "customers.customergroupobjectpermission": ("customers", ""),
    "customers.customer": ("customers", ""),
    "customers.industry": ("customers", "add change delete"),
    "customers.region": ("customers", "add change delete"),
    "customers.attributedefinition": ("customers", "add change delete"),
    "customers.duplicaterule": ("customers", "change"),
    "customers.handover": ("customers", ""),
    "customers.handoverrule": ("customers", "change delete"),
    "customers.levelthreshold": ("customers", "add change delete"),
    "customers.lifecyclereason": ("customers", "add change delete"),
    "customers.lifecyclerule": ("customers", "add change delete"),
    "customers.relationkind": ("customers", "add change delete"),
    "customers.scoringrule": ("customers", "add change delete"),
    "customers.tag": ("customers", "add change delete"),
    "products.product": ("products", "add change delete"),
    "products.tariff": ("products", "add change delete"),
    "products.discount": ("products", "add change delete"),
    "products.offer": ("products", ""),
    "products.groupsubscription": ("products", ""),
    "members.member": ("members", ""),
    "members.numbersegment": ("members", "add change delete"),
    "members.blacklistednumber": ("members", "add change delete"),
    "members.verdictrule": ("members", "change"),
    "jobs.job": ("jobs", ""),
    "jobs.sourcefile": ("jobs", ""),
}
PAGES: Final = {
    # the rest of the route: (what it takes to GET, what it takes to POST); "look" is to see the rows, "staff" to be let in at all, and
    # "nothing" nobody has
    "": ("look", "look"),
    "add/": ("add", "add"),
    "<path:object_id>/change/": ("look", "change"),
    "<path:object_id>/delete/": ("delete", "delete"),
    "<path:object_id>/history/": ("look", "nothing"),
    "<path:object_id>/": ("staff", "staff"),  # on to the page of the row, which asks
}
PAGES_OF_THEIR_OWN: Final = {
    "access/user/list/": ("change", "change"),
    "access/user/<id>/password/": ("change", "change"),
    "access/user/<path:object_id>/restore/": ("change", "change"),
    "access/orgunit/<path:object_id>/restore/": ("change", "change"),
    **dict.fromkeys((f"access/{kind}/<path:object_id>/restore/" for kind in ("user", "orgunit")), ("change", "change")),
}
OF_STAFF: Final = {
    # name: the module that has to be in reach whole; empty for those that hold nothing of the business
    "admin:index": "",
    "admin:search": "",
    "admin:jsi18n": "",
    "admin:password_change": "",
    "admin:password_change_done": "",
    "admin:autocomplete": "access",
    "admin:schedules": "jobs",
}
"""The search finds the titles of pages that the person may open; the autocomplete is asked for people."""
ENTRANCE: Final = {"admin:login", "admin:logout"}
FOR_ALL_APPS: Final = {"admin:app_list", "admin:"}
_QUERIES: Final = {
    "admin:autocomplete": "?app_label=access&model_name=delegation&field_name=lender&term=a",
    "admin:search": "?s=a",
}
_OUT_OF_HAND: Final[dict[str, dict[str, Any]]] = {
    "members.verdictrule": {"code__in": HARD | NOTHING_TO_DO},
    "auth.group": {"name": "支撑组"},
}
"""Rows that nobody may keep: verdicts that the program decides, and a group with which customers are shared."""
_KIND: Final = re.compile(r"admin/([a-z]+)/([a-z]+)/(.*)$")
LEAST: Final = 1_850


def pages() -> list[tuple[str, str]]:
    """Label of the kind and rest of the route, of all pages that belong to a kind of row."""
    found = (_KIND.match(address.route) for address in reach.addresses())
    return [(f"{match[1]}.{match[2]}", match[3]) for match in found if match and match[1] != "password_change"]


def needs(kind: str, rest: str) -> tuple[str, str]:
    """What GET and POST of a page take. Raises KeyError for a page without a row."""
    return PAGES_OF_THEIR_OWN.get(f"{kind.replace('.', '/')}/{rest}") or PAGES[rest]


def may(standing: Standing, kind: str, need: str) -> bool:
    """The whole rule of the administration: who may do what with a kind of row."""
    module, writes = KINDS[kind]
    if standing.token or not standing.is_called("signed-in"):
        return False
    if need == "staff":
        return True
    return module in standing.modules and (need == "look" or (standing.is_called("administrator") and need in writes.split()))


@pytest.fixture
def objects(grounds: dict[str, reach.World], manager: User, foreign_manager: User, administrator: User) -> dict[str, dict[str, Any]]:
    """Keys of a row of each kind: of the manager's and of a foreign manager's, or of one that is everybody's."""
    group = Group.objects.create(name="支撑组")
    Group.objects.create(name="无共享")
    today = timezone.localdate()
    keys: dict[str, dict[str, Any]] = {}
    for side, keeper, other in ((OWN, manager, foreign_manager), (FOREIGN, foreign_manager, manager)):
        customer = Customer.objects.get(pk=grounds[side].keys["customer"])
        for holder in (other, group):
            share_customer(customer_id=customer.pk, actor=administrator, holder=holder, permission=TO_VIEW)
        rows: dict[str, Any] = {
            "access.user": keeper.pk,
            "access.orgunit": keeper.org_unit_id,
            "access.roleassignment": keeper.assignments.get().pk,
            "access.delegation": lend_scope(actor=keeper, lender=keeper, borrower=other, starts_on=today, ends_on=today).pk,
            "access.apitoken": create_token(owner=keeper, name="x", days=1, actor=keeper)[0].pk,
            **{f"customers.customer{holder}objectpermission": _grant(holder, customer).pk for holder in ("user", "group")},
            "customers.customer": customer.pk,
            "customers.handover": grounds[side].keys["hand_over"],
            "products.offer": grounds[side].keys["offer"],
            "products.groupsubscription": grounds[side].keys["group_subscription"],
            "members.member": grounds[side].keys["member"],
            "jobs.job": grounds[side].keys["job"],
        }
        for kind, key in rows.items():
            keys.setdefault(kind, {})[side] = key
    NumberSegment.objects.create(prefix="861380000", kind="mobile", operator="mobile")
    BlacklistedNumber.objects.create(msisdn="8613800001111", reason="欺诈")
    Industry.objects.get_or_create(code="X", defaults={"name_zh": "医", "name_en": "Health"})
    Region.objects.get_or_create(code="X", defaults={"name_zh": "云", "name_en": "Yun"})
    AttributeDefinition.objects.get_or_create(key="x", defaults={"kind": "text", "name_zh": "云", "name_en": "Yun"})
    LevelThreshold.objects.get_or_create(level="A1", defaults={"at_least": 80})
    DuplicateRule.objects.get_or_create(sign="name", defaults={"points": 80})
    names = {"name_zh": "云", "name_en": "Yun"}
    LifecycleReason.objects.get_or_create(code="X", defaults=names)
    steps = {"from_state": "active", "to_state": "warned", "measure": "years", "number": 1}
    HandOverRule.objects.get_or_create()
    LifecycleRule.objects.get_or_create(code="X", defaults={**names, **steps})
    ScoringRule.objects.get_or_create(code="X", defaults={"measure": "years", "name_zh": "云", "name_en": "Yun"})
    Tag.objects.get_or_create(code="X", defaults={"name_zh": "云", "name_en": "Yun"})
    for kind in KINDS.keys() - keys.keys():
        row = apps.get_model(kind)._default_manager.exclude(**_OUT_OF_HAND.get(kind, {})).order_by("pk").first()
        assert row is not None, f"no row of {kind} to try"
        keys[kind] = {SHARED: row.pk}
    return keys


def _grant(holder: str, customer: Customer) -> Model:
    model: Any = apps.get_model(f"customers.customer{holder}objectpermission")
    row: Model = model.objects.get(content_object=customer)
    return row


def _body(kind: str, rest: str, key: Any) -> list[dict[str, Any]]:
    """What is posted: to a list each of its actions on the row, and to delete the consent; forms get what does not fit."""
    if rest:
        return [
            {"post": "yes", "name": "换了名", "is_active": "", "password1": "seventeen quiet rivers", "password2": "seventeen quiet rivers"}
        ]
    page = admin.site._registry[apps.get_model(kind)]
    names = [name if isinstance(name, str) else name.__name__ for name in page.actions or ()]
    return [{"action": name, "_selected_action": [key], "post": "yes"} for name in ("delete_selected", *names)]


def of_a_kind(standing: Standing, objects: dict[str, dict[str, Any]]) -> Iterator[Try]:
    """Every page of every kind of row."""
    for kind, rest in pages():
        to_get, to_post = needs(kind, rest)
        for side, key in objects[kind].items():
            address = f"/admin/{kind.replace('.', '/')}/{re.sub('<[^>]*>', str(key), rest)}"
            name = f"admin {kind} {rest or 'list'}"
            for way in WAYS:
                method = method_of(way)
                if method == "POST":
                    allowed = may(standing, kind, to_post)
                    # Of a list everybody who looks may ask for an action; what comes of it is decided by who writes.
                    writes = to_post != "look" or standing.is_called("administrator")
                    for body in _body(kind, rest, key):
                        yield Try(name, side, way, address, (CHANGES if writes else SHOWS) if allowed else REFUSES, body)
                else:
                    yield Try(name, side, way, address, SHOWS if method == "GET" and may(standing, kind, to_get) else REFUSES)


def of_the_site(standing: Standing) -> Iterator[Try]:
    """The pages that belong to no kind of row, and the addresses below /admin/ that are none."""
    staff = standing.is_called("signed-in")
    for name, module in OF_STAFF.items():
        allowed = staff and (not module or module in standing.modules)
        for way in WAYS:
            posts = method_of(way) == "POST" and name in ("admin:index", "admin:search", "admin:jsi18n")
            expected = ANSWERS if allowed and (posts or name.startswith("admin:password")) else REFUSES
            expected = SHOWS if allowed and method_of(way) == "GET" and expected == REFUSES else expected
            yield Try(name, NONE, way, reverse(name) + _QUERIES.get(name, ""), expected)
    for way in WAYS:
        for label in sorted({kind.split(".")[0] for kind in KINDS}):
            whole = any(module in standing.modules for kind, (module, _writes) in KINDS.items() if kind.startswith(f"{label}."))
            shown = staff and whole and method_of(way) in ("GET", "POST")
            yield Try("admin:app_list", NONE, way, reverse("admin:app_list", args=[label]), SHOWS if shown else REFUSES)
        yield Try("admin:nowhere", NONE, way, "/admin/nowhere/", REFUSES)
        yield from (Try(name, NONE, way, reverse(name), ANSWERS) for name in sorted(ENTRANCE))


def _staff(standing: Standing, request: pytest.FixtureRequest) -> Client:
    user = standing.user(request)
    if user is not None:
        User.objects.filter(pk=user.pk).update(is_staff=True)
    return standing.client(request)


@pytest.mark.parametrize("standing", STANDINGS, ids=lambda standing: standing.persona)
def test_the_matrix_of_the_administration(standing: Standing, objects: dict[str, dict[str, Any]], request: pytest.FixtureRequest) -> None:
    tries = [*of_a_kind(standing, objects), *of_the_site(standing)]
    report("administration", standing, try_all(_staff(standing, request), tries), LEAST)


def test_the_whole_matrix_was_tried() -> None:
    """Both parts by everybody; where only some tests of this folder ran, what there is of it is told."""
    routes = {route for tally in tallies.values() for route in tally.routes}
    requests = sum(tally.tried for tally in tallies.values())
    if len(tallies) == 2 * len(STANDINGS):
        assert requests >= 35_000
        assert len(routes) >= 280
    sys.stdout.write(f"the matrix: {requests:,} requests, {len(routes)} routes, {len(WAYS)} ways, {len(STANDINGS)} people; 0 leaks\n")


@pytest.mark.parametrize("persona", ["administrator"])
def test_without_the_staff_flag_nothing_opens(persona: str, objects: dict[str, dict[str, Any]], request: pytest.FixtureRequest) -> None:
    nobody = Standing(persona)
    tries = [one for one in of_a_kind(nobody, objects) if one.way in ("GET", "POST")]
    assert not try_all(nobody.client(request), tries).faults


def test_every_page_of_the_administration_stands_in_a_table() -> None:
    registered = {model._meta.label_lower for model in admin.site._registry}
    assert registered == set(KINDS), "say in a table who may keep these rows"
    assert {kind for kind, _rest in pages()} == set(KINDS)
    rests = [f"{kind.replace('.', '/')}/{rest}" if rest not in PAGES else rest for kind, rest in pages()]
    assert set(rests) == {*PAGES, *PAGES_OF_THEIR_OWN}
    others = {address.name for address in reach.addresses() if address.route.startswith("admin/") and not _KIND.match(address.route)}
    assert others | {"admin:password_change_done"} == {*OF_STAFF, *ENTRANCE, *FOR_ALL_APPS}


def test_no_page_takes_other_methods(administrator: User) -> None:
    """The pages of the administration are forms: what is neither asked nor posted is refused before any view."""
    assert admin.site.admin_view(lambda request: pytest.fail("called"))(RequestFactory().put("/admin/")).status_code == 405


def _filters(page: Any) -> list[str]:
    names = (name[0] if isinstance(name, tuple) else name for name in page.list_filter)
    return [name if isinstance(name, str) else name.parameter_name for name in names]


@pytest.mark.parametrize("kind", KINDS)
def test_rubbish_in_the_address_breaks_no_page(kind: str, administrator: User) -> None:
    """Pages, orders, filters and keys that are none are answered by the list, its first page or a refusal."""
    User.objects.filter(pk=administrator.pk).update(is_staff=True)
    client, address = browser(User.objects.get(pk=administrator.pk)), reverse(f"admin:{kind.replace('.', '_')}_changelist")
    client.raise_request_exception = False
    queries = [
        "p=abc",
        "p=-1",
        "p=999999999999",
        "o=9.9",
        "o=x",
        "e=1",
        "q=%00",
        "nowhere=1",
        "id__exact=abc",
        "all=",
        "_to_field=password",
    ]
    values = ("x", "%00", "9" * 30)
    filters = _filters(admin.site._registry[apps.get_model(kind)])
    queries += [f"{name}{lookup}={value}" for name in filters for lookup in ("", "__exact", "__gte", "__isnull") for value in values]
    addresses = [f"{address}?{query}" for query in queries]
    addresses += [f"{address}{key}/{rest}/" for key in ("abc", "9" * 30, "-1", "_00", "%00") for rest in ("change", "delete", "history")]
    assert [(one, status) for one in addresses if (status := client.get(one).status_code) >= 500] == []


def test_rubbish_in_the_address_breaks_no_search(administrator: User) -> None:
    """Neither the search of pages nor the autocomplete."""
    User.objects.filter(pk=administrator.pk).update(is_staff=True)
    client = browser(User.objects.get(pk=administrator.pk))
    client.raise_request_exception = False
    for query in ("s=a&page=x", "s=a&page=0", "s=a&page=99", "s=%00", "s=a&extended=1&page=-1", f"s=a&page={'9' * 5000}"):
        assert client.get(f"{reverse('admin:search')}?{query}").status_code in (200, 400, 404), query
    right = {"app_label": "access", "model_name": "delegation", "field_name": "lender", "term": "a"}
    wrong: tuple[dict[str, str], ...] = (
        {},
        {"app_label": "x"},
        {"model_name": "x"},
        {"field_name": "password"},
        {"field_name": "x"},
        {"page": "x"},
        {"term": chr(0)},
    )
    for change in wrong:
        status = client.get(reverse("admin:autocomplete"), {**right, **change} if change else {}).status_code
        assert status in (200, 400, 403, 404), change
