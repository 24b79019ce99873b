"""The Celery app. Tasks are thin: they call services."""

import os
import sys
from pathlib import Path

from celery import Celery

from crm_site.environment import WrongEnvironment, read_environment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_site.settings")

if "celery" in Path(sys.argv[0]).parts[-2:]:
    # The worker and the scheduler: said in one line here, it would be a long traceback later.
    try:
        read_environment(Path(__file__).resolve().parent.parent)
    except WrongEnvironment as error:
        sys.exit(f"celery: {error}")

app = Celery("crm_site")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
