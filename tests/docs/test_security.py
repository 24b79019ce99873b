"""Every path and test that docs/security.md names exists, and no requirement is both met and not."""

from __future__ import annotations

import ast
import re

import pytest

from crm_site.environment import read_environment
from tests.docs.pages import ROOT, code_of, prose_of, rows_of
from tests.setup.test_environment import GOOD

PAGE = "docs/security.md"
LIMITS = ("SIGN_INS_PER_MINUTE", "API_REQUESTS_PER_MINUTE", "EXPORTS_PER_HOUR", "OPEN_BATCHES_PER_USER", "UPLOAD_BYTES_PER_DAY")


def named_tests() -> list[str]:
    return [code for code in code_of(PAGE) if code.startswith("tests/")]


def test_every_test_named_exists() -> None:
    assert len(named_tests()) > 60
    for code in named_tests():
        path, _, name = code.partition("::")
        assert (ROOT / path).is_file(), code
        if name:
            tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
            assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, code


def test_every_row_names_what_meets_it() -> None:
    met = [row for row in rows_of(PAGE) if len(row) == 3 and re.match(r"\d", row[0])]
    assert len(met) > 60
    for row in met:
        assert re.search(r"`[^`]+`|\]\(", row[2]) or "bandit" in row[2], row[0]


def test_no_requirement_stands_twice_among_those_met() -> None:
    numbers = [number for row in rows_of(PAGE) if len(row) == 3 for number in re.findall(r"\d+\.\d+\.\d+", row[0])]
    assert sorted(set(numbers)) == sorted(numbers)
    open_ones = prose_of(PAGE).split("## Not met yet")[1]
    assert not set(re.findall(r"\d+\.\d+\.\d+", open_ones)) & set(numbers)


def test_the_limits_are_those_of_the_manual(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in LIMITS:
        monkeypatch.delenv(name, raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    environment = read_environment(ROOT)
    shown = {row[0].strip("`"): row[1].split(" ")[0] for row in rows_of("docs/operate.md") if len(row) == 3}
    for name in LIMITS:
        assert int(shown[name]) == getattr(environment, name.lower()), name
