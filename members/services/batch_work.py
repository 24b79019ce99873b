"""The background work of a batch: looking into the source, checking it, running its chunks, ending it."""

from __future__ import annotations

import datetime
from collections import Counter
from decimal import Decimal
from typing import Any

from django.utils import timezone

from access.models import User
from customers.models import Customer
from jobs.errors import JobRefused
from jobs.models import Job, JobChunk, JobMode, JobStatus
from members.bulk import summary as summaries
from members.bulk.applying import ChunkRequest, apply_chunk
from members.bulk.checking import CheckRequest, check_rows, holds_members
from members.bulk.rows import complete_rows, give_up_rows
from members.bulk.staging import analyze_stage, drop_stage, stage_rows
from members.bulk.statements import execute, fetch
from members.bulk.undoing import UndoRequest, check_undo, undo_chunk
from members.models import ProvisioningBatch, RowState, Severity
from members.services.batches import RUN_BY, ensure_may_run, start_run
from members.services.plan import ActionKind, Plan, PlanInvalid, plan_of
from members.services.reach import customers_to_provision
from members.services.reading import inspect_source, read_rows
from members.verdicts import Severities, read_severities
from products.models import Offer, Product
from products.services.pricing import Pair, monthly_fees


def inspect(job: Job) -> None:
    """Find out how the source of `job` is laid out; a person chooses the actions next."""
    batch = ProvisioningBatch.objects.get(job=job)
    if job.source is None:
        raise JobRefused("empty_file")
    batch.inspection = inspect_source(job.source)
    awaited = Job.objects.filter(pk=job.pk, awaits=job.awaits, source=job.source_id)
    if not awaited.update(rows=batch.inspection["rows"], awaits="", updated_at=timezone.now()):
        return  # meanwhile it was cancelled, configured or given another source
    batch.save(update_fields=["inspection"])


def check(job: Job) -> None:
    """Read the source of `job`, give every row its verdicts and add them up."""
    batch = ProvisioningBatch.objects.select_related("customer").get(job=job)
    if job.source is None:
        raise JobRefused("empty_file")
    plan = _plan(job, batch.customer)
    severities = read_severities()
    execute("SET LOCAL work_mem = '256MB'")
    execute("SET LOCAL maintenance_work_mem = '256MB'")
    with read_rows(job.source, batch.mapping) as run:
        stage_rows(job.pk, run.rows)
    analyze_stage(job.pk)
    batch.inspection = (batch.inspection or {}) | run.answer
    batch.save(update_fields=["inspection"])
    first_day = datetime.date.fromisoformat(run.answer["first_day"]) if run.answer["first_day"] else plan.effective_on
    filled = frozenset(run.answer["filled"])
    check_rows(CheckRequest(job.pk, plan, severities, first_day, filled, has_members=holds_members(job.pk, plan.customer_id)))
    drop_stage(job.pk)
    complete_rows(job.pk)
    _sum_up(job, plan, severities, filled)
    _set_checked(job)


def check_undo_rows(job: Job) -> None:
    """List what the job that `job` undoes has done, and what of it has changed since."""
    execute("SET LOCAL work_mem = '256MB'")
    check_undo(_undo_request(job))
    complete_rows(job.pk)
    summary = summaries.summarise(job.pk, actions=0, warnings=0)
    _take_counts(job, summary)
    undone = job.undo_of
    assert undone is not None
    job.summary = {"verdicts": dict(summary.verdicts), "last_position": undone.summary.get("last_position") or undone.rows}
    _set_checked(job)


def _plan(job: Job, customer: Customer) -> Plan:
    try:
        return plan_of(customer, job.parameters)
    except PlanInvalid as invalid:
        raise JobRefused("ground_moved") from invalid


def _take_counts(job: Job, summary: summaries.Summary) -> None:
    job.rows = summary.rows
    job.eligible = summary.states[RowState.ELIGIBLE]
    job.skipped = summary.states[RowState.SKIPPED]
    job.failed = summary.states[RowState.FAILED]
    job.warned = summary.warned
    job.fingerprint = summary.digest


def _set_checked(job: Job) -> None:
    """Offer the preview, or go on where nobody waits for it. A job that was cancelled meanwhile stays so."""
    if Job.objects.select_for_update().filter(pk=job.pk, awaits=job.awaits).first() is None:
        return
    job.status, job.awaits = JobStatus.VALIDATED, ""
    job.error = None
    if RUN_BY in job.parameters:
        try:
            ensure_may_run(job)
        except JobRefused as refusal:
            job.error = refusal.as_json()
        else:
            start_run(job, User.objects.get(pk=job.parameters[RUN_BY]))
    job.save()


# --- adding up -------------------------------------------------------------------------------------------------------------------------


def _sum_up(job: Job, plan: Plan, severities: Severities, filled: frozenset[str]) -> None:
    """Write the counts of the preview into `job`, and which rules of the group as a whole the batch meets, with the rows concerned."""
    join_bit = plan.join.bit if plan.join else 0
    summary = summaries.summarise(job.pk, actions=len(plan.actions), warnings=severities.warnings, join_bit=join_bit)
    _take_counts(job, summary)
    begun, ended = summaries.prices_begun(job.pk, plan, filled), summaries.prices_ended(job.pk, plan)
    counted = {"below_min_members": _below_minimum(job, plan, summary), "commitment_exceeded": _above_commitment(plan, begun, ended)}
    group = {code: (count, severities.of(code)) for code, count in counted.items() if count and severities.of(code) != Severity.OFF}
    summary.verdicts.update({code: count for code, (count, _severity) in group.items()})
    job.summary = {
        "verdicts": {code: count for code, count in summary.verdicts.items() if count},
        "actions": [{"action": str(action.spec), "eligible": count} for action, count in zip(plan.actions, summary.actions, strict=True)],
        "revenue": _revenue(plan, begun, ended),
        "group": {code: count for code, (count, _severity) in group.items()},
        "group_errors": [code for code, (_count, severity) in group.items() if severity == Severity.ERROR],
        "filled": sorted(filled),
        "on_members": summary.on_members,
        "terms": plan.terms(),
        "first_day": min(plan.effective_on, _first_day(job, plan)).isoformat(),
        "last_position": job.rows,
    }


def _first_day(job: Job, plan: Plan) -> datetime.date:
    inspection: dict[str, Any] = ProvisioningBatch.objects.values_list("inspection", flat=True).get(job=job) or {}
    text = inspection.get("first_day")
    return datetime.date.fromisoformat(text) if text else plan.effective_on


def _revenue(plan: Plan, begun: Counter[Pair], ended: Counter[Pair]) -> dict[str, str]:
    """Monthly fees in CNY that the batch begins and ends, before and after discounts, as texts with two decimals."""
    fees = monthly_fees(set(begun) | set(ended), on=plan.effective_on)
    nothing = Decimal(0)
    totals = {
        "begun_gross": sum((fees[pair].gross * count for pair, count in begun.items() if pair in fees), nothing),
        "begun_net": sum((fees[pair].net * count for pair, count in begun.items() if pair in fees), nothing),
        "ended_gross": sum((fees[pair].gross * count for pair, count in ended.items() if pair in fees), nothing),
        "ended_net": sum((fees[pair].net * count for pair, count in ended.items() if pair in fees), nothing),
    }
    return {name: f"{total:.2f}" for name, total in totals.items()}


def _below_minimum(job: Job, plan: Plan, summary: summaries.Summary) -> int:
    """Rows of actions that leave the group with some, but too few, numbers on a product."""
    minima = dict(Product.objects.filter(min_members__gt=1).values_list("id", "min_members"))
    concerned = [a for a in plan.actions if a.kind == ActionKind.LEAVE or a.product_id in minima]
    if not minima or not any(a.kind != ActionKind.JOIN for a in concerned):
        return 0
    live = summaries.live_by_product(plan)
    count = 0
    for action in concerned:
        if action.kind == ActionKind.SUBSCRIBE:
            after = live[action.product_id] + summary.actions[action.index]
            count += summary.actions[action.index] if 0 < after < minima[action.product_id] else 0
        elif action.kind in (ActionKind.LEAVE, ActionKind.UNSUBSCRIBE):
            ended = summaries.ended_by_product(job.pk, plan, action)
            short = [product for product in ended if 0 < live[product] - ended[product] < minima.get(product, 0)]
            count += summary.actions[action.index] if short else 0
    return count


def _above_commitment(plan: Plan, begun: Counter[Pair], ended: Counter[Pair]) -> int:
    """Rows that put more numbers on an offer than it was agreed for, the rows' own offers included."""
    taken, freed = _by_offer(begun), _by_offer(ended)
    agreed = dict(Offer.objects.filter(pk__in=taken, committed_members__isnull=False).values_list("id", "committed_members"))
    if not agreed:
        return 0
    live = summaries.live_by_offer(plan)
    return sum(taken[offer] for offer, most in agreed.items() if most is not None and live[offer] + taken[offer] - freed[offer] > most)


def _by_offer(pairs: Counter[Pair]) -> Counter[int]:
    counts: Counter[int] = Counter()
    for (_tariff, offer), count in pairs.items():
        if offer is not None:
            counts[offer] += count
    return counts


# --- running ---------------------------------------------------------------------------------------------------------------------------


def run_chunk(job: Job, chunk: JobChunk) -> None:
    """Apply or take back one chunk of `job` in the open transaction."""
    customer = _customer_in_reach(job)
    if job.undo_of_id:
        chunk.applied, chunk.conflicts = undo_chunk(_undo_request(job), chunk.first, chunk.last)
    else:
        chunk.applied, chunk.conflicts = apply_chunk(_chunk_request(job, chunk, customer))
    if chunk.conflicts and job.mode == JobMode.ATOMIC:
        raise JobRefused("atomic_conflict", conflicts=chunk.conflicts)
    chunk.applied_at = _transaction_moment()


def _chunk_request(job: Job, chunk: JobChunk, customer: Customer) -> ChunkRequest:
    """What the run of a chunk needs.

    Raises JobRefused (ground_moved) when the catalogue no longer says of the batch's own terms what it said in the check.
    """
    plan = _plan(job, customer)
    moved = plan.moved_since(job.summary["terms"])
    if moved is None:
        raise JobRefused("ground_moved")
    return ChunkRequest(
        job.pk,
        plan,
        chunk.first,
        chunk.last,
        datetime.date.fromisoformat(job.summary["first_day"]),
        frozenset(job.summary["filled"]),
        has_members=bool(job.summary["on_members"]),
        heeds_blacklist=read_severities().of("blacklisted") != Severity.OFF,
        moved_codes=moved,
    )


def poison_chunk(job: Job, chunk: JobChunk) -> None:
    """Mark the one row of a chunk that fails whenever it is tried."""
    chunk.conflicts = give_up_rows(job.pk, chunk.first, chunk.last)


def _customer_in_reach(job: Job) -> Customer:
    """The customer, if whoever approved the job may still change its members: asked anew for every chunk."""
    actor = User.objects.get(pk=job.approved_by_id or job.actor_id)
    batch = ProvisioningBatch.objects.get(job=job)
    customer = customers_to_provision(actor).filter(pk=batch.customer_id).first()
    if customer is None:
        raise JobRefused("actor_lost_access", login=actor.username)
    return customer


def _transaction_moment() -> datetime.datetime:
    """The moment that `now()` has in this transaction: what the chunk's statements wrote into `updated_at`."""
    return fetch("SELECT now()")[0][0]  # type: ignore[no-any-return]  # a timestamptz


def _undo_request(job: Job) -> UndoRequest:
    kinds = [spec["kind"] for spec in job.parameters["actions"]]
    assert job.undo_of_id is not None
    bits = {kind: 1 << index for index, kind in enumerate(kinds)}
    undone_summary: dict[str, Any] = Job.objects.values_list("summary", flat=True).get(pk=job.undo_of_id)
    only_joined = undone_summary.get("on_members") == 0
    return UndoRequest(job.pk, job.undo_of_id, bits.get(ActionKind.JOIN, 0), bits.get(ActionKind.LEAVE, 0), only_joined)


def finish(job: Job) -> None:
    """Mark the undone job when its undo has ended."""
    if job.undo_of_id and job.status in (JobStatus.DONE, JobStatus.DONE_WITH_ERRORS):
        Job.objects.filter(pk=job.undo_of_id).update(status=JobStatus.UNDONE, updated_at=timezone.now())
