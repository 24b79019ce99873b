"""The pipeline from file to report, against the least that the database can do: COPY of the same rows into the same tables."""

from __future__ import annotations

import datetime
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from bench.clock import figure, median, seconds
from bench.database import MASS_TABLES, Backup, copy_in, copy_out, run, settle, without_foreign_keys
from bench.sample import write_csv
from customers.models import Customer
from jobs.models import Job
from jobs.services.files import keep_source
from members.demo.loader import load_demo
from members.models import Member, MemberSubscription
from members.services.batch_run import run_here
from members.services.batches import BatchOptions, approve_batch, create_batch, undo_batch
from members.services.error_file import write_error_file
from members.services.plan import ActionSpec
from products.models import Offer, OfferStatus

ROUNDS = 5
ROUNDS_FULL = 3
LAST_DAY = datetime.date(2026, 12, 31)
LOOP_SAMPLE = 300


@dataclass
class Timings:
    """Seconds of each round."""

    pipeline: list[float] = field(default_factory=list)
    check: list[float] = field(default_factory=list)
    apply: list[float] = field(default_factory=list)
    report: list[float] = field(default_factory=list)
    undo_check: list[float] = field(default_factory=list)
    undo: list[float] = field(default_factory=list)
    copy: list[float] = field(default_factory=list)
    bare_copy: list[float] = field(default_factory=list)
    save_loop: list[float] = field(default_factory=list)
    applied: int = 0


def measure_provisioning(*, full: bool) -> Iterator[dict[str, Any]]:
    """Join and subscribe `size` rows of a CSV file, undo it, and copy the same rows raw, in turn; medians count."""
    size = 1_000_000 if full else 100_000
    load_demo(seed=7, customers=3_000, members=60_000)
    timings = Timings()
    with TemporaryDirectory(prefix="crm-bench-") as name:
        folder = Path(name)
        source = folder / "members.csv"
        write_csv(source, size, seed=1)
        backup = Backup(folder)
        for turn in range(ROUNDS_FULL if full else ROUNDS):
            _measure_pipeline(timings, backup, source, folder)
            _measure_copies(timings, backup, folder)
            _measure_save_loop(timings, backup, turn)
    yield from _report(timings, size)


def _offer() -> Offer:
    today = timezone.localdate()
    return (
        Offer.objects.filter(product__code="VNET", status=OfferStatus.APPROVED, effective_on__lte=today, expires_on__gt=LAST_DAY)
        .select_related("customer", "tariff", "customer__manager")
        .order_by("code")[0]
    )


def _create(source: Path) -> Job:
    offer = _offer()
    assert offer.customer.manager is not None
    with source.open("rb") as stream:
        kept = keep_source(stream, "csv")
    options = BatchOptions(
        actions=[ActionSpec("join"), ActionSpec("subscribe", "VNET", offer.tariff.code, offer.code)], effective_on=timezone.localdate()
    )
    return create_batch(customer_id=offer.customer_id, actor=offer.customer.manager, source=kept, source_name=source.name, options=options)


def _measure_pipeline(timings: Timings, backup: Backup, source: Path, folder: Path) -> None:
    backup.restore()
    made: list[Job] = []
    check = seconds(lambda: made.append(run_here(_create(source))))
    job = made[0]
    apply = seconds(lambda: _run(job))
    report = seconds(lambda: write_error_file(job, job.actor, folder / "errors.csv"))
    job.refresh_from_db()
    timings.check.append(check)
    timings.apply.append(apply)
    timings.report.append(report)
    timings.pipeline.append(check + apply + report)
    timings.applied = job.applied
    assert job.applied, job.error
    _export_rows(job, folder)
    settle()
    undo: list[Job] = []
    timings.undo_check.append(seconds(lambda: undo.append(run_here(undo_batch(job_id=job.pk, actor=job.actor)))))
    timings.undo.append(seconds(lambda: _run(undo[0])))
    assert undo[0].applied == job.applied, (undo[0].applied, job.applied, undo[0].error)
    assert not Member.objects.filter(batch_id=job.pk).exists()


def _run(job: Job) -> None:
    """Approve what the preview shows and run it, as `manage.py provision` does."""
    approve_batch(job_id=job.pk, actor=job.actor, fingerprint=job.fingerprint, confirm_repeat=True)
    job.refresh_from_db()
    run_here(job, lanes=settings.BATCH_LANES)


def _export_rows(job: Job, folder: Path) -> None:
    """Save what the batch made as a plain load of the file would have it: rows and keys in the order of the file."""
    run(
        "CREATE TEMP TABLE in_file_order AS SELECT r.member_key, row_number() OVER (ORDER BY r.line) + max(m.id) OVER () AS id, r.line"
        f" FROM members_batchrow r JOIN members_member m ON m.id = r.member_key WHERE r.job_id = {job.pk} AND m.batch_id = {job.pk}"
    )
    for model, key in ((Member, "id"), (MemberSubscription, "member_id")):
        table = model._meta.db_table
        columns = ", ".join("o.id" if field.column == key else f"t.{field.column}" for field in model._meta.concrete_fields)
        query = (
            f"SELECT {columns} FROM {table} t JOIN in_file_order o ON o.member_key = t.{key} WHERE t.batch_id = {job.pk} ORDER BY o.line"
        )
        copy_out(f"COPY ({query}) TO STDOUT", folder / f"{table}.rows")
    run("DROP TABLE in_file_order")


def _measure_copies(timings: Timings, backup: Backup, folder: Path) -> None:
    def copy_rows() -> None:
        with transaction.atomic():
            for table in MASS_TABLES:
                copy_in(table, folder / f"{table}.rows")

    backup.restore()
    timings.copy.append(seconds(copy_rows))
    backup.restore()
    with without_foreign_keys():
        timings.bare_copy.append(seconds(copy_rows))
        backup.restore()


def _measure_save_loop(timings: Timings, backup: Backup, turn: int) -> None:
    """The old way: for each number, look, check and save one object at a time."""
    offer = _offer()
    numbers = random.Random(turn).sample(range(10**8), LOOP_SAMPLE)
    today = timezone.localdate()

    def save_all() -> None:
        for number in numbers:
            msisdn = f"86187{number:08d}"
            if Member.objects.filter(msisdn=msisdn, left_on=None).exists():
                continue
            with transaction.atomic():
                customer = Customer.objects.get(pk=offer.customer_id)
                member = Member(customer=customer, msisdn=msisdn, kind="mobile", joined_on=today)
                member.full_clean()
                member.save()
                subscription = MemberSubscription(
                    customer=customer,
                    member=member,
                    product_id=offer.product_id,
                    tariff_id=offer.tariff_id,
                    offer=offer,
                    effective_on=today,
                )
                subscription.full_clean()
                subscription.save()

    timings.save_loop.append(seconds(save_all))
    backup.restore()


def _report(timings: Timings, size: int) -> Iterator[dict[str, Any]]:
    pipeline = median(timings.pipeline)
    steps = {
        "check_seconds": round(median(timings.check), 2),
        "apply_seconds": round(median(timings.apply), 2),
        "report_seconds": round(median(timings.report), 2),
    }
    copy, bare = median(timings.copy), median(timings.bare_copy)
    yield figure("provision_vs_copy", pipeline / copy, "ratio", size=size, goal=1.6, copy_seconds=round(copy, 2), steps=steps)
    yield figure("provision_vs_bare_copy", pipeline / bare, "ratio", size=size, goal=2.0, bare_copy_seconds=round(bare, 2))
    undo, undo_check = median(timings.undo), median(timings.undo_check)
    whole = round((undo + undo_check) / pipeline, 2)
    undo_steps = {"check_seconds": round(undo_check, 2), "apply_seconds": round(undo, 2)}
    yield figure("undo_vs_apply", undo / median(timings.apply), "ratio", size=size, goal=1.0, whole_vs_whole=whole, steps=undo_steps)
    by_loop = median(timings.save_loop) / LOOP_SAMPLE
    by_pipeline = pipeline / size
    yield figure("save_loop_vs_pipeline", by_loop / by_pipeline, "ratio", size=LOOP_SAMPLE, rows_per_second=round(1 / by_loop))
