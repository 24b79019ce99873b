"""The WSGI entry point for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_site.settings")

application = get_wsgi_application()

from common.memory import set_start_aside  # noqa: E402  # it reads the settings, which the line above has loaded

set_start_aside()
