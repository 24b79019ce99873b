"""A stage for faults: a messenger, a worker and a dispatcher of the test's own, on the test's database, and ways to kill each of them."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import psycopg2
from django.conf import settings
from django.db import connection

from crm_site.embedded.processes import free_port
from crm_site.embedded.state import State
from crm_site.embedded.valkey import ValkeyServer

NAME = "fault-test-worker"
"""How the worker's database connections call themselves."""


class Program:
    """A program in a process group of its own, so that it can be killed with all that it started."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path) -> None:
        """Describe it; `log` takes what it says."""
        self.command, self.environment, self.log = command, environment, log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it in the background."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=settings.BASE_DIR,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """Kill it with all its children at once."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)
            self.process = None

    def children(self) -> list[int]:
        """The processes that it has started itself."""
        if self.process is None:
            return []
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="ascii")
        return [int(pid) for pid in listed.split()]


class Stage:
    """Everything that a job needs to run, each part of it mortal. `kills` counts what was killed."""

    def __init__(self, folder: Path, seed: int) -> None:
        """Describe the stage; `seed` makes the choice of victims repeatable."""
        self.random = random.Random(seed)
        self.kills: Counter[str] = Counter()
        self.restarts = 0
        self.valkey_folder = folder / "valkey"
        self.valkey_folder.mkdir(mode=0o700)
        # Below the ports that the system gives to clients: one of those could be taken while the messenger is dead.
        self.port = next(port for port in iter(lambda: self.random.randrange(20_000, 32_000), None) if free_port(port) == port)
        self.valkey = self._started_valkey()
        environment = os.environ | {"DATABASE_URL": database_url(), "REDIS_URL": self.valkey.url, "LOG_LEVEL": "WARNING"}
        worker = ["-W", "ignore", "-m", "celery", "-q", "-A", "crm_site", "worker", "-Q", "default,bulk", "-c", "2", "-l", "WARNING"]
        self.worker = Program([sys.executable, *worker, "--without-gossip", "--without-mingle"], environment, folder / "worker.log")
        self.dispatcher = Program([sys.executable, "-m", "tests.faults.dispatcher"], environment, folder / "dispatcher.log")
        self.worker.start()
        self.dispatcher.start()

    def close(self) -> None:
        """End everything that the stage has started."""
        self.dispatcher.kill()
        self.worker.kill()
        self.valkey.kill()

    def _started_valkey(self) -> ValkeyServer:
        """An empty messenger at the address that the others know."""
        for _ in range(50):
            State(self.valkey_folder / "state.json").set("port", self.port)
            server = ValkeyServer(self.valkey_folder)
            server.start()
            if f":{self.port}/" in server.url:
                return server
            server.kill()
            time.sleep(0.1)
        raise AssertionError(f"port {self.port} is not given back")

    def keep_up(self) -> None:
        """Start again what ended by itself, as a supervisor does: Celery gives up when its messenger dies again amid reconnecting."""
        for program in (self.worker, self.dispatcher):
            if program.process is not None and program.process.poll() is not None:
                self.restarts += 1
                program.kill()
                program.start()

    # --- faults ------------------------------------------------------------------------------------------------------------------------

    def kill_child(self) -> bool:
        """Kill one of the worker's children, as the kernel does when memory is short."""
        children = self.worker.children()
        if not children:
            return False
        try:
            os.kill(self.random.choice(children), signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    def kill_worker(self) -> bool:
        """Kill the worker with its children, and start another."""
        self.worker.kill()
        self.worker.start()
        return True

    def kill_messenger(self) -> bool:
        """Kill the messenger with all messages in it, and start an empty one at the same address."""
        self.valkey.kill()
        self.valkey = self._started_valkey()
        return True

    def kill_dispatcher(self) -> bool:
        """Kill the dispatcher, and start another."""
        self.dispatcher.kill()
        self.dispatcher.start()
        return True

    def kill_connection(self) -> bool:
        """End one of the worker's database connections from the server's side, one amid a transaction if there is any."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s AND datname = current_database()"
                " ORDER BY (state <> 'idle') DESC, random() LIMIT 1",
                [NAME],
            )
            row = cursor.fetchone()
        return bool(row and row[0])

    def kill(self, victim: str) -> bool:
        """Kill a victim by name; tell whether there was one."""
        killed = bool(getattr(self, f"kill_{victim}")())
        self.kills[victim] += killed
        return killed


def database_url() -> str:
    """The address of the test's database for other processes."""
    database = connection.settings_dict
    secret = quote(str(database["PASSWORD"]), safe="")
    return f"postgres://{database['USER']}:{secret}@{database['HOST']}:{database['PORT']}/{database['NAME']}?application_name={NAME}"


@contextmanager
def stage(folder: Path, seed: int) -> Iterator[Stage]:
    """Set the stage for the block. When something fails, what the worker and the dispatcher said last is printed."""
    made = Stage(folder, seed)
    try:
        yield made
    except BaseException:
        for log in (made.worker.log, made.dispatcher.log):
            if log.exists():
                sys.stdout.write(f"--- {log.name}\n{log.read_text(encoding='utf-8', errors='replace')[-4_000:]}\n")
        raise
    finally:
        made.close()
        _end_connections()


def _end_connections() -> None:
    """Killed processes may leave connections that the server has not yet given up, and the test's tables must be cleared next."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = %s", [NAME])
                row = cursor.fetchone()
        except psycopg2.Error:
            return
        if not row or not row[0]:
            return
        time.sleep(0.1)
