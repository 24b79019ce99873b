"""Processes and ports of this machine: who runs, what is free, under which account a server runs."""

from __future__ import annotations

import os
import pwd
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from crm_site.embedded.errors import EmbeddedServerError

# The account of an installed PostgreSQL is preferred; every Unix has the second.
SYSTEM_USERS = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """The user and group under which PostgreSQL runs; it refuses to run as root."""

    uid: int
    gid: int

    @property
    def is_own(self) -> bool:
        """Tell whether it is the account of this very process."""
        return self.uid == os.geteuid()

    def run(self, command: list[str], *, keep_output: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command under the account, outside every private folder and without our environment; the answer carries its exit status.

        `keep_output` must be off for a command that leaves a server behind: the server would hold the pipe open for ever.
        """
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if keep_output else subprocess.DEVNULL,
            stderr=subprocess.PIPE if keep_output else subprocess.DEVNULL,
            text=True,
            cwd="/",
            env=plain_environment(),
            check=False,
            user=None if self.is_own else self.uid,
            group=None if self.is_own else self.gid,
            extra_groups=None if self.is_own else [],
        )

    def can_reach(self, path: Path) -> bool:
        """Tell whether the account may run an existing program, or step into an existing folder and so into what it owns below."""
        return self.is_own or self.run(["/bin/sh", "-c", 'test -x "$0"', str(path)]).returncode == 0


def server_account(owner_of: Path) -> Account:
    """Return the account for PostgreSQL: one's own, or for root the owner of an existing data folder, else a system user.

    Raises EmbeddedServerError when an existing data folder belongs to somebody else.
    """
    owner = owner_of.stat() if owner_of.exists() else None
    if os.geteuid() != 0:
        if owner is not None and owner.st_uid != os.geteuid():
            raise EmbeddedServerError(
                f"{owner_of} belongs to another user. Run the command as that user, or set VAR_DIR to a folder of your own."
            )
        return Account(os.geteuid(), os.getegid())
    if owner is not None and owner.st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    for name in SYSTEM_USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise EmbeddedServerError(
        "PostgreSQL does not run as root, and this machine has neither a user 'postgres' nor 'nobody'. Run as an ordinary user."
    )


def plain_environment() -> dict[str, str]:
    """Return an environment for server programs: no secret of ours, no PG* variable that would change what they do."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def is_running(pid: int) -> bool:
    """Tell whether the process lives. One that is dead but not yet reaped by its parent does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        # No /proc on this system, or the process ended a moment ago.
        return not Path("/proc/self/stat").exists()
    return status.rpartition(")")[2].split()[0] not in {"Z", "X"}


def processes_in(folder: Path) -> list[int]:
    """Return the living processes whose working folder is `folder`, as all processes of a PostgreSQL server's data folder are.

    On a system without /proc the list is empty.
    """
    wanted = str(folder.resolve())
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            inside = str((entry / "cwd").readlink()) == wanted
        except OSError:
            continue
        if inside and is_running(int(entry.name)):
            found.append(int(entry.name))
    return found


def stop_process(pid: int, stop_signal: signal.Signals, wait_seconds: float) -> bool:
    """Send a signal and wait for the end of the process; tell whether it ended in time."""
    try:
        os.kill(pid, stop_signal)
    except ProcessLookupError:
        return True
    deadline = time.monotonic() + wait_seconds
    while is_running(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def free_port(preferred: int | None = None) -> int:
    """Return a loopback TCP port that nobody listens on, the preferred one when it is free."""
    for port in (preferred, 0):
        if port is None:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise EmbeddedServerError("This machine has no free TCP port on 127.0.0.1.")
