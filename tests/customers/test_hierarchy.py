"""The tree of a group with figures that add up: what is seen, what it comes to, how many statements it takes."""

from html import unescape

import pytest
from django.urls import reverse

from access.models import User
from customers.hierarchy import SHOWN, family_of
from customers.models import Customer
from tests.factories.customers import CustomerFactory
from tests.members.factories import make_member, make_subscription
from tests.products.factories import make_group_subscription, make_offer, make_product, make_tariff

pytestmark = pytest.mark.django_db


@pytest.fixture
def group(manager, foreign_manager):
    """A group of four levels with two numbers each, one branch of which belongs to another province."""
    tariff = make_tariff(make_product("VNET"), fee="10.00")
    line = make_tariff(make_product("LINE", member_level=False), fee="500.00")
    found: dict[str, Customer] = {}
    for number, (name, above, owner) in enumerate(
        (
            ("集团", None, manager),
            ("省公司", "集团", manager),
            ("市公司", "省公司", manager),
            ("县公司", "市公司", manager),
            ("外省公司", "集团", foreign_manager),
            ("外省以下", "外省公司", manager),
        )
    ):
        customer = CustomerFactory(name=name, manager=owner, parent=found.get(above or ""))
        for last in range(2):
            make_subscription(make_member(customer, f"86138{number:04}{last:04}"), tariff)
        found[name] = customer
    make_group_subscription(found["市公司"], line)
    make_offer(found["县公司"], tariff)
    return found


def figures(family):
    return {kin.customer.name: [(one.own, one.total) for one in kin.figures] for kin in family.members}


def test_figures_add_up_over_what_is_in_reach(manager, group):
    family = family_of(group["集团"], manager, with_figures=True, opened=9)
    assert figures(family) == {
        "集团": [("2", "8"), ("¥20", "¥580"), ("0", "1")],
        "省公司": [("2", "6"), ("¥20", "¥560"), ("0", "1")],
        "市公司": [("2", "4"), ("¥520", "¥540"), ("0", "1")],
        "县公司": [("2", "2"), ("¥20", "¥20"), ("1", "1")],
    }
    assert (family.has_hidden, family.is_cut, family.size) == (True, False, 4)
    assert not family_of(group["省公司"], manager).has_hidden


def test_whoever_reaches_more_sees_more(administrator, group):
    family = family_of(group["集团"], administrator, with_figures=True)
    assert figures(family)["集团"][0] == ("2", "12")
    assert not family.has_hidden


def test_pages_say_that_a_part_is_hidden_and_not_what(client, manager, colleague, group):
    address = reverse("customers:customer_hierarchy", args=[group["集团"].pk])
    client.force_login(manager)
    for page in (client.get(address), client.get(address, {"figures": 1})):
        text = unescape(page.content.decode())
        assert "outside your reach" in text
        assert "外省" not in text
    below = reverse("customers:customer_branch", args=[group["市公司"].pk])
    rows = unescape(client.get(below, {"depth": 2}).content.decode())
    assert rows.count("<tr") == 2
    assert 'class="depth-3"' in rows
    assert "¥540" in rows
    client.force_login(colleague)
    assert client.get(address).status_code == 404
    assert client.get(below).status_code == 404


def test_deep_and_wide_trees_open_one_by_one(manager, group):
    names = [kin.customer.name for kin in family_of(group["集团"], manager).members]
    assert names == ["集团", "省公司", "市公司"]
    (closed,) = [kin for kin in family_of(group["集团"], manager).members if kin.is_closed]
    assert (closed.customer.name, closed.below) == ("市公司", 1)
    unit = group["省公司"].org_unit
    Customer.objects.bulk_create(
        Customer(code=f"W{number}", name="网点", org_unit=unit, manager=manager, parent=group["省公司"]) for number in range(SHOWN + 1)
    )
    family = family_of(group["集团"], manager)
    assert [kin.customer.name for kin in family.members] == ["集团", "省公司"]
    assert family.members[0].below == 3 + SHOWN + 1


def test_each_figure_takes_as_many_statements_however_deep(manager, group, django_assert_max_num_queries):
    taken = []
    bottom = group["县公司"]
    for _time in range(2):
        user = User.objects.get(pk=manager.pk)
        with django_assert_max_num_queries(25) as counted:
            family_of(group["集团"], user, with_figures=True, opened=9)
        taken.append(len(counted))
        for _number in range(10):
            bottom = CustomerFactory(manager=manager, parent=bottom)
    assert taken[0] == taken[1]


def test_a_circle_ends(manager, group):
    Customer.objects.filter(pk=group["集团"].pk).update(parent=group["县公司"])
    assert family_of(group["集团"], manager, with_figures=True).members[0].customer == group["集团"]
