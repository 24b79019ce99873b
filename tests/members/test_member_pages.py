"""Number lists and numbers: what is found, shown and hidden, and how a member is changed."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from access.models import RolePermission, User
from common.versions import version_of
from customers.models import Customer
from jobs.models import Job
from members.models import Member
from members.roster import STAGES, in_stage
from members.services.members import change_member
from members.services.revenue import subscription_groups
from tests.access.clients import browser
from tests.members.factories import make_member, make_subscription
from tests.products.factories import (
    make_customer,
    make_discount,
    make_group_subscription,
    make_keeper,
    make_manager,
    make_offer,
    make_product,
    make_tariff,
)

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
DAY = datetime.timedelta(days=1)


@pytest.fixture
def manager() -> User:
    """Has the customer."""
    return make_manager()


@pytest.fixture
def customer(manager: User) -> Customer:
    """The manager's customer."""
    return make_customer(manager)


def shown(user: User, customer: Customer, **parameters: Any) -> set[str]:
    """The numbers on the customer's panel under these parameters."""
    response = browser(user).get(reverse("members:customer_panel", args=[customer.pk]), parameters)
    assert response.status_code == 200
    return {row.source.msisdn for row in response.context["list"].rows}


def test_what_the_search_box_finds(manager: User, customer: Customer) -> None:
    """Beginnings in national and international form, ends, short numbers, holders, departments and employee numbers."""
    RolePermission.objects.create(role=manager.assignments.get().role, module="members", action="reveal")
    mobile = make_member(
        customer, "8613800001111", holder_name="王建国", department="信息科", employee_no="E-77", short_number="6123"
    ).msisdn
    fixed = make_member(customer, "8657188881111", kind="fixed").msisdn
    make_member(customer, "8613911112222")
    for text in ("138", "+86 138-0000", "86138", "0086138", "*00001111", "6123", "建国", "信息", "E-7"):
        assert shown(manager, customer, q=text) == {mobile}, text
    for text in ("0571", "571", "0571-8888"):
        assert shown(manager, customer, q=text) == {fixed}, text
    assert shown(manager, customer, q="*1111") == shown(manager, customer, ends_with="1111") == {mobile, fixed}
    assert shown(manager, customer, q="没有") == set()


def test_filters(manager: User, customer: Customer) -> None:
    """By state, department, product, and the roster of a day."""
    tariff = make_tariff()
    active = make_member(customer, department="信息科")
    make_subscription(active, tariff)
    lapsed = make_member(customer, state="suspended", department="护理部")
    make_subscription(lapsed, tariff, ended_on=TODAY)
    pending = make_member(customer, joined_on=TODAY + DAY)
    leaving = make_member(customer, left_on=TODAY + DAY)
    left = make_member(customer, joined_on=datetime.date(2025, 1, 1), left_on=datetime.date(2025, 6, 1))
    assert shown(manager, customer) == {active.msisdn, lapsed.msisdn, pending.msisdn, leaving.msisdn}
    assert shown(manager, customer, stage="left") == {left.msisdn}
    assert shown(manager, customer, stage=["pending", "suspended"]) == {pending.msisdn, lapsed.msisdn}
    assert shown(manager, customer, department="信息") == {active.msisdn}
    assert shown(manager, customer, product=tariff.product_id) == {active.msisdn}
    assert shown(manager, customer, on="2025-03-01") == {left.msisdn}
    assert shown(manager, customer, on="2025-06-01") == set()
    assert shown(manager, customer, on=TODAY.isoformat()) == {active.msisdn, lapsed.msisdn, leaving.msisdn}
    assert shown(manager, customer, on="2026-02-30") == set()


def test_every_stage_is_one_condition(customer: Customer) -> None:
    """The condition in the database and the method of the model agree, and no membership is in two states."""
    for joined in (-2, 0, 1):
        for left in (None, 0, 1, 5):
            for state in ("active", "suspended", "porting"):
                if left is None or left >= joined:
                    make_member(customer, joined_on=TODAY + joined * DAY, left_on=None if left is None else TODAY + left * DAY, state=state)
    for stage, _label in STAGES:
        expected = {member.pk for member in Member.objects.all() if member.stage(TODAY) == stage}
        assert set(Member.objects.filter(in_stage(stage, TODAY)).values_list("pk", flat=True)) == expected
        assert expected


def test_another_managers_numbers_are_hidden(manager: User, customer: Customer) -> None:
    """Seen in the list of all numbers and on the number's page: one's own; hidden: the other's, and what the number was there."""
    other = make_customer(make_manager("other"))
    own = make_member(customer, "8613800001111")
    make_member(other, own.msisdn, joined_on=datetime.date(2025, 1, 1), left_on=datetime.date(2025, 6, 1), holder_name="从前人")
    foreign = make_member(other, "8613800002222")
    client = browser(manager)
    listed = {row.source.msisdn for row in client.get(reverse("members:member_list")).context["list"].rows}
    assert listed == {own.msisdn}
    page = client.get(reverse("members:number_detail", args=[own.pk]))
    assert [member.customer for member in page.context["memberships"]] == [customer]
    assert "从前人" not in page.content.decode()
    assert client.get(reverse("members:number_detail", args=[foreign.pk])).status_code == 404
    for name in ("customer_panel", "customer_subscriptions", "customer_facts", "customer_batches"):
        assert client.get(reverse(f"members:{name}", args=[other.pk])).status_code == 404
    assert client.post(reverse("members:member_update", args=[foreign.pk]), {"holder_name": "X"}).status_code == 404


def test_a_numbers_page_says_why_its_price(manager: User, customer: Customer) -> None:
    """Tariff, discounts, offer and batch of each live subscription; other ways of writing the number lead to the same page."""
    tariff = make_tariff(fee="10.00")
    offer = make_offer(customer, tariff, discounts=[make_discount(value="20", name_en="Volume")])
    batch = Job.objects.create(
        kind="provisioning", title="五月", actor=manager, customer_key=customer.pk, manager=manager, org_unit=customer.org_unit
    )
    member = make_member(customer, "8613800001111", batch=batch)
    make_subscription(member, tariff, offer=offer, batch=batch)
    client = browser(manager)
    assert client.get("/members/numbers/138-0000-1111/")["Location"] == reverse("members:number_detail", args=[member.pk])
    assert client.get("/members/numbers/12/").status_code == 404
    page = client.get(reverse("members:number_detail", args=[member.pk])).content.decode()
    for text in ("¥10", "Volume", "¥8", offer.code, f"#{batch.pk}", "138****1111"):
        assert text in page, text


def test_an_override_and_an_offer_that_lapsed(manager: User, customer: Customer) -> None:
    """A price set for the number stands above the trail; an offer that no longer holds gives no discount."""
    tariff, other = make_tariff(fee="10.00"), make_tariff(fee="6.00")
    lapsed = make_offer(customer, tariff, discounts=[make_discount()], expires_on=TODAY)
    member = make_member(customer)
    make_subscription(member, tariff, offer=lapsed)
    make_subscription(member, other, price_override=Decimal("1.50"))
    items = browser(manager).get(reverse("members:number_detail", args=[member.pk])).context["subscriptions"]
    assert {(item["row"].tariff_id, item["net"], item["offer_lapsed"]) for item in items} == {
        (tariff.pk, Decimal("10.00"), True),
        (other.pk, Decimal("1.50"), False),
    }
    assert sum(group.total for group in subscription_groups(customer, manager, TODAY)) == Decimal("11.50")


def test_what_a_customer_brings(manager: User, customer: Customer) -> None:
    """Live subscriptions of its numbers and its own, after discounts; what has ended or begins later does not count."""
    tariff = make_tariff(fee="10.00")
    offer = make_offer(customer, tariff, discounts=[make_discount(value="50")])
    for values in ({"offer": offer}, {"offer": offer}, {}, {"ended_on": TODAY}, {"expires_on": TODAY}, {"effective_on": TODAY + DAY}):
        make_subscription(make_member(customer), tariff, **values)
    line = make_tariff(make_product(member_level=False), fee="100.00")
    make_group_subscription(customer, line, quantity=2)
    make_group_subscription(customer, line, effective_on=TODAY + DAY)
    make_group_subscription(customer, line, ended_on=TODAY)
    other = make_customer(manager)
    make_subscription(make_member(other), tariff)
    client = browser(manager)
    facts = client.get(reverse("members:customer_facts", args=[customer.pk]), headers={"HX-Request": "true"}).content.decode()
    assert "¥220" in facts
    assert ">6<" in facts
    table = client.get(reverse("members:customer_subscriptions", args=[customer.pk])).content.decode()
    assert offer.code in table
    assert "¥20" in table


def test_a_member_is_changed(manager: User, customer: Customer) -> None:
    """The form takes what people type; the next page shows it."""
    member = make_member(customer)
    data = {
        "holder_name": " 王建国 ",
        "department": "信息科",
        "employee_no": "E-1",
        "short_number": "６１２３",
        "pay_mode": "person",
        "state": "suspended",
        "version": version_of(member),
    }
    response = browser(manager).post(reverse("members:member_update", args=[member.pk]), data)
    assert response.status_code == 302
    member.refresh_from_db()
    assert (member.holder_name, member.short_number, member.pay_mode, member.state) == ("王建国", "6123", "person", "suspended")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("short_number", "5123"),
        ("short_number", "61"),
        ("short_number", "6199"),
        ("holder_name", "a\u202eb"),
        ("state", "gone"),
        ("holder_name", "长" * 65),
    ],
)
def test_values_that_cannot_be(manager: User, customer: Customer, field: str, value: str) -> None:
    """Each is refused at its field, nothing is changed, and what was typed is still there."""
    make_member(customer, short_number="6199")
    member = make_member(customer, holder_name="before", short_number="6123")
    data = {
        "holder_name": "after",
        "short_number": "6123",
        "pay_mode": "group",
        "state": "active",
        "version": version_of(member),
        field: value,
    }
    response = browser(manager).post(reverse("members:member_update", args=[member.pk]), data)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    member.refresh_from_db()
    assert (member.holder_name, member.short_number) == ("before", "6123")


def test_a_short_number_is_free_again_when_its_member_has_left(manager: User, customer: Customer) -> None:
    """Uniqueness is among live members of one group."""
    make_member(customer, short_number="6199", left_on=TODAY)
    make_member(make_customer(manager), short_number="6199")
    member = make_member(customer)
    change_member(member_id=member.pk, values={"short_number": "6199"}, seen=version_of(Member.objects.get(pk=member.pk)), actor=manager)
    assert Member.objects.get(pk=member.pk).short_number == "6199"


def test_an_old_version_and_a_member_that_left_are_not_overwritten(manager: User, customer: Customer) -> None:
    """Both refusals change nothing."""
    member, gone = make_member(customer, holder_name="before"), make_member(customer, holder_name="before", left_on=TODAY)
    client = browser(manager)
    data = {"holder_name": "after", "pay_mode": "group", "state": "active", "version": "old"}
    assert client.post(reverse("members:member_update", args=[member.pk]), data).status_code == 422
    assert client.post(reverse("members:member_update", args=[gone.pk]), {**data, "version": version_of(gone)}).status_code == 302
    assert set(Member.objects.values_list("holder_name", flat=True)) == {"before"}


def test_the_number_plan_is_for_those_who_keep_it(manager: User) -> None:
    """A role without limit to some customers opens the lists; an account manager does not."""
    from members.models import BlacklistedNumber, NumberSegment

    NumberSegment.objects.create(prefix="861380000", kind="mobile", operator="mobile")
    BlacklistedNumber.objects.create(msisdn="8613800001111", reason="欺诈")
    keeper = browser(make_keeper())
    assert "1380000" in keeper.get(reverse("members:segment_list"), {"q": "13800001111"}).content.decode()
    assert "欺诈" in keeper.get(reverse("members:blacklist"), {"q": "138"}).content.decode()
    for name in ("segment_list", "blacklist"):
        assert browser(manager).get(reverse(f"members:{name}")).status_code == 403


@pytest.mark.parametrize("rows", [2, 20])
def test_the_number_of_queries_does_not_grow(
    manager: User, customer: Customer, django_assert_max_num_queries: DjangoAssertNumQueries, rows: int
) -> None:
    """Lists and pages read all their rows at once."""
    offer = make_offer(customer, discounts=[make_discount()])
    for _ in range(rows):
        member = make_member(customer)
        make_subscription(member, offer.tariff, offer=offer)
        make_subscription(member, make_tariff())
    client = browser(manager)
    for address, limit in (
        (reverse("members:member_list"), 14),
        (reverse("members:customer_panel", args=[customer.pk]), 20),
        (reverse("members:customer_subscriptions", args=[customer.pk]), 15),
        (reverse("members:customer_facts", args=[customer.pk]), 17),
        (reverse("members:number_detail", args=[Member.objects.latest("pk").pk]), 19),
    ):
        with django_assert_max_num_queries(limit):
            assert client.get(address).status_code == 200
