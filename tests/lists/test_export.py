"""Lists as files: what stands in them, for whom, and that a large one is a job whose file its owner alone fetches."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook
from pytest_django import Settings

from access.models import AuditEvent, AuditEventKind, User
from common.lists.selection import Selection
from customers.models import CustomerLevel
from jobs.models import Job, JobFile, JobStatus
from jobs.services import exports
from jobs.services.retention import drop_expired
from jobs.services.work import advance
from tests.access.clients import browser
from tests.factories.customers import ContactPersonFactory, CustomerFactory

pytestmark = pytest.mark.django_db

CUSTOMERS = "/jobs/lists/customers/export/"
PEOPLE = "/jobs/lists/contact-people/export/"


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    """Files of jobs lie here."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return Path(settings.MEDIA_ROOT)


def export(user: User, address: str = CUSTOMERS, **body: Any) -> Any:
    """Ask for a file."""
    given = {"form": "csv", "columns": ["name", "code"], "everything": "yes", "token": "one", **body}
    return browser(user).post(address, {name: value for name, value in given.items() if value is not None})


def text_of(response: Any) -> str:
    return b"".join(response.streaming_content).decode("utf-8-sig")


def rows_of(response: Any) -> list[list[str]]:
    """The lines of a CSV without its notes."""
    return [line for line in csv.reader(io.StringIO(text_of(response))) if not line[0].startswith("# ")]


def test_all_that_match_in_the_order_of_the_list_and_nothing_out_of_reach(manager: User, foreign_manager: User) -> None:
    names = ["甲", "乙", "丙"]
    for name in names:
        CustomerFactory(manager=manager, name=name, pinyin=name, level=CustomerLevel.A1)
    CustomerFactory(manager=manager, level=CustomerLevel.C)
    CustomerFactory(manager=foreign_manager, level=CustomerLevel.A1)
    assert [row[0] for row in rows_of(export(manager, of="level=A1&sort=-name"))[1:]] == sorted(names, reverse=True)
    assert rows_of(export(manager, of="level=A1", columns=["level"]))[:2] == [["Level"], ["A1"]]


def test_chosen_rows_alone(manager: User, foreign_manager: User) -> None:
    first, _second = CustomerFactory.create_batch(2, manager=manager)
    foreign = CustomerFactory(manager=foreign_manager)
    found = rows_of(export(manager, everything=None, row=[first.pk, foreign.pk]))
    assert [row[1] for row in found[1:]] == [first.code]
    assert export(manager, everything=None).status_code == 200  # nothing chosen: the page says so
    assert not AuditEvent.objects.filter(kind=AuditEventKind.EXPORTED, details__rows=0).exists()


def test_no_cell_is_a_formula_and_the_file_says_what_it_is(manager: User) -> None:
    CustomerFactory(manager=manager, name="=1+1", value_score=77)
    assert "Nothing is chosen" in export(manager, of="q=13812345678").content.decode()
    CustomerFactory(manager=manager, name="丁13812345678")
    text = text_of(export(manager, columns=["name", "value_score"], of="q=13812345678"))
    assert "# Search: 138****5678" in text
    assert "# Exported by: 李静" in text
    text = text_of(export(manager, columns=["name", "value_score"]))
    assert "'=1+1,77" in text
    response = export(manager, columns=["name", "value_score"], form="xlsx", of="level=C&level=A1&sort=-value_score")
    workbook = load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    cell = workbook.worksheets[0]["A2"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == ("=1+1", "s", True)
    assert workbook.worksheets[0]["B2"].value == 77
    notes = {row[0].value: row[1].value for row in workbook["About this file"].iter_rows()}
    assert notes["Level"] == "is C A1"


def test_values_are_masked_unless_the_role_reveals(manager: User, viewer: User, administrator: User) -> None:
    person = ContactPersonFactory(customer__manager=manager, phone="8613812345678")
    assert rows_of(export(manager, PEOPLE, columns=["phone"]))[1] == ["13812345678"]
    kept = AuditEvent.objects.latest("id").details
    assert (kept["list"], kept["rows"], kept["columns"], kept["revealed"]) == ("contact-people", 1, ["phone"], ["phone"])
    role = manager.assignments.get().role
    role.permissions.filter(action="reveal").delete()
    assert rows_of(export(User.objects.get(pk=manager.pk), PEOPLE, columns=["phone"]))[1] == ["138****5678"]
    assert AuditEvent.objects.latest("id").details["revealed"] == []
    assert rows_of(export(User.objects.get(pk=manager.pk), PEOPLE, columns=["phone"], of=f"q={person.phone[2:]}"))[1] == ["138****5678"]
    assert AuditEvent.objects.latest("id").details["filter"][0] == "Search 138****5678"


def test_whoever_may_not_export_gets_nothing_and_no_button(manager: User, viewer: User, client: Client) -> None:
    CustomerFactory(manager=manager)
    assert export(viewer).status_code == 403
    assert CUSTOMERS.encode() not in browser(viewer).get("/customers/").content
    assert CUSTOMERS.encode() in browser(manager).get("/customers/").content
    assert export(manager, "/jobs/lists/nothing/export/").status_code == 404
    assert not AuditEvent.objects.filter(kind=AuditEventKind.EXPORTED).exists()


def test_a_large_one_is_a_job_done_once(manager: User, colleague: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.export_views.AT_ONCE", 2)
    for name in "甲乙丙":
        CustomerFactory(manager=manager, name=f"{name}13812345678")
    job = Job.objects.get(pk=export(manager, form="xlsx", of="q=13812345678").url.split("/")[2])
    assert export(manager, form="xlsx", of="q=13812345678").url == reverse("jobs:job_page", args=[job.pk])
    assert "13812345678" not in str(job.parameters)
    page = browser(manager).get(reverse("jobs:job_detail", args=[job.pk]), follow=True).content.decode()
    assert 'hx-trigger="every 1s"' in page
    advance(job.pk)
    job.refresh_from_db()
    assert (job.status, job.applied, job.awaits) == (JobStatus.DONE, 3, "")
    address = reverse("jobs:job_file", args=[JobFile.objects.get(job=job).pk])
    assert address in browser(manager).get(reverse("jobs:job_page", args=[job.pk])).content.decode()
    fetched: Any = browser(manager).get(address)
    content = b"".join(fetched.streaming_content)
    assert load_workbook(io.BytesIO(content)).worksheets[0].max_row == 4
    assert browser(colleague).get(address).status_code == 404
    assert AuditEvent.objects.filter(kind=AuditEventKind.EXPORTED).count() == 2  # written, fetched


@pytest.mark.parametrize(("lost", "columns", "status"), [("export", ["name"], 403), ("reveal", ["phone"], 403), ("reveal", ["name"], 200)])
def test_whoever_loses_a_right_fetches_no_more_what_it_gave(
    manager: User, lost: str, columns: list[str], status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.export_views.AT_ONCE", 0)
    ContactPersonFactory(customer__manager=manager)
    advance(int(export(manager, PEOPLE, columns=columns).url.split("/")[2]))
    address = reverse("jobs:job_file", args=[JobFile.objects.get().pk])
    assert browser(manager).get(address).status_code == 200
    manager.assignments.get().role.permissions.filter(action=lost).delete()
    assert browser(User.objects.get(pk=manager.pk)).get(address).status_code == status


def test_a_job_writes_what_its_owner_may_see_when_it_runs(manager: User, foreign_manager: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.export_views.AT_ONCE", 0)
    kept, gone = CustomerFactory.create_batch(2, manager=manager)
    job_id = int(export(manager).url.split("/")[2])
    gone.manager, gone.org_unit = foreign_manager, foreign_manager.org_unit
    gone.save()
    advance(job_id)
    assert Job.objects.get(pk=job_id).applied == 1
    assert kept.code in JobFile.objects.get().stored.read().decode()
    second = int(export(manager, token="two").url.split("/")[2])
    User.objects.filter(pk=manager.pk).update(is_active=False)
    advance(second)
    assert Job.objects.get(pk=second).status == JobStatus.FAILED
    assert JobFile.objects.count() == 1


def test_a_file_expires(manager: User, monkeypatch: pytest.MonkeyPatch, media: Path) -> None:
    monkeypatch.setattr("jobs.export_views.AT_ONCE", 0)
    CustomerFactory(manager=manager)
    advance(int(export(manager).url.split("/")[2]))
    file = JobFile.objects.get()
    assert drop_expired() == 0
    JobFile.objects.update(expires_at=timezone.now())
    assert browser(manager).get(reverse("jobs:job_file", args=[file.pk])).status_code == 404
    assert drop_expired() == 1
    assert [path for path in media.rglob("*") if path.is_file()] == []


def test_queries_do_not_grow_with_the_rows(manager: User, django_assert_num_queries: Any) -> None:
    order = exports.ExportOrder(Selection("customers", everything=True), (), "csv")
    counts = []
    for size in (1, 20):
        CustomerFactory.create_batch(size, manager=manager)
        with django_assert_num_queries(11, exact=False) as asked:
            exports.export_at_once(order=order, user=User.objects.get(pk=manager.pk), file=io.BytesIO())
        counts.append(len(asked))
    assert counts[0] == counts[1]
