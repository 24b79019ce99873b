"""Keeps one launcher per data folder, and ends what a killed one left running."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from crm_site.embedded.locks import LockedByAnother, exclusive
from crm_site.embedded.processes import is_running
from crm_site.embedded.state import State

# Every process of a run carries this variable, its children included, so that all of them can be found again.
RUN_VARIABLE = "CRM_RUN"


class AlreadyRunning(Exception):
    """Another launcher runs on the same data folder; the text names its address."""


@contextmanager
def only_launcher(folder: Path) -> Iterator[State]:
    """Be the only launcher of `folder` for the block; what an earlier one left running is ended first.

    Yields what is remembered about the run. Raises AlreadyRunning when another launcher lives.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        try:
            stack.enter_context(exclusive(folder / "lock", wait_seconds=0.0))
        except LockedByAnother as error:
            raise AlreadyRunning(f"It is running already: {State(folder / 'state.json').get('address')}") from error
        state = State(folder / "state.json")
        if run := state.get("run"):
            end_processes_of(run)
        yield state


def end_processes_of(run: str, grace_seconds: float = 10.0) -> None:
    """End every process that carries the run's mark: politely first, then by force."""
    mark = f"{RUN_VARIABLE}={run}".encode()
    for stop_signal in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + grace_seconds
        left = _marked(mark)
        for pid in left:
            _send(pid, stop_signal)
        while left and time.monotonic() < deadline:
            time.sleep(0.05)
            left = [pid for pid in left if is_running(pid)]
        if not _marked(mark):
            return


def _marked(mark: bytes) -> list[int]:
    """Return the other living processes of this user whose environment holds `mark`. On a system without /proc there are none."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        pid = int(entry.name)
        try:
            marked = mark in (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if marked and pid != os.getpid() and is_running(pid):
            found.append(pid)
    return found


def _send(pid: int, stop_signal: signal.Signals) -> None:
    try:
        os.kill(pid, stop_signal)
    except ProcessLookupError:
        return
