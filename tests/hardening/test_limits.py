"""Limits of requests: 429 with `Retry-After`, in both languages; and nothing stands still because Valkey is dead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest
from django.core.cache import cache
from django.test import Client

from access.models import User
from common.cache import ForgivingCache
from common.limits import ExportLimit
from tests.api.conftest import JOBS, Api

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    ForgivingCache._silent_until = 0.0
    cache.clear()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.mark.parametrize(("language", "words"), [("en", "too many requests"), ("zh-hans", "请求过于频繁")])
def test_the_api_says_when_to_come_again(api: Api, settings: Any, language: str, words: str) -> None:
    settings.API_REQUESTS_PER_MINUTE = 2
    answers = [api.get(JOBS, Accept_Language=language) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 0 < int(answers[-1]["Retry-After"]) <= 60
    assert answers[-1].json()["code"] == "too_many_requests"
    assert words in answers[-1].json()["reason"]
    assert answers[-1]["X-Reference"]


def test_one_person_s_requests_are_not_another_s(api: Api, settings: Any, colleague: User, api_of: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1
    assert [api.get(JOBS).status_code for _ in range(2)] == [200, 429]
    assert api_of(colleague).get(JOBS).status_code == 200


@pytest.mark.parametrize(("language", "words"), [("en", "Too many requests"), ("zh-hans", "请求过于频繁")])
def test_exports_by_page_and_by_api_count_together(checked: Any, manager: User, api: Api, settings: Any, language: str, words: str) -> None:
    settings.EXPORTS_PER_HOUR = 2
    User.objects.filter(pk=manager.pk).update(locale=language)
    browser = signed_in(User.objects.get(pk=manager.pk))
    page = f"/batches/{checked.pk}/errors.csv"
    first = browser.get(page)
    b"".join(first)
    assert (first.status_code, api.get(f"{JOBS}{checked.pk}/errors.xlsx").status_code) == (200, 200)
    refused = browser.get(page)
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 3600
    assert words in refused.content.decode()
    assert api.get(f"{JOBS}{checked.pk}/errors.csv").json()["code"] == "too_many_requests"


def test_sign_ins_from_one_address(manager: User, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "login": "2/m/ip"}
    answers = [Client().post("/accounts/login/", {"login": f"nobody{number}", "password": "x"}) for number in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[-1]["Retry-After"]) > 0
    assert answers[-1]["X-Reference"] in answers[-1].content.decode()


@pytest.fixture
def dead_valkey(settings: Any) -> Iterator[None]:
    """A cache at a port where nobody listens."""
    before = settings.CACHES
    settings.CACHES = {"default": {**before["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    ForgivingCache._silent_until = 0.0
    yield
    settings.CACHES = before
    ForgivingCache._silent_until = 0.0


@pytest.mark.usefixtures("dead_valkey")
def test_without_valkey_nobody_is_kept_out(api: Api, manager: User, settings: Any, rf: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = settings.EXPORTS_PER_HOUR = 1
    assert [api.get(JOBS).status_code for _ in range(3)] == [200] * 3
    request = rf.get("/")
    request.user = manager
    assert all(ExportLimit().allow_request(request, cast("Any", None)) for _ in range(3))
    assert signed_in(manager).get("/").status_code == 200
    assert Client().get("/accounts/login/").status_code == 200
    assert (cache.get("x", "y"), cache.add("x", 1), cache.delete("x"), cache.get_many(["x"]), cache.incr("x")) == ("y", True, False, {}, 1)


@pytest.mark.usefixtures("dead_valkey")
def test_without_valkey_wrong_passwords_still_lock(manager: User) -> None:
    tries = [Client().post("/accounts/login/", {"login": manager.username, "password": f"wrong{number}"}) for number in range(6)]
    assert tries[0].status_code == 200
    assert tries[-1].status_code == 429
