"""What is remembered between commands about the embedded servers: ports, passwords, where the data lie."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any


def write_private(path: Path, text: str) -> None:
    """Write a file that nobody else could read at any moment; an old one of that name is replaced."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as handle:
        handle.write(text)


class State:
    """A small private JSON file. Change it only while the exclusive lock is held."""

    def __init__(self, path: Path) -> None:
        """Read the file at `path`; a missing or half-written one counts as empty."""
        self._path = path
        try:
            self._values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            self._values = {}

    def get(self, name: str) -> Any:
        """Return a remembered value, None when there is none."""
        return self._values.get(name)

    def set(self, name: str, value: str | int) -> None:
        """Remember a value; the file is replaced at once, so that a crash leaves the old or the new one."""
        if self._values.get(name) == value:
            return
        self._values[name] = value
        draft = self._path.with_suffix(".new")
        write_private(draft, json.dumps(self._values, indent=2))
        draft.replace(self._path)

    def secret(self, name: str) -> str:
        """Return the random secret of that name, made the first time."""
        value = self.get(name)
        if value is None:
            value = secrets.token_urlsafe(48)
            self.set(name, value)
        return str(value)
