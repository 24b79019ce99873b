"""The common app: building blocks without models."""

from django.apps import AppConfig


class CommonConfig(AppConfig):
    """Registers templates, template tags and static files shared by all apps."""

    name = "common"
