"""Who may do what over the API, and the form of every refusal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from access.models import ApiToken, User
from jobs.models import Job, JobStatus
from tests.api.conftest import JOBS, Api
from tests.factories.customers import CustomerFactory

pytestmark = pytest.mark.django_db
ApiOf = Callable[[User], Api]

READS = ("", "rows/", "errors.csv", "errors.xlsx")
WRITES = ("approve/", "recheck/", "cancel/", "pause/", "resume/", "undo/")


def all_of(job: Job) -> list[tuple[str, str]]:
    """Every method and address of a job."""
    return [("GET", f"{JOBS}{job.pk}/{path}") for path in READS] + [("POST", f"{JOBS}{job.pk}/{path}") for path in WRITES]


def test_nobody_gets_json_and_no_redirect(checked: Job) -> None:
    for method, path in [("GET", JOBS), ("POST", JOBS), ("GET", "/api/schema/"), *all_of(checked)]:
        answer = Client().generic(method, path)
        assert (answer.status_code, answer["Content-Type"], answer["WWW-Authenticate"]) == (401, "application/json", "Token")
        assert answer.json()["code"] == "not_authenticated"
        assert answer.json()["field"] is None


@pytest.mark.parametrize("header", ["Token nonsense", "Token", "Token a b", "Bearer x", "Token é"])
def test_a_wrong_token(header: str, checked: Job) -> None:
    answer = Client(headers={"Authorization": header}).get(JOBS)
    assert answer.status_code == 401


def test_a_disabled_user_is_out_at_once(api: Api, checked: Job) -> None:
    assert api.get(JOBS).status_code == 200
    User.objects.filter(pk=api.user.pk).update(is_active=False)
    for method, path in [("GET", JOBS), ("POST", JOBS), *all_of(checked)]:
        assert api.request(method, path).status_code == 401
    assert Job.objects.get(pk=checked.pk).status == JobStatus.VALIDATED


def test_a_revoked_token_is_out_at_once(api: Api) -> None:
    ApiToken.objects.update(revoked_at=timezone.now())
    assert api.get(JOBS).status_code == 401


@pytest.mark.parametrize("persona", ["colleague", "foreign_director", "foreign_manager"])
def test_a_hidden_job_is_a_missing_one(checked: Job, persona: str, api_of: ApiOf, request: pytest.FixtureRequest) -> None:
    other = api_of(request.getfixturevalue(persona))
    missing = Job(pk=checked.pk + 1_000_000)
    for (method, path), (_, nowhere) in zip(all_of(checked), all_of(missing), strict=True):
        answer, absent = other.request(method, path), other.request(method, nowhere)
        assert (answer.status_code, answer.json()) == (404, absent.json())
    assert other.get(JOBS).json()["results"] == []
    assert Job.objects.get(pk=checked.pk).status == JobStatus.VALIDATED


def test_a_director_sees_and_steers_what_lies_below(checked: Job, director: User, api_of: ApiOf) -> None:
    above = api_of(director)
    assert [job["id"] for job in above.get(JOBS).json()["results"]] == [checked.pk]
    assert above.post(f"{JOBS}{checked.pk}/approve/", {"fingerprint": checked.fingerprint}).status_code == 200


def test_who_may_only_look_changes_nothing(checked: Job, viewer: User, api_of: ApiOf, wanted: dict[str, Any]) -> None:
    looker = api_of(viewer)
    assert looker.get(f"{JOBS}{checked.pk}/").status_code == 200
    assert looker.get(f"{JOBS}{checked.pk}/rows/").status_code == 200
    assert looker.get(f"{JOBS}{checked.pk}/errors.csv").status_code == 404  # there is no export for this role
    assert looker.post(JOBS, wanted).status_code == 403
    for path in WRITES:
        answer = looker.post(f"{JOBS}{checked.pk}/{path}", {"fingerprint": checked.fingerprint})
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert Job.objects.get() == checked
    assert Job.objects.get().status == JobStatus.VALIDATED


def test_without_a_role_there_is_nothing(outsider: User, api_of: ApiOf, checked: Job, wanted: dict[str, Any]) -> None:
    nobody = api_of(outsider)
    assert nobody.get(JOBS).status_code == 403
    assert nobody.post(JOBS, wanted).status_code == 403
    assert nobody.get(f"{JOBS}{checked.pk}/").status_code == 404


def test_another_ones_customer_is_an_unknown_one(api: Api, wanted: dict[str, Any], foreign_manager: User) -> None:
    CustomerFactory(code="YJ-000128", manager=foreign_manager)
    hidden = api.post(JOBS, {**wanted, "customer": "YJ-000128"})
    missing = api.post(JOBS, {**wanted, "customer": "YJ-999999"})
    assert hidden.status_code == missing.status_code == 400
    assert hidden.json() == missing.json()


def test_jobs_of_other_kinds_are_not_here(api: Api, manager: User) -> None:
    other = Job.objects.create(
        kind="other", title="x", actor=manager, manager=manager, org_unit=manager.org_unit, finished_at=timezone.now()
    )
    assert api.get(f"{JOBS}{other.pk}/").status_code == 404
    assert api.post(f"{JOBS}{other.pk}/cancel/").status_code == 404
    assert api.get(JOBS).json()["results"] == []


def test_a_session_works_with_a_csrf_token_only(manager: User, checked: Job) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(manager, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert browser.get(JOBS).status_code == 200
    refused = browser.post(f"{JOBS}{checked.pk}/cancel/")
    assert (refused.status_code, refused["Content-Type"]) == (403, "application/json")
    browser.get("/")
    token = browser.cookies["csrftoken"].value
    assert browser.post(f"{JOBS}{checked.pk}/cancel/", headers={"X-CSRFToken": token}).status_code == 200


def test_the_name_of_another_group_is_told_only_to_who_may_see_it(
    api: Api, wanted: dict[str, Any], foreign_manager: User, api_of: ApiOf, administrator: User
) -> None:
    from members.services.batch_run import run_here
    from tests.members.factories import make_member

    make_member(CustomerFactory(name="别家", manager=foreign_manager), "8613912340001")
    job = run_here(Job.objects.get(pk=api.post(JOBS, wanted).json()["id"]))
    path = f"{JOBS}{job.pk}/rows/?verdict=member_elsewhere"
    assert "别家" not in api.get(path).content.decode()
    assert "别家" in api_of(administrator).get(path).content.decode()


# --- the form of refusals --------------------------------------------------------------------------------------------------------------


def test_the_language_of_the_request(api: Api) -> None:
    english = api.post(JOBS, {}, Accept_Language="en").json()
    chinese = api.post(JOBS, {}, Accept_Language="zh-hans,zh;q=0.9").json()
    assert english["code"] == chinese["code"] == "required"
    assert english["reason"] != chinese["reason"]


def test_a_body_beyond_the_limit_is_refused_unread(api: Api, settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES = 1_000
    answer = Client(headers={"Authorization": f"Token {api.token}"}).post(
        JOBS, b"", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(2 << 20)
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_body_of_unknown_length_is_refused(api: Api) -> None:
    answer = api.post(JOBS, Transfer_Encoding="chunked")
    assert (answer.status_code, answer.json()["code"]) == (411, "length_required")


def test_a_file_beyond_the_limit_is_not_kept(api: Api, wanted: dict[str, Any], settings: Settings) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    settings.UPLOAD_MAX_BYTES = 1_000
    del wanted["numbers"]
    answer = api.upload({**wanted, "file": SimpleUploadedFile("a.csv", b"13912340001\n" * 1_000)})
    assert (answer.status_code, answer.json()["field"]) == (413, "file")
    assert not Job.objects.exists()


def test_json_beyond_the_limit(api: Api, wanted: dict[str, Any], settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000
    answer = api.post(JOBS, {**wanted, "numbers": "13912340001\n" * 200})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"[]", "application/json", 400),
        (b'"x"', "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"a=1", "application/x-www-form-urlencoded", 415),
        (b"<x/>", "text/xml", 415),
        (b"x", "multipart/form-data", 400),
    ],
)
def test_bodies_that_are_no_request(api: Api, content: bytes, content_type: str, status: int) -> None:
    answer = Client(headers={"Authorization": f"Token {api.token}"}).post(JOBS, content, content_type=content_type)
    assert answer.status_code == status
    assert {"code", "reason", "field"} <= set(answer.json())


def test_a_long_key_is_refused(api: Api, wanted: dict[str, Any]) -> None:
    answer = api.post(JOBS, wanted, Idempotency_Key="x" * 81)
    assert (answer.status_code, answer.json()["field"]) == (400, "Idempotency-Key")


def test_methods_and_types_that_are_not_there(api: Api, checked: Job) -> None:
    path = f"{JOBS}{checked.pk}/"
    assert api.request("DELETE", path).json()["code"] == "method_not_allowed"
    assert api.request("PUT", path, {}).status_code == 405
    assert api.get(path, Accept="text/html").status_code == 406
    assert api.get(f"{path}errors.csv", Accept="text/html").json()["code"] == "not_acceptable"
    assert api.get("/api/v1/nothing/").json()["code"] == "not_found"
    assert api.get(f"{JOBS}{'9' * 30}/").status_code == 404
