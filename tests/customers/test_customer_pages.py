"""The pages of customers: who may open them, what a refused form says, how many queries they take."""

from html import unescape

import pytest
from django.urls import reverse

from customers.models import Customer, Lifecycle
from customers.services.lifecycle import move_customer
from tests.factories.customers import ContactPersonFactory, CustomerFactory

pytestmark = pytest.mark.django_db
NO_ROLE, HIDDEN, OPEN = 403, 404, 200


@pytest.fixture
def customer(manager):
    return CustomerFactory(manager=manager, name="云江海关", code="YJ-1")


def text_of(response):
    return unescape(response.content.decode())


def form_of(client, url):
    return {name: value for name, value in client.get(url).context["form"].initial.items() if value is not None}


@pytest.mark.parametrize(
    ("page", "allowed"),
    [
        ("customer_detail", {"manager", "director", "administrator", "viewer"}),
        ("customer_people", {"manager", "director", "administrator", "viewer"}),
        ("customer_hierarchy", {"manager", "director", "administrator", "viewer"}),
        ("customer_history", {"manager", "director", "administrator", "viewer"}),
        ("customer_edit", {"manager", "director", "administrator"}),
        ("customer_lifecycle", {"manager", "director", "administrator"}),
        ("customer_assign", {"director", "administrator"}),
        ("contact_person_create", {"manager", "director", "administrator"}),
    ],
)
def test_pages_open_to_whom_the_policy_says(client, customer, page, allowed, request):
    url = reverse(f"customers:{page}", args=[customer.pk])
    for who in ("manager", "colleague", "director", "foreign_director", "foreign_manager", "administrator", "viewer", "outsider"):
        client.force_login(request.getfixturevalue(who))
        assert client.get(url).status_code == (OPEN if who in allowed else HIDDEN), who
    client.logout()
    assert client.get(url).status_code == 302


def test_create_is_open_to_those_who_may_add(client, manager, viewer, outsider):
    url = reverse("customers:customer_create")
    for user, status in ((manager, OPEN), (viewer, NO_ROLE), (outsider, NO_ROLE)):
        client.force_login(user)
        assert client.get(url).status_code == status


def test_create_offers_only_owners_in_reach(client, manager, director, colleague, foreign_manager):
    for user, offered in ((manager, {manager}), (director, {manager, director, colleague})):
        client.force_login(user)
        form = client.get(reverse("customers:customer_create")).context["form"]
        assert set(form.fields["manager"].queryset) == offered
        assert foreign_manager.org_unit not in form.fields["org_unit"].queryset


def test_create_a_customer(client, manager):
    client.force_login(manager)
    data = {"name": "云江海关", "code": " yj-9 ", "level": "A1", "value_score": 5, "manager": manager.pk, "org_unit": manager.org_unit_id}
    response = client.post(reverse("customers:customer_create"), data)
    customer = Customer.objects.get()
    assert response["Location"] == reverse("customers:customer_detail", args=[customer.pk])
    assert (customer.code, customer.manager, customer.pinyin_initials) == ("YJ-9", manager, "yjhg")


def test_refused_form_keeps_what_was_typed(client, manager, customer):
    client.force_login(manager)
    data = {"name": "新客户", "code": "YJ-1", "level": "A1", "value_score": 500, "manager": manager.pk, "org_unit": manager.org_unit_id}
    response = client.post(reverse("customers:customer_create"), data)
    assert response.status_code == 422
    assert response.context["form"].errors["code"] == ["This code is taken."]
    assert "新客户" in text_of(response)
    assert Customer.objects.count() == 1


def test_choices_out_of_reach_are_refused(client, manager, colleague, foreign_manager):
    client.force_login(manager)
    hidden = CustomerFactory(manager=colleague, code="HID-1")
    data = {
        "name": "新客户",
        "code": "YJ-2",
        "level": "C",
        "value_score": 0,
        "manager": foreign_manager.pk,
        "org_unit": foreign_manager.org_unit_id,
        "parent": hidden.code,
    }
    response = client.post(reverse("customers:customer_create"), data)
    assert set(response.context["form"].errors) == {"manager", "org_unit", "parent"}
    assert list(Customer.objects.all()) == [hidden]


def test_lost_update_shows_both_values_and_a_second_save_wins(client, manager, customer):
    client.force_login(manager)
    url = reverse("customers:customer_edit", args=[customer.pk])
    typed = {**form_of(client, url), "version": client.get(url).context["form"].fields["version"].initial, "name": "我的名字"}
    theirs = Customer.objects.get(pk=customer.pk)
    theirs.name = "别人的名字"
    theirs.save()
    response = client.post(url, typed)
    assert response.status_code == 422
    assert "Somebody else changed this meanwhile" in text_of(response)
    assert "Now: 别人的名字" in text_of(response)
    assert 'value="我的名字"' in text_of(response)
    assert Customer.objects.get(pk=customer.pk).name == "别人的名字"
    again = {**typed, "version": response.context["form"].data["version"]}
    assert client.post(url, again).status_code == 302
    assert Customer.objects.get(pk=customer.pk).name == "我的名字"


def test_hidden_parent_is_not_shown_and_stays(client, manager, colleague, customer):
    hidden = CustomerFactory(manager=colleague, name="看不见的集团")
    Customer.objects.filter(pk=customer.pk).update(parent=hidden)
    client.force_login(manager)
    url = reverse("customers:customer_edit", args=[customer.pk])
    for page in (
        url,
        reverse("customers:customer_detail", args=[customer.pk]),
        reverse("customers:customer_hierarchy", args=[customer.pk]),
    ):
        assert "看不见的集团" not in text_of(client.get(page))
    data = {**form_of(client, url), "version": client.get(url).context["form"].fields["version"].initial, "short_name": "海关"}
    assert client.post(url, data).status_code == 302
    customer.refresh_from_db()
    assert (customer.parent, customer.short_name) == (hidden, "海关")


def test_hierarchy_shows_the_reachable_tree(client, director, manager, foreign_manager, customer):
    top = CustomerFactory(manager=manager, name="总部")
    Customer.objects.filter(pk=customer.pk).update(parent=top)
    CustomerFactory(manager=manager, name="分部", parent=customer)
    CustomerFactory(manager=foreign_manager, name="外省分部", parent=customer)
    client.force_login(director)
    text = text_of(client.get(reverse("customers:customer_hierarchy", args=[customer.pk])))
    assert text.index("总部") < text.index("分部")
    assert "外省分部" not in text


def test_history_tells_lifecycle_and_ownership(client, manager, customer):
    move_customer(customer_id=customer.pk, actor=manager, to=Lifecycle.LEFT, reason="携号转网")
    client.force_login(manager)
    text = text_of(client.get(reverse("customers:customer_history", args=[customer.pk])))
    assert "携号转网" in text
    assert manager.name in text


def test_options_propose_only_what_is_in_reach(client, manager, colleague, customer):
    CustomerFactory(manager=colleague, name="云江机场")
    client.force_login(manager)
    url = reverse("customers:customer_options")
    assert "YJ-1 · 云江海关" in text_of(client.get(url, {"parent": "云江"}))
    assert "云江机场" not in text_of(client.get(url, {"parent": "云江"}))
    for nothing in ({}, {"parent": ""}, {"parent": "\x00"}, {"parent": "x" * 500}):
        assert "option" not in text_of(client.get(url, nothing))


@pytest.mark.parametrize(
    ("page", "queries"),
    [("customer_detail", 13), ("customer_people", 12), ("customer_hierarchy", 12), ("customer_history", 11), ("customer_edit", 11)],
)
def test_queries_do_not_grow_with_rows(client, manager, customer, page, queries, django_assert_max_num_queries):
    """The most that this app's own part may take; upper apps' figures of the header are pinned by their own tests."""
    client.force_login(manager)
    url = reverse(f"customers:{page}", args=[customer.pk])
    client.get(url)
    taken = []
    for rows in (1, 12):
        ContactPersonFactory.create_batch(rows, customer=customer, is_key_person=True)
        CustomerFactory.create_batch(rows, manager=manager, parent=customer)
        for _move in range(rows):
            move_customer(customer_id=customer.pk, actor=manager, to=Lifecycle.WARNED, reason="x")
            move_customer(customer_id=customer.pk, actor=manager, to=Lifecycle.SAVED, reason="x")
        with django_assert_max_num_queries(queries + 20) as counted:
            assert client.get(url).status_code == 200
        taken.append(len(counted))
    assert taken[0] == taken[1]


def test_home_shows_recent_customers(client, manager, administrator, customer):
    for user in (manager, administrator):
        client.force_login(user)
        assert customer.name in text_of(client.get("/"))
