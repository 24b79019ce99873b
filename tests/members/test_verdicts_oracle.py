"""The whole way of a batch against the oracle: random small worlds, random dirty lists, all verdicts, the run and the undo."""

from __future__ import annotations

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings

from access.models import User
from jobs.models import Job, JobStatus
from members.services.batch_run import run_here
from members.services.batches import BatchOptions, create_batch, undo_batch
from tests.members import worlds
from tests.members.dirty import cases
from tests.members.worlds import Groups
from tests.oracle import provisioning as oracle

Case = tuple[oracle.World, oracle.Order, list[dict[str, str]]]


@pytest.fixture
def groups(manager: User) -> Groups:
    """The manager's customer and another one."""
    return Groups.make(manager)


@given(case=cases())
@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_checks_runs_and_undoes_as_the_oracle_says(manager: User, groups: Groups, case: Case) -> None:
    with transaction.atomic():
        worlds.load(case[0], groups)
        _check_run_and_undo(manager, groups, *case)
        transaction.set_rollback(True)


def _check_run_and_undo(manager: User, groups: Groups, world: oracle.World, order: oracle.Order, rows: list[dict[str, str]]) -> None:
    before = worlds.picture(groups)
    findings = oracle.judge(world, order, [(line, cells) for line, cells in enumerate(rows, start=worlds.FIRST_LINE)])
    options = BatchOptions(worlds.specs_of(order), effective_on=order.effective, expires_on=order.expires)
    job = run_here(
        create_batch(customer_id=groups.own.pk, actor=manager, source=worlds.csv_source(rows), source_name="list.csv", options=options)
    )
    if not findings:
        assert job.error == {"code": "only_headings", "figures": {}}
        return
    assert worlds.found(job) == {each.reading.line: (each.state, each.codes, each.todo, each.duplicate_of) for each in findings}
    assert worlds.picture(groups) == before == oracle.picture(world.memberships)
    if not any(each.state == "e" for each in findings):
        assert job.eligible == 0
        return
    done = worlds.finish(job, manager)
    _assert_counts(done, findings)
    assert worlds.picture(groups) == oracle.picture(oracle.carry_out(world, order, findings).memberships)
    undone = run_here(undo_batch(job_id=job.pk, actor=manager, run_when_checked=True))
    assert (undone.status, undone.applied, undone.conflicts) == (JobStatus.DONE, done.applied, 0)
    assert worlds.picture(groups) == before


def _assert_counts(job: Job, findings: list[oracle.Finding]) -> None:
    states = [each.state for each in findings]
    assert (job.rows, job.eligible, job.skipped, job.failed) == (len(states), states.count("e"), states.count("s"), states.count("f"))
    assert (job.applied, job.conflicts) == (job.eligible, 0)
    assert job.status == (JobStatus.DONE_WITH_ERRORS if job.failed else JobStatus.DONE)
