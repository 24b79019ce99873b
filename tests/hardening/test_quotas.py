"""How much one person may take up, told on the page and by the API."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from access.models import User
from customers.models import Customer
from jobs.models import Job, JobStatus, Upload
from jobs.services.quotas import bytes_left
from tests.api.conftest import JOBS, NUMBERS, Api

pytestmark = pytest.mark.django_db
SIZE = len(NUMBERS.encode())


def page_for(user: User, customer: Customer, language: str) -> str:
    """What the page of a new batch says to a file."""
    User.objects.filter(pk=user.pk).update(locale=language)
    client = Client()
    client.force_login(User.objects.get(pk=user.pk), backend="allauth.account.auth_backends.AuthenticationBackend")
    file = SimpleUploadedFile("numbers.csv", NUMBERS.encode())
    response = client.post(f"/batches/new/?customer={customer.pk}", {"customer": f"{customer.code} · {customer.name}", "file": file})
    return response.content.decode() if response.status_code == 422 else f"status {response.status_code}"


@pytest.mark.parametrize(("language", "words"), [("en", "You have 1 open batches"), ("zh-hans", "未结束的批次")])
def test_only_so_many_batches_are_open_at_a_time(
    api: Api, wanted: dict[str, Any], settings: Any, customer: Customer, manager: User, language: str, words: str
) -> None:
    settings.OPEN_BATCHES_PER_USER = 1
    assert api.post(JOBS, wanted).status_code == 201
    refused = api.post(JOBS, wanted)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_open_jobs")
    assert words in page_for(manager, customer, language)
    assert Job.objects.count() == 1
    Job.objects.update(status=JobStatus.CANCELLED)
    assert api.post(JOBS, wanted).status_code == 201


@pytest.mark.parametrize(("language", "words"), [("en", "a day, and with this file"), ("zh-hans", "每天最多可上传")])
def test_only_so_many_bytes_a_day(
    api: Api, wanted: dict[str, Any], settings: Any, customer: Customer, manager: User, language: str, words: str
) -> None:
    settings.UPLOAD_BYTES_PER_DAY = SIZE + 10
    assert api.post(JOBS, wanted).status_code == 201
    refused = api.post(JOBS, wanted)
    assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (429, "upload_quota", "numbers")
    assert words in page_for(manager, customer, language)
    assert Job.objects.count() == 1
    Upload.objects.update(created_at=timezone.now() - datetime.timedelta(days=1, seconds=1))
    assert bytes_left(manager) == SIZE + 10
    assert api.post(JOBS, wanted).status_code == 201
    assert Upload.objects.count() == 1  # what no longer counts is gone


def test_one_person_s_uploads_are_not_another_s(api: Api, wanted: dict[str, Any], colleague: User, manager: User) -> None:
    before = bytes_left(colleague)
    api.post(JOBS, wanted)
    assert bytes_left(manager) < before == bytes_left(colleague)
