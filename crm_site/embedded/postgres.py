"""An embedded PostgreSQL on a loopback port with a password."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import time
from pathlib import Path

import psycopg2

from crm_site.embedded.database_roles import LOGIN_ROLES, OWNER, ROLE, make_login_roles
from crm_site.embedded.errors import EmbeddedServerError
from crm_site.embedded.memory import memory_settings, memory_size
from crm_site.embedded.processes import Account, free_port, is_running, processes_in, server_account, stop_process
from crm_site.embedded.programs import Programs, copy_package, find_programs
from crm_site.embedded.state import State, write_private

DATABASE = "crm"
# Replaying the write-ahead log after a crash in the middle of a large load takes minutes at worst.
START_SECONDS = 300.0
STOP_SECONDS = 120.0
# For root whose VAR_DIR the server's account cannot enter (below /root, say): the data go here, below a folder with a random name.
SHARED_FOLDERS = (Path("/var/lib/group-customer-crm"), Path("/var/tmp/group-customer-crm"))  # noqa: S108  # nosec B108

# One machine with an application beside it. Loading millions of rows must not wait for checkpoints, and nothing is replicated.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "min_wal_size": "512MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_line_prefix": "%m [%p] ",
}
# For tests: a crash of the machine may lose the data, a crash of the server may not; and several servers run beside each other.
NOT_DURABLE = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "256MB", "effective_cache_size": "1GB"}


HAS_PROC = Path("/proc/self/cwd").exists()


class PostgresServer:
    """One PostgreSQL server whose state lies in `folder`, and its data too where the server's account can enter it."""

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        """Describe the server of `folder` (made when absent); nothing is started.

        `durable` off leaves out syncing to disk, for throw-away databases.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder.resolve()
        self._state = State(self.folder / "state.json")
        self._durable = durable
        self._account: Account | None = None

    @property
    def url(self) -> str:
        """The address for the database's owner, password included; of use once the server was started."""
        return self.url_of(OWNER)

    def url_of(self, part: str) -> str:
        """The address for DATABASE_URL of a part of the product ("owner", "web" or "worker"), password included."""
        name, password = LOGIN_ROLES.get(part, (ROLE, "password"))
        return f"postgres://{name}:{self._state.secret(password)}@127.0.0.1:{self._state.get('port')}/{DATABASE}"

    def is_answering(self) -> bool:
        """Tell whether our own server answers (and not another that took its port)."""
        if self._state.get("port") is None:
            return False
        try:
            connection = self._connect("postgres")
        except psycopg2.OperationalError:
            return False
        try:
            with connection.cursor() as cursor:
                cursor.execute("SHOW data_directory")
                return cursor.fetchone() == (str(self._data_folder()),)
        except psycopg2.OperationalError:
            return False
        finally:
            connection.close()

    def ensure(self) -> None:
        """Attach to the running server, or initialise it the first time and start it.

        Raises EmbeddedServerError when that fails.
        """
        if not self.is_answering():
            root = self._root()
            self._account = server_account(root / "data")
            if not (root / "data" / "PG_VERSION").exists():
                self._initialise(root)
            self._start(root)
        self._create_database()

    def stop(self) -> None:
        """End the server and wait: connections are closed, open transactions rolled back."""
        pid = self._postmaster()
        if pid is None or stop_process(pid, signal.SIGINT, STOP_SECONDS):
            return
        stop_process(pid, signal.SIGQUIT, 30.0)

    def _connect(self, database: str) -> psycopg2.extensions.connection:
        return psycopg2.connect(
            host="127.0.0.1",
            port=self._state.get("port"),
            dbname=database,
            user=ROLE,
            password=self._state.secret("password"),
            connect_timeout=5,
        )

    def _root(self) -> Path:
        """Return the folder that holds `data` and `server.log`: one's own or, for root in a private place, a shared one.

        The choice is made once and remembered.
        """
        remembered = self._state.get("root")
        if remembered is None:
            remembered = str(self._choose_root())
            self._state.set("root", remembered)
        return self.folder if remembered == "." else Path(remembered)

    def _choose_root(self) -> Path | str:
        account = server_account(self.folder / "data")
        if account.can_reach(self.folder):
            return "."
        for shared in SHARED_FOLDERS:
            try:
                if not shared.exists():
                    _make_readable(shared)
            except OSError:
                continue
            # /var/tmp is everybody's: a folder that another user put there beforehand is not taken.
            if shared.stat().st_uid == os.geteuid() and not shared.stat().st_mode & stat.S_IWOTH and account.can_reach(shared):
                root = shared / self._state.secret("name")[:16]
                _make_readable(root)
                return root
        raise EmbeddedServerError(
            f"PostgreSQL runs under a system user, who cannot enter {self.folder}. Set VAR_DIR to a folder that is readable for all."
        )

    def _data_folder(self) -> Path:
        return (self._root() / "data").resolve()

    def _programs(self, root: Path) -> Programs:
        """Return the programs to use, copied where the server's account cannot read them."""
        assert self._account is not None
        version_file = root / "data" / "PG_VERSION"
        major = int(version_file.read_text(encoding="ascii")) if version_file.exists() else None
        programs = find_programs(major)
        if self._account.can_reach(Path(programs.program("postgres"))):
            return programs
        copied = copy_package(programs, root / f"programs-{programs.major}")
        answer = self._account.run([copied.program("postgres"), "--version"])
        if answer.returncode != 0:
            raise EmbeddedServerError(f"The PostgreSQL programs in {copied.folder} do not run: {answer.stderr.strip()}")
        return copied

    def _initialise(self, root: Path) -> None:
        """Make the data folder; an interrupted attempt leaves nothing that counts as one."""
        assert self._account is not None
        draft = root / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        password_file = root / "password.new"
        write_private(password_file, self._state.secret("password"))
        self._give(draft, password_file)
        programs = self._programs(root)
        # The builtin locale sorts by code point, is the same on every system and keeps LIKE 'x%' on plain indexes.
        builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if programs.major >= 17 else []
        locale = [*builtin, "--locale=C", "--encoding=UTF8"]
        options = [*locale, "--auth=scram-sha-256", f"--username={ROLE}", f"--pwfile={password_file}", "--no-instructions"]
        if not self._durable:
            options.append("--no-sync")
        try:
            answer = self._account.run([programs.program("initdb"), "-D", str(draft), *options])
        finally:
            password_file.unlink()
        if answer.returncode != 0:
            raise EmbeddedServerError(f"PostgreSQL could not make its data folder: {answer.stderr.strip()}")
        draft.rename(root / "data")

    def _give(self, *paths: Path) -> None:
        """Make the server's account the owner, when it is not one's own."""
        assert self._account is not None
        if not self._account.is_own:
            for path in paths:
                os.chown(path, self._account.uid, self._account.gid)

    def _start(self, root: Path) -> None:
        """Start the server, again and again while the remains of a crashed one go away.

        Raises EmbeddedServerError after START_SECONDS, or at once when the same start fails for another reason several times.
        """
        deadline = time.monotonic() + START_SECONDS
        failures = 0
        while not self.is_answering():
            if time.monotonic() > deadline or failures >= 10:
                log = root / "server.log"
                raise EmbeddedServerError(f"PostgreSQL does not start; the end of {log}:\n{_last_lines(log)}")
            if self._postmaster() is not None:
                # Started by a command that was killed before it could tell, and perhaps still replaying its log.
                self._adopt_port()
                time.sleep(0.2)
                continue
            self._clear_remains()
            self._state.set("port", free_port(self._state.get("port")))
            if self._start_once(root, deadline - time.monotonic()):
                failures += 1
                time.sleep(0.5)

    def _start_once(self, root: Path, seconds: float) -> bool:
        """Run `pg_ctl start`; tell whether it failed."""
        assert self._account is not None
        data = self._data_folder()
        sized = memory_settings(memory_size()) if self._durable else NOT_DURABLE
        settings = SETTINGS | {"port": str(self._state.get("port"))} | sized
        configuration = data / "postgresql.conf"
        configuration.write_text("".join(f"{name} = '{value}'\n" for name, value in settings.items()), encoding="ascii")
        log = root / "server.log"
        log.touch(mode=0o600)
        self._give(configuration, log)
        programs = self._programs(root)
        command = [programs.program("pg_ctl"), "start", "-D", str(data), "-l", str(log), "-w", "-t", str(max(5, int(seconds))), "-s"]
        return self._account.run(command, keep_output=False).returncode != 0

    def _postmaster(self) -> int | None:
        """Return the process id of the running server of our data folder."""
        data = self._data_folder()
        lines = self._process_file()
        if not lines or not lines[0].isdigit() or not is_running(int(lines[0])):
            return None
        return int(lines[0]) if not HAS_PROC or int(lines[0]) in processes_in(data) else None

    def _process_file(self) -> list[str]:
        """Return the lines of the server's process file: process id, data folder, start, port and more; none when there is no file."""
        try:
            return (self._data_folder() / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []

    def _adopt_port(self) -> None:
        """Remember the port of a running server that our state does not know."""
        lines = self._process_file()
        if len(lines) > 3 and lines[3].isdigit():
            self._state.set("port", int(lines[3]))

    def _clear_remains(self) -> None:
        """End what a crashed server left running, and remove its process file once nothing is left.

        PostgreSQL does the second itself, except when a dead process is not yet reaped or its number now belongs to another program.
        """
        data = self._data_folder()
        for pid in processes_in(data):
            stop_process(pid, signal.SIGQUIT, 10.0)
        if HAS_PROC and not processes_in(data):
            (data / "postmaster.pid").unlink(missing_ok=True)

    def _create_database(self) -> None:
        connection = self._connect("postgres")
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
                if cursor.fetchone() is None:
                    cursor.execute(f"CREATE DATABASE {DATABASE}")
            make_login_roles(connection, self._state)
        finally:
            connection.close()


def _make_readable(folder: Path) -> None:
    """Make a folder that everybody may enter, whatever the mask of new files says."""
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)


def _last_lines(path: Path, count: int = 15) -> str:
    try:
        return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])
    except OSError:
        return "(no log)"
