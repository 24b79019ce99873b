"""The first step of a batch: files and pasted numbers, and what is said to those that cannot be read."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.handlers.wsgi import WSGIRequest
from django.test import Client, override_settings
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from access.models import User
from jobs.models import Job, JobStatus
from members.models import ProvisioningBatch
from members.reading.headings import guess_mapping
from members.views.batches import batch_new
from tests.members.batch_browser import content_of, new_batch, post_file, text_of, work
from tests.members.conftest import Shop
from tests.members.sources import workbook

pytestmark = pytest.mark.django_db


def test_a_source_is_a_file_or_pasted_numbers_and_not_both(manager_client: Client, shop: Shop) -> None:
    address = f"{reverse('members:batch_new')}?customer={shop.groups.own.pk}"
    customer = f"{shop.groups.own.code} · {shop.groups.own.name}"
    none = manager_client.post(address, {"customer": customer, "numbers": " "})
    assert none.status_code == 422
    assert "Choose a file, or paste numbers." in text_of(none)
    both = manager_client.post(address, {"customer": customer, "numbers": "13900000001", "file": SimpleUploadedFile("a.csv", b"x")})
    assert both.status_code == 422
    assert "13900000001" in text_of(both)
    assert not Job.objects.exists()


def test_pasted_numbers_come_one_a_line_or_many(manager_client: Client, shop: Shop) -> None:
    address = f"{reverse('members:batch_new')}?customer={shop.groups.own.pk}"
    text = "13900000001, 13900000002；139 0000 0003\r\n+86 139-0000-0004\r\n13900000005\t张三"
    data = {"customer": f"{shop.groups.own.code} · x", "numbers": text}
    assert manager_client.post(address, data).status_code == 302
    job = work(Job.objects.get())
    inspection = ProvisioningBatch.objects.get(job=job).inspection
    assert inspection is not None
    assert inspection["rows"] == 5
    assert [row[1].strip() for row in inspection["sample"]][2] == "139 0000 0003"
    assert manager_client.post(address, {**data, "numbers": "13900000001 13900000002、13900000003"}).status_code == 302
    assert work(Job.objects.latest("pk")).rows == 3


def test_the_same_page_sent_twice_makes_one_batch(manager_client: Client, shop: Shop) -> None:
    address = reverse("members:batch_new")
    data = {"customer": f"{shop.groups.own.code} · x", "numbers": "13900000001", "request_key": "0" * 32}
    first, second = manager_client.post(address, data), manager_client.post(address, data)
    assert first["Location"] == second["Location"]
    assert Job.objects.count() == 1
    manager_client.post(address, {**data, "numbers": "13900000002"})
    assert Job.objects.count() == 2


def test_the_template_has_headings_that_are_known_in_both_languages(manager: User, manager_client: Client) -> None:
    for language in ("en", "zh-hans"):
        User.objects.filter(pk=manager.pk).update(locale=language)
        answer = manager_client.get(reverse("members:batch_template"))
        sheet = load_workbook(io.BytesIO(content_of(answer))).active
        assert sheet is not None
        headings = [str(cell.value) for cell in sheet[1]]
        assert len(guess_mapping(headings)) == len(headings) == 9, headings


# --- hostile sources -------------------------------------------------------------------------------------------------------------------

AT_ONCE = {
    "empty": ("numbers.csv", b"", "has no rows"),
    "empty_workbook": ("numbers.xlsx", b"", "has no rows"),
    "picture": ("numbers.xlsx", b"\x89PNG\r\n\x1a\n" + b"0" * 100, "not a spreadsheet"),
    "text_called_workbook": ("numbers.xlsx", b"13900000001\n", "not a spreadsheet"),
    "workbook_called_text": ("numbers.csv", workbook([["13900000001"]]), "not a spreadsheet"),
    "old_workbook": ("numbers.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 512, "old .xls workbook"),
    "password": ("numbers.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 512, "protected by a password"),
    "program": ("numbers.exe", b"MZ" + b"0" * 100, "Files of this kind are not taken"),
}


@pytest.mark.parametrize("case", AT_ONCE)
def test_a_file_that_cannot_be_is_refused_at_its_field(manager_client: Client, shop: Shop, case: str) -> None:
    name, content, said = AT_ONCE[case]
    answer = post_file(manager_client, shop, content, name)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert 'id="id_file_error"' in text_of(answer)
    assert not Job.objects.exists()


def _zip_without_sheet() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        package.writestr("hello.txt", "hello")
    return file.getvalue()


WHEN_READ = {
    "only_headings": ("numbers.csv", "手机号码,姓名\n".encode(), "no rows below"),
    "zip": ("numbers.xlsx", _zip_without_sheet(), "not a spreadsheet"),
    "broken_zip": ("numbers.xlsx", b"PK\x03\x04" + b"\0" * 200, "not a spreadsheet"),
    "binary_text": ("numbers.csv", b"\0\1\2\3" * 50, "not a spreadsheet"),
    "no_encoding": ("numbers.csv", b"\x81\x30\xff\xff\n", "neither UTF-8 nor GB18030"),
    "open_quote": ("numbers.csv", b'number,name\n13900000001,"' + b"x" * 2_000_000, "cannot be read"),
}


@pytest.mark.parametrize("case", WHEN_READ)
def test_a_source_that_cannot_be_read_says_why_and_keeps_the_customer(manager_client: Client, shop: Shop, case: str) -> None:
    name, content, said = WHEN_READ[case]
    job = new_batch(manager_client, shop, content, name)
    assert job.status == JobStatus.FAILED
    page = text_of(manager_client.get(reverse("members:batch_detail", args=[job.pk]), follow=True))
    assert said in page
    assert reverse("members:batch_source", args=[job.pk]) in page
    mended = manager_client.post(
        reverse("members:batch_source", args=[job.pk]), {"numbers": "13900000001", "customer": f"{shop.groups.own.code} · x"}
    )
    assert mended["Location"] == reverse("members:batch_actions", args=[job.pk])
    assert work(job).rows == 1
    assert manager_client.get(reverse("members:batch_actions", args=[job.pk])).status_code == 200


class _Endless(io.RawIOBase):
    """A request's body: `head`, then `size` bytes of a file that nobody has in memory, then `tail`."""

    def __init__(self, head: bytes, size: int, tail: bytes) -> None:
        self.parts: Iterator[bytes] = self._parts(head, size, tail)
        self.rest = b""
        self.length = len(head) + size + len(tail)

    def _parts(self, head: bytes, size: int, tail: bytes) -> Iterator[bytes]:
        yield head
        for _ in range(size // 65_536):
            yield b"1" * 65_535 + b"\n"
        yield tail

    def read(self, size: int = -1) -> bytes:
        while len(self.rest) < size:
            part = next(self.parts, b"")
            if not part:
                break
            self.rest += part
        answer, self.rest = self.rest[:size], self.rest[size:]
        return answer


@pytest.mark.parametrize("declared", [True, False])
def test_300_mb_get_an_answer_with_the_figure_and_no_memory(manager: User, shop: Shop, declared: bool) -> None:
    """Whether the length is told beforehand or only the limit on the file itself stops it; what was typed is kept."""
    boundary = "xYzZY"
    size = 300 * 1024 * 1024 if declared else 4 * 1024 * 1024
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="big.csv"\r\nContent-Type: text/csv\r\n\r\n'.encode()
    tail = f'\r\n--{boundary}\r\nContent-Disposition: form-data; name="customer"\r\n\r\nOWN · x\r\n--{boundary}--\r\n'.encode()
    body = _Endless(head, size, tail)
    environment = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/batches/new/",
        "CONTENT_TYPE": f"multipart/form-data; boundary={boundary}",
        "CONTENT_LENGTH": str(body.length),
        "wsgi.input": body,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
    }
    request: Any = WSGIRequest(environment)
    request.user = manager
    request.htmx = False
    request._dont_enforce_csrf_checks = True
    request.session = {}
    with override_settings(UPLOAD_MAX_BYTES=(200 if declared else 3) * 1024 * 1024):
        tracemalloc.start()
        answer = batch_new(request)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert answer.status_code == 422
    text = text_of(answer)
    assert ("300.0\xa0MB" if declared else "3.0\xa0MB") in text
    assert "OWN · x" in text
    assert peak < 32 * 1024 * 1024
    assert not Job.objects.exists()


def test_too_much_pasted_text_is_refused(manager_client: Client, shop: Shop) -> None:
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=10_000):
        answer = manager_client.post(reverse("members:batch_new"), {"customer": "OWN · x", "numbers": "13900000001\n" * 2_000})
    assert answer.status_code == 422
    assert "longer than 9.8\xa0KB" in text_of(answer)


def test_a_workbook_with_a_title_merged_cells_and_formulas_is_explained(manager_client: Client, shop: Shop) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"] = "成员名单"
    sheet.merge_cells("A1:B1")
    sheet.append(["手机号码", "姓名"])
    sheet.append([13900000001, "张三"])
    sheet.append([13900000002.0, "=A1"])
    book.create_sheet("别的")
    file = io.BytesIO()
    book.save(file)
    job = new_batch(manager_client, shop, file.getvalue(), "名单.xlsx")
    page = text_of(manager_client.get(reverse("members:batch_actions", args=[job.pk])))
    assert "in row 2" in page
    for said in ("merged cells", "formulas", "several sheets"):
        assert said in page, said
