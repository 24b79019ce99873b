"""Keyset paging: every row once, in order, forwards and backwards, whatever the values."""

import datetime
import itertools

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from common.lists.keyset import Cursor, Keyset, SortKey
from customers.models import ContactPerson, Customer
from tests.factories.access import OrgUnitFactory, UserFactory
from tests.factories.customers import ContactPersonFactory, CustomerFactory

SIZE = 3


def keyset(*keys, model=Customer, tie_break=()):
    return Keyset.build(model, [key if isinstance(key, SortKey) else SortKey.parse(key) for key in keys], tie_break)


def forwards(order, queryset, size=SIZE):
    """Primary keys page by page, and the last page."""
    pages = [order.page(queryset, None, size)]
    while pages[-1].following:
        cursor = order.load(order.dump(pages[-1].following, "test"), "test")
        pages.append(order.page(queryset, cursor, size))
    return pages


def keys(pages):
    return [row.pk for page in pages for row in page.rows]


def backwards(order, queryset, last, size=SIZE):
    pages = [last]
    while pages[0].previous:
        cursor = order.load(order.dump(pages[0].previous, "test"), "test")
        pages.insert(0, order.page(queryset, cursor, size))
    return pages


def oracle(rows, *columns):
    """Sort in plain Python, nulls last whichever way: `columns` are (function of a row, descending)."""
    ordered = sorted(rows, key=lambda row: row.pk, reverse=columns[-1][1])
    for value, descending in reversed(columns):
        present = sorted((row for row in ordered if value(row) is not None), key=value, reverse=descending)
        ordered = present + [row for row in ordered if value(row) is None]
    return [row.pk for row in ordered]


class PagingTest(TestCase):
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        rows=st.lists(
            st.tuples(st.sampled_from(["甲", "乙", "a", "A", ""]), st.integers(0, 3), st.one_of(st.none(), st.integers(0, 2))), max_size=14
        ),
        turned=st.tuples(st.booleans(), st.booleans()),
    )
    def test_every_row_once_in_order_both_ways(self, rows, turned):
        """Ties, nulls, mixed directions: the pages forwards and backwards add up to the sorted whole."""
        unit = OrgUnitFactory()
        for name, score, limit in rows:
            CustomerFactory(name=name, value_score=score, credit_limit=limit, org_unit=unit)
        queryset = Customer.objects.filter(org_unit=unit)
        for first, second in itertools.permutations(["name", "value_score", "credit_limit"], 2):
            order = keyset(SortKey(first, turned[0]), SortKey(second, turned[1]))
            pages = forwards(order, queryset)
            expected = oracle(
                list(queryset),
                (lambda row, field=first: getattr(row, field), turned[0]),
                (lambda row, field=second: getattr(row, field), turned[1]),
            )
            assert keys(pages) == expected
            assert keys(backwards(order, queryset, pages[-1])) == expected


@pytest.mark.django_db
def test_same_direction_without_nulls_is_one_row_comparison():
    CustomerFactory.create_batch(5)
    order = keyset("name")
    first = order.page(Customer.objects.all(), None, 2)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        order.page(Customer.objects.all(), first.following, 2)
    sql = queries[0]["sql"]
    assert '("customers_customer"."name", "customers_customer"."id") > (' in sql
    assert "OFFSET" not in sql
    assert "NULLS" not in sql


@pytest.mark.django_db
def test_nullable_relation_sorts_nulls_last_both_ways():
    with_manager = CustomerFactory(manager=UserFactory(name="李静"))
    without = CustomerFactory(manager=None)
    for text in ("manager__name", "-manager__name"):
        assert keys(forwards(keyset(text), Customer.objects.all(), 1)) == [with_manager.pk, without.pk]


@pytest.mark.django_db
def test_moments_dates_and_decimals_survive_the_cursor():
    people = [ContactPersonFactory(birthday=day) for day in (datetime.date(1980, 1, 1), None, datetime.date(1990, 2, 3))]
    for path in ("birthday", "created_at", "-created_at"):
        assert len(set(keys(forwards(keyset(path, model=ContactPerson), ContactPerson.objects.all(), 1)))) == len(people)


@pytest.mark.django_db
def test_declared_tie_break_replaces_the_primary_key():
    CustomerFactory.create_batch(4, name="同名")
    order = keyset("name", tie_break=("code",))
    assert [key.path for key in order.keys] == ["name", "code"]
    assert keys(forwards(order, Customer.objects.all(), 1)) == list(Customer.objects.order_by("name", "code").values_list("pk", flat=True))


@pytest.mark.parametrize("text", ["", "x", "WyJhZnRlciIsMCxbMV1d", "eyJ9:abc", "\x00", "ü" * 50])
def test_foreign_words_are_no_cursor(text):
    assert keyset("name").load(text, "test") is None


def test_cursor_fits_only_its_own_list_and_order():
    order = keyset("name")
    word = order.dump(Cursor("after", ("甲", 5), 50), "test")
    assert order.load(word, "test") == Cursor("after", ("甲", 5), 50)
    assert order.load(word, "other") is None
    assert keyset("-name").load(word, "test") is None
    assert order.load(word[:-2], "test") is None


@pytest.mark.django_db
def test_rows_gone_meanwhile_show_the_first_page():
    rows = CustomerFactory.create_batch(4, org_unit=OrgUnitFactory())
    order = keyset("name")
    last = order.page(Customer.objects.all(), None, 2).following
    Customer.objects.filter(pk__in=[row.pk for row in sorted(rows, key=lambda row: row.name)[2:]]).delete()
    page = order.page(Customer.objects.all(), last, 2)
    assert len(page.rows) == 2
    assert page.start == 0
