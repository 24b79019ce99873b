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

from crm_site.embedded.database_roles import LOGIN_ROLES, OWNER
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
def provide_servers(folder: Path | None = None, *, durable: bool = True, part: str = OWNER) -> Iterator[dict[str, str]]:
    """Set DATABASE_URL and REDIS_URL, where they are not set, to embedded servers that run at least until the block ends.

    Without DATABASE_URL it also sets SECRET_KEY and AUDIT_SEAL_KEY (made once and kept) and DEBUG, unless they are set. To be entered
    before Django loads. `folder` is the place of all data, `VAR_DIR` by default; `durable` off is for throw-away databases. `part` says as
    whom DATABASE_URL connects: "owner", "web" or "worker"; where the database is configured, the owner's address is DATABASE_OWNER_URL.
    Yields the database's address for each part. Raises EmbeddedServerError when a server cannot be found or started.
    """
    with_postgres = not os.environ.get("DATABASE_URL")
    with_valkey = not os.environ.get("REDIS_URL")
    addresses = {} if with_postgres else _configured_addresses(part)
    if not with_postgres and not with_valkey:
        yield addresses
        return
    home = (folder or default_folder()) / "embedded"
    try:
        home.mkdir(parents=True, exist_ok=True)
        (home / "lock").touch(mode=0o600)
    except OSError as error:
        raise EmbeddedServerError(
            f"{home} is not writable for this user. Run the command as its owner, or set VAR_DIR to a folder of your own."
        ) from error
    with (
        _ended_by_signals(),
        _running(home, part, with_postgres=with_postgres, with_valkey=with_valkey, durable=durable) as found,
    ):
        yield addresses | found


def _configured_addresses(part: str) -> dict[str, str]:
    """Return each part's address where the environment names the database, and make the one of `part` the DATABASE_URL.

    The worker's own is the DATABASE_URL of its own environment.
    """
    given = os.environ["DATABASE_URL"]
    addresses = dict.fromkeys((OWNER, *LOGIN_ROLES), given) | {OWNER: os.environ.get("DATABASE_OWNER_URL") or given}
    os.environ["DATABASE_URL"] = addresses[part]
    return addresses


@contextmanager
def _running(home: Path, part: str, *, with_postgres: bool, with_valkey: bool, durable: bool) -> Iterator[dict[str, str]]:
    """Keep the servers running for the block and name them in the environment; the last command to leave stops them."""
    addresses: dict[str, str] = {}
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
                addresses = {name: postgres.url_of(name) for name in (OWNER, *LOGIN_ROLES)}
                os.environ["DATABASE_URL"] = addresses[part]
                os.environ.setdefault("DEBUG", "true")
                _provide_keys(State(home / "state.json"))
            if with_valkey:
                valkey = ValkeyServer(home / "valkey")
                servers.append(valkey)
                valkey.ensure()
                os.environ["REDIS_URL"] = valkey.url
        yield addresses
    finally:
        with _undisturbed(), exclusive(home / "lock"):
            if attendance.is_last():
                for server in reversed(servers):
                    server.stop()
            attendance.leave()


def _provide_keys(state: State) -> None:
    """Set the secrets that are not set to ones that are made once and kept outside the database."""
    for variable, name in (("SECRET_KEY", "secret_key"), ("AUDIT_SEAL_KEY", "audit_seal_key")):
        os.environ[variable] = os.environ.get(variable) or state.secret(name)


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
