"""The scope columns agree with the tree and with the customer, whatever changed them: services, querysets, COPY, raw SQL, a moved unit."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from access.models import OrgUnit, User
from access.placing import INHERITED, PLACES
from access.services.org_units import save_org_unit
from common.db_copy import copy_rows
from customers.models import ContactPerson, Customer
from customers.services.ownership import assign_customer
from jobs.models import Job
from products.models import Offer
from tests.factories.customers import ContactPersonFactory, CustomerFactory
from tests.products.factories import make_offer, make_unit

pytestmark = pytest.mark.django_db


def columns(row: Any, names: tuple[str, ...]) -> list[int | None]:
    return [getattr(row, name) for name in names]


def places(unit: OrgUnit | None) -> list[int | None]:
    """What the columns of a row in `unit` hold, by walking up the tree."""
    line: list[int | None] = []
    while unit is not None:
        line.insert(0, unit.pk)
        unit = unit.parent
    return (line + [None] * len(PLACES))[: len(PLACES)]


def check() -> None:
    """Compare every row with the tree."""
    for customer in Customer.objects.select_related("org_unit"):
        assert columns(customer, PLACES) == places(customer.org_unit), customer
        wanted = [customer.manager_id, customer.org_unit_id, *places(customer.org_unit)]
        for row in (*customer.contact_people.all(), *customer.offers.all()):
            assert columns(row, INHERITED) == wanted, row
        for job in Job.objects.filter(customer_key=customer.pk):
            assert columns(job, PLACES) == places(job.org_unit), job


def copy_customer(unit: int) -> None:
    """As an import does it, with foreign key checks suspended."""
    moment, number = timezone.now(), Customer.objects.count()
    row = {"code": f"COPY-{number}", "name": "云江银行", "org_unit_id": unit, "created_at": moment, "updated_at": moment}
    texts = ("short_name", "pinyin", "pinyin_initials", "credit_code", "scale", "address", "source", "remark", "bank_account")
    row |= {**dict.fromkeys(texts, ""), "bank_account_hash": "", "level": "C", "lifecycle": "active", "value_score": 0}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        copy_rows(cursor, "customers_customer", tuple(row), [tuple(row.values())])
        cursor.execute("SET LOCAL session_replication_role = origin")


class Changes:
    """A small operator, and every way to change where its rows hang. Numbers choose units, people and customers by turns."""

    def __init__(self, administrator: User) -> None:
        self.administrator = administrator
        top = make_unit(level="group")
        self.units = [top, make_unit(parent=top), make_unit(parent=top)]
        self.units += [make_unit(parent=unit) for unit in self.units[1:]]
        self.units += [make_unit(parent=unit) for unit in self.units[3:]]
        self.units.append(make_unit(parent=self.units[-1]))
        self.people = [None, administrator]
        self.customers = [CustomerFactory(org_unit=unit) for unit in self.units[::2]]
        for customer in self.customers:
            ContactPersonFactory(customer=customer)
            make_offer(customer)
            Job.objects.create(kind="x", title="x", actor=administrator, customer_key=customer.pk, org_unit=customer.org_unit)

    def do(self, kind: str, first: int, second: int) -> None:
        """One change."""
        customer = self.customers[first % len(self.customers)]
        other = self.customers[second % len(self.customers)]
        unit, place = self.units[first % len(self.units)], self.units[second % len(self.units)]
        manager = self.people[first % 2]
        match kind:
            case "move_unit":
                moved = OrgUnit.objects.get(pk=unit.pk)
                moved.parent = OrgUnit.objects.get(pk=place.pk)
                with contextlib.suppress(ValidationError), transaction.atomic():
                    save_org_unit(moved)
            case "assign":
                with contextlib.suppress(ValidationError):
                    assign_customer(
                        customer_id=customer.pk, actor=self.administrator, manager=manager, org_unit=OrgUnit.objects.get(pk=place.pk)
                    )
            case "update":
                Customer.objects.filter(pk__in=[customer.pk, other.pk]).update(org_unit=place, manager=manager)
            case "raw":
                with connection.cursor() as cursor:
                    cursor.execute("UPDATE customers_customer SET org_unit_id = %s, unit_1 = 7 WHERE id = %s", [place.pk, customer.pk])
            case "save_as_read_before":
                customer.save()
            case "copy":
                copy_customer(place.pk)
            case "new_people":
                ContactPerson.objects.bulk_create([ContactPerson(customer=customer, name="王工", unit_2=5)])
            case "pass_people_on":
                ContactPerson.objects.filter(customer=customer).update(customer=other)
                Offer.objects.filter(customer=customer).update(customer=other, unit_0=3)


KINDS = ("move_unit", "assign", "update", "raw", "save_as_read_before", "copy", "new_people", "pass_people_on")


@given(changes=st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 20), st.integers(0, 20)), min_size=4, max_size=16))
@settings(max_examples=25, deadline=None, derandomize=True, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
def test_columns_agree_with_the_tree_after_every_change(administrator: User, changes: list[tuple[str, int, int]]) -> None:
    with transaction.atomic():
        operator = Changes(administrator)
        check()
        for kind, first, second in changes:
            operator.do(kind, first, second)
            check()
        transaction.set_rollback(True)


@pytest.mark.parametrize("kind", KINDS)
def test_each_change_alone(administrator: User, kind: str) -> None:
    operator = Changes(administrator)
    for first, second in ((3, 2), (1, 5), (4, 1)):
        operator.do(kind, first, second)
        check()


def test_a_moved_unit_takes_all_below_along_and_leaves_no_history(administrator: User) -> None:
    operator = Changes(administrator)
    top, first, second, below = operator.units[:4]
    customer = CustomerFactory(org_unit=operator.units[5])
    person = ContactPersonFactory(customer=customer)
    tracked: Any = ((Customer, customer), (ContactPerson, person))
    events = [model.pgh_event_model.objects.filter(pgh_obj_id=row.pk) for model, row in tracked]
    counts = [found.count() for found in events]
    moved = OrgUnit.objects.get(pk=below.pk)
    moved.parent = OrgUnit.objects.get(pk=second.pk)
    save_org_unit(moved)
    for row in (customer, person):
        row.refresh_from_db()
        assert columns(row, PLACES) == [top.pk, second.pk, below.pk, operator.units[5].pk]
    assert first.pk != second.pk
    assert [found.count() for found in events] == counts
