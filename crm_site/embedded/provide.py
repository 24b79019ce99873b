"""Gives a command its servers: attaches to the running ones, or runs them for as long as any command needs them."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from crm_site.embedded.errors import EmbeddedServerError
from crm_site.embedded.locks import Attendance, exclusive
from crm_site.embedded.postgres import PostgresServer
from crm_site.embedded.state import State
from crm_site.embedded.valkey import ValkeyServer

BASE_DIR = Path(__file__).resolve().parent.parent.parent
ENDING_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


def default_folder() -> Path:
    """Return where the embedded servers keep their data: `VAR_DIR`, by default `var` in the project."""
    return Path(os.environ.get("VAR_DIR") or BASE_DIR / "var")


@contextmanager
def provide_servers(folder: Path | None = None, *, durable: bool = True) -> Iterator[None]:
    """Set DATABASE_URL and REDIS_URL, where they are not set, to embedded servers that run at least until the block ends.

    Without DATABASE_URL it also sets SECRET_KEY (made once and kept) and DEBUG, unless they are set. To be entered before Django loads.
    `folder` is the place of all data, `VAR_DIR` by default; `durable` off is for throw-away databases.
    Raises EmbeddedServerError when a server cannot be found or started.
    """
    with_postgres = not os.environ.get("DATABASE_URL")
    with_valkey = not os.environ.get("REDIS_URL")
    if not with_postgres and not with_valkey:
        yield
        return
    home = (folder or default_folder()) / "embedded"
    try:
        home.mkdir(parents=True, exist_ok=True)
        (home / "lock").touch(mode=0o600)
    except OSError as error:
        raise EmbeddedServerError(
            f"{home} is not writable for this user. Run the command as its owner, or set VAR_DIR to a folder of your own."
        ) from error
    with _ended_by_signals(), _running(home, with_postgres=with_postgres, with_valkey=with_valkey, durable=durable):
        yield


@contextmanager
def _running(home: Path, *, with_postgres: bool, with_valkey: bool, durable: bool) -> Iterator[None]:
    """Keep the servers running for the block and name them in the environment; the last command to leave stops them."""
    attendance = Attendance(home / "users")
    servers: list[PostgresServer | ValkeyServer] = []
    try:
        # What is remembered on disk is read under the lock: another command may just be writing it.
        with exclusive(home / "lock"):
            attendance.join()
            if with_postgres:
                postgres = PostgresServer(home / "postgres", durable=durable)
                servers.append(postgres)
                postgres.ensure()
                os.environ["DATABASE_URL"] = postgres.url
                os.environ.setdefault("DEBUG", "true")
                os.environ["SECRET_KEY"] = os.environ.get("SECRET_KEY") or State(home / "state.json").secret("secret_key")
            if with_valkey:
                valkey = ValkeyServer(home / "valkey")
                servers.append(valkey)
                valkey.ensure()
                os.environ["REDIS_URL"] = valkey.url
        yield
    finally:
        with _undisturbed(), exclusive(home / "lock"):
            if attendance.is_last():
                for server in reversed(servers):
                    server.stop()
            attendance.leave()


def _raise_exit(number: int, frame: FrameType | None) -> None:
    """End the program as `sys.exit` does, so that every `finally` runs; by default Python skips them on SIGTERM."""
    del frame
    sys.exit(128 + number)


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into an orderly end, unless somebody handles them already."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    replaced = {number: signal.signal(number, _raise_exit) for number in ENDING_SIGNALS if signal.getsignal(number) is signal.SIG_DFL}
    try:
        yield
    finally:
        for number, handler in replaced.items():
            if signal.getsignal(number) is _raise_exit:
                signal.signal(number, handler)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Ignore a second Ctrl-C or SIGTERM while servers stop: half a stop would leave them behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    replaced = {number: signal.signal(number, signal.SIG_IGN) for number in (*ENDING_SIGNALS, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in replaced.items():
            signal.signal(number, handler)
