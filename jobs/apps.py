"""The jobs app's registration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    """Registers the app with Django, its list with the navigation and its card with the home page."""

    name = "jobs"
    verbose_name = _("jobs")

    def ready(self) -> None:
        """Register the page and the card."""
        from common.lists.bulk import offer_on_lists
        from common.lists.registry import register_list
        from common.navigation import NavigationGroup, NavigationItem, register
        from common.panels import register_card
        from jobs.export_views import export_actions
        from jobs.own_kinds import register_kinds
        from jobs.tables import JobList
        from jobs.views import own_jobs

        register_kinds()
        register_list(JobList)
        offer_on_lists(export_actions)

        register(NavigationItem(NavigationGroup.WORK, _("Jobs"), "jobs:job_list", "stack-2", module="jobs", order=40))
        register_card(
            slot="home",
            key="jobs",
            title=_("My jobs"),
            template="jobs/partials/_home_card.html",
            context=own_jobs,
            module="jobs",
            order=10,
            url_name="jobs:job_list",
        )
