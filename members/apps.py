"""The members app's registration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MembersConfig(AppConfig):
    """Registers the app with Django, its pages with the navigation, its panel with the customer page, its kind of job with the runner."""

    name = "members"
    verbose_name = _("members")

    def ready(self) -> None:
        """Make provisioning known to the jobs app, and the pages to the others."""
        from members.batch_panels import register_batch_pages
        from members.job_kind import register_kind
        from members.panels import register_pages

        register_kind()
        register_pages()
        register_batch_pages()
