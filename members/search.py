"""What the search over everything finds of numbers: of any group, those that have left too."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse

from access.reveals import masked_text
from common.search import Found, Likelihood, Query, Result
from common.search.registry import COUNTED, NOTHING
from members.models import Member
from members.roster import STAGES, international, number_begins_with, number_ends_with, stage_label
from members.sensitive import NUMBER

FEWEST_AT_START: Final = 3
MOST_DIGITS: Final = 17
FEWEST_AT_END: Final = 4
MOST_AT_END: Final = 8
_SHOWN: Final = ("msisdn", "state", "joined_on", "left_on", "customer__name")


def could_be_number(query: Query) -> Likelihood:
    """Three digits or more are the beginning of a number."""
    return Likelihood.LIKELY if FEWEST_AT_START <= len(query.digits) <= MOST_DIGITS else Likelihood.NO


def find_numbers(user: Any, query: Query, limit: int) -> Found:
    """Numbers that begin with the digits, with or without country code, as far as the user may look for them."""
    whole = international(query.digits)
    return _found(user, number_begins_with(query.digits, user), {"q": query.digits}, limit, whole=whole)


def could_be_ending(query: Query) -> Likelihood:
    """Four to eight digits, with or without `*` before them, are the end of a number."""
    return Likelihood.LIKELY if FEWEST_AT_END <= len(query.ending or query.digits) <= MOST_AT_END else Likelihood.NO


def find_endings(user: Any, query: Query, limit: int) -> Found:
    """Numbers that end with the digits, as far as the user may look for them."""
    digits = query.ending or query.digits
    return _found(user, number_ends_with(digits, user), {"ends_with": digits}, limit)


def _found(user: Any, condition: Q, parameters: dict[str, str], limit: int, *, whole: str = "") -> Found:
    """Each number once, by its present or last membership. The list leaves out what has left unless it is asked for."""
    visible = Member.objects.visible_to(user).select_related("customer").only(*_SHOWN).order_by()
    rows = list(visible.filter(condition)[: COUNTED + 1])
    if not rows:
        return NOTHING
    latest = sorted(rows[:COUNTED], key=lambda row: (row.left_on is None, row.joined_on, row.pk))
    each = {row.msisdn: row for row in latest}.values()
    numbers = sorted(each, key=lambda row: (row.msisdn != whole, row.left_on is not None, row.msisdn))
    stages = [("stage", stage) for stage, _label in STAGES]
    return Found(
        results=[_result(row) for row in numbers[:limit]],
        count=len(numbers),
        more=len(rows) > COUNTED,
        all_url=f"{reverse('members:member_list')}?{urlencode([*parameters.items(), *stages])}",
        certain=numbers[0].msisdn == whole,
    )


def _result(row: Member) -> Result:
    details = (row.customer.name, stage_label(row.stage()))
    url = reverse("members:number_detail", args=[row.pk])
    return Result(label=masked_text(row, NUMBER), url=url, details=details, resource=("api:member", row.pk))
