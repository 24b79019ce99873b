"""The project: settings, root URLs, the Celery app, the embedded servers."""

from crm_site.celery import app as celery_app

__all__ = ["celery_app"]
