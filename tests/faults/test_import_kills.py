"""An import runs to its end though its worker is killed amid it: nothing is lost, nothing is written twice."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from access.models import User
from customers.models import Customer, OwnershipChange
from customers.services.imports import approve_import
from jobs.models import ChunkState, Job, JobChunk, JobStatus
from tests.customers.imports import CUSTOMERS, checked
from tests.factories.customers import CustomerFactory
from tests.faults.stage import stage

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]

ROWS = 4_000
SECONDS = 120.0


def test_a_killed_worker_writes_every_row_once(manager: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("customers.services.imports.CHUNK_LINES", 100)
    for number in range(20):
        CustomerFactory(code=f"A-{number}", name=f"旧名{number}", manager=manager)
    job = checked(manager, CUSTOMERS, [["code", "name"], *([f"A-{number}", f"云江{number}公司"] for number in range(ROWS))])
    assert job.eligible == ROWS
    approve_import(job_id=job.pk, actor=manager, fingerprint=job.fingerprint)
    kills = 0
    with stage(tmp_path, seed=7) as world:
        deadline = time.monotonic() + SECONDS
        while Job.objects.filter(pk=job.pk).exclude(awaits="").exists():
            assert time.monotonic() < deadline, "the import hangs"
            done = JobChunk.objects.filter(job=job, state=ChunkState.DONE).count()
            if kills < 2 and done >= 5 * (kills + 1) and world.kill_child():
                kills += 1
            world.keep_up()
            time.sleep(0.1)
    job.refresh_from_db()
    assert kills
    assert (job.status, job.applied, job.conflicts) == (JobStatus.DONE, ROWS, 0)
    assert Customer.objects.filter(name__startswith="云江").count() == ROWS
    assert OwnershipChange.objects.count() == ROWS - 20
