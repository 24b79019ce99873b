"""The history of an object as people read it, and putting old values back."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from access.history.reading import PAGE_SIZE, read_versions
from access.models import User
from common.change_context import change_context
from common.versions import version_of
from customers.models import Customer, CustomerLevel
from customers.services.details import update_customer
from members.models import Member
from products.models import Offer, OfferStatus, Product
from tests.access.clients import browser, text
from tests.factories.customers import ContactPersonFactory, CustomerFactory, IndustryFactory
from tests.members.factories import make_member
from tests.products.factories import make_offer, make_product, make_tariff

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(manager: User) -> Customer:
    """A customer that the manager has changed twice."""
    customer: Customer = CustomerFactory(manager=manager, name="云江第一医院", level="C", industry=IndustryFactory(name_en="Health"))
    with change_context(user=manager.pk):
        for values in ({"level": CustomerLevel.A1, "remark": "一"}, {"remark": "二", "industry": IndustryFactory(name_en="Public")}):
            customer.refresh_from_db()
            update_customer(customer_id=customer.pk, actor=manager, seen=version_of(customer), **values)
    customer.refresh_from_db()
    return customer


# --- reading ---------------------------------------------------------------------------------------------------------------------------


def test_versions_say_what_changed_in_words(customer: Customer, manager: User) -> None:
    versions, following = read_versions(Customer, customer.pk, manager)
    latest, first, entered = versions
    assert following is None
    assert {(change.label, change.before, change.after) for change in latest.changes} == {
        ("Remark", "一", "二"),
        ("Industry", "Health", "Public"),
    }
    assert {(change.label, change.before, change.after) for change in first.changes if change.field == "level"} == {("Level", "C", "A1")}
    assert (latest.actor, latest.label, latest.has_before) == ("李静", "changed", True)
    assert not entered.has_before
    assert {change.field for change in entered.changes} & {"id", "pinyin", "updated_at"} == set()


def test_a_name_out_of_reach_stays_a_number(customer: Customer, manager: User, foreign_manager: User) -> None:
    hidden = CustomerFactory(manager=foreign_manager, name="别人的")
    Customer.objects.filter(pk=customer.pk).update(parent=hidden)
    (change,) = read_versions(Customer, customer.pk, manager)[0][0].changes
    assert change.after == f"#{hidden.pk}"


def test_phones_are_masked_and_secrets_left_out(client: Client, manager: User) -> None:
    person = ContactPersonFactory(customer=CustomerFactory(manager=manager), phone="8613800001234")
    person.phone, person.id_number = "8613911112222", "110101199003074514"
    person.save()
    page = browser(manager).get(reverse("customers:contact_person_history", args=[person.pk]))
    shown = text(page)
    assert "138****1234" in shown
    assert "139****2222" in shown
    assert "13800001234" not in shown
    assert "110101" not in page.content.decode()
    assert "kept secret" in shown
    assert person.id_number_hash not in page.content.decode()


def test_members_show_what_stood_before(manager: User) -> None:
    member = make_member(CustomerFactory(manager=manager), holder_name="李一")
    for name in ("李二", "李三"):
        member.holder_name = name
        member.save()
    versions, _following = read_versions(Member, member.pk, manager)
    assert [(change.before, change.after) for version in versions for change in version.changes] == [("李二", "李三"), ("李一", "李二")]


@pytest.mark.parametrize("kind", ["customer", "member"])
def test_pages_follow_each_other_without_a_gap(kind: str, manager: User, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    row: Any = CustomerFactory(manager=manager)
    field = "remark"
    if kind == "member":
        row, field = make_member(row), "holder_name"
    for number in range(2 * PAGE_SIZE + 5):
        type(row).objects.filter(pk=row.pk).update(**{field: f"v{number}"})
    read: list[str] = []
    below: int | None = None
    while True:
        with django_assert_max_num_queries(8):  # events, one for each model that they refer to, people
            versions, below = read_versions(type(row), row.pk, manager, below=below)
        read += [change.after for version in versions for change in version.changes if change.field == field]
        if below is None:
            break
    assert read[: 2 * PAGE_SIZE + 5] == [f"v{number}" for number in reversed(range(2 * PAGE_SIZE + 5))]


# --- pages -----------------------------------------------------------------------------------------------------------------------------


def test_the_customer_page_has_the_tab(customer: Customer, manager: User) -> None:
    address = reverse("customers:customer_history", args=[customer.pk])
    page = browser(manager).get(address)
    assert "Put back" in text(page)
    assert "李静" in text(page)
    part = browser(manager).get(address, headers={"HX-Request": "true", "HX-Target": "history"})
    assert part.content.decode().lstrip().startswith('<div id="history">')


def test_only_who_sees_the_object_reads_its_history(customer: Customer, foreign_manager: User, viewer: User) -> None:
    for name in ("customers:customer_history", "customers:customer_restore"):
        assert browser(foreign_manager).get(reverse(name, args=[customer.pk])).status_code == 404
    looked = browser(viewer).get(reverse("customers:customer_history", args=[customer.pk]))
    assert looked.status_code == 200
    assert "Put back" not in text(looked)


def test_the_history_speaks_chinese(customer: Customer, manager: User) -> None:
    User.objects.filter(pk=manager.pk).update(locale="zh-hans")
    page = text(browser(manager).get(reverse("customers:customer_history", args=[customer.pk])))
    assert "恢复" in page
    assert "变更前" in page


# --- putting back ----------------------------------------------------------------------------------------------------------------------


def restore_address(row: Any, name: str, version: int, field: str = "") -> str:
    return f"{reverse(name, args=[row.pk])}?version={version}" + (f"&field={field}" if field else "")


def test_one_field_comes_back(customer: Customer, manager: User) -> None:
    latest = read_versions(Customer, customer.pk, manager)[0][0]
    address = restore_address(customer, "customers:customer_restore", latest.key, "remark")
    client = browser(manager)
    preview = client.get(address)
    assert "二" in text(preview)
    assert "Health" not in text(preview)
    response = client.post(address, {"version": version_of(customer)})
    assert response.status_code == 302
    customer.refresh_from_db()
    assert (customer.remark, customer.industry and customer.industry.name_en) == ("一", "Public")
    newest = read_versions(Customer, customer.pk, manager)[0][0]
    assert [(change.before, change.after) for change in newest.changes] == [("二", "一")]
    assert newest.actor == "李静"


def test_a_whole_version_comes_back(customer: Customer, manager: User) -> None:
    first = read_versions(Customer, customer.pk, manager)[0][1]
    browser(manager).post(restore_address(customer, "customers:customer_restore", first.key), {"version": version_of(customer)})
    customer.refresh_from_db()
    assert (customer.level, customer.remark, customer.industry and customer.industry.name_en) == ("C", "", "Health")


def test_a_version_that_moved_on_is_refused(customer: Customer, manager: User) -> None:
    latest, seen = read_versions(Customer, customer.pk, manager)[0][0], version_of(customer)
    customer.short_name = "别"
    customer.save()
    response = browser(manager).post(restore_address(customer, "customers:customer_restore", latest.key), {"version": seen}, follow=True)
    assert "Somebody else changed this meanwhile" in text(response)
    customer.refresh_from_db()
    assert customer.remark == "二"


@pytest.mark.parametrize("field", ["manager", "org_unit", "lifecycle", "id", "nonsense"])
def test_what_services_own_is_not_put_back(field: str, customer: Customer, manager: User) -> None:
    Customer.objects.filter(pk=customer.pk).update(lifecycle="left")
    latest = read_versions(Customer, customer.pk, manager)[0][0]
    address = restore_address(customer, "customers:customer_restore", latest.key, field)
    assert browser(manager).post(address, {"version": version_of(customer)}).status_code == 400
    customer.refresh_from_db()
    assert customer.lifecycle == "left"


def test_a_value_that_is_taken_since_is_refused(customer: Customer, manager: User) -> None:
    old = customer.code
    customer.code = "NEW-9"
    customer.save()
    CustomerFactory(manager=manager, code=old)
    latest = read_versions(Customer, customer.pk, manager)[0][0]
    address = restore_address(customer, "customers:customer_restore", latest.key, "code")
    response = browser(manager).post(address, {"version": version_of(customer)}, follow=True)
    assert "This code is taken." in text(response)
    customer.refresh_from_db()
    assert customer.code == "NEW-9"


def test_the_catalogue_and_members_come_back(administrator: User, manager: User) -> None:
    product: Product = make_product()
    product.description = "新"
    product.save()
    member = make_member(CustomerFactory(manager=manager), holder_name="李一")
    member.holder_name = "李二"
    member.save()
    for row, name, who in ((product, "products:product_restore", administrator), (member, "members:member_restore", manager)):
        latest = read_versions(type(row), row.pk, who)[0][0]
        assert browser(who).post(restore_address(row, name, latest.key), {"version": version_of(row)}).status_code == 302
        row.refresh_from_db()
    assert (product.description, member.holder_name) == ("", "李一")


def test_only_a_draft_of_an_offer_comes_back(manager: User) -> None:
    offer: Offer = make_offer(CustomerFactory(manager=manager), make_tariff(make_product()), status=OfferStatus.DRAFT)
    old, offer.committed_members = offer.committed_members, 99
    offer.save()
    latest = read_versions(Offer, offer.pk, manager)[0][0]
    address = restore_address(offer, "products:offer_restore", latest.key, "committed_members")
    browser(manager).post(address, {"version": version_of(offer)})
    offer.refresh_from_db()
    assert offer.committed_members == old
    Offer.objects.filter(pk=offer.pk).update(status=OfferStatus.APPROVED, committed_members=7)
    offer.refresh_from_db()
    latest = read_versions(Offer, offer.pk, manager)[0][0]
    address = restore_address(offer, "products:offer_restore", latest.key, "committed_members")
    browser(manager).post(address, {"version": version_of(offer)})
    offer.refresh_from_db()
    assert offer.committed_members == 7
