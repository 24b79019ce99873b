"""Rows of batches are kept for a time, then dropped; the job keeps its counts."""

from __future__ import annotations

import datetime

import pytest
from django.conf import settings
from django.utils import timezone

from access.models import User
from jobs.errors import JobRefused
from jobs.models import Job
from members.bulk.rows import has_rows, kept_jobs
from members.services.batches import undo_batch
from members.services.retention import drop_old_rows
from tests.members import worlds
from tests.members.conftest import Shop, listed, numbers

pytestmark = pytest.mark.django_db


def aged(job: Job, days: int) -> Job:
    """The job as if it had ended `days` days ago."""
    Job.objects.filter(pk=job.pk).update(finished_at=timezone.now() - datetime.timedelta(days=days))
    return job


def test_only_rows_past_their_time_are_dropped_and_counts_stay(manager: User, shop: Shop) -> None:
    old_number, young_number = numbers(2)
    old = aged(worlds.start(manager, shop.groups.own, listed(old_number), "join", run=True), settings.BATCH_KEEP_DAYS + 1)
    young = aged(worlds.start(manager, shop.groups.own, listed(young_number), "join", run=True), settings.BATCH_KEEP_DAYS - 1)
    assert {old.pk, young.pk} <= set(kept_jobs())

    assert drop_old_rows() == 1
    assert not has_rows(old.pk)
    assert has_rows(young.pk)
    old.refresh_from_db()
    assert (old.rows, old.applied) == (1, 1)
    assert drop_old_rows() == 0


def test_a_batch_whose_rows_are_gone_cannot_be_undone(manager: User, shop: Shop) -> None:
    job = aged(worlds.start(manager, shop.groups.own, listed(*numbers(1)), "join", run=True), settings.BATCH_KEEP_DAYS + 1)
    drop_old_rows()
    with pytest.raises(JobRefused) as refusal:
        undo_batch(job_id=job.pk, actor=job.actor)
    assert refusal.value.code == "rows_dropped"
