"""What this app shows elsewhere: navigation, cards of the home page, a link on the profile page."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from access.people_lists import tell_figures_by
from common.navigation import NavigationGroup, NavigationItem, register
from common.notices import deliver_with
from common.panels import register_action, register_card
from workflow.cards import tasks_card, team_card
from workflow.kinds import register_kinds
from workflow.querysets import sees_others
from workflow.services.notices import deliver
from workflow.team import figures_of_team, leads, register_own_columns


def register_all() -> None:
    """Called once, when Django is ready."""
    deliver_with(deliver)
    register_kinds()
    register_own_columns()
    tell_figures_by(figures_of_team)
    group = NavigationGroup.WORK
    register(NavigationItem(group, _("To-dos"), "workflow:task_list", "checkbox", order=20))
    register(NavigationItem(group, _("My team"), "workflow:team_list", "users-group", order=30, opens=sees_others))
    register_card(
        slot="home",
        key="tasks",
        title=_("My to-dos"),
        template="workflow/partials/_tasks_card_body.html",
        context=tasks_card,
        module="",
        order=0,
        url_name="workflow:task_list",
    )
    register_card(
        slot="home",
        key="team",
        title=_("My team"),
        template="workflow/partials/_team_card.html",
        context=team_card,
        module="",
        order=12,
        url_name="workflow:team_list",
        wide=True,
        opens=leads,
    )
    register_action(
        slot="home",
        key="new_task",
        label=_("New to-do"),
        url=lambda _subject: reverse("workflow:task_create"),
        module="",
        icon="checkbox",
        order=60,
        shortcut="t",
    )
    register_action(
        slot="profile",
        key="notices",
        label=_("Notices and e-mail"),
        url=lambda _subject: reverse("workflow:notice_settings"),
        module="",
        icon="bell-cog",
    )
