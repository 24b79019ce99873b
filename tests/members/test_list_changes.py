"""Numbers changed from their lists: a cell where it stands, and many rows at once."""

from __future__ import annotations

import datetime

import pytest
from django.urls import reverse

from members.models import Member
from tests.access.clients import browser
from tests.lists.test_bulk_changes import address, change
from tests.lists.test_cells import cell, version_in
from tests.members.factories import make_member
from tests.products.factories import make_customer, make_manager

pytestmark = pytest.mark.django_db


def test_a_cell_is_saved_in_both_lists() -> None:
    manager = make_manager()
    row = make_member(make_customer(manager), holder_name="旧名")
    everywhere = cell(row, "holder_name", "all_members")
    of_customer = f"{cell(row, 'department', 'members')}?in-customer={row.customer_id}"
    own = browser(manager)
    assert own.post(everywhere, {"holder_name": "新名", "version": version_in(own.get(everywhere))}).content.decode().strip() == "新名"
    page = own.get(of_customer)
    assert f'hx-post="{of_customer}"' in page.content.decode()
    assert own.post(of_customer, {"department": "财务部", "version": version_in(page)}).status_code == 200
    row.refresh_from_db()
    assert (row.holder_name, row.department) == ("新名", "财务部")
    shown = own.get(reverse("members:customer_panel", args=[row.customer_id])).content.decode()
    assert f"/lists/members/cells/0/-/?in-customer={row.customer_id}" in shown
    assert 'data-column="department"' in shown


def test_the_short_number_stays_unique_and_of_its_shape() -> None:
    manager = make_manager()
    row = make_member(make_customer(manager), short_number="611")
    make_member(row.customer, short_number="612")
    where, own = cell(row, "short_number", "all_members"), browser(manager)
    for value, words in (("612", "has this short number"), ("999", "begins with 61 to 69")):
        refused = own.post(where, {"short_number": value, "version": version_in(own.get(where))})
        assert refused.status_code == 422
        assert words in refused.content.decode()
    assert Member.objects.get(pk=row.pk).short_number == "611"


def test_nothing_of_a_foreign_number_or_of_one_that_has_left_is_edited() -> None:
    manager, stranger = make_manager(), make_manager("stranger")
    row = make_member(make_customer(manager), department="一")
    gone = make_member(row.customer, department="二", left_on=datetime.date(2026, 1, 2))
    where = cell(row, "department", "all_members")
    assert browser(stranger).get(where).status_code == 404
    assert browser(stranger).post(where, {"department": "x"}).status_code == 404
    scoped = f"{cell(row, 'department', 'members')}?in-customer={row.customer_id}"
    assert browser(stranger).get(scoped).status_code == 404
    assert browser(manager).get(cell(row, "department", "members")).status_code == 404  # the list is nothing without its customer
    closed = browser(manager).get(cell(gone, "department", "all_members"))
    assert closed.status_code == 422
    assert "has left the group" in closed.content.decode()
    assert set(Member.objects.values_list("department", flat=True)) == {"一", "二"}


def test_many_numbers_get_a_holder() -> None:
    manager = make_manager()
    row = make_member(make_customer(manager))
    foreign = make_member(make_customer(make_manager("other")))
    assert change(manager, address(name="all_members"), field="holder_name", value="云江医院").status_code == 302
    assert set(Member.objects.filter(holder_name="云江医院")) == {row}
    assert foreign.holder_name == ""
