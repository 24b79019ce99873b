"""Every address of the product stands in a table here, or the build fails; `test_matrix` tries those with an object by everybody."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from django.apps import apps
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from pytest_django import Settings

from access.models import AuditEvent, User
from jobs.models import Job
from members.services.batch_run import run_here
from members.services.batches import BatchOptions, create_batch
from members.services.pasted import pasted_source
from members.services.plan import ActionSpec
from products.models import OfferStatus, ProductRule
from tests.access.clients import browser
from tests.factories.customers import ContactPersonFactory, CustomerFactory
from tests.members.factories import make_member, make_subscription
from tests.products.factories import make_discount, make_group_subscription, make_offer, make_product, make_tariff

pytestmark = pytest.mark.django_db

TODAY: Final = datetime.date.today()  # noqa: DTZ011
SIGN_IN: Final = "/accounts/login/"
REFUSED: Final = (401, 403, 404, 405)


# --- the tables ------------------------------------------------------------------------------------------------------------------------

OF_A_CUSTOMER: Final = {
    # name: (what its id names, who may, the methods it takes); everybody else is refused, but a viewer may GET what VIEWER_READS names
    **dict.fromkeys(
        ("customers:customer_detail", "customers:customer_hierarchy", "customers:customer_history", "customers:customer_people"),
        ("customer", "manager", "GET"),
    ),
    **dict.fromkeys(
        ("customers:contact_person_create", "customers:customer_edit", "customers:customer_lifecycle"), ("customer", "manager", "GET POST")
    ),
    "customers:customer_sharing": ("customer", "manager", "GET"),
    "customers:customer_share": ("customer", "manager", "GET POST"),
    "customers:customer_sharing_end": ("customer", "manager", "POST"),
    "customers:customer_assign": ("customer", "director", "GET POST"),
    "customers:contact_person": ("person", "manager", "GET"),
    "customers:contact_person_edit": ("person", "manager", "GET POST"),
    "customers:contact_person_delete": ("person", "manager", "POST"),
    "customers:customer_restore": ("customer", "manager", "GET POST"),
    "customers:contact_person_history": ("person", "manager", "GET"),
    "customers:contact_person_restore": ("person", "manager", "GET POST"),
    "products:customer_panel": ("customer", "manager", "GET"),
    "products:group_subscription_create": ("customer", "manager", "GET POST"),
    "products:group_subscription_end": ("group_subscription", "manager", "GET POST"),
    "products:offer_detail": ("offer", "manager", "GET"),
    "products:offer_update": ("offer", "manager", "GET POST"),
    "products:offer_history": ("offer", "manager", "GET"),
    "products:offer_restore": ("offer", "manager", "GET POST"),
    "products:offer_submit": ("offer", "manager", "POST"),
    "products:offer_withdraw": ("offer", "manager", "POST"),
    "products:offer_approve": ("offer", "director", "POST"),
    "products:offer_return": ("offer", "director", "POST"),
    **dict.fromkeys(
        ("members:customer_panel", "members:customer_subscriptions", "members:customer_facts", "members:customer_batches"),
        ("customer", "manager", "GET"),
    ),
    "members:member_update": ("member", "manager", "GET POST"),
    "members:member_history": ("member", "manager", "GET"),
    "members:member_restore": ("member", "manager", "GET POST"),
    "members:number_detail": ("member", "manager", "GET"),
    "members:number": ("number", "manager", "GET"),
    "members:member_batch": ("member", "manager", "POST"),
    **dict.fromkeys(
        ("members:batch_detail", "members:batch_preview", "members:batch_run", "jobs:job_detail", "members:batch_errors"),
        ("job", "manager", "GET"),
    ),
    **dict.fromkeys(("members:batch_source", "members:batch_actions"), ("job", "manager", "GET POST")),
    **dict.fromkeys(
        (
            *("members:batch_approve", "members:batch_recheck", "members:batch_mode", "members:batch_cancel", "members:batch_pause"),
            *("members:batch_resume", "members:batch_undo"),
        ),
        ("job", "manager", "POST"),
    ),
    **dict.fromkeys(
        (
            *("api:provisioning_job_detail", "api:provisioning_job_rows", "api:provisioning_job_errors_csv"),
            "api:provisioning_job_errors_xlsx",
        ),
        ("job", "manager", "GET"),
    ),
    **dict.fromkeys(
        (
            *("api:provisioning_job_approve", "api:provisioning_job_recheck", "api:provisioning_job_cancel", "api:provisioning_job_pause"),
            *("api:provisioning_job_resume", "api:provisioning_job_undo"),
        ),
        ("job", "manager", "POST"),
    ),
}

OF_THE_CATALOGUE: Final = {
    "products:product_detail": ("product", "GET"),
    "products:product_update": ("product", "GET POST"),
    "products:rule_add": ("product", "POST"),
    "products:rule_remove": ("rule", "POST"),
    "products:tariff_create": ("product", "GET POST"),
    "products:tariff_update": ("tariff", "GET POST"),
    "products:tariff_price_create": ("tariff", "GET POST"),
    "products:discount_update": ("discount", "GET POST"),
    **{f"products:{kind}_history": (kind, "GET") for kind in ("product", "tariff", "discount")},
    **{f"products:{kind}_restore": (kind, "GET POST") for kind in ("product", "tariff", "discount")},
}
READ_BY_ALL_ROLES: Final = {"products:product_detail", "products:product_history", "products:tariff_history", "products:discount_history"}
"""The catalogue is open to every role, but only administrators keep it."""

FORMS_SHOWN_TO_READERS: Final = {"members:batch_actions"}
"""Step 2 of a batch tells those who may not change it what was chosen."""

EXPORTS: Final = {
    "members:batch_errors",
    "api:provisioning_job_errors_csv",
    "api:provisioning_job_errors_xlsx",
}
"""What a role without the action `export` does not get."""

PUBLIC: Final = {
    *("csp_report", "account_login", "account_inactive", "access:set_language", "access:set_theme", "account_logout"),
    *("mfa_authenticate", "mfa_login_webauthn", "socialaccount_login_cancelled"),
}
SINGLE_SIGN_ON: Final = {"openid_connect_login", "openid_connect_callback"}
"""They lead to the identity provider and back; `test_single_sign_on.py` tries them."""
OPEN_TO_ANYONE_SIGNED_IN: Final = {
    *("access:cover", "access:cover_end", "access:people_options"),
    *("access:api_tokens", "access:api_token_revoke"),
    *("home", "access:profile", "account_change_password", "account_reauthenticate"),
    *("access:sessions", "access:session_end_others", "access:session_state", "access:session_keep", "access:unsent"),
    *("mfa_index", "mfa_activate_totp", "mfa_deactivate_totp", "mfa_list_webauthn", "mfa_add_webauthn"),
    *("mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_download_recovery_codes"),
    *("mfa_reauthenticate", "mfa_reauthenticate_webauthn"),
    *("customers:customer_options", "jobs:progress_chip", "api:schema", "access:reveal"),
}
"""They show nothing of others, or filter by reach themselves."""
OF_ONESELF: Final = {"access:session_end", "mfa_edit_webauthn", "mfa_remove_webauthn"}
"""Their ids name one's own sessions and keys; `test_sessions.py` tries other people's."""
OF_PEOPLE: Final = {"customers:reach_of_user"}
"""Their ids name people; `test_reach_page.py` tries who may look."""
OF_THE_AUDIT: Final = {"access:audit_changes_of", "access:audit_change"}
"""Their parts name a kind of object and a change; `tests/audit/test_audit_search.py` tries who may look."""
OF_A_ROLE: Final = {
    *("access:audit_events", "access:audit_changes"),
    *("customers:customer_list", "customers:customer_create", "customers:contact_person_list"),
    *("products:product_list", "products:product_create", "products:discount_list", "products:discount_create"),
    *("products:offer_list", "products:offer_create", "products:offer_price"),
    *("members:member_list", "members:segment_list", "members:blacklist", "members:batch_list", "members:batch_new"),
    *("members:batch_template", "jobs:job_list", "api:provisioning_job_list"),
}
ADMIN_ENTRANCE: Final = {"admin:login", "admin:logout"}
ADMIN_OF_STAFF: Final = {"admin:index", "admin:password_change", "admin:password_change_done", "admin:jsi18n", "admin:search"}
"""They hold nothing of the business; the search finds the titles of those pages that the person may open."""


# --- the ground ------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Address:
    """A pattern of the resolver: its route, its name with the namespaces, and the parameters it takes."""

    route: str
    name: str
    parameters: tuple[str, ...]


def addresses() -> list[Address]:
    """All patterns of the resolver."""
    return list(_below(get_resolver(), "", ()))


def _below(resolver: URLResolver, route: str, namespaces: tuple[str, ...], outer: tuple[str, ...] = ()) -> Iterator[Address]:
    for pattern in resolver.url_patterns:
        parameters = (*outer, *pattern.pattern.converters, *_groups(pattern))
        if isinstance(pattern, URLPattern):
            yield Address(route + str(pattern.pattern), ":".join((*namespaces, pattern.name or "")), parameters)
        else:
            inner = (*namespaces, pattern.namespace) if pattern.namespace else namespaces
            yield from _below(pattern, route + str(pattern.pattern), inner, parameters)


def _groups(pattern: Any) -> tuple[str, ...]:
    return tuple(pattern.pattern.regex.groupindex) if not pattern.pattern.converters else ()


@dataclass(frozen=True, slots=True)
class World:
    """One row of everything, all of it the manager's: keys by what they name, and a body that would do if the sender might."""

    keys: dict[str, Any]
    body: dict[str, Any]

    def address(self, name: str, subject: str) -> str:
        """The address `name` of the object `subject`."""
        key = self.keys[subject]
        match subject, name:
            case "rule", _:
                return reverse(name, kwargs={"pk": self.keys["product"], "rule_pk": key})
            case "number", _:
                return reverse(name, kwargs={"msisdn": key})
            case "job", "members:batch_errors":
                return reverse(name, kwargs={"pk": key, "form": "csv"})
            case "product", "products:tariff_create":
                return reverse(name, kwargs={"product_pk": key})
        return reverse(name, kwargs={"pk": key})


@pytest.fixture
def world(manager: User, settings: Settings, tmp_path: Path) -> World:
    """A customer of the manager with all that can hang from one, and a catalogue."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return make_world(manager)


def make_world(manager: User) -> World:
    """One row of everything, all of it of `manager`, and a catalogue."""
    customer = CustomerFactory(manager=manager)
    product, other = make_product("VNET"), make_product("RING")
    tariff, group_tariff = make_tariff(product), make_tariff(make_product(member_level=False))
    rule = ProductRule.objects.create(product=product, other=other, kind="excludes")
    offer = make_offer(customer, tariff, status=OfferStatus.IN_APPROVAL)
    member = make_member(customer, "8613912340001")
    make_subscription(member, tariff)
    job = make_batch(manager, customer.pk)
    keys = {
        "customer": customer.pk,
        "person": ContactPersonFactory(customer=customer).pk,
        "offer": offer.pk,
        "group_subscription": make_group_subscription(customer, group_tariff).pk,
        "member": member.pk,
        "number": member.msisdn,
        "job": job.pk,
        "product": product.pk,
        "rule": rule.pk,
        "tariff": tariff.pk,
        "group_tariff": group_tariff.pk,
        "discount": make_discount().pk,
    }
    body = {
        "name": "换了名",
        "code": "NEW-1",
        "to": "warned",
        "reason": "因为",
        "manager": "",
        "org_unit": customer.org_unit_id,
        "tariff": group_tariff.pk,
        "quantity": 1,
        "effective_on": TODAY.isoformat(),
        "ended_on": TODAY.isoformat(),
        "fee": "1.00",
        "holder_name": "换人",
        "pay_mode": "group",
        "state": "active",
        "kind": "requires",
        "other": other.pk,
        "fingerprint": job.fingerprint,
        "confirm_repeat": "yes",
        "numbers": "13912340009",
        "membership": "join",
        "mode": "valid",
        "column-0": "number",
        "name_zh": "新",
        "name_en": "New",
        "value": "1",
    }
    return World(keys, body)


def make_batch(actor: User, customer_id: int) -> Job:
    """A checked batch with a good row and a bad one."""
    options = BatchOptions(actions=[ActionSpec("join")], effective_on=TODAY)
    source = pasted_source("13912340002\n1391234\n")
    return run_here(create_batch(customer_id=customer_id, actor=actor, source=source, source_name="numbers", options=options))


def everything() -> dict[str, list[Any]]:
    """All rows of all tables of the product, but for what the audit keeps of refusals, and the day on which a token was used."""
    names = ("access", "customers", "products", "members", "jobs")
    models = [model for name in names for model in apps.get_app_config(name).get_models() if model is not AuditEvent]
    return {model.__name__: list(model._base_manager.order_by("pk").values(*_kept(model))) for model in models}


def _kept(model: type[Any]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields if (model.__name__, field.name) != ("ApiToken", "last_used_on")]


@contextmanager
def taken_back() -> Iterator[None]:
    """Whatever the block writes is gone after it."""
    point = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(point)


def send(client: Client, method: str, address: str, body: dict[str, Any]) -> HttpResponseBase:
    """Send a request; its answer, a stream too, is read to the end."""
    response: HttpResponseBase = client.get(address) if method == "GET" else client.post(address, body)
    if response.streaming:
        b"".join(response)
    return response


def objects() -> dict[str, tuple[str, str]]:
    """All addresses with an object's id: what it names, and its methods."""
    bound = {name: (subject, methods) for name, (subject, _who, methods) in OF_A_CUSTOMER.items()}
    return bound | OF_THE_CATALOGUE


def let_in(world: World, client: Client, allowed: set[tuple[str, str]]) -> list[str]:
    """The requests beyond `allowed` (name and method) that were not refused."""
    surprises = []
    for name, (subject, _methods) in objects().items():
        for method in ("GET", "POST"):
            if (name, method) not in allowed or method == "GET":
                response = send(client, method, world.address(name, subject), world.body)
                to_sign_in = response.status_code == 302 and response["Location"].startswith(SIGN_IN)
                if not to_sign_in and response.status_code not in REFUSED and (name, method) not in allowed:
                    surprises.append(f"{method} {name}: {response.status_code}")
    return surprises


def assert_refused(world: World, client: Client, allowed: set[tuple[str, str]]) -> None:
    """Send all requests; those beyond `allowed` are refused, and none changes anything."""
    before = everything()
    assert let_in(world, client, allowed) == []
    assert everything() == before


# --- the tests -------------------------------------------------------------------------------------------------------------------------


def test_every_address_stands_in_a_table() -> None:
    plain = PUBLIC | OPEN_TO_ANYONE_SIGNED_IN | OF_A_ROLE | OF_ONESELF | SINGLE_SIGN_ON | OF_PEOPLE | OF_THE_AUDIT
    known = plain | set(objects())
    found = {address.name for address in addresses() if not address.route.startswith("admin/")}
    assert found - known == set(), "say in a table who may come here"
    assert known - found == set(), "these are gone"
    with_ids = {address.name for address in addresses() if address.parameters and not address.route.startswith("admin/")}
    assert with_ids == set(objects()) | OF_ONESELF | SINGLE_SIGN_ON | OF_PEOPLE | OF_THE_AUDIT


def test_nobody_gets_in_without_a_sign_in(world: World) -> None:
    assert_refused(world, browser(None), set())
    for address in addresses():
        if not address.parameters and address.name not in PUBLIC | ADMIN_ENTRANCE:
            for method in ("GET", "POST"):
                response = send(browser(None), method, f"/{address.route}", world.body)
                refused = response.status_code in REFUSED or response["Location"].startswith((SIGN_IN, "/admin/login/"))
                assert refused, f"{method} {address.route}: {response.status_code}"


@pytest.mark.parametrize("persona", ["foreign_manager", "outsider"])
def test_what_hangs_from_a_foreign_customer_is_out_of_reach(world: World, persona: str, request: pytest.FixtureRequest) -> None:
    allowed = {(name, "GET") for name in READ_BY_ALL_ROLES} if persona != "outsider" else set()
    assert_refused(world, browser(request.getfixturevalue(persona)), allowed)


def test_without_a_role_no_list_opens(world: World, outsider: User) -> None:
    client, before = browser(outsider), everything()
    for name in OF_A_ROLE:
        for method in ("GET", "POST"):
            response = send(client, method, reverse(name), world.body)
            assert response.status_code in REFUSED, f"{method} {name}: {response.status_code}"
    assert everything() == before


def admin_addresses() -> list[tuple[str, str]]:
    """Name and address of every page of the administration, with a key that exists in most tables."""
    found = []
    for address in addresses():
        if address.route.startswith("admin/") and address.name not in ADMIN_ENTRANCE:
            path = address.route.replace("<path:object_id>", "1").replace("<path:content_type_id>", "1").replace("<id>", "1")
            path = re.sub(r"\^\(\?P<app_label>[^)]*\)/\$", "access/", path)
            found.append((address.name, f"/{path.replace('(?P<url>.*)$', 'nowhere/')}"))
    return found


@pytest.mark.parametrize("persona", ["director", "viewer"])
def test_the_administration_is_closed_to_others(world: World, persona: str, request: pytest.FixtureRequest) -> None:
    client, before = browser(request.getfixturevalue(persona)), everything()
    for name, address in admin_addresses():
        for method in ("GET", "POST"):
            response = send(client, method, address, world.body)
            assert response.status_code in (302, 403), f"{method} {name} {address}: {response.status_code}"
            assert response.status_code == 403 or response["Location"].startswith(("/admin/login/", SIGN_IN)), address
    assert everything() == before


@pytest.mark.parametrize("persona", ["director", "viewer"])
def test_the_staff_flag_alone_opens_nothing(world: World, persona: str, request: pytest.FixtureRequest) -> None:
    """The viewer sees all, and so may look; nobody of them writes."""
    user = request.getfixturevalue(persona)
    User.objects.filter(pk=user.pk).update(is_staff=True)
    client, before = browser(User.objects.get(pk=user.pk)), everything()
    for name, address in admin_addresses():
        if name in ADMIN_OF_STAFF:
            continue
        for method in ("GET", "POST"):
            response = send(client, method, address, world.body)
            moved_on = response.status_code == 302 and response["Location"].startswith("/admin/")
            looked = persona == "viewer" and method == "GET" and response.status_code == 200
            listed = persona == "viewer" and method == "POST" and name.endswith(("_changelist", "_history"))
            assert moved_on or looked or listed or response.status_code in REFUSED, f"{method} {name} {address}: {response.status_code}"
    assert everything() == before
