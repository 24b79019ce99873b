"""Pages of people of every rank in a large operator, and what the access policy costs them."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import Count, F, QuerySet
from django.db.models.functions import Abs
from django.test import Client, RequestFactory
from django.test.utils import override_settings

from access.models import Action, Role, User
from access.scope import scope_of
from bench.clock import figure, median, seconds
from bench.database import run
from common.lists import ListDefinition
from common.lists.keyset import FORWARD, Cursor, Keyset
from common.lists.state import COUNT_LIMIT
from customers.grants import TO_VIEW
from customers.models import Customer, CustomerLevel, CustomerScale
from customers.tables import CustomerList
from members.demo.loader import load_demo
from members.tables import AllMembersList

ROUNDS = 40
WARM_UP = 3
CUSTOMERS_OF_ONE = 250
GOAL_MS = 100.0
POLICY_GOAL = 1.5
GRANTS_OF_ONE = 100
DEEPEST = 200_000
HOST = "bench.example"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
FILLED = (
    *("access_user", "access_orgunit", "access_roleassignment", "customers_customer", "customers_customeruserobjectpermission"),
    *("customers_contactperson", "products_offer", "members_member", "members_membersubscription"),
)
RANKS = ("manager", "city_director", "province_director", "grant_only")
PAGES = ("customer_list", "customer_filtered", "customer_deep", "customer_search", "customer_page", "member_list", "member_deep")
CUSTOMERS_ALONE = tuple(page for page in PAGES if not page.startswith("member"))
"""The pages of somebody who has grants alone."""
ACCESS_FIGURES = (
    *(f"access_p95_{page}_{rank}" for rank in RANKS for page in (CUSTOMERS_ALONE if rank == "grant_only" else PAGES)),
    *(f"access_p95_customer_count_{rank}" for rank in RANKS),
    *(
        f"access_policy_ratio_{name}_{rank}"
        for rank in RANKS
        for name in ("page", "count", "members")
        if (rank, name) != ("grant_only", "members")
    ),
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
    fill_operator(size)
    for table in FILLED:
        run(f"VACUUM ANALYZE {table}")
    people = people_of_each_rank()
    for rank, person in people.items():
        for page, addresses in _pages(person).items():
            with override_settings(ALLOWED_HOSTS=[HOST]):
                line = _page_figure(rank, page, person, addresses, size)
            yield line
    for rank, person in people.items():
        yield _count_figure(rank, person, size)
        yield from _policy_figures(rank, person, size)


# --- the operator ----------------------------------------------------------------------------------------------------------------------


def fill_operator(size: Size) -> None:
    """Enter the demo data, staff and grants; statistics are not taken yet."""
    load_demo(seed=7, customers=size.customers, members=size.members)
    _staff(size)
    _grants(size)


def _staff(size: Size) -> None:
    """Teams below the cities, and people in them, beside the account managers that the demo data have for each 300 customers."""
    run(
        "INSERT INTO access_orgunit (code, level, parent_id, path, name_en, name_zh, created_at, updated_at)"
        " SELECT 'B' || n, 'team', c.id, c.path || 'B' || n || '/', 'Team ' || n, '团队' || n, now(), now()"
        f" FROM generate_series(1, {size.units} - (SELECT count(*) FROM access_orgunit)) n"
        " JOIN (SELECT id, path, row_number() OVER (ORDER BY path) - 1 AS place, count(*) OVER () AS cities"
        " FROM access_orgunit WHERE level = 'city') c ON c.place = n % c.cities"
    )
    run(
        "INSERT INTO access_user (username, name, password, org_unit_id, email, phone, locale, is_active, is_staff, is_superuser, is_demo,"
        " must_change_password, created_at, updated_at)"
        " SELECT 'bench-' || n, '员工' || n, '!', u.id, '', '', '', TRUE, FALSE, FALSE, FALSE, FALSE, now(), now()"
        f" FROM generate_series(1, {size.staff} - (SELECT count(*) FROM access_user)) n"
        " JOIN (SELECT id, row_number() OVER (ORDER BY path) - 1 AS place, count(*) OVER () AS teams FROM access_orgunit"
        " WHERE level = 'team') u ON u.place = n % u.teams"
    )


def _grants(size: Size) -> None:
    """Customers, whose keys have no gaps, shared at random with those who have some; one person, who has no role, got `GRANTS_OF_ONE`."""
    User.objects.create(username="bench-guest", name="外协", password="!")
    view = Permission.objects.get(codename=TO_VIEW, content_type__app_label="customers").pk
    columns = "customers_customeruserobjectpermission (user_id, permission_id, content_object_id, granted_at)"
    run(
        f"INSERT INTO {columns} SELECT s.id, {view}, 1 + (n * 7919::bigint) % {size.customers}, now()"
        f" FROM generate_series(1, {size.grants}) n"
        " JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS staff FROM access_user"
        " WHERE id IN (SELECT manager_id FROM customers_customer)) s ON s.place = n % s.staff ON CONFLICT DO NOTHING"
    )
    run(
        f"INSERT INTO {columns} SELECT g.id, {view}, c.id, now() FROM customers_customer c, access_user g"
        f" WHERE g.username = 'bench-guest' ORDER BY c.id % 9973, c.id LIMIT {GRANTS_OF_ONE}"
    )


def people_of_each_rank() -> dict[str, User]:
    """A manager with about `CUSTOMERS_OF_ONE` customers, two directors, and somebody who has grants alone."""

    def holder(level: str) -> User:
        found: User = User.objects.filter(assignments__role=director, assignments__org_unit__level=level).order_by("id")[0]
        return found

    director = Role.objects.get(code="director")
    owned = Customer.objects.exclude(manager=None).order_by().values("manager").annotate(count=Count("pk"))
    manager = owned.annotate(distance=Abs(F("count") - CUSTOMERS_OF_ONE)).order_by("distance", "manager")[0]["manager"]
    return {
        "manager": User.objects.get(pk=manager),
        "city_director": holder("city"),
        "province_director": holder("province"),
        "grant_only": User.objects.get(username="bench-guest"),
    }


# --- pages -----------------------------------------------------------------------------------------------------------------------------


def _pages(person: User) -> dict[str, list[str]]:
    """Addresses by page; a search and a customer page each time for other words and another customer."""
    mine = list(Customer.objects.visible_to(person).order_by("id").values_list("pk", "name", "code")[:ROUNDS])
    filters = [f"level={level}&scale={scale}" for level in CustomerLevel.values for scale in CustomerScale.values]
    pages = {
        "customer_list": ["/customers/"],
        "customer_filtered": [f"/customers/?{filters[place % len(filters)]}" for place in range(ROUNDS)],
        "customer_deep": _deep_pages(CustomerList, person, "/customers/"),
        "customer_search": [f"/customers/?q={name[:4]}" for _pk, name, _code in mine],
        "customer_page": [f"/customers/{pk}/" for pk, _name, _code in mine],
    }
    if person.username != "bench-guest":  # who may see customers only
        pages["member_list"] = ["/members/"]
        pages["member_deep"] = _deep_pages(AllMembersList, person, "/members/")
    return pages


def _deep_pages(list_class: type[ListDefinition], person: User, address: str) -> list[str]:
    """Addresses of the pages after a tenth, two tenths … of the first `DEEPEST` rows that the person sees."""
    definition = _definition(list_class, person)
    keyset = Keyset.build(definition.model, definition.sort_keys(definition.state.sort[0].column), definition.tie_break)
    rows = keyset.ordered(definition.queryset())
    count = min(rows.count(), DEEPEST)
    places = [count * tenth // 10 for tenth in range(1, 10)]
    cursors = [Cursor(FORWARD, keyset.values_of(rows[place]), place) for place in places]
    return [f"{address}?after={keyset.dump(cursor, definition.name)}" for cursor in cursors]


def _page_figure(rank: str, page: str, person: User, addresses: list[str], size: Size) -> dict[str, Any]:
    client = Client(SERVER_NAME=HOST)
    client.force_login(person, backend=BACKEND)
    turns = (partial(_ask, client, addresses[turn % len(addresses)]) for turn in range(WARM_UP + ROUNDS))
    return _p95_figure(f"{page}_{rank}", turns, size)


def _count_figure(rank: str, person: User, size: Size) -> dict[str, Any]:
    """The count above the list of customers, alone."""
    count = partial(_ask_in_reach, _capped_count, _definition(CustomerList, person))
    return _p95_figure(f"customer_count_{rank}", [count] * (WARM_UP + ROUNDS), size)


def _p95_figure(name: str, turns: Iterable[Callable[[], object]], size: Size) -> dict[str, Any]:
    taken = [seconds(turn) * 1_000 for turn in turns][WARM_UP:]
    p95 = statistics.quantiles(taken, n=20)[-1]
    return figure(f"access_p95_{name}", p95, "ms", size=size.customers, goal=GOAL_MS, p50=round(median(taken), 1))


def _ask(client: Client, address: str) -> None:
    status = client.get(address).status_code
    assert status == 200, (address, status)


def _policy_figures(rank: str, person: User, size: Size) -> Iterator[dict[str, Any]]:
    """Queries of the lists against the same on any rows. What a person reaches is read once for a request, so its time stands beside."""
    reach_ms = median(_reach_seconds(person) for _ in range(ROUNDS)) * 1_000
    customers = Customer.objects.visible_to(person).count()
    questions: dict[str, tuple[type[ListDefinition], Callable[[ListDefinition, QuerySet[Any]], object]]] = {
        "page": (CustomerList, _first_page),
        "count": (CustomerList, _capped_count),
    }
    if rank != "grant_only":
        questions["members"] = (AllMembersList, _first_page)
    for name, (list_class, ask) in questions.items():
        with_policy, without = [], []
        definition = _definition(list_class, person)
        everything = _of_all(definition)
        for _ in range(ROUNDS):
            with_policy.append(seconds(partial(_ask_in_reach, ask, definition)))
            without.append(seconds(partial(ask, definition, everything.all())))
        took, plain = median(with_policy), median(without)
        yield figure(
            f"access_policy_ratio_{name}_{rank}",
            took / plain,
            "ratio",
            size=size.customers,
            goal=POLICY_GOAL,
            reached=customers,
            policy_ms=round(took * 1_000, 2),
            plain_ms=round(plain * 1_000, 2),
            reach_ms=round(reach_ms, 2),
        )


def _reach_seconds(person: User) -> float:
    fresh = User.objects.get(pk=person.pk)
    return seconds(lambda: scope_of(fresh).reach("customers", Action.VIEW))


def _definition(list_class: type[ListDefinition], person: User) -> ListDefinition:
    request = RequestFactory().get("/")
    request.user = person
    return list_class(request)


def _ask_in_reach(ask: Callable[[ListDefinition, QuerySet[Any]], object], definition: ListDefinition) -> None:
    """With the making of the condition, which a request pays for too."""
    ask(definition, definition.queryset())


def _of_all(definition: ListDefinition) -> QuerySet[Any]:
    """What the list asks for, without the access policy."""
    related = definition.queryset().query.select_related
    rows: QuerySet[Any] = definition.model._default_manager.all()
    return rows.select_related(*related) if isinstance(related, dict) else rows


def _first_page(definition: ListDefinition, rows: QuerySet[Any]) -> object:
    keys = definition.sort_keys(definition.state.sort[0].column)
    return Keyset.build(definition.model, keys).page(rows, None, definition.page_size, definition.first_rows)


def _capped_count(definition: ListDefinition, rows: QuerySet[Any]) -> object:
    return definition.count_rows(rows, COUNT_LIMIT + 1)
