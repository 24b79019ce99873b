"""Folders and commands for tests that start servers of their own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from crm_site.embedded.processes import is_running, processes_in
from crm_site.embedded.provide import BASE_DIR

CONFIGURATION = (
    *("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DEBUG", "ALLOWED_HOSTS", "HTTPS", "PORT", "LISTEN_ADDRESS", "WORKER_CONCURRENCY"),
    *("DATABASE_OWNER_URL", "AUDIT_SEAL_KEY"),
    *("FIELD_KEYS", "DJANGO_SETTINGS_MODULE", "DJANGO_ALLOW_ASYNC_UNSAFE"),
)


def bare_environment(**variables: str) -> dict[str, str]:
    """This process's environment without our configuration, plus `variables`."""
    return {name: value for name, value in os.environ.items() if name not in CONFIGURATION} | variables


@pytest.fixture(scope="module")
def var_folder() -> Iterator[Path]:
    """An empty VAR_DIR that PostgreSQL's user may enter, as pytest's own private ones are not; all that runs in it ends with the tests."""
    folder = Path(tempfile.mkdtemp(prefix="crm-"))
    folder.chmod(0o755)
    yield folder
    for pid in server_processes(folder):
        os.kill(pid, signal.SIGKILL)
    shutil.rmtree(folder)


def server_processes(folder: Path) -> list[int]:
    """The living processes of the embedded servers of a VAR_DIR."""
    home = folder / "embedded"
    return [*processes_in(home / "postgres" / "data"), *processes_in(home / "valkey")]


class Command:
    """A command in a process of its own that attaches to the servers of `folder`, tells DATABASE_URL and waits for a line on its input."""

    SCRIPT = """
import os, sys
from crm_site.embedded import provide_servers
with provide_servers(durable=False):
    print(os.environ["DATABASE_URL"], flush=True)
    sys.stdin.readline()
"""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", self.SCRIPT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=BASE_DIR,
            env=bare_environment(VAR_DIR=str(folder)),
        )

    def url(self) -> str:
        """Wait until the servers are there; return the address of the database."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline().strip()
        assert line, self.process.communicate(timeout=10)[1]
        return line

    def finish(self) -> int:
        """Let it end; return its exit status."""
        self.process.communicate("\n", timeout=60)
        return self.process.returncode

    def send(self, number: signal.Signals) -> int:
        """Send a signal and return the exit status."""
        self.process.send_signal(number)
        self.process.communicate(timeout=60)
        return self.process.returncode


def wait_until_gone(pids: list[int]) -> None:
    """Kill the processes and wait until none lives."""
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    while any(is_running(pid) for pid in pids):
        pass
