"""The workflow app's registration."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkflowConfig(AppConfig):
    """Registers the app with Django, and keeps the notices that all apps send."""

    name = "workflow"
    verbose_name = _("to-dos and notices")

    def ready(self) -> None:
        """Register pages and cards, and take the notices."""
        from workflow.registrations import register_all

        register_all()
