"""The tree of regions: province, city and county."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from access.models import User
from customers.models import Region
from tests.factories.customers import CustomerFactory, RegionFactory

pytestmark = pytest.mark.django_db


def test_the_administration_keeps_the_tree_three_deep(client: Client, administrator: User) -> None:
    User.objects.filter(pk=administrator.pk).update(is_staff=True)
    client.force_login(administrator)
    province = RegionFactory(code="P")
    city = RegionFactory(code="C", parent=province)
    county = RegionFactory(code="D", parent=city)

    def put(region: Region, below: Region) -> int:
        sent = {"code": region.code, "name_zh": "新", "name_en": "New", "parent": below.pk}
        return client.post(reverse("admin:customers_region_change", args=[region.pk]), sent).status_code

    assert [put(province, county), put(city, city), put(RegionFactory(code="E"), county)] == [200, 200, 200]
    assert put(RegionFactory(code="F"), city) == 302
    assert Region.objects.get(code="F").parent == city


def test_the_form_indents_and_the_filter_takes_all_below(client: Client, manager: User) -> None:
    province = RegionFactory(code="P", name_en="Province")
    county = RegionFactory(code="P11", name_en="County", parent=RegionFactory(code="P1", name_en="City", parent=province))
    customer = CustomerFactory(manager=manager, region=county)
    client.force_login(manager)
    form = client.get(reverse("customers:customer_edit", args=[customer.pk])).context["form"]
    labels = [label for _key, label in form.fields["region"].choices][1:]
    assert labels == ["Province", "\u3000City", "\u3000\u3000County"]
    listed = client.get(reverse("customers:customer_list"), {"region": province.pk}).content.decode()
    assert customer.name in listed
