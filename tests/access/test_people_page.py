"""The page of people: who stands on it, where a name leads, and who finds it in the navigation."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from access.models import User
from tests.access.clients import browser
from tests.personas import Organisation, person

pytestmark = pytest.mark.django_db

PAGE = "/people/"


def shown(user: User, **asked: Any) -> str:
    answer = browser(user).get(PAGE, asked)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_a_director_sees_the_people_of_the_units_below(director: User, manager: User, foreign_director: User) -> None:
    text = shown(director)
    assert "李静" in text
    assert "孙强" not in text
    assert browser(director).get("/").content.decode().count(f'href="{PAGE}"') == 1
    assert f'href="{reverse("customers:reach_of_user", args=[manager.pk])}"' in text
    assert reverse("admin:access_user_change", args=[manager.pk]) not in text
    assert browser(director).get(reverse("customers:reach_of_user", args=[manager.pk])).status_code == 200


def test_an_administrator_sees_all_and_is_led_to_the_administration(administrator: User, manager: User, foreign_director: User) -> None:
    foreign_director.is_active = False
    foreign_director.save()
    administrator.is_staff = True
    administrator.save()
    text = shown(administrator)
    assert "孙强" in text
    assert f'href="{reverse("admin:access_user_change", args=[manager.pk])}"' in text
    found = shown(administrator, q="lijing")
    assert "李静" in found
    assert "孙强" not in found


def test_an_account_manager_is_alone_on_it_and_nothing_leads_anywhere(manager: User, colleague: User) -> None:
    text = shown(manager)
    assert "王磊" not in text
    assert f"/people/{manager.pk}/" not in text
    assert browser(manager).get("/").content.decode().count(f'href="{PAGE}"') == 0


def test_without_a_role_there_is_no_page(outsider: User) -> None:
    assert browser(outsider).get(PAGE).status_code == 403


def test_queries_do_not_grow(administrator: User, organisation: Organisation, django_assert_max_num_queries: Any) -> None:
    counts = []
    for first in (0, 20):
        for number in range(first, first + 1 + first // 2):
            person(f"mehr{number}", f"许多{number}", organisation.team, "account_manager")
        shown(administrator)
        with django_assert_max_num_queries(60) as asked:
            shown(administrator)
        counts.append(len(asked))
    assert counts[0] == counts[1]
