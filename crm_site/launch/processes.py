"""How honcho's manager ends our processes."""

from __future__ import annotations

import os
import signal
from typing import Any

from honcho.manager import Manager


class _LeaderSignals:
    """Asks the head of a process group to end, and kills the whole group only by force.

    honcho by itself would send SIGTERM to each process of the group: to the children of the worker too, in the middle of their task, though
    the worker wants to let them finish it.
    """

    def terminate(self, pid: int) -> None:
        """Ask the process to end."""
        _ignore_missing(os.kill, pid, signal.SIGTERM)

    def kill(self, pid: int) -> None:
        """Kill the process and its children."""
        _ignore_missing(os.killpg, pid, signal.SIGKILL)


class LeaderManager(Manager):  # type: ignore[misc]  # honcho has no types
    """honcho's manager, ending processes in order and knowing whether that was asked for."""

    def __init__(self) -> None:
        """Manage no process yet."""
        super().__init__()
        self._procmgr = _LeaderSignals()

    @property
    def was_asked_to_end(self) -> bool:
        """Tell whether Ctrl-C or SIGTERM ended the run, and not a process that ended by itself."""
        return self.returncode in {128 + signal.SIGINT, 128 + signal.SIGTERM}


def _ignore_missing(send: Any, pid: int, number: signal.Signals) -> None:
    try:
        send(pid, number)
    except (ProcessLookupError, PermissionError):
        return
