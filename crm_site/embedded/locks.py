"""File locks by which several commands share one pair of servers.

POSIX record locks belong to the process and vanish with it, even after `kill -9`; a forked child does not inherit them.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from crm_site.embedded.errors import EmbeddedServerError

WAIT_SECONDS = 600.0


def _open(path: Path) -> BinaryIO:
    """Open a lock file for reading and writing (both kinds of lock need it), creating it when absent."""
    path.touch(mode=0o600, exist_ok=True)
    return path.open("r+b", buffering=0)


class LockedByAnother(EmbeddedServerError):
    """Another process holds the lock."""


@contextmanager
def exclusive(path: Path, wait_seconds: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold the lock while starting or stopping servers.

    Raises LockedByAnother when another command does not let go within `wait_seconds`.
    """
    with _open(path) as handle:
        deadline = time.monotonic() + wait_seconds
        while not _try_lock(handle, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise LockedByAnother(f"Another command has been starting or stopping the embedded servers for too long (lock {path}).")
            time.sleep(0.05)
        yield


class Attendance:
    """The list of living processes that use the servers: each holds a shared lock on one file.

    `join`, `is_last` and `leave` are to be called while the exclusive lock is held.
    """

    def __init__(self, path: Path) -> None:
        """Use the lock file at `path`; nobody joins yet."""
        self._path = path
        self._handle: BinaryIO | None = None

    def join(self) -> None:
        """Count this process as a user of the servers."""
        self._handle = _open(self._path)
        fcntl.lockf(self._handle, fcntl.LOCK_SH)

    def is_last(self) -> bool:
        """Tell whether no other living process uses the servers."""
        return self._handle is not None and _try_lock(self._handle, fcntl.LOCK_EX)

    def leave(self) -> None:
        """Stop counting this process."""
        if self._handle is not None:
            self._handle.close()
            self._handle = None


def _try_lock(handle: BinaryIO, kind: int) -> bool:
    try:
        fcntl.lockf(handle, kind | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True
