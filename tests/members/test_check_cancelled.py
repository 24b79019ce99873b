"""A batch is cancelled while a worker reads and checks it: it stays cancelled, and nothing is run."""

from __future__ import annotations

import threading

import pytest
from django.utils import timezone

from access.models import User
from jobs.models import Job, JobStatus
from jobs.services.steering import cancel_job
from jobs.services.work import advance
from members.bulk.checking import CheckRequest, check_rows
from members.bulk.rows import complete_rows, has_rows
from members.models import Member
from members.services import batch_work
from members.services.batches import BatchOptions, create_batch
from members.services.plan import ActionSpec
from tests.members import worlds
from tests.members.conftest import Shop, listed, numbers
from tests.threads import aside, soon

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("run_when_checked", [False, True])
def test_cancelled_while_it_is_checked(manager: User, shop: Shop, monkeypatch: pytest.MonkeyPatch, run_when_checked: bool) -> None:
    there, go = threading.Event(), threading.Event()

    def check_slowly(request: CheckRequest) -> None:
        check_rows(request)
        there.set()
        soon(go)

    monkeypatch.setattr(batch_work, "check_rows", check_slowly)
    options = BatchOptions([ActionSpec("join")], effective_on=timezone.localdate(), run_when_checked=run_when_checked)
    source = worlds.csv_source(listed(*numbers(3)))
    job = create_batch(customer_id=shop.groups.own.pk, actor=manager, source=source, source_name="n.csv", options=options)
    with aside(lambda: advance(job.pk)):
        soon(there)
        assert cancel_job(job_id=job.pk, actor=manager).status == JobStatus.CANCELLED
        assert not advance(job.pk)
        go.set()
    assert not advance(job.pk)
    job = Job.objects.get(pk=job.pk)
    assert (job.status, job.awaits, job.chunks.count(), Member.objects.count()) == (JobStatus.CANCELLED, "", 0, 0)


def test_what_a_broken_check_wrote_is_gone(manager: User, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that fails midway leaves no rows behind, and the next try starts afresh."""
    failures = iter([ValueError("power")])

    def complete_at_second_try(job_id: int) -> None:
        if error := next(failures, None):
            raise error
        complete_rows(job_id)

    monkeypatch.setattr(batch_work, "complete_rows", complete_at_second_try)
    options = BatchOptions([ActionSpec("join")], effective_on=timezone.localdate())
    source = worlds.csv_source(listed(*numbers(3)))
    job = create_batch(customer_id=shop.groups.own.pk, actor=manager, source=source, source_name="n.csv", options=options)
    assert advance(job.pk)
    assert not has_rows(job.pk)
    assert not advance(job.pk)
    job.refresh_from_db()
    assert (job.status, job.eligible, job.attempts.exclude(error="").count()) == (JobStatus.VALIDATED, 3, 1)
