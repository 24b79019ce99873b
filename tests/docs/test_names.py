"""What the documents name exists: make targets, commands with their options, settings, files, figures, sign-ins."""

import ast
import dataclasses
import importlib
import re

import pytest
from django.core.management import get_commands, load_command_class

from bench.figures import FIGURES
from crm_site.environment import Environment
from members.demo.organisation import PERSONAS
from members.demo.sign_ins import DEMO_PASSWORD
from tests.docs.pages import PAGES, ROOT, blocks_of, code_of, rows_of, source_words, text_of

# Of the pages that speak of the project's own code, what is meant as words and not as names in it.
CODE_PAGES = ("README.md", "bench/README.md", "docs/contribute.md")
FOREIGN = {"python", "todo", "var", "full", "figure", "value", "goal", "unit", "size", "met", "venv", "test"}
FOLDERS = {path.name for path in ROOT.iterdir() if path.is_dir()}


@pytest.mark.parametrize("document", PAGES)
def test_make_targets_exist(document):
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for code in code_of(document):
        for target in re.findall(r"(?:^|[ (])make ([a-z]\w*)", code):
            assert target in targets, f"{document}: {code}"


@pytest.mark.parametrize("document", PAGES)
def test_commands_and_their_options_exist(document):
    for code in code_of(document):
        called = re.search(r"manage\.py ([a-z]\w+)(.*)", code.split(" #")[0])
        if called is None:
            continue
        name, rest = called.groups()
        assert name in get_commands(), f"{document}: {code}"
        command = get_commands()[name]
        loaded = load_command_class(command, name) if isinstance(command, str) else command
        known = loaded.create_parser("manage.py", name)._option_string_actions
        for option in re.findall(r"(?<!\S)(--[a-z-]+)", rest):
            assert option in known, f"{document}: {option} of {name}"


@pytest.mark.parametrize("document", PAGES)
def test_settings_exist(document):
    for code in code_of(document):
        for name in re.findall(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b", code):
            assert name in source_words(), f"{document}: {name}"


def test_every_variable_of_the_environment_is_explained():
    explained = {cell for row in rows_of("docs/operate.md") for cell in re.findall(r"`([A-Z_]+)`", row[0])}
    assert {field.name.upper() for field in dataclasses.fields(Environment)} - {"DATABASE"} <= explained
    assert explained <= source_words()


@pytest.mark.parametrize("document", PAGES)
def test_files_and_folders_exist(document):
    for code in code_of(document):
        if re.fullmatch(r"[\w.-]+(?:/[\w.-]+)*/?", code) and code.split("/")[0] in FOLDERS and "/" in code:
            if code.startswith(("var/", ".venv/")):
                continue
            here, root = (ROOT / document).parent / code, ROOT / code
            assert root.exists() or here.exists(), f"{document}: {code}"


@pytest.mark.parametrize("document", CODE_PAGES)
def test_names_of_code_exist(document):
    figures = {name for names, _measure in FIGURES for name in names}
    shown = figures | {word for block in blocks_of(document, "python") for word in re.findall(r"\w+", block)}
    for code in code_of(document):
        if re.fullmatch(r"[A-Za-z_][\w.]*(?:\(.*\))?", code):
            for word in re.findall(r"[A-Za-z_]\w+", re.sub(r'"[^"]*"', "", code)):
                assert word in source_words() | shown | FOREIGN, f"{document}: {code}"


@pytest.mark.parametrize("document", PAGES)
def test_imports_of_examples_resolve(document):
    for code in blocks_of(document, "python"):
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.ImportFrom) and node.module:
                module = importlib.import_module(node.module)
                assert all(hasattr(module, alias.name) for alias in node.names), f"{document}: {ast.unparse(node)}"


def test_sign_ins_are_the_demo_data_s():
    logins = [match[1] for row in rows_of("README.md") if (match := re.fullmatch(r"`(\w+)`", row[0]))]
    assert logins == list(PERSONAS)
    assert f"`{DEMO_PASSWORD}`" in text_of("README.md")


def test_every_figure_is_explained():
    named = [match[1] for row in rows_of("bench/README.md") if (match := re.fullmatch(r"`(\w+)`", row[0]))]
    assert sorted(named) == sorted(name for names, _measure in FIGURES for name in names)


def test_every_decision_is_listed():
    listed = text_of("docs/adr/README.md")
    for path in (ROOT / "docs" / "adr").glob("0*.md"):
        assert f"({path.name})" in listed
