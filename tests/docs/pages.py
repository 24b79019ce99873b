"""The documents as the tests read them: links, code, words in bold, tables."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    path.relative_to(ROOT).as_posix() for path in [ROOT / "README.md", ROOT / "bench" / "README.md", *(ROOT / "docs").rglob("*.md")]
)
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SOURCES = ("access", "bench", "common", "crm_site", "customers", "jobs", "members", "products", "templates", "tests", "workflow")
_ENDINGS = {".py", ".html", ".js", ".css", ".sql"}
_FILES = ("Makefile", "Dockerfile", "docker-compose.yml", "manage.py", "pyproject.toml", "package.json", ".ci/run")


def text_of(page: str) -> str:
    """The page as it stands."""
    return (ROOT / page).read_text(encoding="utf-8")


def prose_of(page: str) -> str:
    """The page without its code blocks."""
    return _BLOCK.sub("", text_of(page))


def blocks_of(page: str, language: str) -> list[str]:
    """The code blocks in `language` (empty: in none)."""
    return [code for found, code in _BLOCK.findall(text_of(page)) if found == language]


def code_of(page: str) -> list[str]:
    """Everything set as code: words in the text, and blocks without a language with continued lines joined."""
    inline = re.findall(r"`([^`\n]+)`", prose_of(page))
    lines = [line.strip() for block in blocks_of(page, "") for line in block.replace("\\\n", " ").splitlines()]
    return inline + [line for line in lines if line]


def links_of(page: str) -> list[str]:
    """The targets of links and pictures."""
    return re.findall(r"\]\(([^)\s]+)\)", prose_of(page))


def bold_of(page: str) -> list[str]:
    """The words in bold."""
    return re.findall(r"\*\*([^*]+)\*\*", prose_of(page))


def rows_of(page: str) -> list[list[str]]:
    """The cells of every line of every table; a bar in a cell is written `\\|`."""
    lines = [line for line in prose_of(page).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def anchors_of(page: str) -> set[str]:
    """The anchors of the headings, as GitHub makes them."""
    headings = re.findall(r"^#+ +(.*)$", prose_of(page), re.MULTILINE)
    return {_anchor(re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)) for heading in headings}


def _anchor(heading: str) -> str:
    kept = [character for character in heading.lower() if character in " -_" or unicodedata.category(character)[0] in "LNM"]
    return "".join(kept).replace(" ", "-")


@cache
def source_words() -> frozenset[str]:
    """Every identifier that occurs in the project's own files, documents aside."""
    files = [path for name in _SOURCES for path in (ROOT / name).rglob("*") if path.suffix in _ENDINGS]
    files = [path for path in files if Path(__file__).parent not in path.parents]
    files += [ROOT / name for name in _FILES]
    return frozenset(word for path in files for word in re.findall(r"\w+", path.read_text(encoding="utf-8")))
