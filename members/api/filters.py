"""Filters of the API's lists."""

from __future__ import annotations

from typing import Any, Final

import django_filters
from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from common.lists import Filters
from jobs.models import JobStatus
from members.models import RowState
from members.verdict_codes import BIT, CODES
from members.verdicts import LABELS

STATES: Final = {
    "eligible": RowState.ELIGIBLE,
    "skipped": RowState.SKIPPED,
    "failed": RowState.FAILED,
    "conflict": RowState.CONFLICT,
}


class JobApiFilters(Filters):
    """Of batches."""

    status = django_filters.MultipleChoiceFilter(choices=JobStatus.choices, label=_("Status"), help_text="May be repeated.")
    customer = django_filters.CharFilter(field_name="provisioning__customer__code", label=_("Customer"), help_text="The customer's code.")


class RowApiFilters(Filters):
    """Of rows."""

    state = django_filters.ChoiceFilter(
        choices=[(name, state.label) for name, state in STATES.items()], method="by_state", label=_("State")
    )
    verdict = django_filters.ChoiceFilter(choices=[(code, LABELS[code]) for code in CODES], method="by_verdict", label=_("Finding"))

    def by_state(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Rows in one state."""
        return queryset.filter(state=STATES[value])

    def by_verdict(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Rows with one finding, whatever else was found."""
        found: QuerySet[Any] = queryset.annotate(found_bit=F("verdicts").bitand(BIT[value])).exclude(found_bit=0)
        return found
