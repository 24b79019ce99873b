"""The members app's registration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MembersConfig(AppConfig):
    """Registers the app with Django."""

    name = "members"
    verbose_name = _("members")
