"""Who may not reveal a number cannot find it out by typing an ever longer part of it into a search."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from access.models import RolePermission, User
from customers.models import ContactPerson, Customer
from members.models import BatchRow, BlacklistedNumber, Member
from members.roster import number_begins_with, number_ends_with
from tests.access import test_reach as reach
from tests.access.clients import browser
from tests.access.test_reach import World
from tests.factories.customers import ContactPersonFactory, CustomerFactory
from tests.members.factories import make_member
from tests.personas import give_second_factor

pytestmark = pytest.mark.django_db
world = reach.world

NUMBER = "13912345678"
FIXED = "075526001234"
PARTS = [NUMBER[:length] for length in range(1, len(NUMBER))]
ENDS = [NUMBER[-length:] for length in range(1, len(NUMBER))]


@pytest.fixture
def customer(manager: User) -> Customer:
    return CustomerFactory(manager=manager)


@pytest.fixture
def member(customer: Customer) -> Member:
    make_member(customer, "8675526001234")
    return make_member(customer, f"86{NUMBER}")


@pytest.fixture
def person(customer: Customer) -> ContactPerson:
    return ContactPersonFactory(customer=customer, phone=f"86{NUMBER}")


def count(user: User, name: str, arguments: tuple[Any, ...] = (), **query: str) -> int:
    """How many rows a list shows."""
    answer = browser(User.objects.get(pk=user.pk)).get(reverse(name, args=arguments), query)
    assert answer.status_code == 200
    return len(answer.context["list"].rows)


class TestMembers:
    """The list of all numbers, that of a customer, and the administration's."""

    def test_a_viewer_finds_by_what_is_shown_and_by_the_whole(self, viewer: User, member: Member) -> None:
        found = {part: count(viewer, "members:member_list", q=part) for part in [*PARTS, NUMBER]}
        assert {part for part, rows in found.items() if rows} == {*PARTS[:3], NUMBER}
        ended = {end: count(viewer, "members:member_list", q=f"*{end}") for end in [*ENDS, NUMBER]}
        assert {end for end, rows in ended.items() if rows} == {*ENDS[:4], NUMBER}
        for text, rows in ((f"+86 {NUMBER}", 1), (f"0086{NUMBER}", 1), ("+86 1391", 0), (FIXED, 1), (FIXED[:6], 0), ("0755", 1)):
            assert count(viewer, "members:member_list", q=text) == rows, text

    def test_the_filter_by_end_is_no_way_round(self, viewer: User, member: Member) -> None:
        found = {end: count(viewer, "members:member_list", ends_with=end) for end in ENDS}
        assert {end for end, rows in found.items() if rows} == set(ENDS[:4])

    def test_who_reveals_finds_by_any_part(self, manager: User, member: Member) -> None:
        assert {count(manager, "members:member_list", q=part) for part in [*PARTS, NUMBER]} == {1}
        assert {count(manager, "members:member_list", q=f"*{end}") for end in ENDS} == {1}

    def test_rows_that_are_seen_but_not_revealed_are_found_as_by_a_viewer(
        self, manager: User, colleague: User, member: Member, viewer: User
    ) -> None:
        """Sees everything by one role, reveals own customers by another."""
        viewer.assignments.update(user=manager)
        give_second_factor(manager)
        theirs = CustomerFactory(manager=colleague)
        make_member(theirs, "8613912349999")
        assert count(manager, "members:member_list", q="139123") == 1
        assert count(manager, "members:member_list", q="139") == 2
        assert count(manager, "members:member_list", q="13912349999") == 1

    def test_the_administration(self, viewer: User, administrator: User, member: Member) -> None:
        BlacklistedNumber.objects.create(msisdn="8613812340000", reason="x")
        User.objects.filter(pk__in=[viewer.pk, administrator.pk]).update(is_staff=True)
        for name, whole in (("member", NUMBER), ("blacklistednumber", "13812340000")):
            found = {}
            for user in (viewer, administrator):
                client = browser(User.objects.get(pk=user.pk))
                address = reverse(f"admin:members_{name}_changelist")
                lengths = [length for length in range(1, 12) if _listed(client.get(address, {"q": whole[:length]}))]
                found[user.username] = lengths
            assert found == {viewer.username: [1, 2, 3, 11], administrator.username: list(range(1, 12))}, name

    def test_the_index_serves_every_form(self, viewer: User, manager: User, member: Member) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
        for user, digits in ((viewer, "139"), (viewer, NUMBER), (manager, "139123")):
            plan = Member.objects.filter(number_begins_with(digits, user)).explain()
            assert "Seq Scan" not in plan, (user, digits, plan)
            assert "msisdn" in plan

    def test_the_decision_costs_no_query_beyond_the_scope(self, viewer: User, member: Member) -> None:
        number_begins_with("1", viewer)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            number_begins_with("139123", viewer)
            number_ends_with("345678", viewer)
        assert not queries.captured_queries


def _listed(answer: Any) -> int:
    return len(answer.context["cl"].result_list)


def test_phones_of_contact_persons(viewer: User, manager: User, person: ContactPerson) -> None:
    long_enough = [part for part in PARTS if len(part) >= 7]  # shorter ones are taken for words
    for text in [*long_enough, f"+86{NUMBER[:9]}"]:
        assert count(viewer, "customers:contact_person_list", q=text) == 0, text
        assert count(manager, "customers:contact_person_list", q=text) == 1, text
    for text in (NUMBER, f"+86 {NUMBER}", f"0086{NUMBER}"):
        assert count(viewer, "customers:contact_person_list", q=text) == 1, text


def test_the_blacklist(administrator: User) -> None:
    BlacklistedNumber.objects.create(msisdn=f"86{NUMBER}", reason="x")
    assert {count(administrator, "members:blacklist", q=part) for part in PARTS} == {1}
    RolePermission.objects.filter(role__code="administrator", module="members", action="reveal").delete()
    assert {part for part in [*PARTS, NUMBER] if count(administrator, "members:blacklist", q=part)} == {*PARTS[:3], NUMBER}


def test_rows_of_a_batch(world: World, viewer: User, manager: User) -> None:
    job = world.keys["job"]
    whole = str(BatchRow.objects.filter(job=job).exclude(msisdn="").values_list("msisdn", flat=True)[0]).removeprefix("86")

    def found(user: User) -> set[int]:
        client = browser(User.objects.get(pk=user.pk))
        address = world.address("members:batch_preview", "job")
        pages = {length: client.get(address, {"show": "all", "q": whole[:length]}) for length in range(9, 12)}
        return {length for length, page in pages.items() if page.context["list"].rows}

    assert found(manager) == {9, 10, 11}
    assert found(viewer) == {11}
