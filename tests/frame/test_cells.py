"""Cells that a spreadsheet would run."""

import pytest

from common.cells import neutralised


@pytest.mark.parametrize("start", list("=+-@\t\r\n＝＋－＠"))
def test_what_begins_like_a_formula_is_shown_and_not_run(start: str) -> None:
    assert neutralised(f"{start}1+1") == f"'{start}1+1"


@pytest.mark.parametrize("text", ["", "13912340001", "李静", "a=1", " =1"])
def test_other_text_stays(text: str) -> None:
    assert neutralised(text) == text
