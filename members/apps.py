"""The members app's registration."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class MembersConfig(AppConfig):
    """Registers the app with Django, its pages with the navigation, its panel with the customer page, its kind of job with the runner."""

    name = "members"
    verbose_name = _("members")

    def ready(self) -> None:
        """Make provisioning known to the jobs app, and the pages to the others."""
        from members.batch_panels import register_batch_pages
        from members.dossier import register_sections
        from members.figures import register_figures
        from members.histories import register_histories
        from members.job_kind import register_kind
        from members.measures import register_measures
        from members.merge_rules import register_merge_rules
        from members.owner_functions import register_owner_functions
        from members.palette import register_search_parts
        from members.panels import register_pages
        from members.roll_ups import register_roll_ups
        from members.sensitive import register_masked
        from members.timeline import register_timeline

        post_migrate.connect(_enter_rules, sender=self)
        register_figures()
        register_owner_functions()
        register_kind()
        register_pages()
        register_histories()
        register_search_parts()
        register_batch_pages()
        register_masked()
        register_measures()
        register_timeline()
        register_roll_ups()
        register_merge_rules()
        register_sections()


def _enter_rules(**_signal: Any) -> None:
    """After migrating, as Django enters its permissions: every verdict has its row, so that an administrator can change it."""
    from members.verdicts import enter_missing_rules

    enter_missing_rules()
