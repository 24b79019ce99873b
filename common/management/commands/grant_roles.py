"""Give the database roles of the product their rights."""

from __future__ import annotations

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import ProgrammingError

from common.database_roles import ROLES, WEB, WORKER, grant_all, make_roles, present_roles

PASSWORDS = {WEB: "DATABASE_WEB_PASSWORD", WORKER: "DATABASE_WORKER_PASSWORD"}


class Command(BaseCommand):
    """Makes the roles whose passwords the environment gives, and brings the rights of both in line. `migrate` does the second too."""

    help = f"Make the database roles {' and '.join(ROLES)} from {' and '.join(PASSWORDS.values())}, and give them their rights."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Make, then grant."""
        passwords = {role: os.environ.get(variable, "") for role, variable in PASSWORDS.items()}
        try:
            make_roles({role: password for role, password in passwords.items() if password})
        except ProgrammingError as error:
            raise CommandError(f"The roles could not be made: {error}Run it as the database's owner (DATABASE_OWNER_URL).") from error
        granted = grant_all()
        missing = sorted(set(ROLES) - set(present_roles()))
        if missing:
            variables = " and ".join(PASSWORDS[role] for role in missing)
            self.stderr.write(f"There is no role {' and no role '.join(missing)}: set {variables} to make it.")
        if granted:
            self.stdout.write(f"{' and '.join(granted)} have their rights.")
