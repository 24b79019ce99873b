"""Every address of the product stands in a table here, or the build fails; `test_matrix` tries them all by everybody."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from pytest_django import Settings

from access.models import User
from jobs.models import Job
from members.services.batch_run import run_here
from members.services.batches import BatchOptions, create_batch
from members.services.pasted import pasted_source
from members.services.plan import ActionSpec
from products.models import OfferStatus, ProductRule
from tests.access.routes_of_the_api import API_OF_A_CUSTOMER, API_OF_THE_CATALOGUE
from tests.customers.imports import CUSTOMERS, checked
from tests.factories.customers import ContactPersonFactory, CustomerFactory, make_hand_over, make_merge, make_pair, make_relation
from tests.factories.workflow import make_task
from tests.members.factories import make_member, make_subscription
from tests.products.factories import make_discount, make_group_subscription, make_offer, make_product, make_tariff

pytestmark = pytest.mark.django_db

TODAY: Final = datetime.date.today()  # noqa: DTZ011


# --- the tables ------------------------------------------------------------------------------------------------------------------------

OF_A_CUSTOMER: Final = {
    # name: (what its id names, who may, the methods it takes); everybody else is refused, but a viewer may GET what VIEWER_READS names
    **dict.fromkeys(
        (
            "customers:customer_detail",
            "customers:customer_timeline",
            "customers:customer_hierarchy",
            "customers:customer_history",
            "customers:customer_people",
        ),
        ("customer", "manager", "GET"),
    ),
    **dict.fromkeys(
        ("customers:contact_person_create", "customers:customer_edit", "customers:customer_lifecycle"), ("customer", "manager", "GET POST")
    ),
    "customers:customer_merge": ("customer", "director", "GET POST"),
    "customers:duplicate_decide": ("pair", "manager", "POST"),
    "customers:merge_detail": ("merge", "manager", "GET"),
    "customers:merge_undo": ("merge", "director", "GET POST"),
    "customers:merge_history": ("merge", "manager", "GET"),
    "customers:contact_person_alike": ("customer", "manager", "POST"),
    **dict.fromkeys(("customers:customer_print", "customers:customer_pdf"), ("customer", "manager", "GET")),
    "customers:people_chart": ("customer", "manager", "GET"),
    "customers:customer_branch": ("customer", "manager", "GET"),
    "customers:contact_person_place": ("person", "manager", "GET POST"),
    "customers:customer_relations": ("customer", "manager", "GET"),
    "customers:relation_create": ("customer", "manager", "GET POST"),
    "customers:relation_edit": ("relation", "manager", "GET POST"),
    "customers:relation_remove": ("relation", "manager", "POST"),
    "customers:customer_proposal": ("customer", "manager", "POST"),
    "customers:customer_value": ("customer", "manager", "GET"),
    "customers:customer_score": ("customer", "manager", "POST"),
    "customers:customer_level": ("customer", "director", "GET POST"),
    "customers:customer_level_end": ("customer", "director", "POST"),
    "customers:customer_sharing": ("customer", "manager", "GET"),
    "customers:customer_share": ("customer", "manager", "GET POST"),
    "customers:customer_sharing_end": ("customer", "manager", "POST"),
    "customers:customer_assign": ("customer", "director", "GET POST"),
    "customers:hand_over": ("hand_over", "manager", "GET"),
    "customers:hand_over_step": ("hand_over", "manager", "POST"),
    "customers:hand_over_item": ("hand_over_item", "manager", "GET POST"),
    "jobs:list_cell": ("customer", "manager", "GET POST"),
    **dict.fromkeys(
        ("customers:import_detail", "customers:import_preview", "customers:import_run", "customers:import_errors"),
        ("import", "manager", "GET"),
    ),
    **dict.fromkeys(("customers:import_source", "customers:import_columns"), ("import", "manager", "GET POST")),
    **dict.fromkeys(
        ("customers:import_approve", "customers:import_recheck", "customers:import_cancel", "customers:import_undo"),
        ("import", "manager", "POST"),
    ),
    "customers:contact_person": ("person", "manager", "GET"),
    "customers:contact_person_edit": ("person", "manager", "GET POST"),
    "customers:contact_person_delete": ("person", "manager", "POST"),
    "customers:customer_restore": ("customer", "manager", "GET POST"),
    "customers:contact_person_history": ("person", "manager", "GET"),
    "customers:contact_person_restore": ("person", "manager", "GET POST"),
    **API_OF_A_CUSTOMER,
    "products:customer_panel": ("customer", "manager", "GET"),
    "products:group_subscription_create": ("customer", "manager", "GET POST"),
    "products:group_subscription_end": ("group_subscription", "manager", "GET POST"),
    "products:offer_create": ("customer", "manager", "GET POST"),
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
    "workflow:task_detail": ("task", "manager", "GET POST"),
    "workflow:task_step": ("task", "manager", "POST"),
    "workflow:task_hand": ("task", "manager", "GET POST"),
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
    **dict.fromkeys(("members:batch_source", "members:batch_actions", "jobs:job_page"), ("job", "manager", "GET POST")),
    **dict.fromkeys(
        (
            *("members:batch_approve", "members:batch_recheck", "members:batch_mode", "members:batch_cancel", "members:batch_pause"),
            *("members:batch_resume", "members:batch_undo"),
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
    **API_OF_THE_CATALOGUE,
    **{f"products:{kind}_history": (kind, "GET") for kind in ("product", "tariff", "discount")},
    **{f"products:{kind}_restore": (kind, "GET POST") for kind in ("product", "tariff", "discount")},
}
READ_BY_ALL_ROLES: Final = {"products:product_detail", "products:product_history", "products:tariff_history", "products:discount_history"}
"""The catalogue is open to every role, but only administrators keep it."""

IMPORTED: Final = [["code", "name"], ["IMP-1", "云江新客户"], ["", "云江无编码"]]
"""A new customer, and a row that is left out."""

BY_QUERY: Final = {"products:offer_create"}
"""The object stands in the query, not in the path."""

FORMS_SHOWN_TO_READERS: Final = {
    *("customers:customer_merge", "customers:import_columns", "customers:hand_over_item", "members:batch_actions", "jobs:job_page"),
    *("api:customer", "api:contact_person", "api:customer_relation", "api:customer_assignment", "api:customer_lifecycle"),
    *("api:customer_score", "api:customer_relations", "api:customer_sharing", "api:customer_offers", "api:customer_subscriptions"),
    *("api:offer", "api:member", "api:product", "api:product_tariffs", "api:tariff", "api:discount"),
    *("api:hand_over", "api:hand_over_items", "api:hand_over_item"),
}
"""The API reads and writes at one address.

Step 2 of a batch or an import tells those who may not change it what was chosen, a job's page how far it is, and a hand-over what
is noted of a customer. Two customers can be compared by whoever sees them.
"""

EXPORTS: Final = {
    "customers:customer_print",
    "customers:customer_pdf",
    "api:customer_file",
    "customers:import_errors",
    "members:batch_errors",
    "api:provisioning_job_errors_csv",
    "api:provisioning_job_errors_xlsx",
    "api:import_errors",
}
"""What a role without the action `export` does not get."""

WITHOUT_AN_OBJECT: Final = {
    # name: (who may, the methods it takes)
    **dict.fromkeys(("access:set_language", "access:set_theme", "csp_report"), ("anybody", "POST")),
    **dict.fromkeys(
        (
            "home",
            "search",
            "access:sessions",
            "access:session_state",
            "access:people_options",
            "customers:customer_options",
            "jobs:progress_chip",
        ),
        ("signed-in", "GET"),
    ),
    **dict.fromkeys(("access:profile", "access:cover"), ("signed-in", "GET POST")),
    **dict.fromkeys(
        ("workflow:task_list", "workflow:notice_list", "workflow:last_notices", "workflow:counts"),
        ("signed-in", "GET"),
    ),
    **dict.fromkeys(("workflow:task_create", "workflow:notice_settings"), ("signed-in", "GET POST")),
    **dict.fromkeys(("workflow:tasks_end", "workflow:notices_read"), ("signed-in", "POST")),
    "workflow:team_list": ("director", "GET"),
    **dict.fromkeys(("access:session_end_others", "access:session_keep"), ("signed-in", "POST")),
    "access:unsent": ("signed-in", "GET POST"),
    **dict.fromkeys(("access:list_layout", "access:list_view_create"), ("signed-in", "POST")),
    **dict.fromkeys(("api:schema", "api:search", "api:lists"), ("signed-in token", "GET")),
    **dict.fromkeys(
        (
            *("api:provisioning_job_list", "api:customer_list", "api:contact_person_list", "api:customer_relation_list", "api:job_list"),
            *("api:product_list", "api:tariff_list", "api:discount_list", "api:offer_list", "api:group_subscription_list"),
            *("api:member_list", "api:person_list", "api:import_list"),
        ),
        ("role token", "GET"),
    ),
    **dict.fromkeys(("api:task_list", "api:cover"), ("signed-in token", "GET POST")),
    **dict.fromkeys(("api:notice_list", "api:notices_unread"), ("signed-in token", "GET")),
    **dict.fromkeys(("api:tasks_end", "api:notices_read"), ("signed-in token", "POST")),
    **dict.fromkeys(("api:duplicate_list", "api:hand_over_list"), ("role token", "GET")),
    **dict.fromkeys(
        (
            *(
                "customers:customer_list",
                "customers:contact_person_list",
                "customers:duplicate_list",
                "products:product_list",
                "products:discount_list",
            ),
            *("products:offer_list", "products:offer_price", "members:member_list"),
            *("members:batch_list", "jobs:job_list", "access:people_list"),
        ),
        ("role", "GET"),
    ),
    "customers:customer_alike": ("manager", "POST"),
    "customers:hand_over_list": ("role", "GET"),
    **dict.fromkeys(("customers:customer_create", "customers:hand_over_create", "members:batch_new"), ("manager", "GET POST")),
    **dict.fromkeys(("products:product_create", "products:discount_create"), ("administrator", "GET POST")),
    "members:batch_template": ("manager", "GET"),
    **dict.fromkeys(("members:segment_list", "members:blacklist"), ("administrator", "GET")),
    **dict.fromkeys(("access:audit_events", "access:audit_changes"), ("auditor", "GET")),
}
"""They show nothing of others, or what is in reach."""
ALSO_POSTED_BY: Final = {
    **dict.fromkeys(
        ("api:provisioning_job_list", "api:customer_list", "api:contact_person_list", "api:import_list", "api:hand_over_list"),
        "manager token",
    ),
    **dict.fromkeys(("api:product_list", "api:discount_list"), "administrator"),
}
"""Who may also POST to a route that more people may GET."""
OF_THE_SIGN_IN: Final = {
    **dict.fromkeys(
        (
            *("account_login", "account_logout", "account_inactive", "mfa_authenticate", "mfa_login_webauthn"),
            "socialaccount_login_cancelled",
        ),
        "anybody",
    ),
    **dict.fromkeys(
        (
            *("account_change_password", "account_reauthenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn", "mfa_index"),
            *("mfa_activate_totp", "mfa_deactivate_totp", "mfa_list_webauthn", "mfa_add_webauthn", "mfa_view_recovery_codes"),
            *("mfa_generate_recovery_codes", "mfa_download_recovery_codes", "access:cover_end", "access:api_tokens"),
            *("access:api_token_revoke", "access:reveal"),
        ),
        "signed-in",
    ),
}
"""Who is let in. What they answer hangs on how far a sign-in has come and on what is one's own; they speak of nobody else."""
OF_OTHERS: Final = {
    # name: (who may, the methods it takes, what its parts name); a session, a key, a saved view and a loan are a stranger's
    "customers:import_new": ("manager", "GET POST", "subject"),
    "customers:import_template": ("manager", "GET", "subject"),
    "access:session_end": ("nobody", "", "session"),
    "workflow:notice_open": ("nobody", "", "notice"),
    "workflow:arrange_cards": ("signed-in", "POST", "slot"),
    **dict.fromkeys(
        tuple(f"access:list_view_{what}" for what in ("edit", "keep", "first", "move", "delete")),
        ("nobody", "", "view"),
    ),
    "mfa_edit_webauthn": ("nobody", "", "key"),
    "jobs:job_file": ("nobody", "", "file"),
    "api:job_file": ("nobody", "", "file"),
    "api:list_views": ("role token", "GET POST", "name"),
    "api:list_views_arrangement": ("role token", "GET PUT", "name"),
    "api:list_view": ("nobody", "", "view"),
    "api:cover_end": ("nobody", "", "loan"),
    "api:cards": ("signed-in token", "GET PUT DELETE", "slot"),
    "api:list_change": ("manager token", "POST", "name operation"),
    "api:list_export": ("manager token", "POST", "name"),
    "api:person": ("role token", "GET", "person"),
    "api:dictionary": ("role token", "GET", "dictionary"),
    "jobs:list_export": ("manager", "GET POST", "name"),
    "jobs:list_change": ("manager", "GET POST", "name operation"),
    "mfa_remove_webauthn": ("nobody", "", "key"),
    "customers:hand_over_of": ("director", "GET", "person"),
    **dict.fromkeys(("customers:hand_over_edit", "customers:hand_over_leave_out"), ("nobody", "", "draft")),
    "customers:reach_of_user": ("director auditor", "GET", "person"),
    "access:audit_changes_of": ("auditor", "GET", "kind"),
    "access:audit_change": ("auditor", "GET", "kind version"),
    **dict.fromkeys(("openid_connect_login", "openid_connect_callback"), ("nobody", "", "provider_id")),
}
"""Their parts name a person, somebody's session, key, file or draft, a list, a change, or a provider of sign-ins, of whom there is none."""
ADMIN_ENTRANCE: Final = {"admin:login", "admin:logout"}


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
            case _, "jobs:list_cell":
                return reverse(name, kwargs={"name": "customers", "pk": key, "column": "short_name"})
            case "job", "members:batch_errors":
                return reverse(name, kwargs={"pk": key, "form": "csv"})
            case _, name if name in BY_QUERY:
                return f"{reverse(name)}?{subject}={key}"
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
        "relation": make_relation(customer).pk,
        "pair": make_pair(customer).pk,
        "merge": make_merge(customer).pk,
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
        "task": make_task(manager, customer).pk,
        "import": checked(manager, CUSTOMERS, IMPORTED).pk,
        **make_hand_over(manager, customer),
    }
    return World(keys, _body(customer, group_tariff, other, job))


def _body(customer: Any, group_tariff: Any, other: Any, job: Job) -> dict[str, Any]:
    """What every form is sent; each takes what it knows."""
    return {
        "title": "回访",
        "priority": 2,
        "step": "done",
        "reset": "yes",
        "rhythm": "off",
        "hour": 8,
        "weekday": 0,
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


def make_batch(actor: User, customer_id: int) -> Job:
    """A checked batch with a good row and a bad one."""
    options = BatchOptions(actions=[ActionSpec("join")], effective_on=TODAY)
    source = pasted_source("13912340002\n1391234\n")
    return run_here(create_batch(customer_id=customer_id, actor=actor, source=source, source_name="numbers", options=options))


def objects() -> dict[str, tuple[str, str]]:
    """All addresses with an object's id: what it names, and its methods."""
    bound = {name: (subject, methods) for name, (subject, _who, methods) in OF_A_CUSTOMER.items()}
    return bound | OF_THE_CATALOGUE


def admin_addresses() -> list[tuple[str, str]]:
    """Name and address of every page of the administration, with a key that exists in most tables."""
    found = []
    for address in addresses():
        if address.route.startswith("admin/") and address.name not in ADMIN_ENTRANCE:
            path = address.route.replace("<path:object_id>", "1").replace("<path:content_type_id>", "1").replace("<id>", "1")
            path = re.sub(r"\^\(\?P<app_label>[^)]*\)/\$", "access/", path)
            found.append((address.name, f"/{path.replace('(?P<url>.*)$', 'nowhere/')}"))
    return found


# --- the tests -------------------------------------------------------------------------------------------------------------------------


def test_every_address_stands_in_a_table() -> None:
    tables: tuple[dict[str, Any], ...] = (OF_A_CUSTOMER, OF_THE_CATALOGUE, WITHOUT_AN_OBJECT, OF_THE_SIGN_IN, OF_OTHERS)
    found = {address.name for address in addresses() if not address.route.startswith("admin/")}
    assert found - {name for table in tables for name in table} == set(), "say in a table who may come here"
    assert {name for table in tables for name in table} - found == set(), "these are gone"
    assert sum(len(table) for table in tables) == len(found), "one row is enough"
    with_ids = {address.name for address in addresses() if address.parameters and not address.route.startswith("admin/")}
    assert with_ids == {*objects(), *OF_OTHERS} - BY_QUERY
