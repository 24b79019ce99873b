"""Customers and contact persons in bulk over the API: begun, looked at, approved, taken back."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook
from pytest_django import Settings

from access.models import Role, RoleAssignment, User
from customers.imports import given_rows
from customers.models import AttributeKind, ContactPerson, Customer
from jobs.models import Job, Upload
from tests.api.conftest import JOBS, Api
from tests.customers.imports import work_off, workbook
from tests.factories.customers import AttributeFactory, CustomerFactory
from tests.personas import Organisation

pytestmark = pytest.mark.django_db
ApiOf = Callable[[User], Api]

IMPORTS = "/api/v1/imports/"
ROWS = [
    {"code": "A-1", "address": "新路1号", "attributes": {"seats": 120}},
    {"code": "A-2", "name": "云江；银行,\n“总行”", "bank_account": "6222021001114567", "credit_limit": 1000.5},
    {},
    {"code": "A-2", "name": "云江银行二"},
    {"code": "坏", "name": "云江海关"},
]


def of(job: Any, what: str = "") -> str:
    """An address of an import."""
    return f"{IMPORTS}{job['id'] if isinstance(job, dict) else job.pk}/{what}"


def begun(api: Api, rows: Any = ROWS, **more: Any) -> dict[str, Any]:
    """An import of rows, checked."""
    answer = api.post(IMPORTS, {"subject": "customers", "rows": rows, **more})
    assert answer.status_code == 201, answer.content
    work_off(Job.objects.get(pk=answer.json()["id"]))
    found: dict[str, Any] = api.get(of(answer.json())).json()
    return found


@pytest.fixture
def first(manager: User) -> Customer:
    """A customer that the rows change."""
    AttributeFactory(key="seats", kind=AttributeKind.NUMBER)
    return CustomerFactory(code="A-1", name="云江医院", address="旧路1号", manager=manager)


def test_the_whole_way(api: Api, first: Customer) -> None:
    job = begun(api)
    assert (job["status"], job["subject"], job["rows"]) == ("validated", "customers", 4)
    assert job["counts"] == {"created": 1, "updated": 1, "unchanged": 0, "duplicate": 1, "error": 1}
    assert {"approve", "recheck", "cancel", "columns", "errors", "rows"} <= job["links"].keys()
    assert Customer.objects.count() == 1

    rows = api.get(of(job, "rows/")).json()["results"]
    assert [(row["row"], row["state"]) for row in rows] == [(1, "updated"), (2, "created"), (4, "duplicate"), (5, "error")]
    assert (rows[0]["id"], rows[0]["old"]["address"], rows[0]["values"]["attribute_seats"]) == (first.pk, "旧路1号", "120")
    assert (rows[1]["id"], rows[1]["values"]["bank_account"]) == (None, "**** 4567")
    assert [(one["code"], one["field"]) for one in rows[2]["findings"]] == [("same_code_in_file", "code")]
    assert [row["row"] for row in api.get(of(job, "rows/?show=created")).json()["results"]] == [2]
    assert api.get(of(job, "rows/?show=error&count=yes&limit=1&fields=row")).json()["count"] == 1

    assert api.post(of(job, "approve/"), {"fingerprint": "other"}).json()["code"] == "fingerprint_changed"
    approved = api.post(of(job, "approve/"), {"fingerprint": job["fingerprint"]})
    assert (approved.status_code, approved.json()["status"], approved.json()["approved_by"]) == (200, "approved", api.user.username)
    assert api.post(of(job, "approve/"), {"fingerprint": job["fingerprint"]}).status_code == 409
    work_off(Job.objects.get())
    done = api.get(of(job))
    assert (done.json()["status"], done.json()["written"]) == ("done_with_errors", {"created": 1, "updated": 1})
    assert api.get(of(job), If_None_Match=done["ETag"]).status_code == 304
    first.refresh_from_db()
    assert (first.address, first.attributes) == ("新路1号", {"seats": 120})
    second = Customer.objects.get(code="A-2")
    assert (str(second.credit_limit), second.bank_account, second.manager) == ("1000.50", "6222021001114567", api.user)
    assert [row["id"] for row in api.get(of(job, "rows/")).json()["results"][:2]] == [first.pk, second.pk]

    undo = api.post(of(job, "undo/"), {"run": True})
    assert (undo.status_code, undo.json()["undo_of"]) == (201, job["id"])
    work_off(Job.objects.get(pk=undo.json()["id"]))
    assert api.get(of(undo.json())).json()["written"] == {"created": 1, "updated": 1}
    assert api.get(of(job)).json()["undone_by"] == undo.json()["id"]
    assert list(Customer.objects.values_list("code", "address")) == [("A-1", "旧路1号")]


def test_contact_persons_at_once(api: Api, first: Customer) -> None:
    known = {"customer": "A-1", "name": "王磊", "phone": "13912340001", "is_key_person": True, "influence": 1}
    rows = [known, {"customer": "NONE", "name": "李静"}]
    job = begun(api, rows, subject="contact-people", run=True)
    assert (job["status"], job["written"]["created"], job["counts"]["error"]) == ("done_with_errors", 1, 1)
    person = ContactPerson.objects.get()
    assert (person.customer, person.is_key_person, person.influence) == (first, True, 1)
    found = api.get(of(job, "rows/?show=created")).json()["results"][0]
    assert (found["id"], found["values"]["phone"]) == (person.pk, "139****0001")
    nothing = begun(api, rows[1:], subject="contact-people", run=True)
    assert (nothing["status"], nothing["error"]["code"]) == ("validated", "nothing_eligible")


def test_what_is_empty_and_who_has_the_same_name(api: Api, first: Customer) -> None:
    rows = [{"code": "A-1", "address": None}, {"code": "A-9", "name": "云江医院"}]
    assert begun(api, rows)["counts"] == {"created": 0, "updated": 0, "unchanged": 1, "duplicate": 1, "error": 0}
    chosen = begun(api, rows, clears_blanks=True, takes_namesakes=True)
    assert (chosen["counts"]["created"], chosen["counts"]["updated"], chosen["clears_blanks"]) == (1, 1, True)


def test_a_file_whose_headings_do_not_say_it(api: Api, first: Customer) -> None:
    file = workbook([["甲", "乙"], ["A-1", "新路2号"], ["坏", "x"]])
    form = {"subject": "customers", "file": SimpleUploadedFile("客户.xlsx", file)}
    job = api.upload(form, IMPORTS).json()
    work_off(Job.objects.get())
    told = api.get(of(job)).json()
    assert (told["status"], told["error"]["code"], told["source_name"]) == ("failed", "columns_missing", "客户.xlsx")
    assert api.post(of(job, "columns/"), {"mapping": {"address": 1}}).json()["code"] == "columns_missing"
    assert api.post(of(job, "columns/"), {"mapping": {"colour": 1}}).json()["field"] == "mapping"
    assert api.post(of(job, "columns/"), {"mapping": {"code": 0, "address": 1}}).json()["status"] == "checking"
    work_off(Job.objects.get())
    assert api.get(of(job)).json()["counts"]["updated"] == 1
    errors = api.get(of(job, "errors.xlsx"))
    cells = [list(row) for row in load_workbook(io.BytesIO(errors.getvalue())).worksheets[0].iter_rows(values_only=True)]
    assert [row[:2] for row in cells] == [["甲", "乙"], ["坏", "x"]]
    named = api.upload({**form, "file": SimpleUploadedFile("a.xlsx", file), "mapping": '{"code": 0, "address": 1}', "run": "true"}, IMPORTS)
    work_off(Job.objects.get(pk=named.json()["id"]))
    first.refresh_from_db()
    assert first.address == "新路2号"


def test_repeated_it_begins_nothing_new(api: Api, first: Customer, colleague: User, api_of: ApiOf) -> None:
    order = {"subject": "customers", "rows": ROWS}
    begun = [api.post(IMPORTS, order, Idempotency_Key="erp-1") for _ in range(2)]
    assert [answer.status_code for answer in begun] == [201, 200]
    assert begun[0].json()["id"] == begun[1].json()["id"]
    work_off(Job.objects.get())  # what the columns hold is kept beside the token
    assert api.post(IMPORTS, order, Idempotency_Key="erp-1").status_code == 200
    other = api.post(IMPORTS, {**order, "rows": ROWS[:1]}, Idempotency_Key="erp-1")
    assert (other.status_code, other.json()["code"], other.json()["field"]) == (422, "token_reused", "Idempotency-Key")
    assert api.post(IMPORTS, order, Idempotency_Key="x" * 65).status_code == 400
    assert Job.objects.count() == Upload.objects.count() == 1
    assert api_of(colleague).post(IMPORTS, order, Idempotency_Key="erp-1").status_code == 201


def test_who_may(api: Api, first: Customer, colleague: User, director: User, viewer: User, outsider: User, api_of: ApiOf) -> None:
    job = begun(api)
    for stranger in (colleague, outsider):
        other = api_of(stranger)
        for path in ("", "rows/", "errors.xlsx"):
            assert other.get(of(job, path)).status_code == 404
        assert other.post(of(job, "approve/"), {"fingerprint": job["fingerprint"]}).status_code in (403, 404)
    assert api_of(colleague).get(IMPORTS).json()["results"] == []
    assert [one["id"] for one in api_of(director).get(f"{IMPORTS}?subject=customers&status=validated").json()["results"]] == [job["id"]]
    looker = api_of(viewer)
    assert looker.get(of(job)).json()["links"].keys() == {"self", "rows"}
    assert looker.post(IMPORTS, {"subject": "customers", "rows": ROWS}).status_code == 403
    for step in ("approve/", "recheck/", "cancel/", "undo/", "columns/"):
        assert looker.post(of(job, step), {"fingerprint": job["fingerprint"]}).status_code in (403, 404)
    assert Job.objects.get().status == "validated"
    batch = Job.objects.create(kind="other", title="x", actor=api.user, manager=api.user, org_unit=api.user.org_unit)
    assert api.get(of(batch)).status_code == 404


def test_who_lost_the_right_meanwhile_imports_nothing(api: Api, first: Customer) -> None:
    answer = api.post(IMPORTS, {"subject": "customers", "rows": ROWS, "run": True})
    RoleAssignment.objects.filter(user=api.user).delete()
    job = work_off(Job.objects.get(pk=answer.json()["id"]))
    assert (job.status, job.error) == ("failed", {"code": "import_lost_access", "figures": {"login": api.user.username}})
    assert Customer.objects.get().address == "旧路1号"


def _preview(user: User, job: dict[str, Any]) -> str:
    """The page of the same rows."""
    client = Client()
    client.force_login(user)
    return str(client.get(reverse("customers:import_preview", args=[job["id"]]), {"show": "all"}).content.decode())


def test_whoever_asks_for_the_run_runs_it(
    api: Api, organisation: Organisation, director: User, foreign_manager: User, api_of: ApiOf
) -> None:
    """The director may steer the import of somebody with a wider reach, but writes nothing with it."""
    role = Role.objects.get(code="director")
    RoleAssignment.objects.create(user=api.user, role=role, org_unit=organisation.other_city)
    far = CustomerFactory(code="FAR-1", name="远方公司", address="旧路1号", manager=foreign_manager)
    near = CustomerFactory(code="A-1", name="云江医院", address="旧路1号", manager=api.user)
    job = begun(api, [{"code": "FAR-1", "address": "新路1号"}])
    other = begun(api, [{"code": "A-1", "address": "新路1号"}])
    steering = {"mapping": {"code": 0, "address": 1}, "run": True}
    for one in (job, other):
        assert api_of(director).post(of(one, "columns/"), steering).status_code == 200
        work_off(Job.objects.get(pk=one["id"]))
    assert {run.approved_by for run in Job.objects.all()} == {director}
    assert Job.objects.get(pk=other["id"]).status == "done"
    far.refresh_from_db()
    near.refresh_from_db()
    assert (far.address, near.address) == ("旧路1号", "新路1号")


def test_who_asked_for_the_run_and_lost_the_right_runs_nothing(api: Api, first: Customer, director: User, api_of: ApiOf) -> None:
    job = begun(api, ROWS[:1])
    api_of(director).post(of(job, "columns/"), {"mapping": {"code": 0, "address": 1}, "run": True})
    RoleAssignment.objects.filter(user=director).delete()
    ended = work_off(Job.objects.get())
    assert (ended.status, ended.error) == ("failed", {"code": "import_lost_access", "figures": {"login": director.username}})


def test_columns_told_otherwise_unmask_nothing(api: Api, first: Customer, director: User, api_of: ApiOf) -> None:
    other = api_of(director)
    rows = [{"customer": "A-1", "name": "王磊", "phone": "13912340001", "id_number": "11010519491231002X"}]
    job = begun(api, rows, subject="contact-people")
    for phone, number in (("preferences", "title"), ("title", "reports_to"), ("birthday", "role"), ("is_key_person", "preferences")):
        mapping = {"customer": 0, "name": 1, phone: 2, number: 3}
        assert other.post(of(job, "columns/"), {"mapping": mapping}).status_code == 200
        work_off(Job.objects.get())
        answer = other.get(of(job, "rows/"))
        assert answer.json()["results"][0]["values"][phone] == "139****0001"
        errors = load_workbook(io.BytesIO(api.get(of(job, "errors.xlsx")).getvalue())).worksheets[0].values
        told = answer.content.decode() + _preview(director, job) + "".join(str(row[-1]) for row in errors)
        assert "139****0001" in told
        assert "13912340001" not in told
        assert "110105194912" not in told


def test_codes_and_amounts_are_no_numbers_of_people(api: Api) -> None:
    row = {"code": "2026000123", "name": "云江医院", "credit_limit": 5_000_000, "remark": "13912340001"}
    job = begun(api, [row])
    shown = api.get(of(job, "rows/")).json()["results"][0]["values"]
    assert shown == {"code": "2026000123", "name": "云江医院", "credit_limit": "5000000", "remark": "139****0001"}
    long = begun(api, [{"code": "A-1", "name": "云江医院", "credit_limit": 13912340001}])
    assert api.get(of(long, "rows/")).json()["results"][0]["values"]["credit_limit"] == "139****0001"


def test_faults_are_built_only_as_far_as_they_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    built, joined = [], []

    class Fault(ValidationError):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            built.append(args)
            super().__init__(*args, **kwargs)

    class Known(dict[str, str]):
        def __iter__(self) -> Any:
            joined.append(1)
            return super().__iter__()

    monkeypatch.setattr(given_rows, "ValidationError", Fault)
    monkeypatch.setattr(given_rows, "labels_of", lambda subject: Known(code="Code", name="Name"))
    for rows, told in (([{"colour": 1}] * 300, 20), ([{f"k{number}": 1 for number in range(300)}], 1)):
        built.clear()
        joined.clear()
        with pytest.raises(ValidationError) as refused:
            given_rows.source_of_rows(rows, "customers")
        assert (len(refused.value.error_dict), len(built), len(joined)) == (told, told + 1, 1)


@pytest.mark.parametrize(
    ("order", "field", "code"),
    [
        ({}, "file", "required"),
        ({"rows": []}, "rows", "invalid"),
        ({"rows": [7]}, "rows", "invalid"),
        ({"rows": [{"code": "A"}, {"code": "B", "colour": "red"}]}, "rows.1.colour", "unknown_field"),
        ({"rows": [{"code": "A", "attributes": {"none": 1}}]}, "rows.0.attribute_none", "unknown_field"),
        ({"rows": [{"code": ["A"]}]}, "rows.0.code", "invalid"),
        ({"rows": [{"name": "A"}]}, "rows.0", "required"),
        ({"rows": [{"code": "A"}], "mapping": {"code": 0}}, "mapping", "invalid_mapping"),
        ({"rows": [{"code": "A"}], "subject": "products"}, "subject", "invalid_choice"),
        ({"rows": [{"code": "A"}], "run": "perhaps"}, "run", "invalid"),
    ],
)
def test_a_wrong_part_is_named_and_nothing_is_made(api: Api, order: dict[str, Any], field: str, code: str) -> None:
    answer = api.post(IMPORTS, {"subject": "customers", **order})
    assert (answer.status_code, answer.json()["field"], answer.json()["code"]) == (400, field, code)
    assert not Job.objects.exists()


def test_limits(api: Api, first: Customer, settings: Settings) -> None:
    pdf = {"subject": "customers", "file": SimpleUploadedFile("a.pdf", b"%PDF")}
    assert (api.upload(pdf, IMPORTS).status_code, api.post(IMPORTS, Transfer_Encoding="chunked").status_code) == (415, 411)
    job = begun(api)
    assert api.get(of(job, "rows/?show=nothing")).json()["field"] == "show"
    settings.OPEN_BATCHES_PER_USER = 1
    refused = api.post(IMPORTS, {"subject": "customers", "rows": ROWS})
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_open_jobs")
    settings.OPEN_BATCHES_PER_USER, settings.UPLOAD_BYTES_PER_DAY = 9, 1
    refused = api.post(IMPORTS, {"subject": "customers", "rows": ROWS})
    assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (429, "upload_quota", "rows")
    settings.BATCH_MAX_ROWS = 4
    assert api.post(IMPORTS, {"subject": "customers", "rows": ROWS}).json()["code"] == "too_many_rows"
    assert api.post(of(job, "cancel/")).json()["status"] == "cancelled"
    assert api.get(f"{JOBS}{job['id']}/").status_code == 404


def test_a_page_takes_the_same_queries_however_many_rows_it_has(api: Api, first: Customer) -> None:
    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert api.get(address).status_code == 200
        return len(seen.captured_queries)

    few = begun(api)
    api.get(IMPORTS)
    for_few = [queries(address) for address in (IMPORTS, of(few), of(few, "rows/"))]
    many = begun(api, [*ROWS, *({"code": f"B-{n}", "name": f"客户{n}"} for n in range(30))])
    begun(api)
    assert [queries(address) for address in (IMPORTS, of(many), of(many, "rows/"))] == for_few
