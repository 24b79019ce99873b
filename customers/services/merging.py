"""Merge a customer into another, and take that back. Each is a job: a small one is done in the request, a large one by the workers.

Whoever merges two customers reaches both for changes and for approval, the right to hand over: what hangs from one moves to the owner of
the other. The winner keeps its own account manager, org unit, lifecycle and calculated level, so no customer that stands changes its
owner and there is no `OwnershipChange` to enter: the `CustomerMerge`, with its reason, its moment and who did it, is the record.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from access.models import Action, User
from access.policy import require
from common.saving import save_valid
from common.versions import version_of
from customers.bulk.merging import (
    CannotReturn,
    Effect,
    bring_back,
    clashes_of,
    columns_of,
    effects_of,
    effects_of_undo,
    move_all,
    rename_jobs,
    restore_columns,
)
from customers.models import Customer, CustomerMerge, MergedRows, MergeState
from customers.notices import tell_of_merge, tell_of_undone_merge
from customers.pinyin import initials_of, pinyin_of
from customers.services.details import ensure_tree
from customers.services.scoring import scoring_is_on
from jobs.errors import JobRefused
from jobs.models import Job, JobStatus
from jobs.services.dispatch import hint_on_commit
from jobs.services.tokens import known_job, save_once
from jobs.services.work import advance

KIND: Final = "customer_merge"
MERGE: Final = "merge"
UNDO: Final = "undo_merge"
AT_ONCE: Final = 10_000
FIELDS: Final = (
    *("name", "short_name", "credit_code", "industry", "scale", "region", "address", "level", "value_score"),
    *("bank_name", "bank_account", "credit_limit", "source", "remark"),
)
"""What may be chosen field by field; ownership, lifecycle and the place in a group have ways of their own, and a code stays for good."""
_SCORED: Final = ("level", "value_score")
_TITLE_LENGTH: Final = 200


@dataclass(frozen=True, slots=True)
class Choices:
    """What the winner takes from the loser: fields of `FIELDS`, and attributes by their keys."""

    fields: frozenset[str] = frozenset()
    attributes: frozenset[str] = frozenset()
    seen: Mapping[int, str] = field(default_factory=dict)
    """The versions of both as the page showed them, by their keys."""


def may_merge(actor: User, *customers: Customer) -> bool:
    """Whether `actor` may merge these customers."""
    keys = [customer.pk for customer in customers]
    return all(
        Customer.objects.visible_to(actor, action).filter(pk__in=keys).count() == len(keys) for action in (Action.CHANGE, Action.APPROVE)
    )


def fields_to_choose() -> list[str]:
    """The fields that may be chosen: level and score not where rules decide them."""
    taken = _SCORED if scoring_is_on() else ()
    return [name for name in FIELDS if name not in taken]


def fingerprint_of(winner: Customer, loser: Customer) -> str:
    """What both are just now, and which of them stays, as a short text."""
    text = " ".join(f"{one.pk}@{version_of(one)}" for one in (winner, loser))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def begin_merge(
    *, winner_id: int, loser_id: int, actor: User, choices: Choices, reason: str = "", once: tuple[str, Any] | None = None
) -> Job:
    """Merge customer `loser_id` into `winner_id`. A small merge is done when this returns, a large one is under way.

    `once` is the key of `jobs.services.tokens` under which the merge is begun one time only, and what was asked for: whoever comes a second
    time gets the first one's job.

    Raises Http404 when one of them is hidden from `actor` for changes or for approval, JobRefused: merge_moved where one was changed since
    it was seen, merge_clash with what keeps them apart, and token_reused.
    """
    with transaction.atomic():
        try:
            winner, loser = _locked(actor, winner_id, loser_id)
        except (Http404, JobRefused):
            known = known_job(actor, *once) if once is not None else None  # the first one is done: one of the two is gone
            if known is None:
                raise
            return known
        _ensure_seen(choices.seen, winner, loser)
        _ensure_apart(winner, loser)
        title = _("Merge of customers: %(loser)s → %(winner)s") % {"loser": loser.name, "winner": winner.name}
        job = _new_job(actor, winner, title, MERGE)
        parameters = {
            "loser": loser.pk,
            "fields": sorted(choices.fields.intersection(fields_to_choose())),
            "attributes": sorted(choices.attributes),
            "seen": {str(key): version for key, version in choices.seen.items()},
        }
        job.rows = job.eligible = sum(effect.moved + effect.left for effect in effects_of(winner.pk, loser.pk))
        job.parameters, job.idempotency_key = parameters, once[0] if once is not None else ""
        if once is not None and (first := save_once(job, once[1])) is not job:
            return first
        if once is None:
            job.save()
        CustomerMerge.objects.create(
            job=job,
            winner=winner,
            loser_key=loser.pk,
            loser_code=loser.code,
            loser_name=loser.name,
            loser_credit_code=loser.credit_code,
            reason=reason.strip(),
        )
    return _begun(job)


def begin_undo(*, job_id: int, actor: User) -> Job:
    """Take a merge back: the loser comes back with all that stands as the merge left it.

    Raises Http404 when the merge or its winner is hidden from `actor`, JobRefused: wrong_state, undone_already, merge_later (its winner was
    merged into another since: that is taken back first), merge_cannot_return.
    """
    with transaction.atomic():
        merge = read_merge(actor, job_id, lock=True)
        other = Job.objects.filter(undo_of=merge.job).exclude(status__in=(JobStatus.FAILED, JobStatus.CANCELLED)).first()
        if other is not None:
            raise JobRefused("undone_already", job=other.pk)
        if merge.state != MergeState.DONE:
            raise JobRefused("wrong_state", state=str(merge.get_state_display()))
        Customer.objects.get_visible(actor, merge.winner_id, Action.CHANGE)
        winner = Customer.objects.get_visible(actor, merge.winner_id, Action.APPROVE)
        _ensure_last(merge)
        title = _("Undo: %(title)s") % {"title": merge.job.title}
        job = _new_job(actor, winner, title, UNDO)
        job.undo_of, job.rows, job.eligible = merge.job, merge.job.rows, merge.job.rows
        job.save()
    return _begun(job)


def read_merge(actor: User, job_id: int, *, lock: bool = False) -> CustomerMerge:
    """The merge of job `job_id`. Raises Http404 unless `actor` reaches the winner."""
    rows = Job.objects.filter(kind=KIND)
    job = rows.get_visible(actor, job_id)
    merges = CustomerMerge.objects.select_for_update(of=("self",), no_key=True) if lock else CustomerMerge.objects
    merge = merges.select_related("job", "winner").get(job=job.undo_of_id or job.pk)
    Customer.objects.get_visible(actor, merge.winner_id)
    return merge


def merges_to_open(user: Any, merges: Sequence[CustomerMerge]) -> set[int]:
    """The keys of those whose page `user` may open, who reaches what they went into."""
    keys = [merge.pk for merge in merges]
    return set(Job.objects.visible_to(user).filter(pk__in=keys).values_list("pk", flat=True)) if keys else set()


def undo_preview(merge: CustomerMerge) -> list[Effect]:
    """What an undo of `merge` would bring back and leave, by kinds of rows."""
    assert merge.merged_at is not None
    return effects_of_undo(merge.pk, merge.winner_id, merge.loser_key, merge.merged_at)


def _new_job(actor: User, winner: Customer, title: str, work: str) -> Job:
    require(actor, "customers", Action.APPROVE)
    return Job(
        kind=KIND,
        title=title[:_TITLE_LENGTH],
        actor=actor,
        customer_key=winner.pk,
        manager=winner.manager,
        org_unit=winner.org_unit,
        status=JobStatus.APPROVED,
        awaits=work,
        approved_by=actor,
        started_at=timezone.now(),
    )


def _begun(job: Job) -> Job:
    """Carry a small one out here and now; what is interrupted here, the workers finish."""
    if job.rows <= AT_ONCE:
        while advance(job.pk):
            pass
    else:
        with transaction.atomic():
            hint_on_commit(job)
    job.refresh_from_db()
    return job


def _locked(actor: User, winner_id: int, loser_id: int) -> tuple[Customer, Customer]:
    """Both, locked in the order of their keys. Raises Http404."""
    for key in (winner_id, loser_id):
        Customer.objects.get_visible(actor, key, Action.CHANGE)
        Customer.objects.get_visible(actor, key, Action.APPROVE)
    rows = Customer.objects.select_for_update(of=("self",)).filter(pk__in=(winner_id, loser_id)).order_by("pk")
    found = {row.pk: row for row in rows}
    if len(found) != 2:
        raise JobRefused("merge_moved")
    return found[winner_id], found[loser_id]


def _ensure_seen(seen: Mapping[int, str], *customers: Customer) -> None:
    if any(seen.get(customer.pk) != version_of(customer) for customer in customers):
        raise JobRefused("merge_moved")


def _ensure_apart(winner: Customer, loser: Customer) -> None:
    clashes = clashes_of(winner.pk, loser.pk)
    if clashes:
        raise JobRefused("merge_clash", reason=" ".join(clashes))


def _ensure_last(merge: CustomerMerge) -> None:
    """What a merge gave its winner is told from what later merges moved on only once these are taken back."""
    moved = MergedRows.objects.filter(table=CustomerMerge._meta.db_table, keys__contains=[merge.pk], merge__state=MergeState.DONE)
    later = moved.order_by("-merge").values_list("merge", flat=True).first()
    if later is not None:
        raise JobRefused("merge_later", job=later)


# --- the work of the job ---------------------------------------------------------------------------------------------------------------


def run_merge(job: Job) -> None:
    """Merge in the open transaction, as the page showed it. Raises JobRefused."""
    actor = User.objects.get(pk=job.approved_by_id or job.actor_id)
    merge = CustomerMerge.objects.select_for_update(of=("self",), no_key=True).get(job=job)
    winner, loser = _reached(actor, merge)
    _ensure_seen({int(key): version for key, version in job.parameters["seen"].items()}, winner, loser)
    _ensure_apart(winner, loser)
    moment = timezone.now()
    before = columns_of(winner.pk)
    job.applied = move_all(merge.pk, winner.pk, loser.pk, moment)
    _take(winner, loser, job.parameters["fields"], job.parameters["attributes"])
    after = columns_of(winner.pk)
    changed = [name for name, value in after.items() if before[name] != value]
    merge.before = {name: before[name] for name in changed}
    merge.after = {name: after[name] for name in changed}
    merge.state, merge.merged_at = MergeState.DONE, moment
    merge.save()
    tell_of_merge(winner, loser, actor)
    _close(job)


def _reached(actor: User, merge: CustomerMerge) -> tuple[Customer, Customer]:
    keys = (merge.winner_id, merge.loser_key)
    for action in (Action.CHANGE, Action.APPROVE):
        if Customer.objects.visible_to(actor, action).filter(pk__in=keys).count() != len(keys):
            raise JobRefused("merge_lost_access", login=actor.username)
    return _locked(actor, *keys)


def _take(winner: Customer, loser: Customer, fields: list[str], attributes: list[str]) -> None:
    """Give the winner what was chosen of the loser, which is gone already: what is unique is free."""
    for name in fields:
        setattr(winner, name, getattr(loser, name))
    winner.attributes = winner.attributes | {key: loser.attributes[key] for key in attributes if key in loser.attributes}
    winner.pinyin, winner.pinyin_initials = pinyin_of(winner.name), initials_of(winner.name)
    try:
        save_valid(winner)
    except ValidationError as error:
        raise JobRefused("merge_clash", reason=" ".join(error.messages)) from error


def run_undo(job: Job) -> None:
    """Take the merge back in the open transaction. Raises JobRefused."""
    actor = User.objects.get(pk=job.approved_by_id or job.actor_id)
    merge = CustomerMerge.objects.select_for_update(of=("self",), no_key=True).get(job=job.undo_of_id)
    winner = Customer.objects.visible_to(actor, Action.APPROVE).select_for_update(of=("self",)).filter(pk=merge.winner_id).first()
    if winner is None or not Customer.objects.visible_to(actor, Action.CHANGE).filter(pk=winner.pk).exists():
        raise JobRefused("merge_lost_access", login=actor.username)
    if merge.state != MergeState.DONE or merge.merged_at is None:
        raise JobRefused("wrong_state", state=str(merge.get_state_display()))
    _ensure_last(merge)
    now = timezone.now()
    before, given_away = _without_given_away(merge.before, winner)
    kept = given_away + restore_columns(winner.pk, before, merge.after, now)
    _rename_jobs(winner, merge)
    try:
        job.applied, left = bring_back(merge.pk, winner.pk, merge.loser_key, merge.merged_at, now)
    except CannotReturn as error:
        raise JobRefused("merge_cannot_return") from error
    loser = Customer.objects.visible_to(actor, Action.APPROVE).filter(pk=merge.loser_key).first()
    if loser is None:
        raise JobRefused("merge_lost_access", login=actor.username)
    job.conflicts = left + kept + _leave_circle(loser)
    merge.state, merge.undone_at = MergeState.UNDONE, now
    merge.save()
    merge.rows.all().delete()
    tell_of_undone_merge(winner, loser, actor)
    _close(job)
    Job.objects.filter(pk=merge.pk).update(status=JobStatus.UNDONE, updated_at=now)


def _without_given_away(before: Mapping[str, Any], winner: Customer) -> tuple[Mapping[str, Any], int]:
    """What the winner had before, without a credit code that somebody else has now; and whether it was so, as a number."""
    code = before.get("credit_code")
    if code and Customer._base_manager.filter(credit_code=code).exclude(pk=winner.pk).exists():
        return {**before, "credit_code": ""}, 1
    return before, 0


def _rename_jobs(winner: Customer, merge: CustomerMerge) -> None:
    """Jobs are called after their customer: those begun since the merge by the name that the winner has again."""
    assert merge.merged_at is not None
    name = Customer.objects.values_list("name", flat=True).get(pk=winner.pk)
    if name != winner.name:
        rename_jobs(winner.pk, named=winner.name, name=name, since=merge.merged_at)


def _leave_circle(loser: Customer) -> int:
    """Let the loser stand alone where what was above it was put below its own subsidiaries meanwhile; whether it was so, as a number."""
    try:
        ensure_tree(loser)
    except ValidationError:
        loser.parent = None
        loser.save()
        return 1
    return 0


def _close(job: Job) -> None:
    job.status = JobStatus.DONE_WITH_ERRORS if job.conflicts else JobStatus.DONE
    job.awaits, job.finished_at = "", timezone.now()
    job.save()


def merged_into(user: Any, loser_key: int) -> Customer | None:
    """The customer in reach of `user` into which the one with this key was merged; along a chain, the last."""
    merge = CustomerMerge.objects.filter(loser_key=loser_key, state=MergeState.DONE).first()
    return Customer.objects.visible_to(user).filter(pk=merge.winner_id).first() if merge is not None else None
