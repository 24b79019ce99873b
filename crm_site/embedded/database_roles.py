"""The roles of the embedded database: the owner, and the two that the running product connects as."""

from __future__ import annotations

from typing import Final

import psycopg2.extensions

from crm_site.embedded.state import State

OWNER: Final = "owner"
WEB: Final = "web"
WORKER: Final = "worker"

ROLE: Final = "crm"
"""The owner: it makes the database and runs migrations."""

LOGIN_ROLES: Final = {WEB: ("crm_web", "web_password"), WORKER: ("crm_worker", "worker_password")}
"""Part of the product → its role, and the name of its password in the state. `common.database_roles` gives the roles their rights."""

# Commands that make, change or empty tables, or that connect a person to the database. Every other command does what a page does.
OWNER_COMMANDS: Final = frozenset(
    {
        *("migrate", "makemigrations", "showmigrations", "sqlmigrate", "squashmigrations", "optimizemigration", "grant_roles"),
        *("flush", "sqlflush", "sqlsequencereset", "createcachetable", "dbshell", "inspectdb", "loaddata", "test", "testserver"),
        *("demo_data", "pgtrigger"),
    }
)
WORKER_COMMANDS: Final = frozenset({"provision"})


def part_of_command(arguments: list[str]) -> str:
    """Which part of the product a `manage.py` command connects as; `arguments` is `sys.argv`."""
    command = arguments[1] if len(arguments) > 1 else ""
    if command in OWNER_COMMANDS:
        return OWNER
    return WORKER if command in WORKER_COMMANDS else WEB


def make_login_roles(connection: psycopg2.extensions.connection, state: State) -> None:
    """Make the roles that are missing, each with a random password that `state` remembers. `connection` is the owner's.

    So a database that was made before there were roles gets them at its next start. The server is sent a verifier, not the password.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [[name for name, _ in LOGIN_ROLES.values()]])
        present = {name for (name,) in cursor.fetchall()}
        for name, remembered in LOGIN_ROLES.values():
            if name in present and state.get(remembered):
                continue
            verifier = psycopg2.extensions.encrypt_password(state.secret(remembered), name, connection, "scram-sha-256")
            cursor.execute(f"{'ALTER' if name in present else 'CREATE'} ROLE {name} LOGIN PASSWORD %s", [verifier])
