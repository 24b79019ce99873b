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
        from common.search import register_search
        from jobs.bulk_views import change_actions
        from jobs.cards import failed_jobs, looks_after_jobs, workers_card
        from jobs.export_views import export_actions
        from jobs.notices import register_notices
        from jobs.own_kinds import register_kinds
        from jobs.search import could_be_job, find_jobs
        from jobs.tables import JobList
        from jobs.views import own_jobs

        register_notices()
        register_kinds()
        register_list(JobList)
        offer_on_lists(change_actions)
        offer_on_lists(export_actions)

        register(NavigationItem(NavigationGroup.WORK, _("Jobs"), "jobs:job_list", "stack-2", module="jobs", order=40))
        register_search(key="jobs", title=_("Jobs"), icon="stack-2", module="jobs", likelihood=could_be_job, find=find_jobs, order=55)
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
        register_card(
            slot="home",
            key="failed_jobs",
            title=_("Failed jobs"),
            template="jobs/partials/_failed_card.html",
            context=failed_jobs,
            module="jobs",
            order=7,
            opens=looks_after_jobs,
        )
        register_card(
            slot="home",
            key="workers",
            title=_("Workers and queues"),
            template="jobs/partials/_workers_card.html",
            context=workers_card,
            module="jobs",
            order=8,
            opens=looks_after_jobs,
        )
