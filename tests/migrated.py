"""A database that the migrations have run through, kept as the template of each run's own: running them all takes half a minute.

It is made anew as soon as a migration, or anything of ours that migrations import, reads otherwise. What follows a migration (rights,
entries that belong to the product) is not in it and comes about in each run.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.migrations.executor import MigrationExecutor

PREFIX = "crm_migrated_"
LOCKS = ("requirements.txt",)


def migrated_template() -> str:
    """The name of the template; it is made where it is missing, and those of other migrations are removed."""
    name = f"{PREFIX}{_fingerprint()}"
    with _server() as cursor:
        present = _templates(cursor)
        for other in present - {name}:
            cursor.execute(f'DROP DATABASE "{other}"')
    if name not in present:
        _make(name)
    return name


def _make(name: str) -> None:
    draft = f"{name}_draft"
    with _server() as cursor:
        cursor.execute(f'CREATE DATABASE "{draft}"')
    usual = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = draft
    try:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())
    finally:
        connection.close()
        connection.settings_dict["NAME"] = usual
    # Only what was finished bears the name.
    with _server() as cursor:
        cursor.execute(f'ALTER DATABASE "{draft}" RENAME TO "{name}"')


@contextmanager
def _server() -> Iterator[CursorWrapper]:
    """A cursor outside the databases concerned."""
    with connection._nodb_cursor() as cursor:
        yield cursor


def _templates(cursor: CursorWrapper) -> set[str]:
    cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX])
    return {name for (name,) in cursor.fetchall()}


def _fingerprint() -> str:
    digest = hashlib.sha256()
    root: Path = settings.BASE_DIR
    for path in sorted({*_sources(root), *(root / lock for lock in LOCKS)}):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _sources(root: Path) -> set[Path]:
    """The project's migrations, and all of the project that they import, directly or not; of a models module, what stands in it alone."""
    waiting = [path for path in root.glob("*/migrations/*.py") if path.relative_to(root).parts[0] != "node_modules"]
    found: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += _imported(path, root) if not _holds_models(path) else ()
    return found


def _holds_models(path: Path) -> bool:
    return path.name == "models.py" or path.parent.name == "models"


def _imported(path: Path, root: Path) -> Iterator[Path]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            stem = root / name.replace(".", "/")
            yield from (file for file in (stem.with_suffix(".py"), stem / "__init__.py") if file.is_file())
