"""How a filter compares: the operators of texts, choices, trees, numbers and days, and the days that the relative ones mean."""

from __future__ import annotations

import calendar
import datetime
from typing import Final

from django.db import models
from django.db.models import Field, Model
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

MIN: Final = "min"
MAX: Final = "max"
DAYS: Final = "days"
VALUE: Final = ""
OPERATOR: Final = "op"


class Operator(models.TextChoices):
    """An operator as it stands in an address, `level_op=none`, with its word in a chip."""

    CONTAINS = "contains", pgettext_lazy("filter", "contains")
    IS = "is", pgettext_lazy("filter", "is")
    BEGINS = "begins", pgettext_lazy("filter", "begins with")
    ANY = "any", pgettext_lazy("filter", "is")
    NONE = "none", pgettext_lazy("filter", "is none of")
    BELOW = "below", pgettext_lazy("filter", "at or below")
    BETWEEN = "between", pgettext_lazy("filter", "between")
    EQUAL = "equal", pgettext_lazy("filter", "=")
    AT_LEAST = "from", pgettext_lazy("filter", "≥")
    AT_MOST = "to", pgettext_lazy("filter", "≤")
    ON = "on", pgettext_lazy("filter", "on")
    BEFORE = "before", pgettext_lazy("filter", "before")
    AFTER = "after", pgettext_lazy("filter", "after")
    LAST = "last", pgettext_lazy("filter", "in the last days")
    NEXT = "next", pgettext_lazy("filter", "in the next days")
    TODAY = "today", pgettext_lazy("filter", "today")
    THIS_WEEK = "week", pgettext_lazy("filter", "this week")
    THIS_MONTH = "month", pgettext_lazy("filter", "this month")
    THIS_QUARTER = "quarter", pgettext_lazy("filter", "this quarter")
    THIS_YEAR = "year", pgettext_lazy("filter", "this year")
    OVERDUE = "overdue", pgettext_lazy("filter", "overdue")
    EMPTY = "empty", pgettext_lazy("filter", "is empty")
    FILLED = "filled", pgettext_lazy("filter", "is not empty")


_ENDS: Final = (MIN, MAX)
_INPUTS: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys((Operator.BETWEEN,), _ENDS),
    **dict.fromkeys((Operator.EQUAL, Operator.AT_LEAST, Operator.ON, Operator.AFTER), (MIN,)),
    **dict.fromkeys((Operator.AT_MOST, Operator.BEFORE), (MAX,)),
    **dict.fromkeys((Operator.LAST, Operator.NEXT), (DAYS,)),
    **dict.fromkeys((Operator.CONTAINS, Operator.IS, Operator.BEGINS, Operator.ANY, Operator.NONE, Operator.BELOW), (VALUE,)),
}

TEXT: Final = (Operator.CONTAINS, Operator.IS, Operator.BEGINS)
CHOICE: Final = (Operator.ANY, Operator.NONE)
TREE: Final = (Operator.BELOW, Operator.IS, Operator.NONE)
NUMBER: Final = (Operator.BETWEEN, Operator.EQUAL, Operator.AT_LEAST, Operator.AT_MOST)
PAST: Final = (
    *(Operator.BETWEEN, Operator.ON, Operator.BEFORE, Operator.AFTER, Operator.LAST, Operator.TODAY),
    *(Operator.THIS_WEEK, Operator.THIS_MONTH, Operator.THIS_QUARTER, Operator.THIS_YEAR),
)
DAY: Final = (*PAST[:5], Operator.NEXT, *PAST[5:], Operator.OVERDUE)
NOTHING_GIVEN: Final = (Operator.EMPTY, Operator.FILLED)

LABELS_IN_FORM: Final = {
    Operator.ANY: pgettext_lazy("filter", "is any of"),
    Operator.IS: pgettext_lazy("filter", "is exactly"),
    Operator.LAST: _("in the last … days"),
    Operator.NEXT: _("in the next … days"),
    Operator.AT_LEAST: _("≥ at least"),
    Operator.AT_MOST: _("≤ at most"),
    Operator.EQUAL: _("= exactly"),
}


def inputs_of(operator: Operator) -> tuple[str, ...]:
    """The inputs that `operator` asks for, as the endings of their parameters; none where its own word says all."""
    return _INPUTS.get(operator, ())


def days_of(operator: Operator, today: datetime.date, days: int = 0) -> tuple[datetime.date | None, datetime.date | None]:
    """The first and the last day that a relative operator means, seen from `today`; None: no end. A week begins on Monday."""
    match operator:
        case Operator.LAST:
            return today - datetime.timedelta(days=days), today
        case Operator.NEXT:
            return today, today + datetime.timedelta(days=days)
        case Operator.THIS_WEEK:
            monday = today - datetime.timedelta(days=today.weekday())
            return monday, monday + datetime.timedelta(days=6)
        case Operator.THIS_MONTH:
            return _months(today, today.month, today.month)
        case Operator.THIS_QUARTER:
            first = (today.month - 1) // 3 * 3 + 1
            return _months(today, first, first + 2)
        case Operator.THIS_YEAR:
            return _months(today, 1, 12)
        case Operator.OVERDUE:
            return None, today - datetime.timedelta(days=1)
    return today, today


def _months(day: datetime.date, first: int, last: int) -> tuple[datetime.date, datetime.date]:
    return day.replace(month=first, day=1), day.replace(month=last, day=calendar.monthrange(day.year, last)[1])


def empty_values(model: type[Model], path: str) -> tuple[bool, bool]:
    """Whether the field at `path` may be null, and whether it may hold an empty text; (False, False) for what is no field."""
    nullable, field = False, None
    current: type[Model] | None = model
    for hop in path.split("__"):
        found = next((item for item in current._meta.get_fields() if item.name == hop), None) if current is not None else None
        if not isinstance(found, Field):
            return False, False
        field, nullable, current = found, nullable or found.null, found.related_model
    blank = isinstance(field, models.CharField | models.TextField) and field.blank
    return nullable, blank
