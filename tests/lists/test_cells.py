"""Cells edited where they stand: by the form and the service of the row's page, and never over somebody else's change."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.urls import reverse

from access.models import User
from customers.models import Customer, ScoringRule
from tests.access.clients import browser
from tests.factories.customers import ContactPersonFactory, CustomerFactory

pytestmark = pytest.mark.django_db


def cell(row: Any, column: str, name: str = "customers") -> str:
    return reverse("jobs:list_cell", args=[name, row.pk, column])


def version_in(page: Any) -> str:
    found = re.search(r'name="version" value="([^"]+)"', page.content.decode())
    assert found
    return found[1]


def test_a_cell_is_saved_and_shown_as_the_list_shows_it(manager: User) -> None:
    row = CustomerFactory(manager=manager, level="C")
    page = browser(manager).get(cell(row, "level"))
    assert '<option value="C" selected>' in page.content.decode()
    answer = browser(manager).post(cell(row, "level"), {"level": "A1", "version": version_in(page)})
    assert answer.content.decode().strip() == '<span class="tag">A1</span>'
    row.refresh_from_db()
    assert row.level == "A1"


def test_a_change_made_meanwhile_is_told_and_nothing_typed_is_lost(manager: User) -> None:
    row = CustomerFactory(manager=manager, source="展会")
    page = browser(manager).get(cell(row, "source"))
    row.source = "官网"
    row.save()
    answer = browser(manager).post(cell(row, "source"), {"source": "介绍", "version": version_in(page)})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Somebody else changed this meanwhile" in text
    assert "Take theirs: 官网" in text
    assert 'value="介绍"' in text
    assert browser(manager).post(cell(row, "source"), {"source": "介绍", "version": version_in(answer)}).status_code == 200
    assert Customer.objects.get(pk=row.pk).source == "介绍"


def test_wrong_values_are_told_in_place(manager: User) -> None:
    row = CustomerFactory(manager=manager, short_name="云江")
    page = browser(manager).get(cell(row, "short_name"))
    answer = browser(manager).post(cell(row, "short_name"), {"short_name": "x" * 41, "version": version_in(page)})
    assert answer.status_code == 422
    assert "at most 40 characters" in answer.content.decode()
    assert Customer.objects.get(pk=row.pk).short_name == "云江"


def test_masked_values_stay_unless_typed_anew(manager: User) -> None:
    person = ContactPersonFactory(customer__manager=manager, phone="8613812345678")
    where = cell(person, "phone", "contact-people")
    page = browser(manager).get(where)
    assert "13812345678" not in page.content.decode()
    browser(manager).post(where, {"phone": "138****5678", "version": version_in(page)})
    person.refresh_from_db()
    assert person.phone == "8613812345678"
    page = browser(manager).get(where)
    saved = browser(manager).post(where, {"phone": "13987654321", "version": version_in(page)})
    assert "139****4321" in saved.content.decode()
    person.refresh_from_db()
    assert person.phone == "8613987654321"


def test_who_may_not_change_the_row_opens_no_cell(manager: User, colleague: User, viewer: User) -> None:
    row = CustomerFactory(manager=manager, source="展会")
    for person in (colleague, viewer):
        assert browser(person).get(cell(row, "source")).status_code == 404
        assert browser(person).post(cell(row, "source"), {"source": "x"}).status_code == 404
    assert browser(manager).get(cell(row, "code")).status_code == 404
    assert browser(manager).get(cell(row, "source", "jobs")).status_code == 404
    assert 'data-column="level"' in browser(manager).get("/customers/").content.decode()
    assert "data-column=" not in browser(viewer).get("/customers/").content.decode()


def test_a_level_that_follows_from_rules_is_not_typed(manager: User) -> None:
    row = CustomerFactory(manager=manager)
    ScoringRule.objects.create(code="age", measure="age", weight=1, name_en="Age", name_zh="年限", is_active=True)
    answer = browser(manager).get(cell(row, "level"))
    assert answer.status_code == 422
    assert "follows from rules" in answer.content.decode()
