"""A batch runs to its end though everything around it is killed again and again: nothing is lost, nothing is done twice."""

from __future__ import annotations

import datetime
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from django.conf import LazySettings

from access.models import User
from jobs.models import ChunkState, Job, JobChunk, JobStatus
from members.models import BatchRow, Member, MemberSubscription
from members.services.batches import BatchOptions, create_batch, undo_batch
from tests.faults.stage import Stage, stage
from tests.members import worlds
from tests.members.worlds import Groups
from tests.oracle import provisioning as oracle

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]

ROWS = 20_000
CHUNK_ROWS = 250
SEED = int(os.environ.get("FAULT_SEED") or 20_261_122)
TODAY = datetime.date(2026, 11, 22)
LONG_AGO = datetime.date(2020, 1, 1)
SECONDS = 240.0
"""How long the whole may take, kills included, before it counts as hanging; beside other tests on two cores it takes half of that."""

WHILE_CHECKED = ("child", "messenger")
WHILE_RUN = ("child",) * 10 + ("connection",) * 7 + ("worker",) * 2 + ("messenger",) * 2 + ("dispatcher",) * 2
WHILE_UNDONE = ("child",) * 3 + ("connection",) * 2 + ("worker", "messenger")


def small_market() -> oracle.World:
    """Two products, members of both groups, and a few numbers that may not be touched."""
    world = oracle.World(
        products=[oracle.Product("VNET", LONG_AGO), oracle.Product("RING", LONG_AGO)],
        tariffs=[oracle.Tariff("VNET", "V5"), oracle.Tariff("VNET", "V10"), oracle.Tariff("RING", "R2")],
        requires={("RING", "VNET")},
        segments={"86139"},
    )
    for place in range(0, ROWS, 10):
        kind = place // 10 % 10
        if kind == 0:
            world.blacklist.add(_number(place))
            continue
        member = oracle.Membership(
            "OTHER" if kind == 1 else "OWN", _number(place), "mobile", LONG_AGO, state="suspended" if kind == 2 else "active"
        )
        if kind > 4:
            member.subscriptions.append(oracle.Subscription("VNET", "V10", None, LONG_AGO, None if kind > 5 else datetime.date(2026, 1, 1)))
        world.memberships.append(member)
    return world


def _number(place: int) -> str:
    return f"86139{place:08d}"


def dirty_list(chance: random.Random) -> list[dict[str, str]]:
    """All numbers in an order of their own, some of them broken or repeated."""
    rows = [{"number": _number(place)[2:]} for place in chance.sample(range(ROWS), ROWS)]
    for row in chance.sample(rows, ROWS // 50):
        row["number"] = chance.choice((row["number"][:-1], "", rows[0]["number"], f"+86 {row['number']}"))
    return rows


ORDER = oracle.Order(
    "OWN", (oracle.Action("join"), oracle.Action("subscribe", "VNET", "V5"), oracle.Action("subscribe", "RING", "R2")), TODAY
)


def test_nothing_is_lost_and_nothing_done_twice(manager: User, tmp_path: Path, settings: LazySettings) -> None:
    settings.BATCH_CHUNK_ROWS = CHUNK_ROWS
    groups, world, rows = Groups.make(manager), small_market(), dirty_list(random.Random(SEED))
    worlds.load(world, groups)
    findings = oracle.judge(world, ORDER, list(enumerate(rows, start=worlds.FIRST_LINE)))
    with stage(tmp_path, SEED) as scene:
        play = Play(scene)
        options = BatchOptions(worlds.specs_of(ORDER), effective_on=TODAY, run_when_checked=True)
        job = create_batch(customer_id=groups.own.pk, actor=manager, source=worlds.csv_source(rows), source_name="all.csv", options=options)
        play.act(job, WHILE_CHECKED, lambda: job.status != JobStatus.CHECKING)
        play.act(job, WHILE_RUN)
        _assert_run(job, findings)
        lost, twice = difference(groups, oracle.carry_out(world, ORDER, findings))
        _report("run", scene, lost, twice)
        assert (lost, twice) == (0, 0)
        assert sum(scene.kills.values()) >= 20
        scene.kills.clear()
        undo = undo_batch(job_id=job.pk, actor=manager, run_when_checked=True)
        play.act(undo, WHILE_UNDONE)
        assert (undo.status, undo.applied, undo.conflicts) == (JobStatus.DONE, job.applied, 0)
        lost, twice = difference(groups, world)
        _report("undo", scene, lost, twice)
        assert (lost, twice) == (0, 0)
        assert sum(scene.kills.values()) >= len(WHILE_UNDONE) - 2


class Play:
    """Kills victims while a job is worked at, one after every few steps of its progress."""

    def __init__(self, scene: Stage) -> None:
        """Take the stage; the whole play must end within `SECONDS`."""
        self.scene = scene
        self.deadline = time.monotonic() + SECONDS

    def act(self, job: Job, victims: Sequence[str], is_over: Callable[[], bool] | None = None) -> None:
        """Kill each of `victims` at a random moment until the job has come to rest, or `is_over`. The job is refreshed."""
        waiting = list(self.scene.random.sample(victims, len(victims)))
        steps = ROWS // CHUNK_ROWS
        done_before = -1
        patience = 0.0
        while True:
            self.scene.keep_up()
            job.refresh_from_db()
            if not job.awaits or (is_over is not None and is_over()):
                return
            if time.monotonic() > self.deadline:
                pytest.fail(f"{job} hangs: {job.status}, {_done(job)} of {steps} chunks, kills {dict(self.scene.kills)}")
            done = _done(job)
            if waiting and (done >= done_before + max(1, (steps - 8) // len(victims)) or time.monotonic() > patience > 0):
                time.sleep(self.scene.random.uniform(0, 0.08))
                if self.scene.kill(waiting[-1]):
                    waiting.pop()
                done_before, patience = done, time.monotonic() + 2
            time.sleep(0.01)


def _done(job: Job) -> int:
    return JobChunk.objects.filter(job=job, state=ChunkState.DONE).count()


def _assert_run(job: Job, findings: list[oracle.Finding]) -> None:
    """The job says of itself what happened."""
    eligible = sum(each.state == "e" for each in findings)
    assert (job.status, job.error, job.rows) == (JobStatus.DONE_WITH_ERRORS, None, len(findings))
    assert (job.eligible, job.applied, job.conflicts) == (eligible, eligible, 0)
    assert Counter(BatchRow.objects.filter(job=job).values_list("state", flat=True)) == Counter(each.state for each in findings)
    done = sorted(JobChunk.objects.filter(job=job, state=ChunkState.DONE).values_list("first", "last"))
    assert [first for first, _ in done] == [1, *(last + 1 for _, last in done[:-1])]
    assert done[-1][1] == len(findings)


def difference(groups: Groups, wanted: oracle.World) -> tuple[int, int]:
    """(memberships or subscriptions that should be there and are not, those that are there and should not be)."""
    expected, found = _facts(wanted.memberships), _facts(worlds.memberships(groups))
    assert Member.objects.count() + MemberSubscription.objects.count() == sum(found.values())
    return (expected - found).total(), (found - expected).total()


def _facts(memberships: list[oracle.Membership]) -> Counter[object]:
    facts: Counter[object] = Counter()
    for member in memberships:
        facts[member.group, member.number, member.joined, member.left, member.state] += 1
        for each in member.subscriptions:
            facts[member.group, member.number, each.product, each.tariff, each.offer, each.since, each.expires, each.ended] += 1
    return facts


def _report(part: str, scene: Stage, lost: int, twice: int) -> None:
    kills = ", ".join(f"{count} {victim}" for victim, count in sorted(scene.kills.items()))
    print(f"\n{part} of {ROWS:,} rows: {sum(scene.kills.values())} kills ({kills}), {scene.restarts} restarts, {lost} lost, {twice} twice")  # noqa: T201  (the figure of this test)
