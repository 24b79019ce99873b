"""Conditions on number lists: which memberships and subscriptions hold on a day, and how a number is looked for."""

from __future__ import annotations

import datetime
import re
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Reverse
from django.db.models.lookups import StartsWith
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from access.models import User
from access.number_search import number_condition, shown_end, shown_start
from members.models import Member, MemberSubscription, NumberState
from members.reading.normalise import COUNTRY_CODE

STAGES: Final[list[tuple[str, str | Promise]]] = [
    ("pending", _("pending")),
    *NumberState.choices,
    ("leaving", _("leaving")),
    ("left", _("left")),
]
_LABELS: Final = dict(STAGES)
_FEW: Final = 2_000
_SHORT_LENGTH: Final = 6
_AFTER_DIGITS: Final = ":"  # the character after "9"
_DIGITS: Final = re.compile(r"\+?[\d\s-]+", re.ASCII)


def stage_label(stage: str) -> str:
    """The words for what `Member.stage` returns."""
    return str(_LABELS[stage])


def in_stage(stage: str, day: datetime.date) -> Q:
    """Memberships whose `stage(day)` is `stage`."""
    match stage:
        case "left":
            return Q(left_on__lte=day)
        case "leaving":
            return Q(left_on__gt=day)
        case "pending":
            return Q(left_on=None, joined_on__gt=day)
    return Q(left_on=None, joined_on__lte=day, state=stage)


def not_left(day: datetime.date) -> Q:
    """Memberships that run on `day` or begin later."""
    return Q(left_on=None) | Q(left_on__gt=day)


def live_subscriptions(rows: QuerySet[MemberSubscription], day: datetime.date) -> QuerySet[MemberSubscription]:
    """Those of `rows` that hold on `day`: begun, neither ended nor expired."""
    return rows.filter(Q(ended_on=None) | Q(ended_on__gt=day), Q(expires_on=None) | Q(expires_on__gt=day), effective_on__lte=day)


def on_products(product_ids: list[int], day: datetime.date, customer_id: int | None = None) -> Q:
    """Memberships with a live subscription of one of the products.

    Where few numbers of the customer are on them, their keys are read first. Else each row that a page passes asks by itself: open and
    ended subscriptions apart, because each has an index of its own by member, and with a second, empty condition on the member, because
    otherwise the planner reads a million subscriptions into a hash table to show fifty rows.
    """
    subscriptions = live_subscriptions(MemberSubscription.objects.filter(product__in=product_ids), day)
    if customer_id is not None:
        few = list(subscriptions.filter(customer=customer_id).order_by().values_list("member_id", flat=True)[: _FEW + 1])
        if len(few) <= _FEW:
            return Q(pk__in=few)
    own = subscriptions.filter(member=OuterRef("pk"), member__gte=OuterRef("pk"))
    return Q(Exists(own.filter(ended_on=None))) | Q(Exists(own.filter(ended_on__isnull=False)))


def matching_text(text: str, user: User, *, short_numbers: bool = True) -> Q:
    """What the search box finds for `user`: digits are the beginning of a number, `*` and digits its end; anything else is a holder's
    name, a department or an employee number. With `short_numbers`, six or fewer digits are also a short number; inside one group it
    means one.
    """
    if text.startswith("*") and text[1:].strip().isdecimal():
        return number_ends_with(text[1:].strip(), user)
    if not _DIGITS.fullmatch(text):
        return Q(holder_name__contains=text) | Q(department__contains=text) | Q(employee_no__startswith=text)
    digits = re.sub(r"\D", "", text)
    condition = number_begins_with(digits, user)
    return condition | Q(short_number=digits) if short_numbers and len(digits) <= _SHORT_LENGTH else condition


def number_ends_with(digits: str, user: User) -> Q:
    """Memberships whose number ends with `digits`; for who may not reveal it, with more digits than are shown: whose number it is.

    Backwards, because an index serves the beginning of a text.
    """
    ends = Q(StartsWith(Reverse("msisdn"), digits[::-1]))
    shown = ends if shown_end(digits) else _live_and_ended(Q(msisdn=international(digits)))
    return number_condition(Member, user, "members", any_part=ends, shown_part=shown)


def number_begins_with(digits: str, user: User) -> Q:
    """Memberships whose number's national or international form begins with `digits`; for who may not reveal it: whose first three digits
    these are, or whose whole number.

    A range, because it is served by any index over the number.
    """
    first = international(digits)
    begins = _live_and_ended(Q(msisdn__gte=first, msisdn__lt=first + _AFTER_DIGITS))
    shown = begins if shown_start(first.removeprefix(COUNTRY_CODE)) else _live_and_ended(Q(msisdn=first))
    return number_condition(Member, user, "members", any_part=begins, shown_part=shown)


def _live_and_ended(condition: Q) -> Q:
    """Apart, because each has an index of its own."""
    return condition & Q(left_on=None) | condition & Q(left_on__isnull=False)


def international(digits: str) -> str:
    """A number, or its beginning, as it is kept: country code first, without zeros before it."""
    return COUNTRY_CODE + digits.removeprefix("00").removeprefix(COUNTRY_CODE).removeprefix("0")


def with_number(rows: QuerySet[Member], msisdn: str) -> QuerySet[Member]:
    """All memberships of one number, live and ended, the latest first; each part by its own index."""
    return rows.filter(Q(msisdn=msisdn, left_on=None) | Q(msisdn=msisdn, left_on__isnull=False)).order_by("-joined_on", "-pk")


def of_members(rows: QuerySet[MemberSubscription], members: list[Member]) -> QuerySet[MemberSubscription]:
    """Those of `rows` that belong to `members`, open and ended ones each by their own index."""
    keys = [member.pk for member in members]
    return rows.filter(Q(member__in=keys, ended_on=None) | Q(member__in=keys, ended_on__isnull=False))
