"""The pages of batch provisioning: who may open them, what they refuse and how, and the whole way with a worker in this process."""

from __future__ import annotations

import io
import re
import tracemalloc
import zipfile
from collections.abc import Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.handlers.wsgi import WSGIRequest
from django.test import Client, override_settings
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from access.models import User
from access.services.standard_roles import ensure_standard_roles
from jobs.models import Job, JobStatus
from jobs.services.steering import cancel_job
from jobs.services.work import advance
from members.models import Member, ProvisioningBatch
from members.reading.headings import guess_mapping
from members.services import batch_work
from members.services.batch_run import run_here
from members.services.batches import undo_batch
from members.views.batches import batch_new
from tests.factories.access import RoleAssignmentFactory
from tests.members import worlds
from tests.members.conftest import Shop, listed, numbers
from tests.members.sources import workbook
from tests.personas import person

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def manager_client(client: Client, manager: User) -> Client:
    """The manager's browser."""
    client.force_login(manager, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def _sign_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def _post_file(client: Client, shop: Shop, content: bytes, name: str = "numbers.csv", **extra: object):
    address = f"{reverse('members:batch_new')}?customer={shop.groups.own.pk}"
    data = {"customer": f"{shop.groups.own.code} · x", "numbers": "", "file": SimpleUploadedFile(name, content)}
    return client.post(address, data, **extra)


def _new(client: Client, shop: Shop, content: bytes = b"", name: str = "numbers.csv") -> Job:
    """Upload, and let the worker look into the source."""
    response = _post_file(client, shop, content or ("手机号码\n" + "\n".join(n[2:] for n in numbers(3))).encode(), name)
    assert response.status_code == 302, response.content.decode()
    job = Job.objects.latest("pk")
    assert response["Location"] == reverse("members:batch_actions", args=[job.pk])
    return _work(job)


def _choices(**changes: object) -> dict[str, object]:
    """Step 2 as the page sends it: join, and VNET under V10 with its offer."""
    chosen = {
        "membership": "join",
        "kind": ["subscribe"],
        "product": ["VNET"],
        "tariff": ["VNET|V10"],
        "offer": [""],
        "effective_on": "2030-01-01",
        "expires_on": "",
        "mode": "valid",
        "column-0": "number",
    }
    return {name: value for name, value in {**chosen, **changes}.items() if value is not None}


def _work(job: Job) -> Job:
    """Do what a worker would do, from how the job stands now."""
    job.refresh_from_db()
    return run_here(job)


def _text(response) -> str:
    return response.content.decode()


# --- access ----------------------------------------------------------------------------------------------------------------------------

PAGES = ("batch_detail", "batch_actions", "batch_preview", "batch_run", "batch_source")
WRITES = ("batch_approve", "batch_recheck", "batch_mode", "batch_cancel", "batch_pause", "batch_resume", "batch_undo")


def test_a_hidden_batch_is_missing_on_every_page(shop: Shop, manager: User, colleague: User, foreign_director: User) -> None:
    job = worlds.start(manager, shop.groups.own, listed(*numbers(2)), "join")
    for user in (colleague, foreign_director):
        client = _sign_in(user)
        for name in PAGES:
            assert client.get(reverse(f"members:{name}", args=[job.pk])).status_code == 404, name
        for name in WRITES:
            assert client.post(reverse(f"members:{name}", args=[job.pk])).status_code == 404, name
        assert client.get(reverse("members:batch_errors", args=[job.pk, "csv"])).status_code == 404
        assert client.get(f"{reverse('members:batch_new')}?customer={shop.groups.own.pk}").status_code == 404
    job.refresh_from_db()
    assert job.status == JobStatus.VALIDATED


def test_a_viewer_sees_a_batch_and_changes_nothing(shop: Shop, manager: User, viewer: User) -> None:
    job = worlds.start(manager, shop.groups.own, [*listed(*numbers(2)), {"number": "1"}], "join")
    client = _sign_in(viewer)
    preview = _text(client.get(reverse("members:batch_preview", args=[job.pk])))
    assert "foot-bar" not in preview
    assert "errors.csv" not in preview
    assert client.get(reverse("members:batch_actions", args=[job.pk])).status_code == 200
    assert client.get(reverse("members:batch_new")).status_code == 403
    assert client.get(reverse("members:batch_template")).status_code == 403
    assert client.get(reverse("members:batch_errors", args=[job.pk, "csv"])).status_code == 404
    for name in WRITES:
        assert client.post(reverse(f"members:{name}", args=[job.pk]), {"fingerprint": job.fingerprint}).status_code in (403, 404), name
    assert client.post(reverse("members:batch_actions", args=[job.pk]), _choices()).status_code == 404
    job.refresh_from_db()
    assert job.status == JobStatus.VALIDATED
    assert not Member.objects.exists()


def test_two_roles_do_not_add_up_to_a_right_that_neither_gives(shop: Shop, organisation) -> None:
    """Who sees all customers by one role and changes the own ones by another starts no batch for somebody else's."""
    both = person("both", "周全", organisation.team, "account_manager")
    RoleAssignmentFactory(user=both, role=ensure_standard_roles()["viewer"], org_unit=organisation.group)
    client = _sign_in(both)
    assert client.get(reverse("customers:customer_detail", args=[shop.groups.own.pk])).status_code == 200
    assert client.get(f"{reverse('members:batch_new')}?customer={shop.groups.own.pk}").status_code == 404
    answer = client.post(reverse("members:batch_new"), {"customer": f"{shop.groups.own.code} · x", "numbers": "13900000001"})
    assert answer.status_code == 422
    assert "may not change the members" in _text(answer)
    assert not Job.objects.exists()


def test_steps_lead_to_where_the_batch_stands(manager_client: Client, shop: Shop, manager: User) -> None:
    job = _new(manager_client, shop)
    detail = reverse("members:batch_detail", args=[job.pk])
    assert manager_client.get(detail)["Location"].endswith("/actions/")
    assert manager_client.get(reverse("members:batch_preview", args=[job.pk]))["Location"].endswith("/actions/")
    assert manager_client.get(reverse("members:batch_run", args=[job.pk]))["Location"].endswith("/actions/")
    checked = worlds.start(manager, shop.groups.own, listed(*numbers(2)), "join")
    assert manager_client.get(reverse("members:batch_run", args=[checked.pk]))["Location"].endswith("/preview/")
    done = worlds.finish(checked, manager)
    for name in ("batch_actions", "batch_preview", "batch_source"):
        assert manager_client.get(reverse(f"members:{name}", args=[done.pk]))["Location"].endswith("/run/"), name


# --- 1 source --------------------------------------------------------------------------------------------------------------------------


def test_a_source_is_a_file_or_pasted_numbers_and_not_both(manager_client: Client, shop: Shop) -> None:
    address = f"{reverse('members:batch_new')}?customer={shop.groups.own.pk}"
    customer = f"{shop.groups.own.code} · {shop.groups.own.name}"
    none = manager_client.post(address, {"customer": customer, "numbers": " "})
    assert none.status_code == 422
    assert "Choose a file, or paste numbers." in _text(none)
    both = manager_client.post(address, {"customer": customer, "numbers": "13900000001", "file": SimpleUploadedFile("a.csv", b"x")})
    assert both.status_code == 422
    assert "13900000001" in _text(both)
    assert not Job.objects.exists()


def test_pasted_numbers_come_one_a_line_or_many(manager_client: Client, shop: Shop) -> None:
    address = f"{reverse('members:batch_new')}?customer={shop.groups.own.pk}"
    text = "13900000001, 13900000002；139 0000 0003\r\n+86 139-0000-0004\r\n13900000005\t张三"
    data = {"customer": f"{shop.groups.own.code} · x", "numbers": text}
    assert manager_client.post(address, data).status_code == 302
    job = _work(Job.objects.get())
    inspection = ProvisioningBatch.objects.get(job=job).inspection
    assert inspection["rows"] == 5
    assert [row[1].strip() for row in inspection["sample"]][2] == "139 0000 0003"
    assert manager_client.post(address, {**data, "numbers": "13900000001 13900000002、13900000003"}).status_code == 302
    assert _work(Job.objects.latest("pk")).rows == 3


def test_the_same_page_sent_twice_makes_one_batch(manager_client: Client, shop: Shop) -> None:
    address = reverse("members:batch_new")
    data = {"customer": f"{shop.groups.own.code} · x", "numbers": "13900000001", "request_key": "0" * 32}
    first, second = manager_client.post(address, data), manager_client.post(address, data)
    assert first["Location"] == second["Location"]
    assert Job.objects.count() == 1
    manager_client.post(address, {**data, "numbers": "13900000002"})
    assert Job.objects.count() == 2


def test_numbers_in_the_address_are_filled_in(manager_client: Client, shop: Shop) -> None:
    page = _text(manager_client.get(f"{reverse('members:batch_new')}?customer={shop.groups.own.pk}&numbers=13900000001"))
    assert ">\n13900000001</textarea>" in page


def test_the_template_has_headings_that_are_known_in_both_languages(manager: User, manager_client: Client) -> None:
    for language in ("en", "zh-hans"):
        User.objects.filter(pk=manager.pk).update(locale=language)
        answer = manager_client.get(reverse("members:batch_template"))
        sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
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
    answer = _post_file(manager_client, shop, content, name)
    assert answer.status_code == 422
    assert said in _text(answer)
    assert 'id="id_file_error"' in _text(answer)
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
    job = _new(manager_client, shop, content, name)
    assert job.status == JobStatus.FAILED
    page = _text(manager_client.get(reverse("members:batch_detail", args=[job.pk]), follow=True))
    assert said in page
    assert reverse("members:batch_source", args=[job.pk]) in page
    mended = manager_client.post(
        reverse("members:batch_source", args=[job.pk]), {"numbers": "13900000001", "customer": f"{shop.groups.own.code} · x"}
    )
    assert mended["Location"] == reverse("members:batch_actions", args=[job.pk])
    assert _work(job).rows == 1
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
    request = WSGIRequest(environment)
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
    text = _text(answer)
    assert ("300.0\xa0MB" if declared else "3.0\xa0MB") in text
    assert "OWN · x" in text
    assert peak < 32 * 1024 * 1024
    assert not Job.objects.exists()


def test_too_much_pasted_text_is_refused(manager_client: Client, shop: Shop) -> None:
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=10_000):
        answer = manager_client.post(reverse("members:batch_new"), {"customer": "OWN · x", "numbers": "13900000001\n" * 2_000})
    assert answer.status_code == 422
    assert "longer than 9.8\xa0KB" in _text(answer)


# --- 2 actions -------------------------------------------------------------------------------------------------------------------------


def test_the_page_waits_for_the_worker_without_being_loaded_again(manager_client: Client, shop: Shop) -> None:
    _post_file(manager_client, shop, b"number\n13900000001\n")
    job = Job.objects.get()
    address = reverse("members:batch_actions", args=[job.pk])
    assert "Reading the source" in _text(manager_client.get(address))
    poll = {**HTMX, "HTTP_HX_TARGET": "batch-wait"}
    assert manager_client.get(f"{address}?late=0", **poll).status_code == 204
    _work(job)
    assert manager_client.get(f"{address}?late=0", **poll)["HX-Redirect"] == address


def test_columns_are_guessed_and_shown_with_their_first_rows(manager_client: Client, shop: Shop) -> None:
    job = _new(manager_client, shop, "姓名,手机号码,备注\n张三,13900000001,甲\n李四,13900000002,乙\n".encode("gb18030"))
    page = _text(manager_client.get(reverse("members:batch_actions", args=[job.pk])))
    assert "张三 · 李四" in page
    assert page.count(">guessed<") == 2
    assert "GB18030" in page


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"membership": "", "product": [""], "tariff": [""]}, "Choose at least one action."),
        ({"tariff": [""], "offer": [""]}, "Choose a tariff, or an offer."),
        ({"tariff": ["RING|R2"]}, "belongs to another product"),
        ({"offer": ["VNET|V5OFF"]}, "was made for another tariff"),
        ({"tariff": ["VNET|NONE"]}, "Select a valid choice"),
        ({"kind": ["unsubscribe"], "product": [""], "tariff": [""]}, "Choose a product."),
        ({"membership": "leave"}, "it stands alone"),
        ({"expires_on": "2029-12-31"}, "expiry lies before"),
        ({"effective_on": "soon"}, "Enter a valid date"),
        ({"column-0": ""}, "Say which column holds the numbers."),
        (
            {"kind": ["subscribe"] * 2, "product": ["VNET"] * 2, "tariff": ["VNET|V10"] * 2, "offer": [""] * 2},
            "The same action stands twice.",
        ),
    ],
)
def test_wrong_choices_are_said_and_nothing_is_lost(manager_client: Client, shop: Shop, changes: dict[str, object], said: str) -> None:
    job = _new(manager_client, shop)
    answer = manager_client.post(reverse("members:batch_actions", args=[job.pk]), _choices(**changes))
    assert answer.status_code == 422
    assert said in _text(answer)
    assert 'value="2030-01-01"' in _text(answer) or "effective_on" in changes
    job.refresh_from_db()
    assert job.status == JobStatus.UPLOADED


def test_another_row_is_added_without_a_script(manager_client: Client, shop: Shop) -> None:
    job = _new(manager_client, shop)
    answer = manager_client.post(reverse("members:batch_actions", args=[job.pk]), _choices(add="1"))
    assert answer.status_code == 200
    rows = _text(answer).split("<template")[0].count("data-action-row ")
    assert rows == 2


def test_only_offers_of_this_customer_and_products_on_sale_can_be_chosen(manager_client: Client, shop: Shop) -> None:
    job = _new(manager_client, shop)
    page = _text(manager_client.get(reverse("members:batch_actions", args=[job.pk])))
    assert 'value="VNET|V10OFF"' in page
    shop.offers["V10OFF"].customer = shop.groups.other
    shop.offers["V10OFF"].save()
    shop.products["DATA"].retired_on = "2025-01-01"
    shop.products["DATA"].save()
    page = _text(manager_client.get(reverse("members:batch_actions", args=[job.pk])))
    assert 'value="VNET|V10OFF"' not in page
    assert 'value="DATA"' not in page


# --- 3 preview, 4 run ------------------------------------------------------------------------------------------------------------------


def _checked(client: Client, shop: Shop, content: bytes, **changes: object) -> Job:
    job = _new(client, shop, content)
    answer = client.post(reverse("members:batch_actions", args=[job.pk]), _choices(**changes))
    assert answer.status_code == 302, _text(answer)
    return _work(job)


def test_the_whole_way(manager_client: Client, shop: Shop) -> None:
    """Source, actions, preview with its filters, run, result, error file, undo."""
    job = _checked(manager_client, shop, "手机号码\n13900000001\n139-0000-0002\n1390000\n13900000001\n".encode())
    preview = reverse("members:batch_preview", args=[job.pk])
    page = _text(manager_client.get(preview))
    assert "Run 2 rows" in page
    assert "Not a valid number: 7 digits" in page
    assert "Repeated in the file: row 2 comes first" in page
    assert "normalised to" not in page  # the rows with errors come first
    eligible = _text(manager_client.get(f"{preview}?show=eligible"))
    assert "normalised to 13900000002" in eligible
    assert "1390000<" not in eligible
    one = _text(manager_client.get(f"{preview}?verdict=duplicate_in_file"))
    assert "row 2 comes first" in one
    assert "7 digits" not in one
    assert "13900000002" not in one
    answer = manager_client.post(reverse("members:batch_approve", args=[job.pk]), {"fingerprint": "stale"}, follow=True)
    assert "preview has changed" in _text(answer)
    answer = manager_client.post(reverse("members:batch_approve", args=[job.pk]), {"fingerprint": job.fingerprint}, follow=True)
    assert "Waiting for a worker" in _text(answer)
    again = manager_client.post(reverse("members:batch_approve", args=[job.pk]), {"fingerprint": job.fingerprint})
    assert again["Location"] == reverse("members:batch_run", args=[job.pk])
    job = _work(job)
    assert job.status == JobStatus.DONE_WITH_ERRORS
    result = _text(manager_client.get(reverse("members:batch_run", args=[job.pk])))
    assert "2 rows were run." in result
    assert reverse("members:batch_undo", args=[job.pk]) in result
    members = _text(manager_client.get(f"{reverse('members:customer_panel', args=[shop.groups.own.pk])}?batch={job.pk}"))
    assert "13900000001" in members
    answer = manager_client.post(reverse("members:batch_undo", args=[job.pk]))
    undo = Job.objects.get(undo_of=job)
    assert answer["Location"] == reverse("members:batch_detail", args=[undo.pk])
    Member.objects.get(msisdn="8613900000002").save()  # somebody changes it
    undo = _work(undo)
    page = _text(manager_client.get(reverse("members:batch_preview", args=[undo.pk])))
    assert "Take back 1 row" in page
    assert "Changed since the check" in page
    manager_client.post(reverse("members:batch_approve", args=[undo.pk]), {"fingerprint": undo.fingerprint})
    _work(undo)
    assert list(Member.objects.values_list("msisdn", flat=True)) == ["8613900000002"]
    assert "has been taken back" in _text(manager_client.get(reverse("members:batch_run", args=[job.pk])))


def test_the_error_file_in_both_forms(manager_client: Client, manager: User, shop: Shop) -> None:
    User.objects.filter(pk=manager.pk).update(locale="zh-hans")
    job = _checked(manager_client, shop, "手机号码,备注\n=1+1,@x\n13900000001,好\n".encode())
    text = b"".join(manager_client.get(reverse("members:batch_errors", args=[job.pk, "csv"])).streaming_content).decode("utf-8-sig")
    assert text.splitlines()[0].startswith("手机号码,备注,")
    assert "'=1+1,'@x,2," in text
    assert "13900000001" not in text
    answer = manager_client.get(reverse("members:batch_errors", args=[job.pk, "xlsx"]))
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    assert [cell.data_type for cell in sheet[2]] == ["s"] * 5
    assert "attachment" in answer["Content-Disposition"]


def test_all_rows_or_none_explains_itself_and_can_be_switched(manager_client: Client, shop: Shop) -> None:
    job = _checked(manager_client, shop, "手机号码\n13900000001\n1\n".encode(), mode="atomic")
    preview = reverse("members:batch_preview", args=[job.pk])
    page = _text(manager_client.get(preview))
    assert "1 row has an error: nothing can run" in page
    answer = manager_client.post(reverse("members:batch_approve", args=[job.pk]), {"fingerprint": job.fingerprint}, follow=True)
    assert "all or none" in _text(answer)
    assert not Member.objects.exists()
    assert manager_client.post(reverse("members:batch_mode", args=[job.pk]), follow=True).status_code == 200
    manager_client.post(reverse("members:batch_approve", args=[job.pk]), {"fingerprint": job.fingerprint})
    assert _work(job).applied == 1


def test_a_repeated_batch_asks_first(manager_client: Client, shop: Shop) -> None:
    source = "手机号码\n13900000001\n13900000002\n".encode()
    first = _checked(manager_client, shop, source)
    manager_client.post(reverse("members:batch_approve", args=[first.pk]), {"fingerprint": first.fingerprint})
    second = _checked(manager_client, shop, source)
    assert "confirm_repeat" in _text(manager_client.get(reverse("members:batch_preview", args=[second.pk])))
    refused = manager_client.post(reverse("members:batch_approve", args=[second.pk]), {"fingerprint": second.fingerprint}, follow=True)
    assert f"job #{first.pk}" in _text(refused)
    confirmed = {"fingerprint": second.fingerprint, "confirm_repeat": "yes"}
    answer = manager_client.post(reverse("members:batch_approve", args=[second.pk]), confirmed)
    assert answer["Location"].endswith(f"/{second.pk}/")
    second.refresh_from_db()
    assert second.status == JobStatus.APPROVED


def test_another_source_keeps_the_actions(manager_client: Client, shop: Shop) -> None:
    job = _checked(manager_client, shop, "手机号码\n1\n".encode(), offer=["VNET|V10OFF"], expires_on="2031-05-05")
    assert "No row can be run" in _text(manager_client.get(reverse("members:batch_preview", args=[job.pk])))
    data = {"customer": "OWN · x", "file": SimpleUploadedFile("mended.csv", "姓名,号码\n张三,13900000001\n".encode())}
    assert manager_client.post(reverse("members:batch_source", args=[job.pk]), data).status_code == 302
    job = _work(job)
    assert (job.status, job.rows, job.source_name) == (JobStatus.UPLOADED, 1, "mended.csv")
    page = _text(manager_client.get(reverse("members:batch_actions", args=[job.pk])))
    assert re.search(r'<option value="VNET\|V10OFF"[^>]* selected', page)
    assert 'value="2031-05-05"' in page


def test_holding_stopping_and_going_on(manager_client: Client, shop: Shop, manager: User) -> None:
    job = worlds.start(manager, shop.groups.own, listed(*numbers(4)), "join", chunk_rows=2)
    worlds.approve(job, manager)
    run = reverse("members:batch_run", args=[job.pk])
    manager_client.post(reverse("members:batch_pause", args=[job.pk]))
    assert "Paused" in _text(manager_client.get(run))
    poll = {**HTMX, "HTTP_HX_TARGET": "run-progress"}
    same = manager_client.get(f"{run}?seen=paused", **poll)
    assert "HX-Retarget" not in same
    assert 'id="run-progress"' in _text(same)
    manager_client.post(reverse("members:batch_resume", args=[job.pk]))
    advance(job.pk)
    moved = manager_client.get(f"{run}?seen=paused", **poll)
    assert moved["HX-Retarget"] == "#batch-live"
    assert "<b>2</b>" in _text(moved)
    manager_client.post(reverse("members:batch_cancel", args=[job.pk]))
    assert "Stopping" in _text(manager_client.get(run))
    job = _work(job)
    assert (job.status, job.applied) == (JobStatus.CANCELLED, 2)
    assert manager_client.get(f"{run}?seen=running", **poll)["HX-Redirect"] == run
    page = _text(manager_client.get(run))
    assert "2 rows had been run and stay" in page
    assert reverse("members:batch_undo", args=[job.pk]) in page


def test_a_discarded_batch_has_changed_nothing(manager_client: Client, shop: Shop, manager: User) -> None:
    job = worlds.start(manager, shop.groups.own, listed(*numbers(2)), "join")
    page = manager_client.post(reverse("members:batch_cancel", args=[job.pk]), follow=True)
    assert "discarded before anything ran" in _text(page)
    assert not Member.objects.exists()


def test_a_check_that_ends_after_the_batch_was_discarded_does_not_bring_it_back(shop: Shop, manager: User, monkeypatch) -> None:
    whole = batch_work._sum_up

    def cancelled_meanwhile(job: Job, *args: object) -> None:
        whole(job, *args)
        cancel_job(job_id=job.pk, actor=manager)

    monkeypatch.setattr(batch_work, "_sum_up", cancelled_meanwhile)
    job = worlds.start(manager, shop.groups.own, listed(*numbers(2)), "join")
    job.refresh_from_db()
    assert job.status == JobStatus.CANCELLED


def test_a_failed_run_says_why_and_what_next(manager_client: Client, shop: Shop, manager: User) -> None:
    job = worlds.start(manager, shop.groups.own, listed(*numbers(2)), "join", "subscribe:VNET:V10:V10OFF", mode="atomic")
    worlds.approve(job, manager)
    shop.offers["V10OFF"].status = "withdrawn"
    shop.offers["V10OFF"].save()
    job = _work(job)
    assert job.status == JobStatus.FAILED
    page = _text(manager_client.get(reverse("members:batch_run", args=[job.pk])))
    assert "no longer on offer" in page
    assert "Nothing was changed." in page
    assert reverse("members:batch_recheck", args=[job.pk]) in page


def test_an_undo_cannot_be_configured(manager_client: Client, shop: Shop, manager: User) -> None:
    job = worlds.start(manager, shop.groups.own, listed(*numbers(2)), "join", run=True)
    undo = _work(undo_batch(job_id=job.pk, actor=manager))
    for name in ("batch_actions", "batch_source"):
        assert manager_client.get(reverse(f"members:{name}", args=[undo.pk]))["Location"].endswith("/preview/")


def test_rules_of_the_group_are_told_by_name(manager_client: Client, shop: Shop, manager: User) -> None:
    shop.products["VNET"].min_members = 5
    shop.products["VNET"].save()
    job = worlds.start(manager, shop.groups.own, listed(*numbers(2)), "join", "subscribe:VNET:V10")
    page = _text(manager_client.get(reverse("members:batch_preview", args=[job.pk])))
    assert "Below the minimum of members" in page


def test_the_pages_keep_their_number_of_queries(manager_client: Client, shop: Shop, manager: User, django_assert_max_num_queries) -> None:
    few = worlds.start(manager, shop.groups.own, [*listed(*numbers(1)), {"number": "1"}], "join")
    many = worlds.start(manager, shop.groups.own, [*listed(*numbers(60)), *({"number": str(n)} for n in range(60))], "join")
    for job in (few, many):
        with django_assert_max_num_queries(32):
            manager_client.get(reverse("members:batch_preview", args=[job.pk]))
        with django_assert_max_num_queries(32):
            manager_client.get(reverse("members:batch_actions", args=[job.pk]))
    with django_assert_max_num_queries(25):
        manager_client.get(reverse("members:batch_list"))


def test_the_grid_finds_a_row_and_pages_by_keyset(manager_client: Client, shop: Shop, manager: User) -> None:
    job = worlds.start(manager, shop.groups.own, listed(*numbers(60)), "join")
    preview = reverse("members:batch_preview", args=[job.pk])
    page = _text(manager_client.get(preview))
    assert "1–50 of 60" in page
    found = _text(manager_client.get(f"{preview}?q=13900000042"))
    assert "1–1 of 1" in found
    swap = {**HTMX, "HTTP_HX_TARGET": "list-batch_rows"}
    assert _text(manager_client.get(f"{preview}?q=13900000042", **swap)).lstrip().startswith('<div class="list-region"')


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
    job = _new(manager_client, shop, file.getvalue(), "名单.xlsx")
    page = _text(manager_client.get(reverse("members:batch_actions", args=[job.pk])))
    assert "in row 2" in page
    for said in ("merged cells", "formulas", "several sheets"):
        assert said in page, said
