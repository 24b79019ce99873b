"""Gives the tests real servers of their own, before Django reads its settings.

The settings are named here and not in `pyproject.toml`: pytest-django would load them before any code of the project runs.
"""

from __future__ import annotations

import atexit
import os
import shutil
from contextlib import ExitStack

from crm_site.embedded import provide_servers
from crm_site.embedded.provide import default_folder

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def _start() -> None:
    """Point the whole test run at servers and files below `VAR_DIR/test`, apart from those of `make run`."""
    folder = default_folder() / "test"
    os.environ["VAR_DIR"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "crm_site.settings"
    # Playwright's synchronous interface runs an event loop in the test's thread, beside which Django refuses the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    if chromium := next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None):
        os.environ.setdefault("CHROMIUM_PATH", chromium)
    stack = ExitStack()
    # Also where pytest ends before its own closing hooks are in place.
    atexit.register(stack.close)
    stack.enter_context(provide_servers(folder, durable=False))

    import django
    from django.conf import settings

    from common.catalogues import compile_catalogue, units_of

    # The slow hasher of production would take half of the run.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    django.setup()
    for unit in units_of(settings.BASE_DIR):
        compile_catalogue(unit)


_start()

pytest_plugins = ["tests.personas", "tests.database_roles"]
