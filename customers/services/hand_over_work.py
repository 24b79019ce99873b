"""Accept hand-overs, carry them out, hand back what they moved, and tend those that wait."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Iterable
from typing import Any, Final

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from access.models import OrgUnit, User
from customers.models import LEFT_ALONE, Customer, HandOver, HandOverItem, HandOverRule, HandOverState, ItemState, OwnershipChange
from customers.notices_hand_overs import ACCEPTED, DONE, DROPPED, EXPIRED, REMINDED, RETURNED, WITHDRAWN, tell
from customers.services.hand_overs import (
    SUBJECT,
    approve_hand_over,
    approvers_of,
    end_unmoved,
    leads,
    locked,
    offer_hand_over,
    open_items,
    refuse_hand_over,
    withdraw_hand_over,
)
from customers.services.reassigning import Present, reassign_customers
from jobs.errors import JobRefused, describe
from jobs.models import Job, JobStatus
from jobs.services.dispatch import hint_on_commit
from workflow.models import Task
from workflow.querysets import TaskQuerySet
from workflow.services.tasks import end_tasks_about, pass_tasks_on

logger = logging.getLogger(__name__)

KIND: Final = "hand_over"
WORK: Final = "hand_over"
AT_ONCE: Final = 5_000
"""A larger hand-over is carried out by a worker."""
CUSTOMER: Final = "customers.customer"
"""What to-dos about a customer name it by."""


@transaction.atomic
def accept_hand_over(*, hand_over_id: int, actor: User) -> HandOver:
    """Take what is offered, but for the customers that were refused one by one; on its day, which may be today, they move.

    Raises Http404, PermissionDenied where `actor` is not the receiver, ValidationError.
    """
    hand_over = locked(hand_over_id, actor, HandOverState.OFFERED)
    if hand_over.receiver_id != actor.pk:
        raise PermissionDenied
    if not open_items(hand_over).exists():
        raise ValidationError(_("Every customer is refused. Refuse the hand-over as a whole."))
    hand_over.state, hand_over.decided_by, hand_over.decided_at = HandOverState.ACCEPTED, actor, timezone.now()
    hand_over.save()
    end_tasks_about(kind=SUBJECT, key=hand_over.pk, actor=actor, assignee=actor)  # the giver's, to get ready, waits for the day
    if hand_over.effective_on > timezone.localdate():
        day = hand_over.effective_on.isoformat()
        tell(hand_over, ACCEPTED, _others(hand_over), actor_id=actor.pk, actor_name=actor.name, day=day)
    elif open_items(hand_over).count() > AT_ONCE:
        _begin_job(hand_over)
    else:
        try:
            _carry_out(hand_over)
        except JobRefused as refusal:
            raise ValidationError(refusal.message) from refusal
    return hand_over


def _others(hand_over: HandOver) -> set[int | None]:
    return {hand_over.giver_id, hand_over.maker_id, hand_over.approver_id}


# --- carrying out ----------------------------------------------------------------------------------------------------------------------


def _begin_job(hand_over: HandOver) -> None:
    job = Job.objects.create(
        kind=KIND,
        title=f"{_('Hand-over')}: {hand_over}"[:200],
        actor=hand_over.approver or hand_over.maker,
        status=JobStatus.RUNNING,
        awaits=WORK,
        parameters={"hand_over": hand_over.pk},
        started_at=timezone.now(),
    )
    hand_over.job_key = job.pk
    hand_over.save(update_fields=["job_key", "updated_at"])
    hint_on_commit(job)


def run_job(job: Job) -> None:
    """The single work of a large hand-over's job. Raises JobRefused (hand_over_lost_access)."""
    hand_over = _accepted(job.parameters["hand_over"])
    if hand_over is not None:
        _carry_out(hand_over)
        job.applied = hand_over.items.filter(state=ItemState.MOVED).count()
        job.conflicts = hand_over.items.filter(state__in=LEFT_ALONE).count()
        job.rows = job.eligible = job.applied + job.conflicts
    job.status, job.awaits, job.finished_at = JobStatus.DONE, "", timezone.now()
    job.save()


def end_failed(job: Job) -> None:
    """End the hand-over of a job that was given up, for the reason that the job names."""
    hand_over = _accepted(job.parameters["hand_over"])
    if hand_over is not None and job.error is not None:
        _end_not_carried_out(hand_over, describe(job.error["code"], job.error["figures"]))


def _end_not_carried_out(hand_over: HandOver, why: str) -> None:
    why = why[:200]
    end_unmoved(hand_over, HandOverState.WITHDRAWN, None, why)
    tell(hand_over, WITHDRAWN, {*_others(hand_over), hand_over.receiver_id}, why=why)
    logger.info("the hand-over %s could not be carried out", hand_over.pk)


def _accepted(hand_over_id: int) -> HandOver | None:
    rows = HandOver.objects.select_for_update(of=("self",), no_key=True).select_related("giver", "receiver__org_unit", "maker", "approver")
    return rows.filter(pk=hand_over_id, state=HandOverState.ACCEPTED).first()


def _carry_out(hand_over: HandOver) -> None:
    """Move the customers of a locked hand-over, their jobs and the open to-dos about them, by a fixed number of statements.

    It is done by the right that its approver has now. Customers that are no longer the giver's, or no longer in the approver's reach, are
    left alone. Raises JobRefused (hand_over_lost_access) where the approver may not hand anything to this receiver any more.
    """
    assert hand_over.approver is not None
    approver, receiver = User.objects.get(pk=hand_over.approver.pk), hand_over.receiver
    wanted = Customer.objects.filter(manager=hand_over.giver, pk__in=open_items(hand_over).values("customer")).order_by("pk")
    keys = list(wanted.select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))
    unit = receiver.org_unit if hand_over.moves_unit else None
    try:
        if not receiver.is_active:
            raise PermissionDenied
        reassign_customers(
            customers=Customer.objects.filter(pk__in=keys),
            actor=approver,
            manager=receiver,
            org_unit=unit or Present.KEPT,
            reason=hand_over.reason,
            part_of=hand_over,
        )
    except (PermissionDenied, ValidationError) as error:
        raise JobRefused("hand_over_lost_access", name=approver.name) from error
    now = timezone.now()
    passed = Exists(OwnershipChange.objects.filter(hand_over=hand_over, customer=OuterRef("customer")))
    open_items(hand_over).filter(passed).update(state=ItemState.MOVED, updated_at=now)
    open_items(hand_over).filter(customer__manager=hand_over.giver).update(state=ItemState.BEYOND, updated_at=now)
    open_items(hand_over).update(state=ItemState.SKIPPED, updated_at=now)
    moved = hand_over.items.filter(state=ItemState.MOVED)
    hand_over.moved_tasks = pass_tasks_on(tasks=tasks_about(moved), giver=hand_over.giver, receiver=receiver)
    hand_over.state, hand_over.done_at = HandOverState.DONE, now
    hand_over.save()
    end_tasks_about(kind=SUBJECT, key=hand_over.pk, actor=hand_over.decided_by or approver)
    tell(hand_over, DONE, {*_others(hand_over), hand_over.receiver_id}, moved=moved.count())


def tasks_about(items: QuerySet[HandOverItem]) -> TaskQuerySet:
    """The to-dos about the customers of `items`."""
    return Task.objects.filter(subject_kind=CUSTOMER, subject_key__in=items.order_by().values("customer"))


# --- handing back ----------------------------------------------------------------------------------------------------------------------


def returnable(hand_over: HandOver) -> QuerySet[HandOverItem]:
    """The customers that this hand-over moved and that nobody has handed on since.

    Not those into which a customer that was moved was merged later: they themselves came to the receiver in another way.
    """
    of_this = OwnershipChange.objects.filter(customer=OuterRef("customer"), hand_over=hand_over)
    since = OwnershipChange.objects.filter(customer=OuterRef("customer"), pk__gt=OuterRef("own_change"))
    moved = hand_over.items.filter(state=ItemState.MOVED, customer__manager=hand_over.receiver)
    return moved.annotate(own_change=of_this.order_by("-pk").values("pk")[:1]).filter(~Exists(since), own_change__isnull=False)


@transaction.atomic
def return_hand_over(*, hand_over_id: int, actor: User, reason: str) -> HandOver:
    """Hand back what a hand-over moved, as far as nobody has handed it on since, with the to-dos that went along and are still open.

    Raises Http404, PermissionDenied where `actor` does not answer for the giver, ValidationError.
    """
    hand_over = locked(hand_over_id, actor, HandOverState.DONE)
    if not leads(actor, hand_over):
        raise PermissionDenied
    if not reason:
        raise ValidationError({"reason": _("Say why.")})
    if not hand_over.giver.is_active:
        raise ValidationError(_("%(name)s is disabled.") % {"name": hand_over.giver.name})
    units: dict[int | None, list[int]] = {}
    rows = OwnershipChange.objects.filter(hand_over=hand_over, customer__in=returnable(hand_over).values("customer"))
    for customer, before in rows.values_list("customer", "from_unit"):
        units.setdefault(before, []).append(customer)
    known = OrgUnit.objects.in_bulk([unit for unit in units if unit is not None])
    moved = 0
    for unit, keys in units.items():
        moved += reassign_customers(
            customers=Customer.objects.filter(pk__in=keys, manager=hand_over.receiver),
            actor=actor,
            manager=hand_over.giver,
            org_unit=known[unit] if unit is not None else Present.KEPT,
            reason=reason,
            part_of=hand_over,
        )
    if not moved:
        raise ValidationError(_("There is nothing to hand back: all of it was handed on since, or lies outside your reach."))
    back = hand_over.items.filter(state=ItemState.MOVED, customer__manager=F("hand_over__giver"))
    tasks = Task.objects.filter(pk__in=hand_over.moved_tasks, subject_key__in=back.values("customer"))
    pass_tasks_on(tasks=tasks, giver=hand_over.receiver, receiver=hand_over.giver)
    back.update(state=ItemState.RETURNED, reason=reason, updated_at=timezone.now())
    hand_over.state, hand_over.decision_reason = HandOverState.RETURNED, reason
    hand_over.save()
    tell(hand_over, RETURNED, {*_others(hand_over), hand_over.receiver_id}, actor_id=actor.pk, actor_name=actor.name, moved=moved)
    return hand_over


# --- any step --------------------------------------------------------------------------------------------------------------------------


STEPS: Final = ("offer", "approve", "accept", "refuse", "withdraw", "return")


def take_step(*, step: str, hand_over_id: int, actor: User, reason: str = "") -> HandOver | None:
    """Take one of `STEPS`; what the hand-over is then, None where that ends a draft. The last three say why in `reason`.

    Raises what the step's service does, and KeyError for no such step.
    """
    asked: dict[str, Any] = {"hand_over_id": hand_over_id, "actor": actor}
    if step in ("offer", "approve", "accept"):
        return {"offer": offer_hand_over, "approve": approve_hand_over, "accept": accept_hand_over}[step](**asked)
    return {"refuse": refuse_hand_over, "withdraw": withdraw_hand_over, "return": return_hand_over}[step](**asked, reason=reason)


# --- every night -----------------------------------------------------------------------------------------------------------------------


def tend_hand_overs(now: datetime.datetime | None = None) -> None:
    """Carry out what was accepted for today, end offers that nobody has answered in time, remind of those that wait, and drop drafts
    that nobody has touched for long.
    """
    now = now or timezone.now()
    rule = HandOverRule.current()
    due = HandOver.objects.filter(state=HandOverState.ACCEPTED, effective_on__lte=timezone.localdate(now), job_key=None)
    for key in due.values_list("pk", flat=True):
        _carry_out_due(key)
    waiting = HandOver.objects.filter(state__in=(HandOverState.APPROVAL, HandOverState.OFFERED))
    for hand_over in _each(waiting.filter(offered_at__lt=now - datetime.timedelta(days=rule.expire_after))):
        seen = {hand_over.giver_id, hand_over.maker_id}
        people = {*seen, hand_over.receiver_id, hand_over.approver_id} if hand_over.state == HandOverState.OFFERED else seen
        end_unmoved(hand_over, HandOverState.EXPIRED, None, "")
        tell(hand_over, EXPIRED, people)
    late = waiting.filter(offered_at__lt=now - datetime.timedelta(days=rule.remind_after), reminded_at=None)
    for hand_over in _each(late):
        offered = hand_over.state == HandOverState.OFFERED
        tell(hand_over, REMINDED, [hand_over.receiver_id] if offered else [person.pk for person in approvers_of(hand_over)])
        hand_over.reminded_at = now
        hand_over.save(update_fields=["reminded_at", "updated_at"])
    untouched = now - datetime.timedelta(days=rule.drop_drafts_after)
    for hand_over in _each(HandOver.objects.filter(state=HandOverState.DRAFT, updated_at__lt=untouched)):
        tell(hand_over, DROPPED, [hand_over.maker_id])
        hand_over.delete()


def _each(rows: QuerySet[HandOver]) -> Iterable[HandOver]:
    """Each of `rows` in a transaction of its own, locked; what somebody has at hand just now is left to the next night."""
    for key in list(rows.values_list("pk", flat=True)):
        with transaction.atomic():
            found = rows.select_for_update(of=("self",), no_key=True, skip_locked=True).select_related(
                "giver__org_unit", "receiver__org_unit", "maker"
            )
            hand_over = found.filter(pk=key).first()
            if hand_over is not None:
                yield hand_over


def _carry_out_due(key: int) -> None:
    """Carry one out on its day. Where its approver may not do that any more, it ends, and everybody is told why."""
    with transaction.atomic():
        hand_over = _accepted(key)
        if hand_over is None:
            return
        if open_items(hand_over).count() > AT_ONCE:
            _begin_job(hand_over)
            return
        try:
            with transaction.atomic():
                _carry_out(hand_over)
        except JobRefused as refusal:
            _end_not_carried_out(hand_over, refusal.message)
