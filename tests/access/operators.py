"""Random small operators for the oracle of access: drawn by hypothesis, and put into the database."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.utils import timezone
from hypothesis import strategies as st

from access.models import Delegation, OrgUnit, RoleAssignment, RolePermission, User
from access.models import Role as RoleRow
from access.services.org_units import save_org_unit
from customers.grants import CustomerGroupObjectPermission, CustomerUserObjectPermission
from customers.models import ContactPerson, Customer
from jobs.models import Job
from members.models import Member, ProvisioningBatch
from products.models import Offer, Tariff
from tests.oracle.access import ACTIONS, MODULES, Grant, Loan, Role, World

SCOPES = ("own", "unit", "subtree", "all")
NAMES = ("云江医院", "清溪学校", "云江银行")
NUMBER = "86139{:08d}"

_usual = frozenset(f"{module}.view" for module in MODULES)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Up to six units, four people, three roles, two groups and six customers."""
    parents: list[int | None] = [None, *(draw(st.integers(0, number)) for number in range(draw(st.integers(0, 5))))]
    people = draw(st.integers(1, 4))
    person, unit = st.integers(0, people - 1), st.integers(0, len(parents) - 1)
    permissions = st.sets(st.tuples(st.sampled_from(MODULES), st.sampled_from(ACTIONS)), max_size=6)
    role = st.builds(
        lambda scope, usual, more: Role(scope, (_usual if usual else frozenset()) | frozenset(f"{m}.{a}" for m, a in more)),
        st.sampled_from(SCOPES),
        st.booleans(),
        permissions,
    )
    roles = draw(st.lists(role, min_size=1, max_size=3))
    groups = draw(st.lists(st.sets(person), max_size=2))
    customers = draw(st.lists(st.tuples(st.none() | person, unit), min_size=1, max_size=6))
    holder = st.tuples(st.just("person"), person)
    holders = holder | st.tuples(st.just("group"), st.integers(0, len(groups) - 1)) if groups else holder
    grants = st.builds(Grant, st.integers(0, len(customers) - 1), holders, st.booleans())
    loans = st.builds(
        lambda lender, borrower, first, length, ended: Loan(lender, borrower, first, first + length, ended),
        *(person, person, st.integers(-3, 2), st.integers(0, 4), st.sampled_from((False, False, True))),
    )
    return World(
        parents,
        draw(st.lists(st.sampled_from((True, True, True, False)), min_size=people, max_size=people)),
        roles,
        draw(st.sets(st.tuples(person, st.integers(0, len(roles) - 1), unit), max_size=5)),
        groups,
        customers,
        draw(st.lists(grants, max_size=6, unique_by=lambda grant: (grant.customer, grant.to))),
        [loan for loan in draw(st.lists(loans, max_size=4)) if loan.lender != loan.borrower],
    )


@dataclass(slots=True)
class Loaded:
    """The rows of a world, in the order of its numbers; of each customer one contact person, member, offer and job."""

    units: list[OrgUnit]
    people: list[User]
    groups: list[Group]
    customers: list[Customer]


def load(world: World, tariff: Tariff) -> Loaded:
    """Put `world` into the database."""
    units: list[OrgUnit] = []
    for number, parent in enumerate(world.parents):
        above = None if parent is None else units[parent]
        units.append(save_org_unit(OrgUnit(code=f"W{number}", level="city", parent=above, name_en=f"W{number}", name_zh=f"W{number}")))
    people = [User(username=f"w{number}", name=f"员工{number}", is_active=active) for number, active in enumerate(world.active)]
    User.objects.bulk_create(people)
    groups = [Group.objects.create(name=f"w{number}") for number in range(len(world.groups))]
    for group, members in zip(groups, world.groups, strict=True):
        group.user_set.add(*(people[number] for number in members))
    _load_roles(world, people, units)
    customers = [
        Customer(
            code=f"W-{number}",
            name=f"{NAMES[number % 3]}{number}",
            pinyin=f"p{-number % 3}",
            manager=None if manager is None else people[manager],
            org_unit=units[unit],
        )
        for number, (manager, unit) in enumerate(world.customers)
    ]
    Customer.objects.bulk_create(customers)
    _load_below(customers, people[0], tariff)
    _load_grants(world, customers, people, groups)
    today = timezone.localdate()
    for loan in world.loans:
        days = {"starts_on": today + datetime.timedelta(days=loan.first), "ends_on": today + datetime.timedelta(days=loan.last)}
        ended = timezone.now() if loan.ended else None
        Delegation.objects.create(lender=people[loan.lender], borrower=people[loan.borrower], ended_at=ended, **days)
    return Loaded(units, people, groups, customers)


def _load_roles(world: World, people: list[User], units: list[OrgUnit]) -> None:
    roles = [RoleRow(code=f"w{number}", scope=role.scope, name_en="W", name_zh="W") for number, role in enumerate(world.roles)]
    RoleRow.objects.bulk_create(roles)
    RolePermission.objects.bulk_create(
        RolePermission(role=row, module=each.split(".")[0], action=each.split(".")[1])
        for row, role in zip(roles, world.roles, strict=True)
        for each in sorted(role.permissions)
    )
    RoleAssignment.objects.bulk_create(
        RoleAssignment(user=people[person], role=roles[role], org_unit=units[unit]) for person, role, unit in sorted(world.held)
    )


def _load_below(customers: list[Customer], actor: User, tariff: Tariff) -> None:
    """What hangs from each customer; the jobs carry the scope columns as the services write them."""
    day = datetime.date(2026, 1, 1)
    ContactPerson.objects.bulk_create(ContactPerson(customer=customer, name="陈主任") for customer in customers)
    Member.objects.bulk_create(
        Member(customer=customer, msisdn=NUMBER.format(number), kind="mobile", joined_on=day) for number, customer in enumerate(customers)
    )
    Offer.objects.bulk_create(
        Offer(customer=customer, code=f"W{number}", product=tariff.product, tariff=tariff, effective_on=day)
        for number, customer in enumerate(customers)
    )
    jobs = Job.objects.bulk_create(
        Job(kind="provisioning", title=c.name, actor=actor, customer_key=c.pk, manager_id=c.manager_id, org_unit_id=c.org_unit_id, rows=1)
        for c in customers
    )
    ProvisioningBatch.objects.bulk_create(ProvisioningBatch(job=job, customer=c) for job, c in zip(jobs, customers, strict=True))


def _load_grants(world: World, customers: list[Customer], people: list[User], groups: list[Group]) -> None:
    permissions = {each.codename: each for each in Permission.objects.filter(content_type__app_label="customers")}
    for grant in world.grants:
        kind, number = grant.to
        values: dict[str, Any] = {
            "content_object": customers[grant.customer],
            "permission": permissions["change_customer" if grant.change else "view_customer"],
        }
        if kind == "person":
            CustomerUserObjectPermission.objects.create(user=people[number], **values)
        else:
            CustomerGroupObjectPermission.objects.create(group=groups[number], **values)
