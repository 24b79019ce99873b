"""What the access policy costs in the database: lists and counts for each rank, with plans.

`python manage.py shell -c "from bench.access_plans import main; main()"` on demo data of the wanted size. It enters 100
grants for each person, two directors and somebody with grants alone in a transaction that it takes back, and prints the least of seven
execution times in milliseconds.
"""

from __future__ import annotations

import re
from typing import Any, Final

from django.contrib.auth.models import Permission
from django.db import connection, transaction
from django.db.models import Count, QuerySet
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from access.models import OrgUnit, RoleAssignment, User
from access.services.standard_roles import ensure_standard_roles
from common.lists import ListDefinition
from common.lists.keyset import Keyset
from customers.models import Customer
from customers.tables import ContactPersonList, CustomerList
from members.tables import AllMembersList
from products.tables import OfferList

_TRIES: Final = 7
_CAP: Final = 10_001
_LISTS: Final = (CustomerList, ContactPersonList, OfferList, AllMembersList)
_GRANT: Final = """INSERT INTO customers_customeruserobjectpermission (user_id, permission_id, content_object_id, granted_at)
    SELECT holder.id, %s, customer.id, now() FROM access_user holder,
    LATERAL (SELECT id FROM customers_customer TABLESAMPLE SYSTEM (0.2) REPEATABLE (1) WHERE holder.id > 0 LIMIT 100) customer
    ON CONFLICT DO NOTHING"""


def milliseconds(queryset: QuerySet[Any]) -> float:
    """The least execution time that the database reports."""
    return min(_executed(queryset.explain(analyze=True, timing=False)) for _ in range(_TRIES))


def _counting_milliseconds(rows: Any) -> float:
    """The same for the count of `rows` way by way, which is no queryset."""
    with CaptureQueriesContext(connection) as queries, connection.cursor() as cursor:
        rows.count_up_to(_CAP)
        statement = f"EXPLAIN (ANALYZE, TIMING FALSE) {queries[-1]['sql']}"
        plans = []
        for _ in range(_TRIES):
            cursor.execute(statement)
            plans.append("\n".join(line for (line,) in cursor.fetchall()))
    return min(_executed(plan) for plan in plans)


def _executed(plan: str) -> float:
    found = re.search(r"Execution Time: ([\d.]+)", plan)
    return float(found.group(1)) if found else 0.0


def main(plans: bool = False) -> None:
    """Print a line for each rank; with `plans` also the plan of the page."""
    with transaction.atomic():
        people = _people()
        for rank, user in people.items():
            _measure(rank, User.objects.get(pk=user.pk), plans)
        transaction.set_rollback(True)


def _people() -> dict[str, User]:
    """The manager with the most customers, directors of a city that sorts late and of its province, and somebody with grants alone."""
    busiest = Customer.objects.exclude(manager=None).values("manager").annotate(count=Count("pk")).order_by("-count")[0]["manager"]
    city = OrgUnit.objects.filter(level="city").select_related("parent").order_by("path").last()
    assert city is not None
    assert city.parent is not None
    director = ensure_standard_roles()["director"]
    found = {"manager": User.objects.get(pk=busiest)}
    for rank, unit, role in (("city director", city, director), ("province director", city.parent, director), ("grants alone", city, None)):
        found[rank] = User.objects.create(username=f"bench-{rank}", name=rank, org_unit=unit)
        if role is not None:
            RoleAssignment.objects.create(user=found[rank], role=role, org_unit=unit)
    permission = Permission.objects.get_by_natural_key("view_customer", "customers", "customer")
    with connection.cursor() as cursor:
        cursor.execute(_GRANT, [permission.pk])
        cursor.execute("ANALYZE customers_customeruserobjectpermission")
    return found


def _first_page(definition: ListDefinition) -> QuerySet[Any]:
    """The list's first page as it is handed to `first_rows`."""
    taken: list[QuerySet[Any]] = []

    def take(rows: QuerySet[Any]) -> list[Any]:
        taken.append(rows)
        return []

    (by,) = definition.state.sort
    keys = [key.reversed() if by.descending else key for key in definition.sort_keys(by.column)]
    Keyset.build(definition.model, keys).page(definition.queryset(), None, definition.page_size, take)
    return taken[0]


def _measure(rank: str, user: User, plans: bool) -> None:
    request = RequestFactory().get("/")
    request.user = user
    visible = Customer.objects.visible_to(user)
    print(f"{rank} ({visible.count()} customers)")
    for list_class in _LISTS:
        definition = list_class(request)
        rows: Any = definition.queryset()
        if rows.query.is_empty():
            continue
        page: Any = _first_page(definition)
        figures = {
            "page by OR": milliseconds(page),
            "page by ways": milliseconds(page.first_of_each_way()),
            "count by OR": milliseconds(rows.order_by()[:_CAP]),
            "count by ways": _counting_milliseconds(rows),
        }
        print(f"  {definition.name}:", ", ".join(f"{name} {taken:.2f}" for name, taken in figures.items()))
        if plans:
            print(page.first_of_each_way().explain(analyze=True, timing=False, costs=False))
    others = {
        "search": visible.matching("医院").order_by()[:_CAP],
        "one customer": visible.filter(pk=visible.values_list("pk", flat=True)[0]),
        "all customers, page": _free_page(),
        "all customers, count": Customer.objects.order_by()[:_CAP],
    }
    print("  ", ", ".join(f"{name} {milliseconds(found):.2f}" for name, found in others.items()))


def _free_page() -> QuerySet[Any]:
    return Customer.objects.select_related("manager", "org_unit", "industry").order_by("pinyin", "pk")[:51]
