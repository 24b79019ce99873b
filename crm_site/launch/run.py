"""Runs web server, worker and scheduler in one terminal, on the embedded servers where none are configured."""

from __future__ import annotations

import json
import os
import secrets
import shlex
import socket
import subprocess
import sys
import threading
import time
import unicodedata
import urllib.error
import urllib.request
from pathlib import Path

import honcho.manager

from crm_site.embedded import EmbeddedServerError, provide_servers
from crm_site.embedded.database_roles import OWNER, WEB, WORKER
from crm_site.embedded.provide import BASE_DIR, default_folder
from crm_site.environment import WrongEnvironment, read_environment
from crm_site.launch.processes import LeaderManager
from crm_site.launch.remains import RUN_VARIABLE, AlreadyRunning, only_launcher

# A chunk that a worker has begun is finished first; the slowest take a few seconds.
STOP_SECONDS = 30
UP_SECONDS = 120.0


class CannotStart(Exception):
    """The product cannot be started; the text says why and what to do."""


def main() -> int:
    """Run until Ctrl-C, SIGTERM or a process that dies again and again. Returns the exit status: 0 after an orderly end."""
    try:
        folder = default_folder() / "run"
        host, port = os.environ.get("LISTEN_ADDRESS") or "127.0.0.1", _number("PORT", 8000, 65535)
        with only_launcher(folder) as state:
            _check_free(host, port)
            state.set("address", _address(host, port))
            os.environ[RUN_VARIABLE] = secrets.token_hex(16)
            # As the database's owner: what runs afterwards has roles of its own, which own nothing.
            with provide_servers(part=OWNER) as addresses:
                read_environment(BASE_DIR)
                demo = _first_run()
                state.set("run", os.environ[RUN_VARIABLE])
                return _run_all(folder, _address(host, port), demo, addresses)
    except (AlreadyRunning, CannotStart, EmbeddedServerError, WrongEnvironment) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130


def _number(name: str, default: int, largest: int) -> int:
    """Return the number that an environment variable gives, from 1 to `largest`.

    Raises CannotStart when it is none.
    """
    text = os.environ.get(name) or str(default)
    if not text.isdecimal() or not 0 < int(text) <= largest:
        raise CannotStart(f'Environment variable "{name}" invalid: {text!r} is no number from 1 to {largest}')
    return int(text)


def _address(host: str, port: int) -> str:
    """Return the address to open in a browser on this machine."""
    name = "localhost" if host in {"127.0.0.1", "0.0.0.0", "::", "::1"} else host  # noqa: S104 - compared, not bound  # nosec B104
    return f"http://{name}:{port}/"


def _check_free(host: str, port: int) -> None:
    """Raise CannotStart when the port cannot be listened on."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except PermissionError as error:
        raise CannotStart(f"This user may not listen on port {port}. Choose another: make run PORT=8000") from error
    except socket.gaierror as error:
        raise CannotStart(f'Environment variable "LISTEN_ADDRESS" invalid: {host!r} is no address of this machine') from error
    except OSError as error:
        raise CannotStart(f"Port {port} is taken by another program. Choose another: make run PORT={port + 10}") from error


def _first_run() -> list[tuple[str, str, str]]:
    """Bring the database up to date in a process of its own; return the demo sign-ins.

    Raises CannotStart when that fails.
    """
    answer = subprocess.run(
        [sys.executable, "-m", "crm_site.launch.first_run"], stdout=subprocess.PIPE, text=True, cwd=BASE_DIR, check=False
    )
    if answer.returncode != 0:
        raise CannotStart("The database could not be brought up to date; the reason stands above.")
    return [(login, password, role) for login, password, role in json.loads(answer.stdout)]


def _run_all(folder: Path, address: str, demo: list[tuple[str, str, str]], addresses: dict[str, str]) -> int:
    """Run the processes until one ends or a signal comes; return the exit status."""
    honcho.manager.KILL_WAIT = STOP_SECONDS
    manager = LeaderManager()
    for name, command in commands(folder).items():
        supervised = [sys.executable, "-m", "crm_site.launch.supervise", name, str(folder / f"{name}.pid"), *command]
        # `exec` replaces the shell, so that a signal reaches the program itself.
        manager.add_process(name, f"exec {shlex.join(supervised)}", env=environment_of(name, addresses), cwd=str(BASE_DIR))
    threading.Thread(target=_announce, args=(address, demo), daemon=True).start()
    manager.loop()
    # Asked to end, and all ended: for whoever pressed Ctrl-C that is success.
    return 0 if manager.was_asked_to_end else manager.returncode or 0


def commands(folder: Path) -> dict[str, list[str]]:
    """Return the command line of each process; `folder` takes the scheduler's file. No command line holds a secret."""
    # For a demonstration root is as good a user as any; in production the container has one of its own.
    silence = "ignore:You're running the worker with superuser privileges"
    celery = [sys.executable, "-W", silence, "-m", "celery", "-q", "-A", "crm_site"]
    concurrency = str(_number("WORKER_CONCURRENCY", 2, 64))
    return {
        "web": [sys.executable, "-m", "gunicorn", "-c", "python:crm_site.web_server", "crm_site.wsgi"],
        "worker": [*celery, "worker", "-Q", "default,bulk", "-c", concurrency, "-l", "WARNING", "--without-gossip", "--without-mingle"],
        "beat": [*celery, "beat", "-l", "WARNING", "-s", str(folder / "beat-schedule"), "--pidfile="],
    }


def environment_of(name: str, addresses: dict[str, str]) -> dict[str, str]:
    """Return the environment of a process: the database under the role it needs, and no secret that is not its own.

    `addresses` gives the database's address for each part of the product.
    """
    part = WORKER if name == "worker" else WEB
    kept = {variable: value for variable, value in os.environ.items() if variable not in _OWNER_SECRETS}
    seal_key = {"AUDIT_SEAL_KEY": os.environ["AUDIT_SEAL_KEY"]} if part == WORKER and "AUDIT_SEAL_KEY" in os.environ else {}
    return kept | seal_key | {"DATABASE_URL": addresses[part]}


_OWNER_SECRETS = {"DATABASE_OWNER_URL", "DATABASE_WEB_PASSWORD", "DATABASE_WORKER_PASSWORD", "AUDIT_SEAL_KEY"}


def _announce(address: str, demo: list[tuple[str, str, str]]) -> None:
    """Print the address and the sign-ins once the web server answers."""
    deadline = time.monotonic() + UP_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{address}livez", timeout=5):  # noqa: S310 - our own address  # nosec B310
                break
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    else:
        return
    lines = ["", f"  The product is up: {address}", ""]
    if demo:
        lines.append("  Sign in as")
        widths = [max(_width(row[column]) for row in demo) for column in range(2)]
        lines += [f"    {_pad(login, widths[0])}   {_pad(password, widths[1])}   {role}" for login, password, role in demo]
        lines.append("")
    lines += ["  Ctrl-C ends everything.", ""]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _width(text: str) -> int:
    """Return how many columns of a terminal the text takes; a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _pad(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
