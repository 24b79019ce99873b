"""The common app: building blocks without models."""

from typing import Any

from django.apps import AppConfig, apps
from django.db import DEFAULT_DB_ALIAS
from django.utils.translation import gettext_lazy as _


class CommonConfig(AppConfig):
    """Registers templates, template tags and static files shared by all apps."""

    name = "common"

    def ready(self) -> None:
        """Put the home page first in the navigation, and tell the database who changes rows."""
        from django.db.backends.signals import connection_created
        from django.db.models.signals import post_migrate

        from common import checks  # noqa: F401 - registers its checks
        from common.change_context import watch
        from common.navigation import NavigationGroup, NavigationItem, register
        from common.search.labels import register_pages

        register_pages()
        register(NavigationItem(NavigationGroup.WORK, _("Home"), "home", "home", order=0))
        post_migrate.connect(_grant_rights, dispatch_uid="common.database_roles")
        connection_created.connect(watch, dispatch_uid="common.change_context")


def _grant_rights(*, app_config: AppConfig, using: str, **_signal: Any) -> None:
    """After everything that migrating makes: give the database roles their rights on it."""
    from common.database_roles import grant_all

    last = [config for config in apps.get_app_configs() if config.models_module is not None][-1]
    if app_config == last and using == DEFAULT_DB_ALIAS:
        grant_all()
