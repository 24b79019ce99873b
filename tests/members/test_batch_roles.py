"""Batches from end to end under the database roles of the product: the page makes and approves, the worker checks, applies and undoes."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from access.models import User
from common.database_roles import WEB, WORKER
from jobs.models import Job
from members.bulk.rows import drop_rows, has_rows
from members.bulk.statements import call_owner_function, fetch
from members.models import Member
from members.services.batch_run import run_here
from members.services.batches import BatchOptions, create_batch, undo_batch
from members.services.plan import ActionSpec
from tests.database_roles import As
from tests.members import worlds
from tests.members.conftest import Shop, listed, numbers


def made(manager: User, shop: Shop, rows: int) -> Job:
    """A batch as a page makes it."""
    options = BatchOptions([ActionSpec.parse("join"), ActionSpec.parse("subscribe:VNET:V5")], effective_on=timezone.localdate())
    source = worlds.csv_source(listed(*numbers(rows)))
    return create_batch(customer_id=shop.groups.own.pk, actor=manager, source=source, source_name="numbers.csv", options=options)


def test_a_batch_is_checked_run_and_undone_by_roles_that_own_nothing(connected_as: As, manager: User, shop: Shop) -> None:
    shop.member(numbers(1)[0], "VNET")
    before = worlds.picture(shop.groups)
    with connected_as(WEB):
        job = made(manager, shop, 40)
        Job.objects.filter(pk=job.pk).update(parameters=job.parameters | {"chunk_rows": 8})
    with connected_as(WORKER):
        job = run_here(job)
        assert (job.status, job.rows, job.eligible) == ("validated", 40, 39)
        assert fetch("SELECT has_parameter_privilege('session_replication_role', 'SET')") == [(True,)]
    with connected_as(WEB):
        assert worlds.states(job)
        worlds.approve(job, manager)
    with connected_as(WORKER):
        assert run_here(job, lanes=2).applied == 39
    assert Member.objects.filter(customer=shop.groups.own, left_on=None).count() == 40
    with connected_as(WEB):
        undo = undo_batch(job_id=job.pk, actor=manager, run_when_checked=True)
    with connected_as(WORKER):
        assert run_here(undo, lanes=2).applied == 39
    assert worlds.picture(shop.groups) == before
    owners = fetch("SELECT DISTINCT relowner::regrole::text FROM pg_class WHERE relname LIKE 'members\\_batchrow%%'", {})
    assert owners == [(connection.settings_dict["USER"],)]


def test_rows_of_a_batch_are_out_of_reach_but_for_their_work(connected_as: As, manager: User, shop: Shop) -> None:
    with connected_as(WORKER):
        job = worlds.start(manager, shop.groups.own, listed(*numbers(3)), "join")
    for role, may in ((WEB, {"SELECT"}), (WORKER, {"SELECT", "UPDATE"})):
        granted = fetch(
            "SELECT p FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) p"
            " WHERE has_table_privilege(%(role)s, %(table)s, p)",
            {"role": role, "table": f"members_batchrow_{job.pk}"},
        )
        assert {name for (name,) in granted} == may


def test_a_page_may_have_the_rows_of_a_batch_dropped_but_not_while_it_runs(connected_as: As, manager: User, shop: Shop) -> None:
    with connected_as(WORKER):
        job = worlds.start(manager, shop.groups.own, listed(*numbers(3)), "join")
    with connected_as(WEB):
        worlds.approve(job, manager)
        with pytest.raises(DatabaseError, match="is being run"):
            drop_rows(job.pk)
    assert has_rows(job.pk)
    with connected_as(WORKER):
        run_here(job)
    with connected_as(WEB):
        drop_rows(job.pk)
    assert not has_rows(job.pk)


@pytest.mark.parametrize("name", ["members_create_stage", "members_create_rows", "members_complete_rows"])
@pytest.mark.parametrize("job_id", [0, -1, 2**62])
def test_owner_functions_want_a_batch(connected_as: As, name: str, job_id: int) -> None:
    tables = fetch("SELECT count(*) FROM pg_class")
    with connected_as(WORKER), pytest.raises(DatabaseError, match="there is no batch"):
        call_owner_function(name, job_id)
    assert fetch("SELECT count(*) FROM pg_class") == tables
