"""A batch over the API, from the file to its undo."""

from __future__ import annotations

import csv
import datetime
import io
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from openpyxl import load_workbook
from pytest_django import DjangoAssertNumQueries

from access.models import User
from customers.models import Customer
from jobs.models import Job, JobStatus
from members.models import Member, MemberSubscription
from members.services.batch_run import run_here
from products.models import Tariff
from tests.api.conftest import JOBS, NUMBERS, TOMORROW, Api
from tests.members.sources import workbook

pytestmark = pytest.mark.django_db


def path_of(job: Job, action: str = "") -> str:
    return f"{JOBS}{job.pk}/{action}"


def test_the_whole_way(api: Api, wanted: dict[str, Any], customer: Customer) -> None:
    created = api.post(JOBS, wanted)
    assert created.status_code == 201
    assert created["Location"].endswith(f"{JOBS}{created.json()['id']}/")
    assert created.json()["status"] == "checking"
    job = run_here(Job.objects.get(pk=created.json()["id"]))

    preview = api.get(path_of(job)).json()
    assert preview["status"] == "validated"
    assert [preview[name] for name in ("rows", "eligible", "skipped", "failed", "applied")] == [4, 2, 0, 2, 0]
    assert preview["verdicts"]["number_malformed"] == preview["verdicts"]["duplicate_in_file"] == 1
    assert preview["action_counts"] == [{"action": "join", "eligible": 2}, {"action": "subscribe:VNET:VNET10", "eligible": 2}]
    assert preview["revenue"] == {"begun_gross": "20.00", "begun_net": "20.00", "ended_gross": "0.00", "ended_net": "0.00"}
    assert preview["fingerprint"]
    assert not Member.objects.exists()

    approved = api.post(path_of(job, "approve/"), {"fingerprint": preview["fingerprint"]})
    assert (approved.status_code, approved.json()["status"]) == (200, "approved")
    assert approved.json()["approved_by"] == api.user.username
    assert approved.json()["progress"]["total"] == 2
    run_here(job)
    done = api.get(path_of(job)).json()
    assert (done["status"], done["applied"], done["conflicts"]) == ("done_with_errors", 2, 0)
    assert (done["progress"]["done"], done["progress"]["percent"]) == (2, 100)
    assert set(Member.objects.values_list("msisdn", flat=True)) == {"8613912340001", "8613912340002"}
    assert MemberSubscription.objects.filter(customer=customer, tariff__code="VNET10").count() == 2

    undo = api.post(path_of(job, "undo/"), {"run": True})
    assert undo.status_code == 201
    assert (undo.json()["undo_of"], undo.json()["status"]) == (job.pk, "checking")
    run_here(Job.objects.get(pk=undo.json()["id"]))
    after = api.get(path_of(job)).json()
    assert (after["status"], after["undone_by"]) == ("undone", undo.json()["id"])
    assert not MemberSubscription.objects.filter(ended_on=None).exists()


# --- creating --------------------------------------------------------------------------------------------------------------------------


def test_a_form_with_a_file_and_repeated_actions(api: Api, customer: Customer, tariff: Tariff) -> None:
    content = workbook([["姓名", "备注", "联系"], ["李静", "x", "13912340001"]])
    answer = api.upload(
        {
            "customer": customer.code,
            "file": SimpleUploadedFile("名单.xlsx", content),
            "actions": ["join", "subscribe:VNET::O1"],
            "effective": TOMORROW,
            "expiry": "2099-12-31",
            "mode": "atomic",
            "mapping": '{"number": 2, "holder_name": 0}',
            "run": "true",
        }
    )
    assert answer.status_code == 201
    told = answer.json()
    assert (told["source_name"], told["mode"], told["effective"], told["expiry"]) == ("名单.xlsx", "atomic", TOMORROW, "2099-12-31")
    assert told["actions"] == ["join", "subscribe:VNET::O1"]
    job = run_here(Job.objects.get(pk=told["id"]))
    assert (job.status, job.applied) == ("done", 1)
    member = Member.objects.get()
    assert (member.holder_name, member.joined_on.isoformat()) == ("李静", TOMORROW)
    assert api.get(path_of(job)).json()["inspection"]["mapping"] == {"number": 2, "holder_name": 0}


@pytest.mark.parametrize(
    "actions",
    [
        ["join", {"kind": "subscribe", "product": "VNET", "tariff": "VNET10"}],
        [{"kind": "join"}, {"kind": "subscribe", "product": "VNET", "tariff": "VNET10", "offer": ""}],
        ["join", "subscribe:VNET:VNET10"],
    ],
)
def test_actions_as_texts_and_objects(api: Api, wanted: dict[str, Any], actions: list[Any]) -> None:
    assert api.post(JOBS, {**wanted, "actions": actions}).json()["actions"] == ["join", "subscribe:VNET:VNET10"]
    assert api.upload({**wanted, "actions": json.dumps(actions)}).json()["actions"] == ["join", "subscribe:VNET:VNET10"]


def test_it_stops_at_the_preview_unless_told_to_run(api: Api, checked: Job) -> None:
    assert checked.status == JobStatus.VALIDATED
    assert checked.parameters["effective_on"] == timezone.localdate().isoformat()
    assert not Member.objects.exists()


def test_a_repeated_key_gets_the_first_job(api: Api, wanted: dict[str, Any], colleague: User, api_of: Any) -> None:
    first = api.post(JOBS, wanted, Idempotency_Key="abc-1")
    again = api.post(JOBS, {"customer": "whatever"}, Idempotency_Key="abc-1")
    other = api.post(JOBS, wanted, Idempotency_Key="abc-2")
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 201)
    assert first.json()["id"] == again.json()["id"] != other.json()["id"]
    assert api_of(colleague).post(JOBS, wanted, Idempotency_Key="abc-1").status_code == 400  # hers, and the customer is hidden
    assert Job.objects.count() == 2


@pytest.mark.parametrize(
    ("change", "status", "field", "code"),
    [
        ({"customer": None}, 400, "customer", "null"),
        ({"customer": "NOBODY"}, 400, "customer", "unknown_customer"),
        ({"numbers": ""}, 400, "numbers", "blank"),
        ({"numbers": " \n "}, 400, "file", "required"),
        ({"actions": []}, 400, "actions", "empty"),
        ({"actions": ["fly"]}, 400, "actions.0", "invalid_action"),
        ({"actions": [7]}, 400, "actions.0", "invalid_action"),
        ({"actions": [{"kind": "fly"}]}, 400, "actions.0", "invalid_action"),
        ({"actions": [{"kind": "join", "colour": "red"}]}, 400, "actions.0", "invalid_action"),
        ({"actions": [{"kind": "subscribe", "product": 7}]}, 400, "actions.0", "invalid_action"),
        ({"actions": ["join", "leave"]}, 400, "actions", "plan_invalid"),
        ({"actions": ["subscribe:NONE:X"]}, 400, "actions", "plan_invalid"),
        ({"actions": ["join"] * 17}, 400, "actions", "max_length"),
        ({"effective": "tomorrow"}, 400, "effective", "invalid"),
        ({"effective": "2026-12-01", "expiry": "2026-11-01"}, 400, "expiry", "plan_invalid"),
        ({"mode": "some"}, 400, "mode", "invalid_choice"),
        ({"mapping": {"number": -1}}, 400, "mapping", "invalid_mapping"),
        ({"mapping": {"number": 100}}, 400, "mapping", "invalid_mapping"),
        ({"mapping": {"number": True}}, 400, "mapping", "invalid_mapping"),
        ({"mapping": {"number": 0, "holder_name": 0}}, 400, "mapping", "invalid_mapping"),
        ({"mapping": {"holder_name": 0}}, 400, "mapping", "invalid_mapping"),
        ({"mapping": {"colour": 0}}, 400, "mapping", "invalid_mapping"),
        ({"mapping": [1]}, 400, "mapping", "invalid_mapping"),
        ({"run": "perhaps"}, 400, "run", "invalid"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_made(
    api: Api, wanted: dict[str, Any], change: dict[str, Any], status: int, field: str, code: str
) -> None:
    answer = api.post(JOBS, {**wanted, **change})
    assert (answer.status_code, answer.json()["field"], answer.json()["code"]) == (status, field, code)
    assert answer.json()["reason"]
    assert not Job.objects.exists()


def test_all_faults_are_told_at_once(api: Api, wanted: dict[str, Any]) -> None:
    told = api.post(JOBS, {**wanted, "actions": ["fly"], "mode": "some"}).json()
    assert told["field"] == "actions.0"
    assert [problem["field"] for problem in told["problems"]] == ["actions.0", "mode"]


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        ("a.xls", b"x", 415, "old_or_encrypted_workbook"),
        ("a.pdf", b"%PDF", 415, "file_type"),
        ("a.xlsx", b"13912340001", 415, "not_a_spreadsheet"),
        ("a.csv", b"", 400, "empty_file"),
    ],
)
def test_files_that_are_refused_on_arrival(api: Api, wanted: dict[str, Any], name: str, content: bytes, status: int, code: str) -> None:
    del wanted["numbers"]
    answer = api.upload({**wanted, "file": SimpleUploadedFile(name, content)})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (status, code, "file")
    assert not Job.objects.exists()


def test_a_file_and_numbers_are_one_too_many(api: Api, wanted: dict[str, Any]) -> None:
    answer = api.upload({**wanted, "file": SimpleUploadedFile("a.csv", b"13912340001")})
    assert (answer.status_code, answer.json()["field"]) == (400, "numbers")


def test_a_source_that_cannot_be_read_fails_with_its_reason(api: Api, wanted: dict[str, Any]) -> None:
    created = api.post(JOBS, {**wanted, "numbers": "甲\n乙\n"}).json()
    run_here(Job.objects.get(pk=created["id"]))
    told = api.get(created["url"], Accept_Language="zh-hans").json()
    assert (told["status"], told["error"]["code"]) == ("failed", "number_column_unknown")
    assert told["error"]["reason"] != api.get(created["url"]).json()["error"]["reason"]


# --- looking ---------------------------------------------------------------------------------------------------------------------------


def test_rows_with_what_was_found(api: Api, checked: Job) -> None:
    page = api.get(path_of(checked, "rows/")).json()
    assert [row["line"] for row in page["results"]] == [2, 3, 4, 5]
    assert page["next"] is None
    assert page["results"][0] | {"verdicts": []} == {
        "line": 2,
        "state": "eligible",
        "number": "8613912340001",
        "cells": ["13912340001", "李静"],
        "verdicts": [],
    }
    bad = page["results"][2]
    assert (bad["state"], bad["number"]) == ("failed", None)
    assert bad["verdicts"] == [{"code": "number_malformed", "severity": "error", "text": "Not a valid number: 7 digits"}]


@pytest.mark.parametrize(
    ("query", "lines"),
    [
        ("state=failed", [4, 5]),
        ("state=eligible", [2, 3]),
        ("state=conflict", []),
        ("verdict=duplicate_in_file", [5]),
        ("state=failed&verdict=number_malformed", [4]),
    ],
)
def test_rows_by_state_and_finding(api: Api, checked: Job, query: str, lines: list[int]) -> None:
    assert [row["line"] for row in api.get(path_of(checked, f"rows/?{query}")).json()["results"]] == lines


@pytest.mark.parametrize(("query", "field"), [("state=good", "state"), ("verdict=ugly", "verdict"), ("cursor=xyz", "cursor")])
def test_wrong_questions_about_rows(api: Api, checked: Job, query: str, field: str) -> None:
    answer = api.get(path_of(checked, f"rows/?{query}"))
    assert (answer.status_code, answer.json()["field"]) == (400, field)


def test_rows_page_by_page(api: Api, checked: Job) -> None:
    seen: list[int] = []
    url: str | None = path_of(checked, "rows/?limit=3")
    while url:
        page = api.get(url).json()
        assert len(page["results"]) <= 3
        seen += [row["line"] for row in page["results"]]
        url = page["next"]
    assert seen == [2, 3, 4, 5]


def test_rows_before_the_check_are_none(api: Api, wanted: dict[str, Any]) -> None:
    created = api.post(JOBS, wanted).json()
    assert api.get(f"{created['url']}rows/").json()["results"] == []


def test_the_number_of_queries_does_not_grow_with_the_rows(
    api: Api, wanted: dict[str, Any], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    numbers = "\n".join(f"139{line:08}" for line in range(200)) + "\n13912340001" * 50
    job = run_here(Job.objects.get(pk=api.post(JOBS, {**wanted, "numbers": numbers}).json()["id"]))
    with django_assert_max_num_queries(14):
        assert len(api.get(path_of(job, "rows/?limit=200")).json()["results"]) == 200


def test_the_error_file_in_both_forms_and_languages(api: Api, checked: Job) -> None:
    answer = api.get(path_of(checked, "errors.csv"), Accept="text/csv", Accept_Language="zh-hans")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert "attachment" in answer["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert [row[:2] for row in rows] == [["手机号", "姓名"], ["1391234", "坏"], ["13912340001", "李静"]]
    answer = api.get(path_of(checked, "errors.xlsx"))
    sheet: Any = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    assert [cell.value for cell in sheet[2]][:3] == ["1391234", "坏", "4"]
    assert [cell.value for cell in sheet[1]][2:] == ["Row", "Outcome", "Findings"]


def test_too_many_errors_for_a_workbook(api: Api, checked: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("members.api.rows.XLSX_MAX_ROWS", 1)
    answer = api.get(path_of(checked, "errors.xlsx"))
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_rows")


def test_the_list_by_status_and_customer_page_by_page(api: Api, wanted: dict[str, Any], checked: Job, manager: User) -> None:
    others = [api.post(JOBS, wanted).json()["id"] for _ in range(3)]
    assert [job["id"] for job in api.get(JOBS).json()["results"]] == [*reversed(others), checked.pk]
    assert [job["id"] for job in api.get(f"{JOBS}?status=validated").json()["results"]] == [checked.pk]
    assert len(api.get(f"{JOBS}?status=validated&status=checking&customer=YJ-000127").json()["results"]) == 4
    assert api.get(f"{JOBS}?customer=NONE").json()["results"] == []
    answer = api.get(f"{JOBS}?status=happy")
    assert (answer.status_code, answer.json()["field"]) == (400, "status")
    first = api.get(f"{JOBS}?limit=3").json()
    assert [job["id"] for job in api.get(first["next"]).json()["results"]] == [checked.pk]


def test_the_list_costs_the_same_for_any_number_of_jobs(
    api: Api, wanted: dict[str, Any], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(6):
        api.post(JOBS, wanted)
    with django_assert_max_num_queries(6):
        assert len(api.get(JOBS).json()["results"]) == 6


def test_links_lead_to_what_can_be_done(api: Api, checked: Job, api_of: Any, viewer: User) -> None:
    links = api.get(path_of(checked)).json()["links"]
    assert set(links) == {"self", "rows", "errors_csv", "errors_xlsx", "approve", "recheck", "cancel"}
    assert api.get(links["rows"]).status_code == 200
    assert set(api_of(viewer).get(path_of(checked)).json()["links"]) == {"self", "rows"}
    api.post(links["cancel"])
    assert set(api.get(path_of(checked)).json()["links"]) == {"self", "rows", "errors_csv", "errors_xlsx", "undo"}


# --- steering --------------------------------------------------------------------------------------------------------------------------


def test_an_approval_has_to_name_what_was_seen(api: Api, checked: Job) -> None:
    for body, status, code in (
        ({}, 400, "required"),
        ({"fingerprint": ""}, 400, "blank"),
        ({"fingerprint": "old"}, 409, "fingerprint_changed"),
    ):
        answer = api.post(path_of(checked, "approve/"), body)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    checked.refresh_from_db()
    assert checked.status == JobStatus.VALIDATED


def test_a_batch_runs_once(api: Api, checked: Job) -> None:
    assert api.post(path_of(checked, "approve/"), {"fingerprint": checked.fingerprint}).status_code == 200
    answer = api.post(path_of(checked, "approve/"), {"fingerprint": checked.fingerprint})
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")


def test_the_same_again_within_a_day_asks_first(api: Api, wanted: dict[str, Any], checked: Job) -> None:
    api.post(path_of(checked, "approve/"), {"fingerprint": checked.fingerprint})
    again = run_here(Job.objects.get(pk=api.post(JOBS, wanted).json()["id"]))
    answer = api.post(path_of(again, "approve/"), {"fingerprint": again.fingerprint})
    assert (answer.status_code, answer.json()["code"], answer.json()["job"]) == (409, "repeated_batch", checked.pk)
    assert api.post(path_of(again, "approve/"), {"fingerprint": again.fingerprint, "confirm_repeat": True}).status_code == 200


def test_all_or_none_with_errors_is_not_run(api: Api, wanted: dict[str, Any]) -> None:
    job = run_here(Job.objects.get(pk=api.post(JOBS, {**wanted, "mode": "atomic", "run": True}).json()["id"]))
    told = api.get(path_of(job)).json()
    assert (told["status"], told["error"]["code"]) == ("validated", "atomic_has_errors")
    answer = api.post(path_of(job, "approve/"), {"fingerprint": job.fingerprint})
    assert (answer.status_code, answer.json()["code"]) == (409, "atomic_has_errors")
    assert not Member.objects.exists()


def test_pause_resume_cancel(api: Api, checked: Job) -> None:
    assert api.post(path_of(checked, "pause/")).json()["code"] == "wrong_state"
    api.post(path_of(checked, "approve/"), {"fingerprint": checked.fingerprint})
    assert api.post(path_of(checked, "resume/")).status_code == 409
    paused = api.post(path_of(checked, "pause/")).json()
    assert (paused["status"], "resume" in paused["links"]) == ("paused", True)
    assert api.post(path_of(checked, "resume/")).json()["status"] == "running"
    assert api.post(path_of(checked, "cancel/")).status_code == 200
    run_here(checked)
    assert api.get(path_of(checked)).json()["status"] == "cancelled"
    assert api.post(path_of(checked, "cancel/")).status_code == 409
    assert not Member.objects.exists()


def test_checking_again_sees_what_has_changed(api: Api, checked: Job, customer: Customer) -> None:
    Member.objects.create(customer=customer, msisdn="8613912340002", kind="mobile", joined_on=datetime.date(2026, 1, 1))
    seen = checked.fingerprint
    assert api.post(path_of(checked, "recheck/")).json()["status"] == "checking"
    run_here(checked)
    told = api.get(path_of(checked)).json()
    assert told["verdicts"]["already_member"] == 1
    assert api.post(path_of(checked, "approve/"), {"fingerprint": seen}).json()["code"] == "fingerprint_changed"


def test_undoing_what_did_nothing_or_twice(api: Api, checked: Job) -> None:
    assert api.post(path_of(checked, "undo/")).json()["code"] == "wrong_state"
    api.post(path_of(checked, "approve/"), {"fingerprint": checked.fingerprint})
    run_here(checked)
    first = api.post(path_of(checked, "undo/"))
    assert first.status_code == 201
    again = api.post(path_of(checked, "undo/"))
    assert (again.status_code, again.json()["code"], again.json()["job"]) == (409, "undone_already", first.json()["id"])


def test_numbers_many_in_a_line(api: Api, wanted: dict[str, Any]) -> None:
    job = run_here(Job.objects.get(pk=api.post(JOBS, {**wanted, "numbers": "13912340001, 13912340002；13912340003"}).json()["id"]))
    assert job.eligible == 3


def test_the_file_is_what_the_reader_gets(api: Api, wanted: dict[str, Any]) -> None:
    del wanted["numbers"]
    job = run_here(Job.objects.get(pk=api.upload({**wanted, "file": SimpleUploadedFile("a.csv", NUMBERS.encode("gb18030"))}).json()["id"]))
    assert api.get(path_of(job)).json()["inspection"]["encoding"] == "gb18030"
