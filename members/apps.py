"""The members app's registration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MembersConfig(AppConfig):
    """Registers the app with Django."""

    name = "members"
    verbose_name = _("members")

    def ready(self) -> None:
        """Make provisioning known to the jobs app."""
        from members.job_kind import register_kind

        register_kind()
