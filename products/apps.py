"""The products app's registration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProductsConfig(AppConfig):
    """Registers the app with Django."""

    name = "products"
    verbose_name = _("products")
