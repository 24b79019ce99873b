"""The customers app's registration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    """Registers the app with Django."""

    name = "customers"
    verbose_name = _("customers")
