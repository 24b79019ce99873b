"""Keeps one process of `make run` alive: `python -m crm_site.launch.supervise NAME PID_FILE COMMAND ARGUMENT …`.

A command whose main process dies is started again, later each time; one that dies at once again and again is given up, and all ends.
SIGTERM and SIGINT reach the command, which may finish what it has begun.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

# A process that lived so long has started well: what ends it later is another matter.
QUICK_SECONDS = 15.0
MOST_QUICK_DEATHS = 5
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 8.0
# A little less than the launcher waits before it ends everything by force.
STOP_SECONDS = 28


class Supervisor:
    """Runs one command and starts it again when it dies.

    Arguments:
        name: what people call the process.
        pid_file: where the id of the command's main process is kept while it runs.
        command: the program and its arguments.
    """

    def __init__(self, name: str, pid_file: Path, command: list[str]) -> None:
        self.name, self.pid_file, self.command = name, pid_file, command
        self._child: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()

    def run(self) -> int:
        """Run until asked to end, or until the command has died at once too often. Returns the exit status: 0 when asked to end."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGALRM, self._kill)
        quick_deaths = 0
        while True:
            began = time.monotonic()
            status = self._run_once()
            if self._stopping.is_set():
                return 0
            quick_deaths = quick_deaths + 1 if time.monotonic() - began < QUICK_SECONDS else 1
            if quick_deaths >= MOST_QUICK_DEATHS:
                _say(f"{self.name} ended {quick_deaths} times shortly after its start and is not started again; the reason stands above.")
                return 1
            pause = min(FIRST_PAUSE_SECONDS * 2 ** (quick_deaths - 1), LONGEST_PAUSE_SECONDS)
            _say(f"{self.name} ended {_described(status)} and is started again in {pause:g} s.")
            if self._stopping.wait(pause):
                return 0

    def _run_once(self) -> int:
        # A group of its own, so that what a killed main process leaves behind can be found.
        child = self._child = subprocess.Popen(self.command, process_group=0)
        self.pid_file.write_text(str(child.pid), encoding="ascii")
        if self._stopping.is_set():  # the signal came before there was anybody to tell
            self._stop()
        status = child.wait()
        self._child = None
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        self.pid_file.unlink(missing_ok=True)
        return status

    def _stop(self, *_signal: Any) -> None:
        self._stopping.set()
        if self._child is not None:
            signal.alarm(STOP_SECONDS)
            self._child.terminate()

    def _kill(self, *_signal: Any) -> None:
        if self._child is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._child.pid, signal.SIGKILL)


def _described(status: int) -> str:
    return f"by signal {-status}" if status < 0 else f"with status {status}"


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(Supervisor(sys.argv[1], Path(sys.argv[2]), sys.argv[3:]).run())
