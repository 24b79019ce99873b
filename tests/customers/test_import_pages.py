"""The pages of an import: the whole way, its files, who sees what, and how many queries a page takes."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags
from openpyxl import load_workbook
from pytest_django import Settings

from access.models import AuditEvent, AuditEventKind, User
from customers.models import Customer, ImportRow
from jobs.models import Job, JobStatus
from tests.customers.imports import CONTACTS, CUSTOMERS, checked, imported, work_off, workbook
from tests.factories.customers import AttributeFactory, ContactPersonFactory, CustomerFactory, IndustryFactory

pytestmark = pytest.mark.django_db

ROWS = [
    ["客户编码", "客户名称", "地址", "银行账号", "内部编号"],
    ["A-1", "云江医院", "新路1号", "", "13912345678"],
    ["A-2", "云江银行", "", "6222021001114567", ""],
    ["A-2", "云江银行二", "", "", ""],
    ["坏", "云江海关", "", "", ""],
]


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


def upload(rows: list[list[str]]) -> SimpleUploadedFile:
    return SimpleUploadedFile("客户.xlsx", workbook(rows))


def url(name: str, job: Job) -> str:
    return reverse(f"customers:import_{name}", args=[job.pk])


def text_of(response: Any) -> str:
    return str(response.content.decode())


def test_the_whole_way(client: Client, manager: User) -> None:
    CustomerFactory(code="A-1", name="云江医院", address="旧路1号", manager=manager)
    client.force_login(manager)
    new = reverse("customers:import_new", args=[CUSTOMERS])
    assert new in text_of(client.get(reverse("customers:customer_list")))
    assert client.post(new, {}).status_code == 422
    refused = client.post(new, {"file": SimpleUploadedFile("x.pdf", b"%PDF")})
    assert refused.status_code == 422
    file = workbook(ROWS)  # made once: a workbook holds the second of its making
    response = client.post(new, {"file": SimpleUploadedFile("客户.xlsx", file), "request_key": "k"})
    job = Job.objects.get()
    assert response["Location"] == url("columns", job)
    assert client.post(new, {"file": SimpleUploadedFile("客户.xlsx", file), "request_key": "k"})["Location"] == url("columns", job)
    assert 'id="batch-wait"' in text_of(client.get(url("columns", job)))
    work_off(job)
    page = client.get(url("columns", job))
    assert [column["guessed"] for column in page.context["columns"]] == [True, True, True, True, False]
    assert "139****5678" in text_of(page)
    assert "13912345678" not in text_of(page)
    columns = {"column-0": "code", "column-1": "name", "column-2": "address", "column-3": "bank_account", "column-4": ""}
    options = {"clears_blanks": "no", "takes_namesakes": "no"}
    assert client.post(url("columns", job), {**columns, **options, "column-0": ""}).status_code == 422
    assert client.post(url("columns", job), {**columns, **options})["Location"] == url("preview", job)
    work_off(job)
    preview = client.get(url("preview", job))
    assert [tile.value for tile in preview.context["tiles"]] == ["1", "1", "0", "1", "1"]
    shown = text_of(client.get(url("preview", job), {"show": "updated"}))
    assert "<del>旧路1号</del> 新路1号" in shown
    shown = text_of(client.get(url("preview", job), {"show": "all"}))
    assert "6222021001114567" not in shown
    assert "**** 4567" in shown
    assert "13912345678" not in shown
    assert "云江海关" not in text_of(client.get(url("preview", job), {"show": "all", "q": "A-2"}))
    job.refresh_from_db()
    client.post(url("approve", job), {"fingerprint": "other"})
    job.refresh_from_db()
    assert job.status == JobStatus.VALIDATED
    assert client.post(url("approve", job), {"fingerprint": job.fingerprint})["Location"] == url("detail", job)
    assert 'id="run-progress"' in text_of(client.get(url("run", job)))
    work_off(job)
    result = client.get(url("run", job), {"show": "all"})
    assert [tile.value for tile in result.context["tiles"]][:5] == ["1", "1", "0", "1", "1"]
    assert Customer.objects.get(code="A-1").address == "新路1号"
    undo = client.post(url("undo", job))
    undoing = Job.objects.get(undo_of=job)
    assert undo["Location"] == url("detail", undoing)
    work_off(undoing)
    undoing.refresh_from_db()
    assert "<del>" in text_of(client.get(url("preview", undoing), {"show": "updated"}))
    client.post(url("approve", undoing), {"fingerprint": undoing.fingerprint})
    work_off(undoing)
    assert client.get(url("run", undoing)).status_code == client.get(url("run", job)).status_code == 200
    assert list(Customer.objects.values_list("code", "address")) == [("A-1", "旧路1号")]


def test_columns_are_remembered_for_the_same_headings(client: Client, manager: User) -> None:
    client.force_login(manager)
    for turn in range(2):
        client.post(reverse("customers:import_new", args=[CUSTOMERS]), {"file": upload([["甲", "乙"], [f"A-{turn}", f"云江{turn}"]])})
        job = work_off(Job.objects.latest("id"))
        form = client.get(url("columns", job)).context["form"]
        assert [field.value() for field in form.columns] == (["", ""] if turn == 0 else ["code", "name"])
        body = {"column-0": "code", "column-1": "name", "clears_blanks": "no", "takes_namesakes": "no"}
        assert client.post(url("columns", job), body).status_code == 302


def test_the_error_file_can_be_mended_and_imported(client: Client, manager: User) -> None:
    job = imported(manager, CUSTOMERS, ROWS)
    client.force_login(manager)
    response = client.get(url("errors", job))
    rows = [list(row) for row in load_workbook(io.BytesIO(response.getvalue())).worksheets[0].iter_rows(values_only=True)]
    assert [row[:2] for row in rows] == [["客户编码", "客户名称"], ["A-2", "云江银行二"], ["坏", "云江海关"]]
    assert rows[2][-2] == "5"
    assert rows[2][-1]
    event = AuditEvent.objects.get(kind=AuditEventKind.EXPORTED)
    assert event.details["rows"] == 2
    rows[1][0], rows[2][0] = "A-3", "A-4"
    again = imported(manager, CUSTOMERS, rows)
    assert (again.status, again.applied) == (JobStatus.DONE, 2)
    assert client.get(url("errors", again)).status_code == 404


@pytest.mark.parametrize(
    ("subject", "language", "heading"), [(CUSTOMERS, "zh-hans", "编码"), (CUSTOMERS, "en", "Code"), (CONTACTS, "en", "Customer")]
)
def test_the_template_is_understood(client: Client, manager: User, subject: str, language: str, heading: str) -> None:
    IndustryFactory(code="Q84", name_zh="卫生")
    AttributeFactory(key="beds", name_zh="床位数", name_en="Beds")
    client.force_login(manager)
    response = client.get(reverse("customers:import_template", args=[subject]), {"language": language})
    book = load_workbook(io.BytesIO(response.getvalue()))
    headings = [cell.value for cell in book.worksheets[0][1]]
    assert headings[0] == heading
    job = checked(manager, subject, [headings, ["A-1"] * len(headings)])
    row = ImportRow.objects.get(job=job)
    assert len(job.data_import.mapping) == len(headings)
    assert row.state == "e"
    values = [cell.value for cell in book.worksheets[1]["B"]]
    assert ("Q84" in values) == (subject == CUSTOMERS)


def test_only_who_may_and_nobody_elses(
    client: Client, manager: User, colleague: User, director: User, viewer: User, outsider: User
) -> None:
    job = checked(manager, CUSTOMERS, ROWS)
    contact = checked(manager, CONTACTS, [["customer", "name"], ["A-1", "x"]])
    for person, seen, opens in ((colleague, 404, 200), (outsider, 404, 403), (viewer, 200, 403), (director, 200, 200)):
        client.force_login(person)
        assert client.get(url("preview", job)).status_code == seen
        assert client.get(url("preview", contact)).status_code == seen
        assert client.get(reverse("customers:import_new", args=[CUSTOMERS])).status_code == opens
        assert client.get(reverse("customers:import_template", args=[CUSTOMERS])).status_code == opens
    for person in (colleague, viewer):
        client.force_login(person)
        for name in ("approve", "recheck", "cancel", "undo"):
            assert client.post(url(name, job), {"fingerprint": job.fingerprint}).status_code in (403, 404)
    client.force_login(manager)
    assert client.get(reverse("customers:import_new", args=["offers"])).status_code == 404
    batch = Job.objects.create(kind="provisioning", title="x", actor=manager, manager=manager, org_unit=manager.org_unit)
    assert client.get(url("detail", batch)).status_code == 404
    job.refresh_from_db()
    assert job.status == JobStatus.VALIDATED


def test_old_values_out_of_reach_are_not_shown(client: Client, manager: User, colleague: User) -> None:
    customer = CustomerFactory(code="A-1", name="云江医院", address="旧路1号", manager=manager)
    job = checked(manager, CUSTOMERS, [["code", "address"], ["A-1", "新路1号"]])
    Customer.objects.filter(pk=customer.pk).update(manager=colleague)
    client.force_login(manager)
    page = strip_tags(text_of(client.get(url("preview", job), {"show": "all"})))
    assert "旧路1号" not in page
    assert "新路1号" in page


def test_a_page_of_rows_takes_as_many_queries_as_one_row(client: Client, manager: User) -> None:
    client.force_login(manager)
    taken = []
    for count in (1, 40):
        for number in range(count):
            CustomerFactory(code=f"Q{count}-{number}", name=f"云江{count}号{number}", manager=manager, industry=IndustryFactory())
        rows = [["code", "industry", "address"], *([f"Q{count}-{number}", IndustryFactory().code, "路"] for number in range(count))]
        job = checked(manager, CUSTOMERS, rows)
        assert job.eligible == count
        with CaptureQueriesContext(connection) as captured:
            client.get(url("preview", job), {"show": "all"})
        taken.append(len(captured))
    assert taken[0] == taken[1]


def test_a_person_is_no_longer_shown_in_full(client: Client, manager: User) -> None:
    customer = CustomerFactory(code="A-1", manager=manager)
    ContactPersonFactory(customer=customer, name="陈主任", phone="", email="old@example.cn")
    job = checked(manager, CONTACTS, [["customer", "name", "phone", "e-mail"], ["A-1", "陈主任", "13812345678", "new@example.cn"]])
    client.force_login(manager)
    page = text_of(client.get(url("preview", job), {"show": "all"}))
    assert "13812345678" not in page
    assert "new@example.cn" not in page
    assert "o****@example.cn" in page
