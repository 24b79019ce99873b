"""The access app: users, org units, roles and the one access policy."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccessConfig(AppConfig):
    """Registers the app; nothing below it but `common`."""

    name = "access"
    verbose_name = _("access")

    def ready(self) -> None:
        """Let the building blocks below ask the policy what a user may open."""
        from access import sign_in_events  # noqa: F401  # connects its receivers
        from access.scope import allowed
        from common.gate import answer_with

        answer_with(allowed)
