"""Smaller promises of the batch pages: blocking rules, pages sent again, progress, pasted lines, cells at fault."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from django.http import Http404
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from access.models import User
from jobs.flow import duration_text
from jobs.models import Job, JobStatus
from jobs.services.progress import progress_of
from members.batch_pages import signed_yuan
from members.batch_tables import fields_at_fault
from members.models import VerdictRule
from members.services.pasted import pasted_source
from members.services.reach import customer_to_provision, customers_to_provision
from members.services.wording import ActionWords, refusal_text
from tests.members import worlds
from tests.members.batch_browser import checked, text_of
from tests.members.conftest import Shop, listed, numbers

pytestmark = pytest.mark.django_db


def test_a_rule_of_the_group_that_is_an_error_takes_the_button_away(manager_client: Client, shop: Shop, manager: User) -> None:
    VerdictRule.objects.update_or_create(code="below_min_members", defaults={"severity": "error"})
    shop.products["VNET"].min_members = 5
    shop.products["VNET"].save()
    job = worlds.start(manager, shop.groups.own, listed(*numbers(2)), "join", "subscribe:VNET:V10")
    page = text_of(manager_client.get(reverse("members:batch_preview", args=[job.pk])))
    assert "nothing can run while it stands" in page
    assert 'class="btn btn-primary" disabled>Run 2 rows' in page
    refused = manager_client.post(reverse("members:batch_approve", args=[job.pk]), {"fingerprint": job.fingerprint}, follow=True)
    assert "rule of the whole group: Below the minimum of members." in text_of(refused)
    job.refresh_from_db()
    assert job.status == JobStatus.VALIDATED


def test_the_page_of_a_discarded_batch_sent_again_makes_another(manager_client: Client, shop: Shop) -> None:
    address = reverse("members:batch_new")
    data = {"customer": f"{shop.groups.own.code} · x", "numbers": "13900000001", "request_key": "0" * 32}
    manager_client.post(address, data)
    first = Job.objects.get()
    manager_client.post(reverse("members:batch_cancel", args=[first.pk]))
    answer = manager_client.post(address, data)
    assert answer["Location"] != reverse("members:batch_actions", args=[first.pk])
    assert Job.objects.count() == 2


def test_too_much_pasted_for_another_source_keeps_to_its_batch(manager_client: Client, shop: Shop) -> None:
    job = checked(manager_client, shop, "手机号码\n1\n".encode())
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=10_000):
        answer = manager_client.post(reverse("members:batch_source", args=[job.pk]), {"numbers": "13900000001\n" * 2_000})
    assert answer.status_code == 422
    assert f"#{job.pk}</a>" in text_of(answer)
    assert shop.groups.own.name in text_of(answer)


def test_who_may_provision_whom(shop: Shop, manager: User, viewer: User, director: User, foreign_director: User) -> None:
    assert set(customers_to_provision(manager)) == {shop.groups.own}
    assert set(customers_to_provision(director)) == {shop.groups.own, shop.groups.other}
    assert not customers_to_provision(viewer).exists()
    assert not customers_to_provision(foreign_director).exists()
    for pk in (shop.groups.other.pk, 0, 2**70, "x"):
        with pytest.raises(Http404):
            customer_to_provision(manager, pk)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("13900000001", "13900000001\n"),
        ("13900000001,13900000002", "13900000001\n13900000002\n"),
        ("13900000001 13900000002", "13900000001\n13900000002\n"),
        ("139 0000 0001", "139 0000 0001\n"),
        ("139 0000 0001、13900000002", "139 0000 0001\n13900000002\n"),
        ("13900000001,张三", "13900000001,张三\n"),
        ("号码\t姓名\r\n13900000001\t张三\r\n", "号码\t姓名\n13900000001\t张三\n"),
    ],
)
def test_pasted_lines(text: str, kept: str) -> None:
    with pasted_source(text).stored.open() as file:
        assert file.read().decode() == kept


def test_progress_is_read_from_the_chunks(shop: Shop, manager: User) -> None:
    job = worlds.start(manager, shop.groups.own, listed(*numbers(4)), "join", chunk_rows=2)
    worlds.approve(job, manager)
    job.refresh_from_db()
    now = timezone.now()
    job.started_at = now - datetime.timedelta(seconds=10)
    assert progress_of(job).rate is None
    job.chunks.filter(first=1).update(state="done", applied=1, conflicts=1, applied_at=now)
    progress = progress_of(job)
    assert (progress.done, progress.total, progress.conflicts, progress.percent) == (2, 4, 1, 50)
    assert progress.rate == pytest.approx(0.2, rel=0.05)
    assert progress.seconds_left == pytest.approx(10, rel=0.05)
    job.status = JobStatus.PAUSED
    assert progress_of(job).seconds_left is None
    job.finished_at = job.started_at + datetime.timedelta(seconds=4)
    assert progress_of(job).rate == pytest.approx(0.5)


def test_words() -> None:
    assert [duration_text(seconds) for seconds in (0.84, 42.3, 185, 4_320)] == ["0.8 s", "42 s", "3 min 5 s", "1 h 12 min"]
    assert [signed_yuan(Decimal(amount)) for amount in (1200, -9, 0)] == ["+¥1,200", "−¥9", "¥0"]
    assert refusal_text("group_rule", {"rule": "below_min_members, unheard_of"}).endswith("Below the minimum of members, unheard_of.")
    gone = {
        "actions": [
            {"kind": "subscribe", "product": "GONE", "tariff": "T", "offer": ""},
            {"kind": "leave", "product": "", "tariff": "", "offer": ""},
        ]
    }
    assert ActionWords.of(gone).sentence == "GONE (T) + Leave"


@pytest.mark.parametrize(
    ("code", "cells", "fields"),
    [
        ("number_malformed", {"number": "1"}, ["number"]),
        ("date_unreadable", {"number": "1", "effective_on": "2026-13-01", "expires_on": "2027-01-01"}, ["effective_on"]),
        ("date_reversed", {"effective_on": "2027-01-01"}, ["effective_on"]),
        ("text_too_long", {"holder_name": "x" * 65, "department": "内科"}, ["holder_name"]),
        ("text_control", {"holder_name": "张\x07三", "department": "内科"}, ["holder_name"]),
        ("short_number_taken", {"short_number": "6101"}, ["short_number"]),
        ("tariff_unknown", {"number": "1"}, []),
    ],
)
def test_cells_at_fault(code: str, cells: dict[str, str], fields: list[str]) -> None:
    assert fields_at_fault(code, cells) == fields
