"""Tags: on one customer by its form, on many at once, in the list and in the header."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from access.models import User
from common.versions import version_of
from customers.models import Customer, CustomerTag, Tag
from customers.services.details import update_customer
from customers.services.tags import add_tag, remove_tag
from tests.factories.customers import CustomerFactory, TagFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def key_account() -> Tag:
    return TagFactory(code="KEY", name_zh="重点客户", name_en="Key account", colour="red")


def carried() -> set[tuple[int, str]]:
    return set(CustomerTag.objects.values_list("customer_id", "tag__code"))


def test_many_at_once_but_only_in_reach(
    manager: User, foreign_manager: User, key_account: Tag, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    mine, foreign = CustomerFactory.create_batch(3, manager=manager), CustomerFactory(manager=foreign_manager)
    CustomerTag.objects.create(customer=mine[0], tag=key_account)
    everyone = Customer.objects.filter(pk__in=[*(one.pk for one in mine), foreign.pk])
    version = version_of(mine[1])
    add_tag(customers=Customer.objects.none(), tag=key_account, actor=manager)  # fills what the policy keeps for the request
    with django_assert_num_queries(3):  # and the savepoint's two
        assert add_tag(customers=everyone, tag=key_account, actor=manager) == 2
    assert carried() == {(one.pk, "KEY") for one in mine}
    assert version_of(Customer.objects.get(pk=mine[1].pk)) != version
    CustomerTag.objects.create(customer=foreign, tag=key_account)
    assert remove_tag(customers=everyone, tag=key_account, actor=manager) == 3
    assert carried() == {(foreign.pk, "KEY")}
    Tag.objects.update(is_active=False)
    with pytest.raises(ValidationError):
        add_tag(customers=everyone, tag=Tag.objects.get(), actor=manager)


def test_a_form_opened_before_a_tag_came_does_not_take_it_off(client: Client, manager: User, key_account: Tag) -> None:
    customer = CustomerFactory(manager=manager)
    client.force_login(manager)
    url = reverse("customers:customer_edit", args=[customer.pk])
    sent: dict[str, Any] = {name: value for name, value in client.get(url).context["form"].initial.items() if value is not None}
    sent |= {"version": version_of(customer), "level": "C", "value_score": 0, "tags": []}
    add_tag(customers=Customer.objects.filter(pk=customer.pk), tag=key_account, actor=manager)
    response = client.post(url, sent)
    assert response.status_code == 422
    assert f"Now: {key_account}" in unescape(response.content.decode())
    assert carried() == {(customer.pk, "KEY")}


def test_the_form_offers_what_is_on_offer_or_carried_and_writes_the_rest(client: Client, manager: User, key_account: Tag) -> None:
    customer = CustomerFactory(manager=manager)
    old, other = TagFactory(code="OLD", is_active=False), TagFactory(code="NEW")
    TagFactory(code="GONE", is_active=False)
    CustomerTag.objects.create(customer=customer, tag=old)
    client.force_login(manager)
    url = reverse("customers:customer_edit", args=[customer.pk])
    form = client.get(url).context["form"]
    assert {tag.code for tag in form.fields["tags"].queryset} == {"KEY", "NEW", "OLD"}
    sent = {name: value for name, value in form.initial.items() if value is not None}
    sent |= {"version": version_of(customer), "tags": [key_account.pk, other.pk]}
    assert client.post(url, sent).status_code == 302
    assert carried() == {(customer.pk, "KEY"), (customer.pk, "NEW")}
    assert CustomerTag.objects.filter(actor=manager).count() == 2


def test_other_details_leave_the_tags_alone(manager: User, key_account: Tag) -> None:
    customer = CustomerFactory(manager=manager)
    CustomerTag.objects.create(customer=customer, tag=key_account)
    update_customer(customer_id=customer.pk, actor=manager, seen=version_of(customer), short_name="云一")
    assert carried() == {(customer.pk, "KEY")}


def test_header_column_and_filter_show_them(client: Client, manager: User, key_account: Tag) -> None:
    tagged, other, plain = CustomerFactory.create_batch(3, manager=manager)
    CustomerTag.objects.create(customer=tagged, tag=key_account)
    CustomerTag.objects.create(customer=other, tag=TagFactory(code="OTHER"))
    client.force_login(manager)
    chip = '<span class="tag tag-red">Key account</span>'
    assert chip in client.get(reverse("customers:customer_detail", args=[tagged.pk])).content.decode()
    address = reverse("customers:customer_list")
    assert client.get(address).content.decode().count(chip) == 1
    key = f"tags={key_account.pk}"
    for query, shown in (
        (key, {tagged}),
        (f"{key}&tags_op=none", {other, plain}),
        ("tags_op=empty", {plain}),
        ("tags_op=filled", {tagged, other}),
    ):
        text = client.get(f"{address}?{query}").content.decode()
        assert {one for one in (tagged, other, plain) if one.name in text} == shown, query
