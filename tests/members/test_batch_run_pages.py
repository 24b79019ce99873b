"""The preview, the run and the result of a batch, with a worker in this process."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from access.models import User
from jobs.models import Job, JobStatus
from jobs.services.steering import cancel_job
from jobs.services.work import advance
from members.models import Member
from members.services import batch_work
from members.services.batches import undo_batch
from tests.members import worlds
from tests.members.batch_browser import HTMX, checked, content_of, text_of, work
from tests.members.conftest import Shop, listed, numbers

pytestmark = pytest.mark.django_db


def test_the_whole_way(manager_client: Client, shop: Shop) -> None:
    """Source, actions, preview with its filters, run, result, error file, undo."""
    job = checked(manager_client, shop, "手机号码\n13900000001\n139-0000-0002\n1390000\n13900000001\n".encode())
    preview = reverse("members:batch_preview", args=[job.pk])
    page = text_of(manager_client.get(preview))
    assert "Run 2 rows" in page
    assert "Not a valid number: 7 digits" in page
    assert "Repeated in the file: row 2 comes first" in page
    assert "normalised to" not in page  # the rows with errors come first
    eligible = text_of(manager_client.get(f"{preview}?show=eligible"))
    assert "normalised to 139****0002" in eligible
    assert "1390000<" not in eligible
    one = text_of(manager_client.get(f"{preview}?verdict=duplicate_in_file"))
    assert "row 2 comes first" in one
    assert "7 digits" not in one
    assert "13900000002" not in one
    answer = manager_client.post(reverse("members:batch_approve", args=[job.pk]), {"fingerprint": "stale"}, follow=True)
    assert "preview has changed" in text_of(answer)
    answer = manager_client.post(reverse("members:batch_approve", args=[job.pk]), {"fingerprint": job.fingerprint}, follow=True)
    assert "Waiting for a worker" in text_of(answer)
    again = manager_client.post(reverse("members:batch_approve", args=[job.pk]), {"fingerprint": job.fingerprint})
    assert again["Location"] == reverse("members:batch_run", args=[job.pk])
    job = work(job)
    assert job.status == JobStatus.DONE_WITH_ERRORS
    result = text_of(manager_client.get(reverse("members:batch_run", args=[job.pk])))
    assert "2 rows were run." in result
    assert reverse("members:batch_undo", args=[job.pk]) in result
    members = text_of(manager_client.get(f"{reverse('members:customer_panel', args=[shop.groups.own.pk])}?batch={job.pk}"))
    assert "139****0001" in members
    answer = manager_client.post(reverse("members:batch_undo", args=[job.pk]))
    undo = Job.objects.get(undo_of=job)
    assert answer["Location"] == reverse("members:batch_detail", args=[undo.pk])
    Member.objects.get(msisdn="8613900000002").save()  # somebody changes it
    undo = work(undo)
    page = text_of(manager_client.get(reverse("members:batch_preview", args=[undo.pk])))
    assert "Take back 1 row" in page
    assert "Changed since the check" in page
    manager_client.post(reverse("members:batch_approve", args=[undo.pk]), {"fingerprint": undo.fingerprint})
    work(undo)
    assert list(Member.objects.values_list("msisdn", flat=True)) == ["8613900000002"]
    assert "has been taken back" in text_of(manager_client.get(reverse("members:batch_run", args=[job.pk])))


def test_the_error_file_in_both_forms(manager_client: Client, manager: User, shop: Shop) -> None:
    User.objects.filter(pk=manager.pk).update(locale="zh-hans")
    job = checked(manager_client, shop, "手机号码,备注\n=1+1,@x\n13900000001,好\n".encode())
    text = content_of(manager_client.get(reverse("members:batch_errors", args=[job.pk, "csv"]))).decode("utf-8-sig")
    assert text.splitlines()[0].startswith("手机号码,备注,")
    assert "'=1+1,'@x,2," in text
    assert "13900000001" not in text
    answer = manager_client.get(reverse("members:batch_errors", args=[job.pk, "xlsx"]))
    sheet = load_workbook(io.BytesIO(content_of(answer))).active
    assert sheet is not None
    assert [cell.data_type for cell in sheet[2]] == ["s"] * 5
    assert "attachment" in answer["Content-Disposition"]


def test_all_rows_or_none_explains_itself_and_can_be_switched(manager_client: Client, shop: Shop) -> None:
    job = checked(manager_client, shop, "手机号码\n13900000001\n1\n".encode(), mode="atomic")
    preview = reverse("members:batch_preview", args=[job.pk])
    page = text_of(manager_client.get(preview))
    assert "1 row has an error: nothing can run" in page
    answer = manager_client.post(reverse("members:batch_approve", args=[job.pk]), {"fingerprint": job.fingerprint}, follow=True)
    assert "all or none" in text_of(answer)
    assert not Member.objects.exists()
    assert manager_client.post(reverse("members:batch_mode", args=[job.pk]), follow=True).status_code == 200
    manager_client.post(reverse("members:batch_approve", args=[job.pk]), {"fingerprint": job.fingerprint})
    assert work(job).applied == 1


def test_a_repeated_batch_asks_first(manager_client: Client, shop: Shop) -> None:
    source = "手机号码\n13900000001\n13900000002\n".encode()
    first = checked(manager_client, shop, source)
    manager_client.post(reverse("members:batch_approve", args=[first.pk]), {"fingerprint": first.fingerprint})
    second = checked(manager_client, shop, source)
    assert "confirm_repeat" in text_of(manager_client.get(reverse("members:batch_preview", args=[second.pk])))
    refused = manager_client.post(reverse("members:batch_approve", args=[second.pk]), {"fingerprint": second.fingerprint}, follow=True)
    assert f"job #{first.pk}" in text_of(refused)
    confirmed = {"fingerprint": second.fingerprint, "confirm_repeat": "yes"}
    answer = manager_client.post(reverse("members:batch_approve", args=[second.pk]), confirmed)
    assert answer["Location"].endswith(f"/{second.pk}/")
    second.refresh_from_db()
    assert second.status == JobStatus.APPROVED


def test_another_source_keeps_the_actions(manager_client: Client, shop: Shop) -> None:
    job = checked(manager_client, shop, "手机号码\n1\n".encode(), offer=["VNET|V10OFF"], expires_on="2031-05-05")
    assert "No row can be run" in text_of(manager_client.get(reverse("members:batch_preview", args=[job.pk])))
    data = {"customer": "OWN · x", "file": SimpleUploadedFile("mended.csv", "姓名,号码\n张三,13900000001\n".encode())}
    assert manager_client.post(reverse("members:batch_source", args=[job.pk]), data).status_code == 302
    job = work(job)
    assert (job.status, job.rows, job.source_name) == (JobStatus.UPLOADED, 1, "mended.csv")
    page = text_of(manager_client.get(reverse("members:batch_actions", args=[job.pk])))
    assert re.search(r'<option value="VNET\|V10OFF"[^>]* selected', page)
    assert 'value="2031-05-05"' in page


def test_holding_stopping_and_going_on(manager_client: Client, shop: Shop, manager: User) -> None:
    job = worlds.start(manager, shop.groups.own, listed(*numbers(4)), "join", chunk_rows=2)
    worlds.approve(job, manager)
    run = reverse("members:batch_run", args=[job.pk])
    manager_client.post(reverse("members:batch_pause", args=[job.pk]))
    assert "Paused" in text_of(manager_client.get(run))
    poll = {**HTMX, "HX-Target": "run-progress"}
    same = manager_client.get(f"{run}?seen=paused", headers=poll)
    assert "HX-Retarget" not in same
    assert 'id="run-progress"' in text_of(same)
    manager_client.post(reverse("members:batch_resume", args=[job.pk]))
    advance(job.pk)
    moved = manager_client.get(f"{run}?seen=paused", headers=poll)
    assert moved["HX-Retarget"] == "#flow-live"
    assert "<b>2</b>" in text_of(moved)
    manager_client.post(reverse("members:batch_cancel", args=[job.pk]))
    assert "Stopping" in text_of(manager_client.get(run))
    job = work(job)
    assert (job.status, job.applied) == (JobStatus.CANCELLED, 2)
    assert manager_client.get(f"{run}?seen=running", headers=poll)["HX-Redirect"] == run
    page = text_of(manager_client.get(run))
    assert "2 rows had been run and stay" in page
    assert reverse("members:batch_undo", args=[job.pk]) in page


def test_a_discarded_batch_has_changed_nothing(manager_client: Client, shop: Shop, manager: User) -> None:
    job = worlds.start(manager, shop.groups.own, listed(*numbers(2)), "join")
    page = manager_client.post(reverse("members:batch_cancel", args=[job.pk]), follow=True)
    assert "discarded before anything ran" in text_of(page)
    assert not Member.objects.exists()


def test_a_check_that_ends_after_the_batch_was_discarded_does_not_bring_it_back(shop: Shop, manager: User, monkeypatch) -> None:
    whole = batch_work._sum_up

    def cancelled_meanwhile(job: Job, *args: Any) -> None:
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
    job = work(job)
    assert job.status == JobStatus.FAILED
    page = text_of(manager_client.get(reverse("members:batch_run", args=[job.pk])))
    assert "no longer on offer" in page
    assert "Nothing was changed." in page
    assert reverse("members:batch_recheck", args=[job.pk]) in page


def test_an_undo_cannot_be_configured(manager_client: Client, shop: Shop, manager: User) -> None:
    job = worlds.start(manager, shop.groups.own, listed(*numbers(2)), "join", run=True)
    undo = work(undo_batch(job_id=job.pk, actor=manager))
    for name in ("batch_actions", "batch_source"):
        assert manager_client.get(reverse(f"members:{name}", args=[undo.pk]))["Location"].endswith("/preview/")


def test_rules_of_the_group_are_told_by_name(manager_client: Client, shop: Shop, manager: User) -> None:
    shop.products["VNET"].min_members = 5
    shop.products["VNET"].save()
    job = worlds.start(manager, shop.groups.own, listed(*numbers(2)), "join", "subscribe:VNET:V10")
    page = text_of(manager_client.get(reverse("members:batch_preview", args=[job.pk])))
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
    page = text_of(manager_client.get(preview))
    assert "1–50 of 60" in page
    found = text_of(manager_client.get(f"{preview}?q=13900000042"))
    assert "1–1 of 1" in found
    swap = {**HTMX, "HX-Target": "list-batch_rows"}
    assert text_of(manager_client.get(f"{preview}?q=13900000042", headers=swap)).lstrip().startswith('<div class="list-region ')
