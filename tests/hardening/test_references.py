"""Every refusal and failure shows a reference that finds its log line, says nothing of the inside, and speaks both languages."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client, override_settings

from access.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.frame.urls")]
CASES = [("unreadable", 400), ("forbidden", 403), ("missing", 404), ("too-large", 413), ("too-often", 429), ("broken", 500)]
TITLES = {
    400: ("could not be read", "无法识别"),
    403: ("does not allow", "没有此权限"),
    404: ("nothing here", "没有"),
    413: ("too large", "过大"),
    429: ("Too many requests", "请求过于频繁"),
    500: ("Something went wrong", "出错"),
}
INSIDE = ("secret detail", "Traceback", "RuntimeError", "site-packages", "django", ".py", "SELECT", "postgres")


def visitor(user: User, language: str) -> Client:
    User.objects.filter(pk=user.pk).update(locale=language, is_staff=True)
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.get(pk=user.pk), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def assert_found_in_log(reference: str, caplog: pytest.LogCaptureFixture) -> None:
    assert re.fullmatch(r"[0-9A-F]{8}", reference)
    assert [record for record in caplog.records if reference in record.getMessage()]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize(("name", "status"), CASES)
@override_settings(DEBUG=False)
def test_pages(administrator: User, name: str, status: int, language: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    response = visitor(administrator, language).get(f"/fails/{name}/")
    text = response.content.decode()
    assert response.status_code == status
    assert TITLES[status][language != "en"] in text
    [shown] = re.findall(r'class="reference">([0-9A-F]{8})<', text)
    assert shown == response["X-Reference"]
    assert_found_in_log(shown, caplog)
    assert [word for word in INSIDE if word in text] == []
    if status == 429:
        assert response["Retry-After"] == "7"


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize(("name", "status"), CASES)
def test_the_api(administrator: User, name: str, status: int, language: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    response = visitor(administrator, language).get(f"/api/fails/{name}/")
    assert response.status_code == status
    assert_found_in_log(response["X-Reference"], caplog)
    assert [word for word in INSIDE if word in response.content.decode()] == []
    if status == 500:
        assert response.json()["reference"] == response["X-Reference"]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_stale_form(administrator: User, language: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    client = visitor(administrator, language)
    client.handler.enforce_csrf_checks = True
    response = client.post("/theme/", {"theme": "dark"})
    assert response.status_code == 403
    [shown] = re.findall(r'class="reference">([0-9A-F]{8})<', response.content.decode())
    assert_found_in_log(shown, caplog)


def test_the_administration(administrator: User, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    from access.admin import RoleAdmin

    def fail(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(RoleAdmin, "get_queryset", fail)
    response = visitor(administrator, "en").get("/admin/access/role/")
    assert response.status_code == 500
    [shown] = re.findall(r'class="reference">([0-9A-F]{8})<', response.content.decode())
    assert_found_in_log(shown, caplog)
    assert "secret detail" not in response.content.decode()


def test_an_address_that_nothing_answers(administrator: User, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    response = visitor(administrator, "en").get("/no/such/page/")
    assert response["X-Reference"] in response.content.decode()
    assert_found_in_log(response["X-Reference"], caplog)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "TRACE"])
def test_methods_that_are_not_there(administrator: User, method: str) -> None:
    response = visitor(administrator, "en").generic(method, "/jobs/")
    assert response.status_code == 405
    assert response["X-Reference"]


def test_work_in_the_background(caplog: pytest.LogCaptureFixture) -> None:
    """A worker's failure stands in the log under the reference that the job's page shows."""
    from jobs.errors import describe
    from jobs.reference import new_reference

    reference = new_reference()
    assert reference in describe("worked_too_often", {"reference": reference})
