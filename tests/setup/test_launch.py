"""`make run` as a person meets it: up, ended, killed, up again, refused."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psycopg2
import pytest

from crm_site.embedded import PostgresServer
from crm_site.embedded.processes import free_port
from crm_site.embedded.provide import BASE_DIR
from crm_site.embedded.state import State
from crm_site.launch.prepare import fingerprint, is_done, locked_lines
from crm_site.launch.remains import RUN_VARIABLE, _marked
from tests.setup.conftest import bare_environment, server_processes, wait_until_gone

# A loaded machine takes several times as long as the ten seconds that an idle one must keep.
UP_SECONDS = 240.0


class Launcher:
    """`python -m crm_site.launch`, what `make run` becomes once the machine is prepared."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.log = folder / f"launch-{time.monotonic_ns()}.log"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "crm_site.launch"],
            cwd=BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=self.log.open("w"),
            stderr=subprocess.STDOUT,
            env=bare_environment(VAR_DIR=str(folder), PORT=str(port)),
        )

    def wait(self) -> str:
        """Wait for the address on the terminal; return all that was printed."""
        deadline = time.monotonic() + UP_SECONDS
        while "Ctrl-C ends everything" not in (text := self.log.read_text()):
            assert self.process.poll() is None, text
            assert time.monotonic() < deadline, text
            time.sleep(0.1)
        return text

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://localhost:{self.port}{path}", timeout=30) as response:
            return str(response.read().decode())

    def processes(self) -> list[int]:
        """Web server, worker and scheduler with their children."""
        run = State(self.folder / "run" / "state.json").get("run")
        return _marked(f"{RUN_VARIABLE}={run}".encode())


def test_it_comes_up_survives_kill_and_ends_cleanly(var_folder: Path) -> None:
    launcher = Launcher(var_folder, free_port())
    text = launcher.wait()
    assert f"http://localhost:{launcher.port}/" in text
    assert re.search(r"^ +manager +\S+ +", text, re.MULTILINE)
    assert '"migrations": "ok"' in launcher.get("/readyz")
    assert "<form" in launcher.get("/accounts/login/")
    assert len(launcher.processes()) >= 5
    assert _connected_roles(var_folder) == {"crm_web", "crm_worker"}
    owner = State(var_folder / "embedded/postgres/state.json").get("password")
    secrets = {name: _environment(pid) for name, pid in _heads(launcher).items()}
    assert not [name for name, variables in secrets.items() if owner in variables]
    assert [name for name, variables in secrets.items() if "AUDIT_SEAL_KEY" in variables] == ["worker"]

    second = subprocess.run(
        [sys.executable, "-m", "crm_site.launch"],
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        env=bare_environment(VAR_DIR=str(var_folder)),
        check=False,
    )
    assert (second.returncode, second.stderr) == (1, f"It is running already: http://localhost:{launcher.port}/\n")

    _forget_roles(var_folder)
    launcher.process.kill()
    launcher.process.wait()
    wait_until_gone(server_processes(var_folder))
    orphans = launcher.processes()
    assert orphans

    launcher = Launcher(var_folder, launcher.port)
    text = launcher.wait()
    assert "Loading the demo data" not in text
    assert not set(orphans) & set(launcher.processes())
    assert "<form" in launcher.get("/accounts/login/")
    assert _connected_roles(var_folder) == {"crm_web", "crm_worker"}
    launcher.process.send_signal(signal.SIGTERM)
    assert launcher.process.wait(timeout=60) == 0
    assert launcher.processes() == server_processes(var_folder) == []


def _heads(launcher: Launcher) -> dict[str, int]:
    """Web server, worker and scheduler: the oldest process of each."""
    heads: dict[str, int] = {}
    for pid in sorted(launcher.processes()):
        line = Path(f"/proc/{pid}/cmdline").read_bytes().decode()
        name = "web" if "gunicorn" in line else next((word for word in ("worker", "beat") if f"\0{word}\0" in line), "")
        if name:
            heads.setdefault(name, pid)
    assert set(heads) == {"web", "worker", "beat"}
    return heads


def _environment(pid: int) -> str:
    return Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")


def _owner(folder: Path) -> psycopg2.extensions.connection:
    """A connection to the embedded database as its owner."""
    connection = psycopg2.connect(PostgresServer(folder / "embedded" / "postgres").url)
    connection.autocommit = True
    return connection


def _as_owner(folder: Path, statement: str) -> None:
    connection = _owner(folder)
    connection.cursor().execute(statement)
    connection.close()


def _connected_roles(folder: Path) -> set[str]:
    """As whom others are connected to the database, once the worker has looked for work."""
    wanted = "SELECT usename FROM pg_stat_activity WHERE datname = 'crm' AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
    deadline = time.monotonic() + UP_SECONDS
    found: set[str] = set()
    connection = _owner(folder)  # one for all looks: of those before it the server may still be taking leave
    while len(found) < 2 and time.monotonic() < deadline:  # the worker comes and goes: it is connected while it works
        cursor = connection.cursor()
        cursor.execute(wanted)
        found |= {row[0] for row in cursor.fetchall()}
    connection.close()
    return found


def _forget_roles(folder: Path) -> None:
    """Make the database one of the time before there were roles."""
    for name in ("crm_web", "crm_worker"):
        _as_owner(folder, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{name}'")
        _as_owner(folder, f"REVOKE ALL ON PARAMETER session_replication_role FROM {name}; DROP OWNED BY {name}; DROP ROLE {name}")
    state = folder / "embedded/postgres/state.json"
    kept = {key: value for key, value in json.loads(state.read_text()).items() if key not in {"web_password", "worker_password"}}
    state.write_text(json.dumps(kept))


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
def test_a_wrong_port_is_named(tmp_path: Path, port: str) -> None:
    assert '"PORT" invalid' in _refused(tmp_path, PORT=port)


def test_a_taken_port_is_said_plainly(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert _refused(tmp_path, PORT=str(port)).startswith(f"Port {port} is taken by another program.")
    assert not (tmp_path / "embedded").exists()


def _refused(folder: Path, **variables: str) -> str:
    environment = bare_environment(VAR_DIR=str(folder), **variables)
    command = [sys.executable, "-m", "crm_site.launch"]
    answer = subprocess.run(command, cwd=BASE_DIR, capture_output=True, text=True, env=environment, timeout=60, check=False)
    assert answer.returncode == 1
    return answer.stderr


def test_preparation_is_repeated_only_when_its_ingredients_change(tmp_path: Path) -> None:
    lock, stamp = tmp_path / "lock", tmp_path / "stamp"
    lock.write_text("one")
    mark = fingerprint(lock, "3.11")
    assert not is_done(stamp, mark)
    stamp.write_text(mark)
    assert is_done(stamp, mark)
    lock.write_text("two")
    assert not is_done(stamp, fingerprint(lock, "3.11"))


def test_one_packages_lines_are_cut_out_of_a_lock(tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    wanted = "uv==2 \\\n    --hash=sha256:b \\\n    --hash=sha256:c\n"
    lock.write_text(f"uvloop==1 \\\n    --hash=sha256:a\n{wanted}    # via x\nzipp==3 \\\n    --hash=sha256:d\n")
    assert locked_lines(lock, "uv") == wanted
