"""Brings the database up to date before the product starts: `python -m crm_site.launch.first_run`.

A process of its own, because it needs Django and the launcher does not. Progress goes to standard error; standard output carries one JSON
array of the demo sign-ins, each `[login, password, role]`.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import redirect_stdout

import django
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def prepare() -> None:
    """Compile the catalogues, migrate, give the database roles their rights, and fill a database without customers with the demo data."""
    from django.conf import settings

    from common.database_roles import grant_all

    call_command("compile_catalogues", verbosity=0)
    if not settings.DEBUG:
        call_command("collectstatic", interactive=False, verbosity=0)
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        _say("Applying migrations …")
        call_command("migrate", interactive=False, verbosity=0)
    # After migrations it was done already, but roles may have come later than the tables.
    grant_all()
    if settings.DEBUG and not apps.get_model("customers", "Customer").objects.exists():
        _say("Loading the demo data (once) …")
        call_command("demo_data", verbosity=0)


def sign_ins() -> list[tuple[str, str, str]]:
    """Return login, password and role of each demo sign-in."""
    from members.demo.sign_ins import demo_sign_ins

    return [(sign_in.login, sign_in.password, str(sign_in.role)) for sign_in in demo_sign_ins()]


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def main() -> None:
    """Prepare, then tell the sign-ins."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_site.settings")
    django.setup()
    try:
        with redirect_stdout(sys.stderr):
            prepare()
    except KeyboardInterrupt:
        sys.exit(130)
    json.dump(sign_ins(), sys.stdout)


if __name__ == "__main__":
    main()
