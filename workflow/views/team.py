"""The people whom a director directs, with what each has on the hands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from access.models import User
from access.requests import signed_in
from common.lists import NOTHING, Column, ListDefinition, ListPage
from workflow.filters import TeamFilters
from workflow.querysets import sees_others
from workflow.team import TeamColumn, team_columns, team_of


def _cells(column: TeamColumn, rows: Sequence[Any], _user: Any) -> Mapping[Any, SafeString]:
    found = column.values([row.pk for row in rows])
    return {row.pk: _cell(column, found.get(row.pk, 0), row.pk) for row in rows}


def _cell(column: TeamColumn, value: int, person: int) -> SafeString:
    if not value:
        return NOTHING
    tone = "figure-bad" if column.bad else ""
    return format_html('<a href="{}" class="{}">{}</a>', column.url(person), tone, number_format(value, force_grouping=True))


class TeamList(ListDefinition):
    """The people in the user's reach; every figure opens the rows behind it."""

    name = "team"
    model = User
    title = _("My team")
    filterset_class = TeamFilters
    search_fields = ("name__icontains", "username__startswith")
    search_label = _("Name or login")
    default_sort = "-late"
    empty_text = _("Nobody works below you.")
    sorted_by: ClassVar[Mapping[str, str]] = {"late": "late", "warned": "warned", "customers": "customer_count"}

    def queryset(self) -> QuerySet[Any]:
        """The people that the policy lets the user choose from, with their load."""
        return team_of(signed_in(self.request)).select_related("org_unit")

    def get_columns(self) -> list[Column]:
        """The person, and a column for each registered figure."""
        figures = [
            Column(
                key=column.key,
                label=column.label,
                values=partial(_cells, column),
                numeric=True,
                sort=(self.sorted_by[column.key],) if column.key in self.sorted_by else (),
                descending_first=True,
            )
            for column in team_columns()
        ]
        person = Column(key="name", label=pgettext_lazy("person", "Name"), value="name", sort=("name",), link=True)
        unit = Column(key="org_unit", label=_("Org unit"), value="org_unit.label", hide_on_phone=True)
        return [person, unit, *figures]

    def row_url(self, row: User) -> str:
        """The open to-dos of the person."""
        return f"{reverse('workflow:task_list')}?assignee={row.pk}&state=open"


class TeamListPage(ListPage):
    """My team; for whoever reaches other people."""

    template_name = "workflow/team_list.html"

    list_class = TeamList

    def get_list(self, request: HttpRequest) -> ListDefinition:
        """The list. Raises PermissionDenied for whoever directs nobody."""
        if not sees_others(request.user):
            raise PermissionDenied
        return TeamList(request)
