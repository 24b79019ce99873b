"""The filters of the jobs list."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from access.choices import staff_in_reach, units_in_reach
from access.filters import UnitFilter
from access.models import OrgUnit, User
from common.lists import ChoicesFilter, Filters, ModelChoicesFilter, MomentsFilter, NumbersFilter, TextFilter, YesNoFilter
from jobs.kinds import kinds
from jobs.models import JobStatus


def _kind_choices() -> list[tuple[str, Any]]:
    return [(kind.code, kind.label) for kind in kinds()]


def _starters(request: HttpRequest | None) -> QuerySet[User]:
    return staff_in_reach(request.user, "jobs") if request is not None else User.objects.none()


def _units(request: HttpRequest | None) -> QuerySet[OrgUnit]:
    return units_in_reach(request.user, "jobs") if request is not None else OrgUnit.objects.none()


class JobFilters(Filters):
    """Of jobs."""

    status = ChoicesFilter(choices=JobStatus.choices, label=_("Status"))
    kind = ChoicesFilter(choices=_kind_choices, label=_("Kind"))
    mine = YesNoFilter(label=_("Started by me"), method="by_actor")
    actor = ModelChoicesFilter(label=_("Started by"), queryset=_starters)
    created = MomentsFilter(field_name="created_at", label=_("When"))
    started_at = MomentsFilter(label=_("Started"))
    finished_at = MomentsFilter(label=_("Finished"))
    title = TextFilter(label=_("Title"))
    rows = NumbersFilter(label=_("Rows"))
    failed = NumbersFilter(label=_("Failed"))
    org_unit = UnitFilter(queryset=_units, label=_("Org unit"))

    def by_actor(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Jobs that the user started, or those of others."""
        return queryset.filter(actor=self.request.user) if value == "yes" else queryset.exclude(actor=self.request.user)
