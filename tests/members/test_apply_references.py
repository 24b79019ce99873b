"""Foreign keys: checked once for a whole chunk where the database role may suspend them, else row by row; the same comes out."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Exists, ForeignKey, Model, OuterRef

from access.models import User
from common.database_roles import WORKER
from jobs.models import Job
from members.bulk import applying
from members.bulk.applying import ChunkRequest, apply_chunk
from members.bulk.statements import execute, fetch
from members.models import BatchRow, Member, MemberSubscription
from members.services.batch_run import run_here
from members.services.batches import undo_batch
from members.services.plan import MovedCodes, plan_of
from members.verdict_codes import codes_of
from products.models import Tariff
from tests.members import worlds
from tests.members.conftest import Shop, listed, numbers
from tests.threads import aside

WRITTEN: tuple[type[Model], ...] = (Member, MemberSubscription)
"""The tables that batches write with their row-by-row checks suspended."""


def orphans() -> list[str]:
    """References of the written tables that lead nowhere."""
    found = []
    for model in WRITTEN:
        for field in model._meta.concrete_fields:
            if isinstance(field, ForeignKey):
                target = field.related_model._default_manager.filter(pk=OuterRef(field.attname))
                lost = model._default_manager.exclude(**{field.attname: None}).filter(~Exists(target)).count()
                found += [f"{model.__name__}.{field.name}: {lost}"] * bool(lost)
    return found


@pytest.mark.django_db
class TestWhatTheBatchesRelyOn:
    """A relation added later must be thought of where batches check and undo for themselves."""

    def test_only_subscriptions_point_at_members(self) -> None:
        """An undo deletes members with the checks suspended: whatever points at them it must delete itself."""
        pointing = {relation.related_model for model in WRITTEN for relation in model._meta.related_objects}
        assert pointing == {MemberSubscription}
        tables = fetch(
            "SELECT DISTINCT conrelid::regclass::text FROM pg_constraint WHERE contype = 'f' AND confrelid = 'members_member'::regclass"
        )
        assert tables == [("members_membersubscription",)]
        assert not fetch("SELECT 1 FROM pg_constraint WHERE contype = 'f' AND confrelid = 'members_membersubscription'::regclass")
        assert all(model not in apps.get_model("members", "Member")._meta.get_parent_list() for model in WRITTEN)

    def test_what_members_and_subscriptions_point_at(self) -> None:
        """`_lock_referenced` locks a row of each of these once for a chunk."""
        targets = {
            field.related_model._meta.db_table
            for model in WRITTEN
            for field in model._meta.concrete_fields
            if isinstance(field, ForeignKey)
        }
        assert targets == {
            "customers_customer",
            "jobs_job",
            "members_member",
            "products_product",
            "products_tariff",
            "products_offer",
        }

    def test_checks_are_on_again_afterwards(self, manager: User, shop: Shop) -> None:
        worlds.start(manager, shop.groups.own, listed(*numbers(2)), "join", "subscribe:VNET:V5", run=True)
        assert fetch("SELECT current_setting('session_replication_role')") == [("origin",)]
        assert not orphans()


@pytest.fixture
def plain_role(db: None, role_passwords: dict[str, str]) -> Iterator[None]:
    """The worker's database role, for the rest of the test's transaction without the right to suspend foreign keys."""
    check_now()
    execute(f"REVOKE SET ON PARAMETER session_replication_role FROM {WORKER}")
    execute(f"SET LOCAL ROLE {WORKER}")
    assert fetch("SELECT has_parameter_privilege('session_replication_role', 'SET')") == [(False,)]
    yield
    execute("RESET ROLE")


ACTIONS = [
    ("join", "subscribe:VNET:V5:V5OFF"),
    ("subscribe:DATA:D30",),
    ("change_tariff:VNET:V10:V10OFF",),
    ("unsubscribe:VNET", "subscribe:DATA:D30"),
    ("leave",),
]


def check_now() -> None:
    """Check what the database would check when the transaction commits."""
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    execute("SET CONSTRAINTS ALL DEFERRED")


def _run_and_undo(manager: User, shop: Shop, actions: tuple[str, ...]) -> list[list[tuple[object, ...]]]:
    for number in numbers(3):
        shop.member(number, "VNET")
    pictures = [worlds.picture(shop.groups)]
    job = worlds.start(
        manager, shop.groups.own, listed(*numbers(6)), *actions, run=True, effective_on=datetime.date(2026, 6, 1), chunk_rows=4
    )
    assert job.applied == 3
    check_now()
    pictures.append(worlds.picture(shop.groups))
    assert run_here(undo_batch(job_id=job.pk, actor=manager, run_when_checked=True)).applied == 3
    check_now()
    assert not orphans()
    return [*pictures, worlds.picture(shop.groups)]


@pytest.mark.django_db
@pytest.mark.parametrize("actions", ACTIONS, ids=" ".join)
def test_the_same_comes_out_with_and_without_the_right(
    manager: User, shop: Shop, request: pytest.FixtureRequest, actions: tuple[str, ...]
) -> None:
    with transaction.atomic():
        suspended = _run_and_undo(manager, shop, actions)
        transaction.set_rollback(True)
    request.getfixturevalue("plain_role")
    assert _run_and_undo(manager, shop, actions) == suspended
    assert suspended[0] == suspended[2] != suspended[1]


@pytest.mark.django_db
def test_a_reference_that_is_gone_fails_the_chunk(manager: User, shop: Shop) -> None:
    job = worlds.start(manager, shop.groups.own, listed(*numbers(2)), "join", "subscribe:VNET:V5")
    plan = plan_of(shop.groups.own, job.parameters)
    plan.actions[1].tariffs[0].id = 1 << 40
    request = ChunkRequest(
        job.pk, plan, 1, 2, plan.effective_on, frozenset(), has_members=False, heeds_blacklist=True, moved_codes=MovedCodes()
    )
    with pytest.raises(IntegrityError, match="products_tariff"), transaction.atomic():
        apply_chunk(request)
    assert not Member.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_nothing_referenced_can_be_deleted_amid_a_chunk(manager: User, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    job = worlds.start(manager, shop.groups.own, listed(*numbers(2)), "join", "subscribe:VNET:V5")
    write = applying._write  # the moment between the locks and the writes
    refusals = []

    def delete_tariff() -> None:
        try:
            with transaction.atomic():
                execute("SET LOCAL lock_timeout = '200ms'")
                Tariff.objects.filter(code="V5").delete()
        except OperationalError as error:
            refusals.append(str(error))

    def write_while_another_deletes(request: ChunkRequest) -> None:
        with aside(delete_tariff):
            pass
        write(request)

    shop.offers["V5OFF"].delete()
    monkeypatch.setattr(applying, "_write", write_while_another_deletes)
    job = worlds.start(manager, shop.groups.own, listed(*numbers(2)), "join", "subscribe:VNET:V5", run=True)
    assert job.applied == 2
    assert len(refusals) == 1
    assert "lock timeout" in refusals[0]
    assert not orphans()


@pytest.mark.django_db
@pytest.mark.parametrize("place", [0, 13, 39])
def test_a_row_that_the_database_refuses_fails_alone(manager: User, shop: Shop, place: int) -> None:
    poison = numbers(40)[place]
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE members_member ADD CONSTRAINT poison CHECK (msisdn <> %s) NOT VALID", [poison])
    job = worlds.start(manager, shop.groups.own, listed(*numbers(40)), "join", "subscribe:VNET:V5", run=True, chunk_rows=20)
    assert (job.status, job.applied, job.conflicts) == ("done_with_errors", 39, 1)
    assert sorted(Member.objects.values_list("msisdn", flat=True)) == [number for number in numbers(40) if number != poison]
    row = BatchRow.objects.get(job=job, msisdn=poison)
    assert (row.state, codes_of(row.verdicts)[-1]) == ("c", "run_failed")
    undo = run_here(undo_batch(job_id=job.pk, actor=manager, run_when_checked=True))
    assert undo.applied == 39
    assert not Member.objects.exists()


@pytest.mark.django_db
def test_an_undo_with_a_row_that_the_database_refuses(manager: User, shop: Shop) -> None:
    for number in numbers(10):
        shop.member(number, "VNET")
    job = worlds.start(manager, shop.groups.own, listed(*numbers(10)), "leave", run=True)
    poison = numbers(10)[4]
    check_now()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE members_member ADD CONSTRAINT poison CHECK (msisdn <> %s OR left_on IS NOT NULL) NOT VALID", [poison])
    undo = run_here(undo_batch(job_id=job.pk, actor=manager, run_when_checked=True))
    assert (undo.applied, undo.conflicts) == (9, 1)
    assert list(Member.objects.exclude(left_on=None).values_list("msisdn", flat=True)) == [poison]
    assert Job.objects.get(pk=job.pk).status == "undone"
