"""The catalogue changed from its lists: a cell where it stands, and many rows at once, for those who keep it."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.urls import reverse

from products.models import Discount, Product
from tests.access.clients import browser
from tests.lists.test_bulk_changes import address, change, numbers, see
from tests.lists.test_cells import cell, version_in
from tests.products.factories import make_discount, make_keeper, make_manager, make_product

pytestmark = pytest.mark.django_db

DAY = datetime.date(2027, 1, 1)


def test_cells_of_a_product_keep_its_days_in_order() -> None:
    keeper = browser(make_keeper())
    row = make_product(retired_on=DAY)
    where = cell(row, "available_from", "products")
    page = keeper.get(where)
    refused = keeper.post(where, {"available_from": "2027-01-01", "version": version_in(page)})
    assert refused.status_code == 422
    assert "A product retires after the day from which it is available." in refused.content.decode()
    assert keeper.post(where, {"available_from": "2026-12-31", "version": version_in(page)}).status_code == 200
    row.refresh_from_db()
    assert (row.available_from, row.retired_on) == (datetime.date(2026, 12, 31), DAY)


def test_a_cell_is_not_written_over_somebody_elses_change() -> None:
    keeper = browser(make_keeper())
    row = make_product(description="旧")
    where = cell(row, "description", "products")
    page = keeper.get(where)
    row.refresh_from_db()
    row.description = "别人"
    row.save()
    refused = keeper.post(where, {"description": "我的", "version": version_in(page)})
    assert refused.status_code == 422
    assert "Somebody else changed this meanwhile" in refused.content.decode()
    assert Product.objects.get(pk=row.pk).description == "别人"


def test_cells_of_a_discount() -> None:
    keeper = browser(make_keeper())
    row = make_discount(approval_limit="30")
    where = cell(row, "approval_limit", "discounts")
    answer = keeper.post(where, {"approval_limit": "15", "version": version_in(keeper.get(where))})
    assert answer.status_code == 200
    assert "15" in answer.content.decode()
    assert Discount.objects.get(pk=row.pk).approval_limit == 15


def test_who_does_not_keep_the_catalogue_is_offered_no_change_and_makes_none() -> None:
    manager = make_manager()
    row = make_product()
    page = browser(manager).get(reverse("products:product_list")).content.decode()
    assert "data-column=" not in page
    assert address(name="products") not in page
    assert browser(manager).get(cell(row, "description", "products")).status_code == 404
    assert browser(manager).post(cell(row, "description", "products"), {"description": "x"}).status_code == 404
    assert see(manager, address(name="products"), field="description", value="x").status_code == 404
    shown = browser(make_keeper()).get(reverse("products:product_list")).content.decode()
    assert 'data-column="min_members"' in shown
    assert address(name="products") in shown


def test_many_products_get_a_day_and_it_is_taken_back(django_assert_max_num_queries: Any) -> None:
    keeper = make_keeper()
    good, late = make_product(), make_product(available_from=DAY)
    where = address(name="products")
    retire = {"field": "retired_on", "value": "2026-12-31"}
    shown = see(keeper, where, **retire)
    assert numbers(shown) == (2, 1, 0, 0)
    assert shown.context["preview"].obstacles == [("Would retire before it is available", 1)]
    assert change(keeper, where, seen=shown, **retire).status_code == 302
    assert set(Product.objects.filter(retired_on="2026-12-31")) == {good}
    assert Product.objects.get(pk=late.pk).retired_on is None
    job = keeper.jobs.get()
    browser(keeper).post(reverse("jobs:job_page", args=[job.pk]), {"do": "undo"})
    assert Product.objects.get(pk=good.pk).retired_on is None
    counts = []
    for size in (1, 20):
        for _number in range(size):
            make_product()
        with django_assert_max_num_queries(60) as asked:
            see(keeper, where, **retire)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_values_that_the_model_refuses_are_told() -> None:
    keeper = make_keeper()
    make_product()
    where = address(name="products")
    for field, value in (("min_members", "-1"), ("min_members", "99999999999"), ("available_from", ""), ("retired_on", "nonsense")):
        assert see(keeper, where, field=field, value=value).status_code == 422, (field, value)


def test_many_discounts_are_retired() -> None:
    keeper = make_keeper()
    row = make_discount()
    assert change(keeper, address(name="discounts"), field="retired_on", value="2026-12-31").status_code == 302
    assert Discount.objects.get(pk=row.pk).retired_on == datetime.date(2026, 12, 31)
