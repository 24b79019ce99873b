"""A database of its own for measuring, dropped afterwards, and ways to bring it back to where it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.test.utils import override_settings

MASS_TABLES = ("members_member", "members_membersubscription")


@contextmanager
def own_database() -> Iterator[None]:
    """Measure in a fresh database and a fresh folder for files; `DEBUG` off, as in production, so that no statement is logged."""
    connection.settings_dict["TEST"]["NAME"] = "crm_bench"
    settings.DEBUG = False
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        with TemporaryDirectory(prefix="crm-bench-") as folder, override_settings(MEDIA_ROOT=Path(folder) / "media"):
            yield
    finally:
        connection.creation.destroy_test_db(settings.DATABASES["default"]["NAME"], verbosity=0)


def run(statement: str) -> list[tuple[object, ...]]:
    """Run one statement; returns its rows, if it has any."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall()) if cursor.description else []


def settle() -> None:
    """Write everything out, so that no measurement pays for the one before it."""
    run("VACUUM ANALYZE members_member")
    run("VACUUM ANALYZE members_membersubscription")
    run("CHECKPOINT")


class Backup:
    """The mass tables as they are now, to be put back before each measurement."""

    def __init__(self, folder: Path) -> None:
        """Save both tables as COPY text under `folder`."""
        self.folder = folder
        for table in MASS_TABLES:
            copy_out(f"COPY {table} ({_columns(table)}) TO STDOUT", folder / f"{table}.base")

    def restore(self) -> None:
        """Empty both tables and load what was saved: the same rows in files without gaps."""
        run(f"TRUNCATE {', '.join(MASS_TABLES)}")
        run("SET session_replication_role = replica")
        for table in MASS_TABLES:
            copy_in(table, self.folder / f"{table}.base")
        run("SET session_replication_role = origin")
        settle()


def _columns(table: str) -> str:
    model = next(model for model in apps.get_models() if model._meta.db_table == table)
    return ", ".join(str(field.column) for field in model._meta.concrete_fields)


def copy_out(statement: str, path: Path) -> None:
    """Write what a COPY statement gives to `path`."""
    with connection.cursor() as cursor, path.open("wb") as file:
        cursor.copy_expert(statement, file)


def copy_in(table: str, path: Path) -> None:
    """Load `path` into `table` by COPY, as it stands."""
    with connection.cursor() as cursor, path.open("rb") as file:
        cursor.copy_expert(f"COPY {table} ({_columns(table)}) FROM STDIN", file)


@contextmanager
def without_foreign_keys() -> Iterator[None]:
    """Drop the foreign keys of the mass tables, and put them back."""
    found = run(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' AND conrelid IN ("
        + ", ".join(f"'{table}'::regclass" for table in MASS_TABLES)
        + ")"
    )
    for table, name, _definition in found:
        run(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    try:
        yield
    finally:
        for table, name, definition in found:
            run(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition} NOT VALID")
