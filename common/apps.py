"""The common app: building blocks without models."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CommonConfig(AppConfig):
    """Registers templates, template tags and static files shared by all apps."""

    name = "common"

    def ready(self) -> None:
        """Put the home page first in the navigation, and tell the database who changes rows."""
        from django.db.backends.signals import connection_created

        from common.change_context import watch
        from common.navigation import NavigationGroup, NavigationItem, register

        register(NavigationItem(NavigationGroup.WORK, _("Home"), "home", "home", order=0))
        connection_created.connect(watch, dispatch_uid="common.change_context")
