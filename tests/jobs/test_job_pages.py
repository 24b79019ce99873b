"""The list of jobs, the chip that follows a running one, and the way to a job's own page."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from access.models import User
from customers.models import Customer
from jobs.models import Job, JobStatus
from jobs.tables import duration_text
from tests.access.clients import browser
from tests.products.factories import make_customer, make_director, make_manager

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> User:
    """Starts jobs."""
    return make_manager()


@pytest.fixture
def customer(manager: User) -> Customer:
    """What the jobs are about."""
    return make_customer(manager)


def make_job(customer: Customer, actor: User, **values: Any) -> Job:
    """A job about `customer`."""
    scope = {"customer_key": customer.pk, "manager": customer.manager, "org_unit": customer.org_unit}
    return Job.objects.create(**{"kind": "provisioning", "title": "五月入网", "actor": actor, **scope, **values})


def listed(user: User, **parameters: Any) -> set[int]:
    """The jobs in the user's list."""
    return {row.source.pk for row in browser(user).get(reverse("jobs:job_list"), parameters).context["list"].rows}


def test_jobs_in_reach(manager: User, customer: Customer) -> None:
    """A manager sees jobs about the own customers, whoever started them; a director those of the unit; nobody else's."""
    director = make_director(unit=customer.org_unit)
    own, by_director = make_job(customer, manager), make_job(customer, director)
    stranger = make_manager("stranger")
    foreign = make_job(make_customer(stranger), stranger)
    assert listed(manager) == listed(director) == {own.pk, by_director.pk}
    assert listed(manager, mine="yes") == {own.pk}
    assert listed(stranger) == {foreign.pk}
    assert browser(manager).get(reverse("jobs:job_detail", args=[foreign.pk])).status_code == 404


def test_filters_and_search(manager: User, customer: Customer) -> None:
    """By status, kind, number, title and file."""
    done = make_job(customer, manager, status=JobStatus.DONE, source_name="may.xlsx")
    failed = make_job(customer, manager, status=JobStatus.FAILED, title="六月退网")
    assert listed(manager, status="failed") == {failed.pk}
    assert listed(manager, kind="provisioning") == {done.pk, failed.pk}
    assert listed(manager, q=f"#{done.pk}") == listed(manager, q=str(done.pk)) == listed(manager, q="may") == {done.pk}
    assert listed(manager, q="退网") == {failed.pk}
    assert listed(manager, q="9" * 40) == set()


def test_a_job_leads_to_the_page_of_its_kind(manager: User, customer: Customer) -> None:
    """The registry says where; a kind that nobody registered has no page."""
    client = browser(manager)
    unknown = make_job(customer, manager, kind="unknown")
    assert client.get(reverse("jobs:job_detail", args=[unknown.pk])).status_code == 404


def test_the_chip_follows_what_runs(manager: User, customer: Customer) -> None:
    """It shows the user's own work with its percentage and polls only meanwhile; a finished job lingers a little."""
    client, address = browser(manager), reverse("jobs:progress_chip")
    make_job(customer, make_director(unit=customer.org_unit), awaits="run", status=JobStatus.RUNNING)
    make_job(customer, manager, status=JobStatus.VALIDATED)
    assert client.get(address).content.strip() == b""
    running = make_job(customer, manager, awaits="run", status=JobStatus.RUNNING, eligible=200)
    running.chunks.create(first=1, last=128, state="done", applied=100, conflicts=28)
    running.chunks.create(first=129, last=200)
    chip = client.get(address).content.decode()
    assert f"#{running.pk} · 64%" in chip
    assert "every 2s" in chip
    Job.objects.filter(pk=running.pk).update(awaits="", status=JobStatus.DONE, finished_at=timezone.now())
    assert "done" in client.get(address).content.decode()
    Job.objects.filter(pk=running.pk).update(finished_at=timezone.now() - datetime.timedelta(minutes=1))
    assert client.get(address).content.strip() == b""


def test_home_shows_the_users_last_jobs(manager: User, customer: Customer) -> None:
    """Running ones first."""
    running = make_job(customer, manager, awaits="run", status=JobStatus.RUNNING)
    later = make_job(customer, manager, status=JobStatus.DONE)
    card = next(card for card in browser(manager).get(reverse("home")).context["cards"] if card.key == "jobs")
    assert [item["job"].pk for item in card.data["jobs"]] == [running.pk, later.pk]


def test_durations() -> None:
    """Minutes and seconds, hours where there are some, nothing before the start."""
    start = timezone.now()
    assert duration_text(Job()) == ""
    assert duration_text(Job(started_at=start, finished_at=start + datetime.timedelta(seconds=65))) == "1:05"
    assert duration_text(Job(started_at=start, finished_at=start + datetime.timedelta(hours=2, seconds=65))) == "2:01:05"


@pytest.mark.parametrize("rows", [2, 20])
def test_the_number_of_queries_does_not_grow(
    manager: User, customer: Customer, django_assert_max_num_queries: DjangoAssertNumQueries, rows: int
) -> None:
    """Of the list and of the customer's panel."""
    for _ in range(rows):
        make_job(customer, make_director(f"d{_}", customer.org_unit))
    client = browser(manager)
    for address, limit in ((reverse("jobs:job_list"), 12), (reverse("members:customer_batches", args=[customer.pk]), 19)):
        with django_assert_max_num_queries(limit):
            assert client.get(address).status_code == 200
