"""The Celery app. Tasks are thin: they call services."""

import os
import sys
from pathlib import Path
from typing import Any

from celery import Celery
from celery.signals import setup_logging

from crm_site.environment import WrongEnvironment, read_environment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_site.settings")

if "celery" in Path(sys.argv[0]).parts[-2:]:
    # The worker and the scheduler: said in one line here, it would be a long traceback later.
    try:
        read_environment(Path(__file__).resolve().parent.parent)
    except WrongEnvironment as error:
        sys.exit(f"celery: {error}")


@setup_logging.connect
def _keep_logging(**_kwargs: Any) -> None:
    """Log as the settings say, filters included: Celery would put handlers of its own in their place."""
    from django.conf import settings
    from django.utils.log import configure_logging

    configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)


app = Celery("crm_site")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
