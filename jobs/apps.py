"""The jobs app's registration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    """Registers the app with Django, its list with the navigation and its card with the home page."""

    name = "jobs"
    verbose_name = _("jobs")

    def ready(self) -> None:
        """Register the page and the card."""
        from common.navigation import NavigationGroup, NavigationItem, register
        from common.panels import register_card
        from jobs.views import own_jobs

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
