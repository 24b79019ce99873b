"""Searching customers by parts of names."""

from __future__ import annotations

import pytest
from django.db import connection

from customers.models import Customer
from tests.factories.customers import CustomerFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("医院", {"云江市第一医院", "ACME Medical 医院"}),
        ("院", {"云江市第一医院", "ACME Medical 医院"}),
        ("acme med", {"ACME Medical 医院"}),
        ("一院", {"云江市第一医院"}),  # the short name
        ("医第", set()),
        ("第一医院云", set()),
        ("%", set()),
        ("yjsd", {"云江市第一医院"}),
    ],
)
def test_parts_of_names(text: str, found: set[str]) -> None:
    CustomerFactory(name="云江市第一医院", short_name="市一院")
    CustomerFactory(name="ACME Medical 医院")
    assert {customer.name for customer in Customer.objects.matching(text)} == found


def test_pairs_that_stand_apart_are_no_match() -> None:
    CustomerFactory(name="江市云江")
    assert not Customer.objects.matching("云江市").exists()


def test_a_search_has_an_index_for_each_of_its_comparisons() -> None:
    with connection.cursor() as cursor:
        # Without these only a union of what the comparisons' own indexes find is left, whatever a small table would make cheaper.
        for way in ("seqscan", "indexscan", "indexonlyscan"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        plan = Customer.objects.matching("医院").explain()
    assert "customer_names" in plan, plan
    assert "Seq Scan" not in plan, plan
