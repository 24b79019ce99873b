"""The user's pages say what the screens say, in both languages, and know every finding, heading and option."""

import re

import pytest
from django.core.management import load_command_class
from django.utils import translation

from common.catalogues import read_catalogue, units_of
from common.reading.layout import fold
from members.reading.headings import FIELDS
from members.verdict_codes import CODES
from members.verdicts import HARD, LABELS, NOTHING_TO_DO
from tests.docs.pages import ROOT, anchors_of, blocks_of, bold_of, code_of, rows_of
from tests.oracle.world import DEFAULT_SEVERITIES

PAGES = {"docs/use.md": "en", "docs/use.zh.md": "zh-hans"}
SEVERITIES = {
    "docs/use.md": {"error": "error", "warning": "warning", "skip": "nothing to do"},
    "docs/use.zh.md": {"error": "错误", "warning": "警告", "skip": "无需处理"},
}


def _plain(text: str) -> str:
    """A text of the catalogues as it reads on the page: figures as …, without markup."""
    text = re.sub(r"<[^>]+>", "", text).replace("%%", "%")
    return re.sub(r"%\(\w+\)[sd]", "…", text).casefold()


def _screen_words(language: str) -> set[str]:
    words: set[str] = set()
    for unit in units_of(ROOT):
        for message in read_catalogue(unit.path):
            texts = message.id if language == "en" else message.string
            words |= {_plain(text) for text in (texts if isinstance(texts, list | tuple) else [texts]) if text}
    return words


@pytest.mark.parametrize(("document", "language"), PAGES.items())
def test_words_in_bold_stand_on_the_screen(document, language):
    words = _screen_words(language)
    assert not [bold for bold in bold_of(document) if bold.casefold() not in words]


def _findings(page: str) -> dict[str, list[str]]:
    return {row[1].strip("`"): row for row in rows_of(page) if len(row) == 4 and row[1].strip("`") in CODES}


@pytest.mark.parametrize(("document", "language"), PAGES.items())
def test_every_finding_is_explained_with_its_words_and_severity(document, language):
    found = _findings(document)
    assert list(found) == list(CODES)
    with translation.override(language):
        assert {code: row[0].strip("*") for code, row in found.items()} == {code: str(label) for code, label in LABELS.items()}
    for code, row in found.items():
        fixed = "" if code in HARD | NOTHING_TO_DO else " *"
        assert row[3] == SEVERITIES[document][DEFAULT_SEVERITIES.get(code, "error")] + fixed, code


@pytest.mark.parametrize("document", PAGES)
def test_headings_named_are_known(document):
    rows = [row for row in rows_of(document) if len(row) == 2 and "号码" in row[1] and "Phone" in row[1]]
    assert rows
    start = rows_of(document).index(rows[0])
    known = [set(headings) for headings in FIELDS.values()]
    for row, headings in zip(rows_of(document)[start : start + len(FIELDS)], known, strict=True):
        assert {fold(heading) for heading in re.split(r"[,、] *", row[1])} <= headings


@pytest.mark.parametrize("document", PAGES)
def test_every_option_of_the_command_is_explained(document):
    parser = load_command_class("members", "provision").create_parser("manage.py", "provision")
    general = load_command_class("members", "demo_data").create_parser("manage.py", "demo_data")._option_string_actions
    own = {option for option in parser._option_string_actions if option not in general and option.startswith("--")}
    named = {option for code in code_of(document) for option in re.findall(r"(?<!\S)(--[a-z-]+)", code)}
    assert own <= named
    assert own & {"--seed", "--customers", "--members"} == set()


def test_both_languages_have_the_same_parts():
    first, second = PAGES
    for count in (
        lambda page: len(anchors_of(page)),
        lambda page: [len(row) for row in rows_of(page)],
        lambda page: blocks_of(page, ""),
    ):
        assert count(first) == count(second)
