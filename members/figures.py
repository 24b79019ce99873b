"""How many members each account manager looks after: counted in the night, shown to directors."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.models import Member
from members.roster import not_left
from workflow.figures import register_figure
from workflow.team import TeamColumn, counted, register_team_column


def _members_by_manager() -> QuerySet[Any, Any]:
    rows = Member.objects.filter(not_left(timezone.localdate())).exclude(customer__manager=None).order_by()
    return rows.values_list("customer__manager").annotate(value=Count("pk"))


def register_figures() -> None:
    """Called once, when Django is ready."""
    register_figure("members", _members_by_manager)
    register_team_column(TeamColumn("members", _("Members"), counted("members"), _customers_of, order=20))


def _customers_of(manager: int) -> str:
    return f"{reverse('customers:customer_list')}?manager={manager}"
