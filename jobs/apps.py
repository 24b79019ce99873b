"""The jobs app's registration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    """Registers the app with Django."""

    name = "jobs"
    verbose_name = _("jobs")
