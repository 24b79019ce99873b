"""What the page of a hand-over says beside its customers: figures, warnings, who covers for whom, and the steps that are open."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from access.choices import people_in_reach
from access.models import Delegation, User
from access.scope import allowed
from customers.models import OPEN_STATES, Customer, CustomerLevel, HandOver, HandOverItem, HandOverRule, HandOverState, ItemState, Lifecycle
from customers.services.hand_over_work import returnable
from customers.services.hand_overs import leads, open_items


@dataclass(frozen=True, slots=True)
class Step:
    """A button of the page: what it posts as `step`, its words, and whether it asks for a reason ("must", "may", or not)."""

    name: str
    label: str | Promise
    icon: str
    question: str | Promise = ""
    reason: str = ""
    primary: bool = False


_OFFER = Step("offer", pgettext_lazy("hand-over", "Offer"), "send", primary=True)
_DISCARD = Step("withdraw", gettext_lazy("Discard"), "trash", gettext_lazy("Discard this draft? No customer is touched."))
_APPROVE = Step("approve", gettext_lazy("Approve"), "check", primary=True)
_ACCEPT = Step("accept", gettext_lazy("Accept"), "check", primary=True)
_REFUSE = Step("refuse", gettext_lazy("Refuse"), "circle-x", gettext_lazy("Refuse all of it?"), reason="must")
_WITHDRAW = Step("withdraw", gettext_lazy("Withdraw"), "arrow-back-up", gettext_lazy("Take this hand-over back?"), reason="may")
_RETURN = Step(
    "return", gettext_lazy("Hand back"), "arrow-back-up", gettext_lazy("Hand back what nobody has handed on since?"), reason="must"
)


def steps_for(hand_over: HandOver, user: User, barrier: str) -> list[Step]:
    """The steps that `user` may take; `barrier` says why the user may not approve it, and is empty where that is allowed."""
    is_maker, is_receiver = hand_over.maker_id == user.pk, hand_over.receiver_id == user.pk
    leading = leads(user, hand_over)
    match hand_over.state:
        case HandOverState.DRAFT:
            return [_OFFER, _DISCARD] if is_maker else []
        case HandOverState.APPROVAL:
            deciding = [_REFUSE] if barrier else [_APPROVE, _REFUSE]
            return [*(deciding if leading and not is_maker else []), *([_WITHDRAW] if is_maker or leading else [])]
        case HandOverState.OFFERED:
            return [*([_ACCEPT, _REFUSE] if is_receiver else []), *([_WITHDRAW] if is_maker or leading else [])]
        case HandOverState.ACCEPTED:
            return [_WITHDRAW] if is_maker or leading else []
        case HandOverState.DONE:
            return [_RETURN] if leading and hand_over.giver.is_active and returnable(hand_over).exists() else []
    return []


def figures_in_words(hand_over: HandOver, user: User) -> list[dict[str, Any]]:
    """What the customers came to when the hand-over was made; of members what `user` may know."""
    kept = hand_over.figures
    counts = [(level, kept.get("levels", {}).get(level)) for level in CustomerLevel.values]
    levels = " · ".join(f"{level} {number_format(count, force_grouping=True)}" for level, count in counts if count)
    shown = [
        (_("Customers"), number_format(kept.get("customers", 0), force_grouping=True)),
        (_("Levels"), levels),
        (_("People"), number_format(kept.get("people", 0), force_grouping=True)),
    ]
    counts_members = allowed(user, "members")
    if "members" in kept and counts_members:
        shown.append((_("Members"), number_format(int(Decimal(kept["members"])), force_grouping=True)))
    if "revenue" in kept and counts_members:
        shown.append((_("Monthly revenue (CNY)"), number_format(Decimal(kept["revenue"]), decimal_pos=2, force_grouping=True)))
    return [{"label": label, "value": value} for label, value in shown]


def people_to_tell_of(hand_over: HandOver, user: User) -> list[User]:
    """Of giver and receiver those whose load and leave cover `user` may know: of a draft, of which nobody knows yet, those in reach."""
    both = [hand_over.giver, hand_over.receiver]
    if hand_over.is_shown:
        return both
    reached = set(people_in_reach(user, "customers").filter(pk__in=[person.pk for person in both]).values_list("pk", flat=True))
    return [person for person in both if person.pk in reached or person.pk == user.pk]


def covers_of(people: Sequence[User]) -> Sequence[Delegation]:
    """The leave cover of `people` that counts or is to come."""
    rows = Delegation.objects.filter(lender__in=people, ended_at=None, ends_on__gte=timezone.localdate())
    return list(rows.select_related("lender", "borrower").order_by("starts_on")[:4])


def warnings_of(hand_over: HandOver) -> list[str]:
    """What both sides should look at before they agree; a fixed number of queries, none for what is over."""
    if not hand_over.is_open:
        return []
    receiver, items = hand_over.receiver, open_items(hand_over)
    found = []
    if not receiver.is_active:
        found.append(_("%(name)s is disabled.") % {"name": receiver.name})
    gone = items.exclude(customer__manager=hand_over.giver_id).count()
    if gone:
        text = ngettext(
            "%(count)d customer has another account manager by now, and will be left alone.",
            "%(count)d customers have another account manager by now, and will be left alone.",
            gone,
        )
        found.append(text % {"count": gone})
    others = HandOverItem.objects.filter(state=ItemState.OPEN, hand_over__state__in=OPEN_STATES[1:]).exclude(hand_over=hand_over)
    twice = items.filter(customer__in=others.values("customer")).count()
    if twice:
        text = ngettext(
            "%(count)d customer is part of another open hand-over too.",
            "%(count)d customers are part of another open hand-over too.",
            twice,
        )
        found.append(text % {"count": twice})
    found += _far_away(hand_over, receiver)
    warned = items.filter(customer__lifecycle=Lifecycle.WARNED).count()
    if warned:
        text = ngettext("%(count)d customer shows a churn warning.", "%(count)d customers show a churn warning.", warned)
        found.append(text % {"count": warned})
    return found


def _far_away(hand_over: HandOver, receiver: User) -> list[str]:
    """Customers of other units than the receiver's."""
    if receiver.org_unit is None:
        return [_("%(name)s works in no org unit.") % {"name": receiver.name}]
    far = open_items(hand_over).filter(~Q(customer__org_unit=receiver.org_unit)).count()
    if not far:
        return []
    text = ngettext(
        "%(count)d customer belongs to another org unit than %(unit)s, where %(name)s works.",
        "%(count)d customers belong to other org units than %(unit)s, where %(name)s works.",
        far,
    )
    return [text % {"count": far, "unit": receiver.org_unit.label, "name": receiver.name}]


def load_of(receiver: User) -> int:
    """How many customers the receiver has now."""
    return Customer.objects.filter(manager=receiver).order_by().count()


def dropped_on(draft: HandOver) -> datetime.date:
    """The day on which a draft is dropped unless its maker touches it."""
    return timezone.localdate(draft.updated_at) + datetime.timedelta(days=HandOverRule.current().drop_drafts_after + 1)
