"""Gives the tests real servers of their own, before Django reads its settings.

The settings are named here and not in `pyproject.toml`: pytest-django would load them before any code of the project runs.

With `-n` several processes run the tests. Each has a PostgreSQL and a Valkey to itself: roles, passwords and connections belong to a whole
server, and tests change and end them.
"""

from __future__ import annotations

import atexit
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack

import hypothesis
import pytest
from pytest_django import DjangoDbBlocker

from crm_site.embedded import provide_servers
from crm_site.embedded.provide import default_folder

MOST_PROCESSES = 4
"""Each of them has servers and perhaps a browser, for which memory runs short before cores do."""
# Without the settings' name, which importing the product has set: pytest-django would load them at once.
_given_environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
_servers = ExitStack()
# A machine that is busy with other tests is slow to draw examples; that says nothing of the code.
hypothesis.settings.register_profile("beside_others", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("beside_others")
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def _start() -> None:
    """Point the whole test run at servers and files below `VAR_DIR/test`, apart from those of `make run`."""
    folder = default_folder() / "test" / os.environ.get("PYTEST_XDIST_WORKER", "")
    os.environ["VAR_DIR"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "crm_site.settings"
    # Playwright's synchronous interface runs an event loop in the test's thread, beside which Django refuses the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    if chromium := next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None):
        os.environ.setdefault("CHROMIUM_PATH", chromium)
    # Also where pytest ends before its own closing hooks are in place.
    atexit.register(_servers.close)
    _servers.enter_context(provide_servers(folder, durable=False))

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


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """How many processes `-n auto` starts: one for each core; none where the servers are given, because all would share them."""
    if "DATABASE_URL" in _given_environment or "REDIS_URL" in _given_environment:
        return 0
    return min(os.cpu_count() or 1, MOST_PROCESSES)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Give the servers up where other processes run the tests. They start their own from the environment as it was."""
    _servers.close()
    os.environ.clear()
    os.environ.update(_given_environment)


@pytest.fixture(autouse=True)
def _no_language_left() -> Iterator[None]:
    """Begin each test without the language that a request or a job of the one before spoke."""
    from django.utils import translation

    translation.deactivate()
    yield
    translation.deactivate()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Begin with a database that is migrated already, on servers of our own; a given one is left without databases that stay."""
    if "DATABASE_URL" in _given_environment:
        return
    from django.db import connection

    from tests.migrated import migrated_template

    with django_db_blocker.unblock():
        connection.settings_dict["TEST"]["TEMPLATE"] = migrated_template()


def pytest_unconfigure() -> None:
    """Stop the servers; a process of `-n` does not come to its `atexit`."""
    _servers.close()
