"""Conditions on number lists: which memberships and subscriptions hold on a day, and how a number is looked for."""

from __future__ import annotations

import datetime
import re
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from members.models import Member, MemberSubscription, NumberState
from members.reading.normalise import COUNTRY_CODE

STAGES: Final[list[tuple[str, str | Promise]]] = [
    ("pending", _("pending")),
    *NumberState.choices,
    ("leaving", _("leaving")),
    ("left", _("left")),
]
_LABELS: Final = dict(STAGES)
_SHORT_LENGTH: Final = 6
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


def on_products(product_ids: list[int], day: datetime.date) -> Exists:
    """Memberships with a live subscription of one of the products."""
    return Exists(live_subscriptions(MemberSubscription.objects.filter(member=OuterRef("pk"), product__in=product_ids), day))


def matching_text(text: str) -> Q:
    """What the search box finds: digits are the beginning of a number, `*` and digits its end, six or fewer digits also a short number;
    anything else is a holder's name, a department or an employee number.
    """
    if text.startswith("*") and text[1:].strip().isdecimal():
        return number_ends_with(text[1:].strip())
    if not _DIGITS.fullmatch(text):
        return Q(holder_name__contains=text) | Q(department__contains=text) | Q(employee_no__startswith=text)
    digits = re.sub(r"\D", "", text)
    condition = number_begins_with(digits)
    return condition | Q(short_number=digits) if len(digits) <= _SHORT_LENGTH else condition


def number_ends_with(digits: str) -> Q:
    """Numbers that end with `digits`."""
    return Q(msisdn__endswith=digits)


def number_begins_with(digits: str) -> Q:
    """Numbers whose national or international form begins with `digits`.

    Live and ended memberships are named apart, because each has an index of its own that begins with the number.
    """
    national = digits.removeprefix("00").removeprefix(COUNTRY_CODE).removeprefix("0")
    prefix = COUNTRY_CODE + national
    return Q(msisdn__startswith=prefix, left_on=None) | Q(msisdn__startswith=prefix, left_on__isnull=False)


def with_number(rows: QuerySet[Member], msisdn: str) -> QuerySet[Member]:
    """All memberships of one number, live and ended, the latest first; each part by its own index."""
    return rows.filter(Q(msisdn=msisdn, left_on=None) | Q(msisdn=msisdn, left_on__isnull=False)).order_by("-joined_on", "-pk")
