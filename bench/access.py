"""Pages of people of every rank in a large operator, and what the access policy costs them."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import QuerySet
from django.test import Client

from access.models import Role, User
from access.services.standard_roles import ensure_standard_roles
from bench.clock import figure, median, seconds
from bench.database import run
from customers.grants import TO_VIEW
from customers.models import Customer
from members.demo.loader import load_demo

ROUNDS = 40
WARM_UP = 3
COUNT_LIMIT = 10_000
PAGE_ROWS = 51
GOAL_MS = 100.0
POLICY_GOAL = 1.5
GRANTS_OF_ONE = 100
RANKS = ("manager", "city_director", "province_director", "grant_only")
PAGES = ("customer_list", "customer_search", "customer_page", "member_list")
ACCESS_FIGURES = (
    *(f"access_p95_{page}_{rank}" for rank in RANKS for page in PAGES if (rank, page) != ("grant_only", "member_list")),
    *(f"access_policy_ratio_{name}_{rank}" for rank in RANKS for name in ("page", "count")),
)


@dataclass(frozen=True, slots=True)
class Size:
    """How large the operator is, in rows."""

    customers: int
    members: int
    staff: int
    units: int
    grants: int


SMALL = Size(30_000, 200_000, 500, 120, 20_000)
FULL = Size(1_250_000, 10_000_000, 5_000, 500, 500_000)


def measure_access(*, full: bool) -> Iterator[dict[str, Any]]:
    """Server time of pages for each rank (p95, with p50 beside it), and the policy's queries against the same without it."""
    size = FULL if full else SMALL
    load_demo(seed=7, customers=size.customers, members=size.members)
    _staff(size)
    _grants(size)
    for table in ("access_user", "access_orgunit", "access_roleassignment", "customers_customer", "customers_customeruserobjectpermission"):
        run(f"VACUUM ANALYZE {table}")
    people = _people()
    for rank, person in people.items():
        for page, address in _pages(person).items():
            yield _page_figure(rank, page, person, address, size)
    for rank, person in people.items():
        yield from _policy_figures(rank, person, size)


# --- the operator ----------------------------------------------------------------------------------------------------------------------


def _staff(size: Size) -> None:
    """Teams below the cities, people in them, and all customers dealt out to those people."""
    run(
        "INSERT INTO access_orgunit (code, level, parent_id, path, name_en, name_zh, created_at, updated_at)"
        " SELECT 'B' || n, 'team', c.id, c.path || 'B' || n || '/', 'Team ' || n, '团队' || n, now(), now()"
        f" FROM generate_series(1, {size.units} - (SELECT count(*) FROM access_orgunit)) n"
        " JOIN (SELECT id, path, row_number() OVER (ORDER BY path) - 1 AS place, count(*) OVER () AS cities"
        " FROM access_orgunit WHERE level = 'city') c ON c.place = n % c.cities"
    )
    run(
        "INSERT INTO access_user (username, name, password, org_unit_id, email, phone, locale, is_active, is_staff, is_superuser, is_demo,"
        " created_at, updated_at)"
        " SELECT 'bench-' || n, '员工' || n, '!', u.id, '', '', '', TRUE, FALSE, FALSE, FALSE, now(), now()"
        f" FROM generate_series(1, {size.staff}) n"
        " JOIN (SELECT id, row_number() OVER (ORDER BY path) - 1 AS place, count(*) OVER () AS teams FROM access_orgunit"
        " WHERE level = 'team') u ON u.place = n % u.teams"
    )
    role = ensure_standard_roles()["account_manager"].pk
    run(
        "INSERT INTO access_roleassignment (user_id, role_id, org_unit_id, created_at, updated_at)"
        f" SELECT id, {role}, org_unit_id, now(), now() FROM access_user WHERE username LIKE 'bench-%'"
    )
    run(
        "UPDATE customers_customer c SET manager_id = s.id, org_unit_id = s.org_unit_id FROM (SELECT id, org_unit_id,"
        " row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS staff FROM access_user WHERE username LIKE 'bench-%') s"
        " WHERE s.place = c.id % s.staff"
    )


def _grants(size: Size) -> None:
    """Customers shared at random; one person, who has no role, got `GRANTS_OF_ONE`."""
    User.objects.create(username="bench-guest", name="外协", password="!")
    view = Permission.objects.get(codename=TO_VIEW, content_type__app_label="customers").pk
    columns = "customers_customeruserobjectpermission (user_id, permission_id, content_object_id, granted_at)"
    run(
        f"INSERT INTO {columns} SELECT s.id, {view}, c.id, now()"
        f" FROM (SELECT generate_series(1, {size.grants}) AS n) g"
        " JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place FROM customers_customer) c"
        f" ON c.place = 1 + (g.n * 7) % {size.customers}"
        " JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS staff FROM access_user"
        " WHERE username LIKE 'bench-%' AND username <> 'bench-guest') s ON s.place = g.n % s.staff ON CONFLICT DO NOTHING"
    )
    run(
        f"INSERT INTO {columns} SELECT g.id, {view}, c.id, now() FROM customers_customer c, access_user g"
        f" WHERE g.username = 'bench-guest' ORDER BY c.id % 9973, c.id LIMIT {GRANTS_OF_ONE}"
    )


def _people() -> dict[str, User]:
    def holder(level: str) -> User:
        found: User = User.objects.filter(assignments__role=director, assignments__org_unit__level=level).order_by("id")[0]
        return found

    director = Role.objects.get(code="director")
    return {
        "manager": User.objects.filter(username="bench-17").get(),
        "city_director": holder("city"),
        "province_director": holder("province"),
        "grant_only": User.objects.get(username="bench-guest"),
    }


# --- pages -----------------------------------------------------------------------------------------------------------------------------


def _pages(person: User) -> dict[str, list[str]]:
    """Addresses by page; a search and a customer page each time for other words and another customer."""
    mine = list(Customer.objects.visible_to(person).order_by("id").values_list("pk", "name", "code")[:ROUNDS])
    pages = {
        "customer_list": ["/customers/"],
        "customer_search": [f"/customers/?q={name[:4]}" for _pk, name, _code in mine],
        "customer_page": [f"/customers/{pk}/" for pk, _name, _code in mine],
    }
    if person.username != "bench-guest":  # who may see customers only
        pages["member_list"] = ["/members/"]
    return pages


def _page_figure(rank: str, page: str, person: User, addresses: list[str], size: Size) -> dict[str, Any]:
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    taken = []
    for turn in range(WARM_UP + ROUNDS):
        address = addresses[turn % len(addresses)]
        taken.append(seconds(partial(_ask, client, address)) * 1_000)
    taken = taken[WARM_UP:]
    p95 = statistics.quantiles(taken, n=20)[-1]
    return figure(f"access_p95_{page}_{rank}", p95, "ms", size=size.customers, goal=GOAL_MS, p50=round(median(taken), 1))


def _ask(client: Client, address: str) -> None:
    status = client.get(address).status_code
    assert status == 200, (address, status)


def _policy_figures(rank: str, person: User, size: Size) -> Iterator[dict[str, Any]]:
    """A first page by name, and a capped count: with the policy, against any rows."""
    for name, ask in (("page", _first_page), ("count", _capped_count)):
        with_policy, without = [], []
        for _ in range(ROUNDS):
            fresh = User.objects.get(pk=person.pk)
            visible = Customer.objects.visible_to(fresh)
            with_policy.append(seconds(partial(ask, visible)))
            without.append(seconds(partial(ask, Customer.objects.all())))
        ratio = median(with_policy) / median(without)
        took, plain = round(median(with_policy) * 1_000, 2), round(median(without) * 1_000, 2)
        name_of = f"access_policy_ratio_{name}_{rank}"
        yield figure(name_of, ratio, "ratio", size=size.customers, goal=POLICY_GOAL, policy_ms=took, plain_ms=plain)


def _first_page(customers: QuerySet[Customer]) -> list[Any]:
    page: Any = customers.order_by("name", "id")[:PAGE_ROWS]
    return list(page.first_of_each_way() if hasattr(page, "first_of_each_way") else page)


def _capped_count(customers: QuerySet[Customer]) -> int:
    return int(customers.order_by()[: COUNT_LIMIT + 1].count())
