"""Make hand-overs, offer them, and decide on them. Changing a draft is in `hand_over_drafts`, carrying them out in `hand_over_work`."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from itertools import groupby
from typing import Final

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from access.choices import people_in_reach, staff_in_reach, units_in_reach
from access.models import Action, User
from access.scope import scope_of
from common.saving import save_valid
from common.versions import ensure_version
from customers.bulk.handing_over import insert_items
from customers.hand_over_figures import figures_of
from customers.models import Customer, HandOver, HandOverItem, HandOverRule, HandOverState, ItemState
from customers.notices_hand_overs import OFFERED, REFUSED, WITHDRAWN, tell
from customers.querysets_hand_overs import HandOverQuerySet
from customers.readers import roles_reaching
from workflow.services.digests import language_of
from workflow.services.tasks import TaskDetails, create_task, end_tasks_about

SUBJECT: Final = "customers.handover"
"""What to-dos about a hand-over name it by."""
_LATEST: Final = datetime.timedelta(days=366)


def customers_of(*, actor: User, giver: User) -> QuerySet[Customer]:
    """The customers of `giver` that `actor` may put into a hand-over: the own ones, or those whom the actor may hand over.

    The giver may be disabled: that somebody has left is the most common reason. Raises PermissionDenied where the giver works outside
    the actor's reach.
    """
    if giver == actor:
        return Customer.objects.visible_to(actor, Action.CHANGE).filter(manager=actor)
    if not people_in_reach(actor, "customers", Action.APPROVE).filter(pk=giver.pk).exists():
        raise PermissionDenied
    return Customer.objects.visible_to(actor, Action.APPROVE).filter(manager=giver)


@transaction.atomic
def create_hand_over(
    *,
    actor: User,
    giver: User,
    receiver: User,
    reason: str,
    effective_on: datetime.date,
    moves_unit: bool = True,
    customers: QuerySet[Customer] | None = None,
) -> HandOver:
    """Draft a hand-over of the customers of `giver`: all of them, or those of `customers` that are the giver's.

    Raises PermissionDenied where the giver works outside the actor's reach, ValidationError at the fields and where there is no customer.
    """
    rows = customers_of(actor=actor, giver=giver)
    if customers is not None:
        rows = rows.filter(pk__in=customers.order_by().values("pk"))
    ensure_terms(receiver, effective_on)
    facts = {"giver": giver, "receiver": receiver, "reason": reason, "effective_on": effective_on, "moves_unit": moves_unit}
    hand_over = HandOver(maker=actor, **facts)
    save_valid(hand_over)
    keys = list(rows.order_by().values_list("pk", flat=True))
    if not insert_items(hand_over.pk, keys):
        raise ValidationError(_("There is no customer here that you can hand over for %(name)s.") % {"name": giver.name})
    hand_over.figures = figures_of(keys)
    hand_over.save(update_fields=["figures", "updated_at"])
    return hand_over


def ensure_terms(receiver: User, effective_on: datetime.date) -> None:
    """Refuse a receiver who cannot work with customers, and a day that is over or too far, by a ValidationError at the field."""
    _ensure_can_receive(receiver)
    today = timezone.localdate()
    if effective_on < today:
        raise ValidationError({"effective_on": _("That day is over.")})
    if effective_on - today > _LATEST:
        raise ValidationError({"effective_on": _("Choose a day within a year.")})


def _ensure_can_receive(receiver: User) -> None:
    if not receiver.is_active:
        raise ValidationError({"receiver": _("This person is disabled.")})
    if scope_of(receiver).role_reach("customers", Action.VIEW).is_empty:
        raise ValidationError({"receiver": _("This person has no role to work with customers.")})


def locked(hand_over_id: int, actor: User, *states: HandOverState) -> HandOver:
    """The hand-over, locked. Raises Http404 where it is hidden from `actor` for a step, ValidationError where its state is another."""
    rows = HandOver.objects.select_for_update(of=("self",), no_key=True).select_related("giver__org_unit", "receiver__org_unit", "maker")
    hand_over = rows.get_visible(actor, hand_over_id, Action.CHANGE)
    if hand_over.state not in states:
        raise ValidationError(_("This hand-over is “%(state)s” by now.") % {"state": hand_over.get_state_display()}, code="state")
    return hand_over


# --- offering --------------------------------------------------------------------------------------------------------------------------


def why_not_approved(hand_over: HandOver, actor: User) -> str:
    """Why `actor` may not hand these customers to this receiver by the own right; empty where that is allowed."""
    if not staff_in_reach(actor, "customers", Action.APPROVE).filter(pk=hand_over.receiver_id).exists():
        return _("The receiver works outside your reach.")
    unit = hand_over.receiver.org_unit_id if hand_over.moves_unit else None
    if unit is not None and not units_in_reach(actor, "customers", Action.APPROVE).filter(pk=unit).exists():
        return _("The receiver's org unit lies outside your reach.")
    reached = Customer.objects.visible_to(actor, Action.APPROVE).order_by().values("pk")
    beyond = open_items(hand_over).filter(customer__manager=hand_over.giver_id).exclude(customer__in=reached).count()
    if beyond:
        text = ngettext("%(count)d customer lies outside your reach.", "%(count)d customers lie outside your reach.", beyond)
        return text % {"count": beyond}
    return ""


def waiting_for(user: User) -> HandOverQuerySet:
    """Those on which `user` can decide: offered to the user, or to be approved by the user's own right as `why_not_approved` says it.

    Who leads the giver and may not hand all of it over can refuse it on its page; it is put to somebody above.
    """
    staff = staff_in_reach(user, "customers", Action.APPROVE).order_by().values("pk")
    units = units_in_reach(user, "customers", Action.APPROVE).order_by().values("pk")
    reached = Customer.objects.visible_to(user, Action.APPROVE).order_by().values("pk")
    open_rows = HandOverItem.objects.filter(hand_over=OuterRef("pk"), state=ItemState.OPEN, customer__manager=OuterRef("giver"))
    in_unit = Q(moves_unit=False) | Q(receiver__org_unit=None) | Q(receiver__org_unit__in=units)
    led = Q(state=HandOverState.APPROVAL) & ~Q(maker=user) & HandOver.objects.led_by(user)
    approvable = led & in_unit & Q(receiver__in=staff) & ~Exists(open_rows.exclude(customer__in=reached))
    rows: HandOverQuerySet = HandOver.objects.visible_to(user, Action.CHANGE)
    return rows.filter(Q(state=HandOverState.OFFERED, receiver=user) | approvable)


def open_items(hand_over: HandOver) -> QuerySet[HandOverItem]:
    """The customers that are still to be handed over."""
    return hand_over.items.filter(state=ItemState.OPEN)


def approvers_of(hand_over: HandOver) -> list[User]:
    """Those who may approve all of it: of those who lead both sides, but the giver and the maker, who stands nearest to the giver.

    Two queries, and a few more for each who is asked: the nearest, and those above them only where the nearest may not.
    """
    of_receiver = set(roles_reaching(hand_over.receiver.org_unit, None, Action.APPROVE).values_list("user", flat=True))
    able = of_receiver - {hand_over.giver_id, hand_over.maker_id}
    held = [one for one in roles_reaching(hand_over.giver.org_unit, None, Action.APPROVE) if one.user_id in able]
    for _distance, roles in groupby(held, key=lambda one: len(one.org_unit.path)):
        nearest = {one.user_id: one.user for one in roles}
        found = [person for person in nearest.values() if not why_not_approved(hand_over, person)]
        if found:
            return found
    return []


@transaction.atomic
def offer_hand_over(*, hand_over_id: int, actor: User) -> HandOver:
    """Offer a draft to its receiver; where `actor` may not hand the customers over, it is first put to those who may.

    Raises Http404, ValidationError.
    """
    hand_over = locked(hand_over_id, actor, HandOverState.DRAFT)
    if not why_not_approved(hand_over, actor):
        _put_to_receiver(hand_over, actor)
    else:
        hand_over.state, hand_over.offered_at = HandOverState.APPROVAL, timezone.now()
        hand_over.save()
        approvers = approvers_of(hand_over)
        if not approvers:
            raise ValidationError(_("Nobody may approve this hand-over. Ask an administrator."))
        _give_to_dos(hand_over, actor, approvers)
        tell(hand_over, OFFERED, [hand_over.giver_id], actor_id=actor.pk, actor_name=actor.name)
    return hand_over


@transaction.atomic
def approve_hand_over(*, hand_over_id: int, actor: User) -> HandOver:
    """Let a hand-over go to its receiver. Raises Http404, PermissionDenied for its maker, whom another one
    controls, and ValidationError where `actor` may not hand all of it over.
    """
    hand_over = locked(hand_over_id, actor, HandOverState.APPROVAL)
    if hand_over.maker_id == actor.pk:
        raise PermissionDenied
    refusal = why_not_approved(hand_over, actor)
    if refusal:
        raise ValidationError(refusal)
    end_tasks_about(kind=SUBJECT, key=hand_over.pk, actor=actor)
    _put_to_receiver(hand_over, actor)
    return hand_over


def _put_to_receiver(hand_over: HandOver, actor: User) -> None:
    _ensure_can_receive(hand_over.receiver)
    hand_over.state, hand_over.approver = HandOverState.OFFERED, actor
    hand_over.offered_at, hand_over.reminded_at = timezone.now(), None
    hand_over.save()
    _give_to_dos(hand_over, actor, [hand_over.receiver])
    tell(hand_over, OFFERED, {hand_over.giver_id, hand_over.maker_id}, actor_id=actor.pk, actor_name=actor.name)


def _give_to_dos(hand_over: HandOver, actor: User, people: Iterable[User]) -> None:
    """To decide on it, before it expires; the giver's, who may have left, is to get ready for it."""
    due = timezone.localdate() + datetime.timedelta(days=HandOverRule.current().expire_after)
    for person in people:
        with translation.override(language_of(person)):
            title = _("Decide on the hand-over from %(giver)s to %(receiver)s") % _names(hand_over)
        create_task(actor=actor, details=TaskDetails(title=title[:200], assignee=person, due_on=due), subject=(SUBJECT, hand_over.pk))
    if hand_over.state == HandOverState.OFFERED and hand_over.giver.is_active:
        with translation.override(language_of(hand_over.giver)):
            title = _("Prepare the hand-over of your customers to %(receiver)s") % _names(hand_over)
        details = TaskDetails(title=title[:200], assignee=hand_over.giver, due_on=max(hand_over.effective_on, timezone.localdate()))
        create_task(actor=actor, details=details, subject=(SUBJECT, hand_over.pk))


def _names(hand_over: HandOver) -> dict[str, str]:
    return {"giver": hand_over.giver.name, "receiver": hand_over.receiver.name}


# --- deciding --------------------------------------------------------------------------------------------------------------------------


def leads(actor: User, hand_over: HandOver) -> bool:
    """Whether `actor` answers for the giver of `hand_over`."""
    return HandOver.objects.filter(HandOver.objects.all().led_by(actor), pk=hand_over.pk).exists()


@transaction.atomic
def refuse_hand_over(*, hand_over_id: int, actor: User, reason: str) -> HandOver:
    """Say no to all of it, as the receiver or as who should approve it. Raises Http404, PermissionDenied, ValidationError."""
    hand_over = locked(hand_over_id, actor, HandOverState.APPROVAL, HandOverState.OFFERED)
    if hand_over.state == HandOverState.OFFERED:
        _ensure_receives(hand_over, actor)
    elif not leads(actor, hand_over):
        raise PermissionDenied
    end_unmoved(hand_over, HandOverState.REFUSED, actor, reason)
    tell(hand_over, REFUSED, _sides(hand_over), actor_id=actor.pk, actor_name=actor.name, why=reason)
    return hand_over


@transaction.atomic
def withdraw_hand_over(*, hand_over_id: int, actor: User, reason: str) -> HandOver | None:
    """Take it back before it is carried out: its maker, or who leads the giver. A draft is dropped altogether, and None returned.

    Raises Http404, PermissionDenied, ValidationError.
    """
    states = (HandOverState.DRAFT, HandOverState.APPROVAL, HandOverState.OFFERED, HandOverState.ACCEPTED)
    hand_over = locked(hand_over_id, actor, *states)
    if hand_over.maker_id != actor.pk and not leads(actor, hand_over):
        raise PermissionDenied
    if hand_over.state == HandOverState.DRAFT:
        hand_over.delete()
        return None
    seen = _sides(hand_over) if hand_over.state != HandOverState.APPROVAL else {hand_over.giver_id, hand_over.maker_id}
    end_unmoved(hand_over, HandOverState.WITHDRAWN, actor, reason)
    tell(hand_over, WITHDRAWN, seen, actor_id=actor.pk, why=reason)
    return hand_over


def end_unmoved(hand_over: HandOver, state: HandOverState, actor: User | None, reason: str) -> None:
    """End a locked hand-over of which nothing was carried out; `actor` is None where nobody decided, and time or a failure ended it."""
    if not reason and state == HandOverState.REFUSED:
        raise ValidationError({"reason": _("Say why.")})
    hand_over.state, hand_over.decided_by, hand_over.decided_at = state, actor, timezone.now()
    hand_over.decision_reason = reason
    hand_over.save()
    end_tasks_about(kind=SUBJECT, key=hand_over.pk, actor=actor)


def _sides(hand_over: HandOver) -> set[int | None]:
    return {hand_over.giver_id, hand_over.receiver_id, hand_over.maker_id, hand_over.approver_id}


def _ensure_receives(hand_over: HandOver, actor: User) -> None:
    if hand_over.receiver_id != actor.pk:
        raise PermissionDenied


# --- single customers ------------------------------------------------------------------------------------------------------------------


def _locked_item(item_id: int, actor: User, *states: HandOverState) -> tuple[HandOver, HandOverItem]:
    item = HandOverItem.objects.get_visible(actor, item_id, Action.CHANGE)
    hand_over = locked(item.hand_over_id, actor, *states)
    found = HandOverItem.objects.select_for_update(of=("self",), no_key=True).filter(pk=item_id).first()
    if found is None:
        raise Http404
    return hand_over, found


@transaction.atomic
def note_item(*, item_id: int, actor: User, note: str, seen: str) -> HandOverItem:
    """Write what the receiver should know of a customer, until it is decided; `seen` is the version that the form showed.

    Raises Http404, PermissionDenied, ValidationError (code `stale` where somebody was quicker).
    """
    hand_over, item = _locked_item(item_id, actor, HandOverState.DRAFT, HandOverState.APPROVAL, HandOverState.OFFERED)
    if actor.pk not in (hand_over.maker_id, hand_over.giver_id):
        raise PermissionDenied
    ensure_version(item, seen)
    item.note = note
    save_valid(item)
    if hand_over.state == HandOverState.DRAFT:
        hand_over.save(update_fields=["updated_at"])  # whoever writes notes has not forgotten it
    return item


@transaction.atomic
def refuse_items(*, items: QuerySet[HandOverItem], actor: User, reason: str) -> int:
    """As the receiver, take single customers of an offer not; `items` of one hand-over. Empty `reason`: take them after all.

    Raises Http404, PermissionDenied, ValidationError. Returns how many it concerns.
    """
    keys = list(items.values_list("hand_over", flat=True).distinct()[:2])
    if len(keys) != 1:
        raise Http404
    hand_over = locked(keys[0], actor, HandOverState.OFFERED)
    _ensure_receives(hand_over, actor)
    before, after = (ItemState.OPEN, ItemState.REFUSED) if reason else (ItemState.REFUSED, ItemState.OPEN)
    rows = hand_over.items.filter(pk__in=items.order_by().values("pk"), state=before)
    return rows.update(state=after, reason=reason, updated_at=timezone.now())
