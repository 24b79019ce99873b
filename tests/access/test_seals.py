"""Seals find whatever the owner of the database does to the audit, to its block."""

from __future__ import annotations

import datetime
import threading
from io import StringIO
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from access import seals
from access.audit import record_event
from access.bulk import read_block, settled_key
from access.models import AuditEvent, AuditEventKind, AuditSeal, OrgUnit
from access.seals import AuditTable, Head, SealKeyMissing, audit_tables, read_head, remember_head, seal_of
from access.services import sealing
from access.services.sealing import ChainBroken, seal_audit
from access.services.verifying import Verification, verify_audit
from common.database_roles import WORKER, append_only_models
from tests.database_roles import As
from tests.threads import aside, soon

KEY = "a key of these tests alone, 0123456789"
EVENTS = AuditTable("access_auditevent", "id")


@pytest.fixture(autouse=True)
def sealed_apart(settings: LazySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key, a place to remember seals, and small blocks."""
    settings.AUDIT_SEAL_KEYS = [KEY]
    settings.VAR_DIR = tmp_path
    monkeypatch.setattr(sealing, "BLOCK_ROWS", 4)


def add(count: int) -> list[int]:
    """Add events; returns their keys."""
    return [record_event(AuditEventKind.SIGN_IN_FAILED, login=f"someone{place}").pk for place in range(count)]


def run(statement: str) -> None:
    """Do something as the owner."""
    with connection.cursor() as cursor:
        cursor.execute(statement)


def breaks() -> list[str]:
    """What verifying says."""
    return list(verify_audit(Verification()))


@pytest.fixture
def chain(db: None) -> list[AuditSeal]:
    """Ten events in blocks of four, four and two, nothing else in the chain's way."""
    add(10)
    seal_audit()
    assert breaks() == []
    chain = list(AuditSeal.objects.filter(table=EVENTS.name))
    assert [seal.rows for seal in chain][-3:] == [4, 4, 2]
    return chain[-3:]


def key_in(seal: AuditSeal, place: int = 0) -> int:
    """The key of a row of the block."""
    return list(AuditEvent.objects.filter(pk__range=(seal.first_key, seal.last_key)).order_by("pk").values_list("pk", flat=True))[place]


def block(seal: AuditSeal) -> str:
    """How a break names a block."""
    return f"{seal.table} {seal.first_key}–{seal.last_key}:"


class TestTampering:
    """By somebody who may do everything in the database."""

    def test_a_changed_value(self, chain: list[AuditSeal]) -> None:
        run(f"UPDATE access_auditevent SET actor_login = 'innocent' WHERE id = {key_in(chain[1])}")
        (found,) = breaks()
        assert found.startswith(block(chain[1]))
        assert "values of some of the 4 rows were changed" in found

    def test_null_and_empty_and_moved_borders_between_columns_differ(self, chain: list[AuditSeal]) -> None:
        run(f"UPDATE access_auditevent SET actor_login = actor_login || ',', path = '' WHERE id = {key_in(chain[0])}")
        assert breaks()[0].startswith(block(chain[0]))

    def test_a_deleted_row(self, chain: list[AuditSeal]) -> None:
        run(f"DELETE FROM access_auditevent WHERE id = {key_in(chain[0], 2)}")
        (found,) = breaks()
        assert found.startswith(block(chain[0]))
        assert "1 of 4 rows were deleted" in found

    def test_a_row_below_all_others(self, chain: list[AuditSeal]) -> None:
        run(f"UPDATE access_auditevent SET id = 0 WHERE id = {key_in(chain[2])}")
        found = breaks()
        assert found[0].startswith(block(chain[2]))
        assert found[1] == "access_auditevent: 1 rows were inserted below the first key, 1."

    def test_rows_inserted_late(self, db: None) -> None:
        keys = add(4)
        run(f"SELECT setval('access_auditevent_id_seq', {keys[-1] + 10})")
        add(1)
        seal_audit()
        run(
            "INSERT INTO access_auditevent SELECT (jsonb_populate_record(t, jsonb_build_object('id', t.id + 3))).* FROM access_auditevent t"
            f" WHERE id = {keys[-1]}"
        )
        (found,) = breaks()
        assert "rows were inserted among the 1" in found

    def test_swapped_rows(self, chain: list[AuditSeal]) -> None:
        one, other = key_in(chain[0]), key_in(chain[1])
        run(
            "UPDATE access_auditevent t SET actor_login = o.actor_login FROM access_auditevent o"
            f" WHERE (t.id, o.id) IN (({one}, {other}), ({other}, {one}))"
        )
        found = breaks()
        assert [text.split(":")[0] + ":" for text in found] == [block(chain[0]), block(chain[1])]

    def test_a_row_deleted_and_another_inserted(self, db: None) -> None:
        keys = add(4)
        run(f"SELECT setval('access_auditevent_id_seq', {keys[-1] + 10})")
        add(2)
        seal_audit()
        run(f"UPDATE access_auditevent SET id = id - 5 WHERE id = {keys[-1] + 12}")
        (found,) = breaks()
        assert "of 2 rows as many were deleted as inserted" in found

    def test_the_newest_seals_cut_off(self, chain: list[AuditSeal]) -> None:
        run(f"DELETE FROM access_auditevent WHERE id >= {chain[1].first_key}")
        run(f"DELETE FROM access_auditseal WHERE number >= {chain[1].pk}")
        head = read_head()
        assert head is not None
        (found,) = breaks()
        assert found.startswith(f"Seal {head.number} was made and is gone")
        with pytest.raises(ChainBroken, match="was made already"):
            seal_audit()

    def test_cut_off_and_sealed_anew_under_the_same_number(self, chain: list[AuditSeal], tmp_path: Path) -> None:
        noted = Head(chain[2].pk, chain[2].seal)
        (tmp_path / "audit" / "head.json").unlink()
        run(f"UPDATE access_auditevent SET path = '/x/' WHERE id = {key_in(chain[2])}")
        run(f"DELETE FROM access_auditseal WHERE number >= {chain[2].pk}")
        seal_audit()
        assert breaks() == []
        (found,) = verify_audit(Verification(), heads=(noted,))
        assert "is not the one that was noted" in found

    def test_a_seal_in_the_middle_deleted(self, chain: list[AuditSeal]) -> None:
        run(f"DELETE FROM access_auditseal WHERE number = {chain[1].pk}")
        found = breaks()
        assert found[0].startswith(f"Seal {chain[1].pk} is missing before seal {chain[1].pk + 1}")

    def test_a_seal_changed(self, chain: list[AuditSeal]) -> None:
        run(f"UPDATE access_auditseal SET rows = 3 WHERE number = {chain[1].pk}")
        assert breaks()[0].startswith(f"Seal {chain[1].pk} ({chain[1].table} {chain[1].first_key}–{chain[1].last_key}) is forged")

    def test_the_whole_chain_rewritten_without_the_key(self, chain: list[AuditSeal], settings: LazySettings, tmp_path: Path) -> None:
        run(f"UPDATE access_auditevent SET path = '/x/' WHERE id = {key_in(chain[0])}")
        run("DELETE FROM access_auditseal")
        (tmp_path / "audit" / "head.json").unlink()
        settings.AUDIT_SEAL_KEYS = ["another key, of somebody who guesses"]
        seal_audit()
        AuditSeal.objects.update(key_name=seals.key_name(KEY))
        settings.AUDIT_SEAL_KEYS = [KEY]
        found = breaks()
        assert "Seal 1 " in found[0]
        assert "is forged" in found[0]
        assert len(found) == AuditSeal.objects.count()
        add(1)
        with pytest.raises(ChainBroken, match="forged"):
            seal_audit()

    def test_a_column_taken_away(self, chain: list[AuditSeal]) -> None:
        run("ALTER TABLE access_auditevent DROP COLUMN path")
        assert "the columns path are gone" in breaks()[0]


SLIPPED_IN = (
    "INSERT INTO access_auditseal SELECT (jsonb_populate_record(s, jsonb_build_object('number', {number}, 'last_key', {last},"
    " 'key_name', COALESCE({key_name}, s.key_name)))).* FROM access_auditseal s WHERE number = {like}"
)


class TestSlippedIn:
    """Seals that somebody without the key added. They stop sealing, in so many words, until they are taken out again."""

    @pytest.mark.parametrize("key_name", ["NULL", "'deadbeef'"])
    @pytest.mark.parametrize("place", ["on top", "below all"])
    def test_they_are_named_and_once_they_are_gone_sealing_goes_on(self, chain: list[AuditSeal], place: str, key_name: str) -> None:
        number = AuditSeal.objects.count() + 1 if place == "on top" else -7
        run(SLIPPED_IN.format(number=number, last=10**15, key_name=key_name, like=chain[2].pk))
        add(3)
        with pytest.raises((ChainBroken, SealKeyMissing), match=f"Seal {number} "):
            seal_audit()
        out = StringIO()
        with pytest.raises(CommandError, match="breaks"):
            call_command("audit_verify", stdout=out, no_color=True)
        assert f"Seal {number} " in out.getvalue()
        assert ("is forged" if key_name == "NULL" else "was slipped in") in out.getvalue()
        run(f"DELETE FROM access_auditseal WHERE number = {number}")
        assert seal_audit() == 1
        assert breaks() == []


class TestSealing:
    """What is sealed, when, and with what."""

    def test_a_new_column_leaves_old_seals_whole(self, chain: list[AuditSeal]) -> None:
        run("ALTER TABLE access_auditevent ADD COLUMN later text NOT NULL DEFAULT 'x'")
        add(1)
        seal_audit()
        assert breaks() == []
        newest = AuditSeal.objects.order_by("number").last()
        assert newest is not None
        assert "later" in newest.columns

    def test_values_look_alike_whatever_the_session_says(self, chain: list[AuditSeal]) -> None:
        columns, first, last = chain[1].columns, chain[1].first_key, chain[1].last_key
        for setting in ("TimeZone = 'Asia/Shanghai'", "DateStyle = 'German, DMY'", "IntervalStyle = 'iso_8601'"):
            run(f"SET LOCAL {setting}")
            assert read_block(EVENTS, columns, first, last, 9).digest == chain[1].digest

    def test_nothing_new_makes_no_seal_and_the_second_run_goes_on(self, chain: list[AuditSeal]) -> None:
        assert seal_audit() == 0
        add(3)
        assert seal_audit() == 1
        newest = AuditSeal.objects.order_by("number").last()
        assert newest is not None
        assert (newest.first_key, newest.rows) == (chain[2].last_key + 1, 3)
        assert breaks() == []

    def test_every_append_only_table_is_sealed_but_the_seals(self) -> None:
        expected = {model._meta.db_table for model in append_only_models()} - {"access_auditseal"}
        assert {table.name for table in audit_tables()} == expected
        assert "pghistory_context" in expected

    def test_history_and_its_contexts_are_sealed(self, organisation: object) -> None:
        run("SET LOCAL pghistory.context_id = '7c1f0f5e-6bfb-4f0e-b3a4-0f4f3f3f0001'")
        run("SET LOCAL pghistory.context_metadata = '{\"user\": 1}'")
        run("UPDATE access_orgunit SET name_en = 'Renamed' WHERE code = 'G'")
        seal_audit()
        assert breaks() == []
        run("UPDATE pghistory_context SET metadata = '{\"user\": 2}'")
        run("UPDATE access_orgunitevent SET name_en = 'Never' WHERE pgh_id = (SELECT max(pgh_id) FROM access_orgunitevent)")
        assert {text.split()[0] for text in breaks()} == {"pghistory_context", "access_orgunitevent"}

    def test_without_a_key_nothing_is_sealed(self, db: None, settings: LazySettings) -> None:
        settings.AUDIT_SEAL_KEYS = []
        add(1)
        with pytest.raises(SealKeyMissing):
            seal_audit()
        assert not AuditSeal.objects.exists()

    def test_keys_change_newest_first(self, chain: list[AuditSeal], settings: LazySettings) -> None:
        settings.AUDIT_SEAL_KEYS = ["a newer key, also thirty-two characters", KEY]
        add(1)
        seal_audit()
        assert breaks() == []
        settings.AUDIT_SEAL_KEYS = ["a newer key, also thirty-two characters"]
        (found,) = breaks()
        assert found.startswith("Seal 1 was made with the key")
        settings.AUDIT_SEAL_KEYS = []
        with pytest.raises(SealKeyMissing):
            breaks()

    def test_the_newest_seal_is_remembered_for_this_user_alone(self, chain: list[AuditSeal], tmp_path: Path) -> None:
        newest = AuditSeal.objects.order_by("number").last()
        assert newest is not None
        with transaction.atomic():
            remember_head(Head(newest.pk, newest.seal))
        assert read_head() == Head(newest.pk, seal_of(newest))
        assert (tmp_path / "audit" / "head.json").stat().st_mode & 0o077 == 0


@pytest.mark.django_db(transaction=True)
class TestKeysOutOfOrder:
    """A lower key may become visible after a higher one."""

    def test_a_block_waits_for_writers_that_drew_keys_before(self) -> None:
        began, may_end = threading.Event(), threading.Event()

        def slow() -> None:
            with transaction.atomic():
                add(1)
                began.set()
                soon(may_end)

        add(1)
        with aside(slow):
            soon(began)
            later = add(1)[0]
            assert settled_key(EVENTS, 0.3) is None
            seal_audit(patience=0.3)
            assert not AuditSeal.objects.filter(table=EVENTS.name).exists()
            may_end.set()
            assert settled_key(EVENTS, 20.0) == later
        seal_audit()
        assert sum(AuditSeal.objects.filter(table=EVENTS.name).values_list("rows", flat=True)) == AuditEvent.objects.count()
        assert breaks() == []

    def test_writers_that_come_later_are_not_waited_for(self) -> None:
        began, may_end = threading.Event(), threading.Event()

        def slow() -> None:
            with transaction.atomic():
                OrgUnit.objects.count()
                began.set()
                soon(may_end)
                add(1)

        key = add(1)[0]
        with aside(slow):
            soon(began)
            assert settled_key(EVENTS, 0.3) == key
            may_end.set()

    def test_two_at_once_make_one_chain(self) -> None:
        add(20)
        with aside(seal_audit):
            seal_audit()
        assert list(AuditSeal.objects.values_list("number", flat=True)) == list(range(1, AuditSeal.objects.count() + 1))
        assert breaks() == []

    def test_the_worker_seals_and_anybody_who_reads_verifies(self, connected_as: As) -> None:
        add(5)
        with connected_as(WORKER):
            assert seal_audit() >= 2
        with connected_as("crm_web"):
            assert breaks() == []


class TestCommand:
    """`manage.py audit_verify`."""

    def test_a_whole_audit(self, chain: list[AuditSeal]) -> None:
        newest = AuditSeal.objects.order_by("number").last()
        assert newest is not None
        add(2)
        out = StringIO()
        call_command("audit_verify", f"--head={newest.pk}:{newest.seal}", stdout=out)
        assert f"The audit is whole: {newest.pk} seals" in out.getvalue()
        assert "2 newer rows not sealed yet" in out.getvalue()
        assert f"the newest is {newest.pk}:{newest.seal}" in out.getvalue()

    def test_the_first_break_comes_first_and_it_ends_with_1(self, chain: list[AuditSeal]) -> None:
        run(f"DELETE FROM access_auditevent WHERE id IN ({key_in(chain[1])}, {key_in(chain[2])})")
        out = StringIO()
        with pytest.raises(CommandError, match="2 breaks") as failed:
            call_command("audit_verify", stdout=out, no_color=True)
        assert failed.value.returncode == 1
        assert out.getvalue().startswith(block(chain[1]))

    def test_since_looks_at_newer_blocks_alone_but_at_the_whole_chain(self, chain: list[AuditSeal]) -> None:
        run(f"UPDATE access_auditevent SET path = '/x/' WHERE id = {key_in(chain[0])}")
        tomorrow = (timezone.localdate() + datetime.timedelta(days=1)).isoformat()
        call_command("audit_verify", f"--since={tomorrow}", stdout=StringIO())
        run(f"UPDATE access_auditseal SET digest = '' WHERE number = {chain[0].pk}")
        with pytest.raises(CommandError, match="tampered"):
            call_command("audit_verify", f"--since={tomorrow}", stdout=StringIO())
