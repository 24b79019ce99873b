"""What keeps the house in order and no other tool looks at: sizes, docstrings, what stands in templates, catalogues, the layout."""

from __future__ import annotations

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

ROOT: Path = settings.BASE_DIR
LONGEST_FILE = 500
LONGEST_FUNCTION = 60
TOP_LEVEL = {
    *("manage.py", "Makefile", "Dockerfile", "docker-compose.yml", "pyproject.toml", "package.json", "package-lock.json", "README.md"),
    *(f"requirements{part}.{form}" for part in ("", "-dev", "-node") for form in ("in", "txt")),
    *(".ci", ".dockerignore", ".gitignore", ".npmrc", "locale", "templates", "tests", "bench", "docs", "crm_site"),
}
APPS = sorted(config.label for config in apps.get_app_configs() if Path(config.path).parent == ROOT)
# Words that are written alike in every language.
SAME_EVERYWHERE = {"CSV", "Esc", "Ctrl"}


@cache
def project_files() -> list[Path]:
    """What belongs to the project, whether or not it is committed; without git (in an image) there is nothing to look at."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [path for line in listed.stdout.splitlines() if (path := ROOT / line).is_file()]


def python_files() -> list[Path]:
    return [path for path in project_files() if path.suffix == ".py" and "migrations" not in path.parts]


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_files_are_short() -> None:
    own = [path for path in project_files() if path.suffix in {".py", ".js", ".css", ".html", ".sql"} and "migrations" not in path.parts]
    long = {named(path): lines for path in own if (lines := len(path.read_text(encoding="utf-8").splitlines())) >= LONGEST_FILE}
    assert len(own) > 300
    assert long == {}


def test_functions_are_short() -> None:
    long = {
        f"{named(path)}:{node.name}": node.end_lineno - node.lineno + 1
        for path in python_files()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION
    }
    assert long == {}


def test_modules_say_what_they_are_for() -> None:
    sources = {path: path.read_text(encoding="utf-8") for path in python_files()}
    silent = [named(path) for path, source in sources.items() if source.strip() and not ast.get_docstring(ast.parse(source))]
    assert silent == []


def test_nothing_lies_at_the_top_that_does_not_belong_there() -> None:
    found = {path.relative_to(ROOT).parts[0] for path in project_files()}
    assert found <= TOP_LEVEL | set(APPS)


def test_every_app_has_its_catalogue() -> None:
    for app in set(APPS) - {"common"}:  # the strings of `common` stand in the project's catalogue
        assert (ROOT / app / "locale/zh_Hans/LC_MESSAGES/django.po").is_file(), app
    assert (ROOT / "locale/zh_Hans/LC_MESSAGES/django.po").is_file()


# --- templates -------------------------------------------------------------------------------------------------------------------------

FORBIDDEN = {
    "a style in the page": r"<style\b|\sstyle\s*=",
    "a script in the page": r"<script\b(?![^>]*\bsrc=)",
    "a handler in the page": r"<[^>]*\s(?:on[a-z]+|hx-on[\w:-]*)\s*=",
    "an expression for htmx": r"\bhx-vals\s*=\s*[\"']js:|\bhx-trigger\s*=\s*\"[^\"]*\[",
    "text that is not escaped": r"\|\s*safe(?:seq)?\b|\{%\s*autoescape\s+off",
    "another host": r"(?:src|href|action)\s*=\s*\"(?:https?:)?//",
}
_UNSEEN = (
    (r"\{#.*?#\}", ""),
    (r"\{%\s*comment\b.*?\{%\s*endcomment\s*%\}", ""),
    (r"<!--.*?-->", ""),
    (r"\{%\s*blocktrans(?:late)?\b.*?\{%\s*endblocktrans(?:late)?\s*%\}", ""),
    (r"\{%.*?%\}|\{\{.*?\}\}", ""),
    (r"<(script|style)\b.*?</\1>", ""),
)
_READ_OUT = re.compile(r"\b(?:title|alt|aria-label|placeholder|hx-confirm|data-confirm)\s*=\s*\"([^\"]*)\"")
_WORD = re.compile(r"[A-Za-z一-鿿]{2,}")


def templates() -> list[Path]:
    return sorted((ROOT / "templates").rglob("*.html"))


def untranslated(source: str) -> set[str]:
    """The words that people would read in one language only: text between tags, and the attributes that are read out."""
    for pattern, instead in _UNSEEN:
        source = re.sub(pattern, instead, source, flags=re.DOTALL)
    seen = [*_READ_OUT.findall(source), re.sub(r"<[^>]*>", " ", source)]
    return {word for text in seen for word in _WORD.findall(re.sub(r"&\w+;", " ", text))} - SAME_EVERYWHERE


@pytest.mark.parametrize("path", templates(), ids=named)
def test_a_template_is_translated_and_fit_for_the_content_security_policy(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert [what for what, pattern in FORBIDDEN.items() if re.search(pattern, source, flags=re.IGNORECASE)] == []
    assert untranslated(source) == set()


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("<p>Hello {{ name }}</p>", {"Hello"}),
        ('<a title="Open">{% translate "Open" %}</a>', {"Open"}),
        ("<p>{% blocktranslate trimmed %}Hello{% endblocktranslate %} — 1&nbsp;2</p>", set()),
        ("<b>成员</b>", {"成员"}),
    ],
)
def test_the_search_for_untranslated_words_finds_them(source: str, words: set[str]) -> None:
    assert untranslated(source) == words


@pytest.mark.parametrize(
    "source",
    [
        '<p style="color: red">',
        "<script>x()</script>",
        '<button onclick="x()">',
        '<button hx-on:click="x()">',
        '<a hx-trigger="click[x]">',
        "{{ text|safe }}",
        '<img src="https://example.com/x.png">',
    ],
)
def test_the_search_for_what_is_forbidden_finds_it(source: str) -> None:
    assert any(re.search(pattern, source, flags=re.IGNORECASE) for pattern in FORBIDDEN.values())
