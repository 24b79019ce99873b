"""Which row holds the headings, and which column holds what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.reading.layout import Layout, column_letters, fold
from members.reading.headings import FIELDS, find_layout, guess_mapping, looks_like_number


def layout_of(*rows: list[str]) -> Layout:
    return find_layout(list(enumerate(rows, start=1)))


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("手机号码", "number"),
        ("手 机 号", "number"),
        ("手机号（必填）", "number"),
        ("*手机号码*", "number"),
        ("手机号\n(11位\n数字)", "number"),
        ("ＭＳＩＳＤＮ", "number"),
        ("Mobile Number", "number"),
        ("mobile_number", "number"),
        ("姓名", "holder_name"),
        ("Holder", "holder_name"),
        ("工号", "employee_no"),
        ("所属部门", "department"),
        ("短号", "short_number"),
        ("V网短号", "short_number"),
        ("生效日期", "effective_on"),
        ("Effective date", "effective_on"),
        ("失效日期", "expires_on"),
        ("套餐", "tariff_code"),
        ("方案编码", "offer_code"),
    ],
)
def test_known_headings(heading: str, field: str) -> None:
    assert guess_mapping(["备注", heading]) == {field: 1}


def test_no_heading_has_two_meanings() -> None:
    known = [fold(heading) for headings in FIELDS.values() for heading in headings]
    assert len(known) == len(set(known))


def test_the_first_of_two_columns_with_one_meaning_wins() -> None:
    assert guess_mapping(["姓名", "手机号", "联系电话"]) == {"holder_name": 0, "number": 1}


def test_headings_in_any_order_with_unknown_ones_between() -> None:
    layout = layout_of(["序号", "部门", "号码", "备注", "姓名"], ["1", "市场部", "13912340001", "", "李静"])
    assert layout.header_line == 1
    assert layout.headings == ["序号", "部门", "号码", "备注", "姓名"]
    assert layout.mapping == {"department": 1, "number": 2, "holder_name": 4}


def test_titles_above_the_headings_are_passed_over() -> None:
    layout = layout_of(["云江医院员工名单"], ["2026-11-01"], ["姓名", "手机号"], ["李静", "13912340001"])
    assert (layout.header_line, layout.mapping) == (3, {"holder_name": 0, "number": 1})


def test_a_telephone_number_in_a_title_does_not_hide_the_headings() -> None:
    layout = layout_of(["客户经理", "13912340001", ""], ["姓名", "手机号", "短号"], ["李静", "13912340002", "661"])
    assert (layout.header_line, layout.mapping) == (2, {"holder_name": 0, "number": 1, "short_number": 2})


def test_blank_rows_above_do_not_shift_the_line() -> None:
    assert find_layout([(4, ["姓名", "手机号"]), (6, ["李静", "13912340001"])]).header_line == 4


def test_unknown_headings_are_still_headings() -> None:
    layout = layout_of(["甲", "乙"], ["x", "13912340001"], ["y", "13912340002"])
    assert (layout.header_line, layout.headings, layout.mapping) == (1, ["甲", "乙"], {"number": 1})


def test_without_headings_columns_have_letters() -> None:
    layout = layout_of(["李静", "13912340001"], ["王磊", "13912340002"])
    assert (layout.header_line, layout.headings, layout.mapping) == (0, ["A", "B"], {"number": 1})


@pytest.mark.parametrize("first", ["1391234000", "139123400011", "1.39E+10", "1.391234e+10", "0086 139 1234 000", "139-1234-00011"])
def test_a_bad_number_in_the_first_row_is_not_taken_for_a_heading(first: str) -> None:
    layout = layout_of([first], ["13912340002"], ["13912340003"])
    assert (layout.header_line, layout.mapping) == (0, {"number": 0})


def test_a_word_of_a_data_row_that_is_a_known_heading_does_not_make_it_the_headings() -> None:
    layout = layout_of(["13912340001", "人事"], ["13912340002", "部门"], ["13912340003", "单位"])
    assert layout.header_line == 0
    layout = layout_of(["A列", "B列"], ["13912340001", "部门"], ["bad", "姓名"])
    assert layout.header_line == 1


def test_a_second_table_below_does_not_hide_the_first() -> None:
    layout = layout_of(["手机号"], ["13912340001"], ["手机号", "姓名"], ["13912340002", "李静"])
    assert layout.header_line == 1


def test_the_column_with_the_most_numbers_where_no_heading_names_one() -> None:
    layout = layout_of(["甲", "乙", "部门"], ["13912340009", "13912340001", "市场"], ["x", "13912340002", "市场"])
    assert layout.mapping == {"number": 1, "department": 2}


def test_no_numbers_at_all() -> None:
    layout = layout_of(["甲", "乙"], ["x", "y"])
    assert (layout.header_line, layout.mapping) == (1, {})


def test_one_row_alone() -> None:
    assert layout_of(["甲", "乙"]).header_line == 0
    assert layout_of(["手机号"]).header_line == 1
    assert layout_of(["13912340001"]).mapping == {"number": 0}
    assert layout_of([" "], [""]).headings == []


def test_headings_are_as_wide_as_the_rows_and_no_wider() -> None:
    layout = layout_of(["手机号", "姓名", "", ""], ["13912340001", "李静", "三楼", ""])
    assert layout.headings == ["手机号", "姓名", ""]
    assert layout_of(["手机号"], ["13912340001", "李静"]).headings == ["手机号", ""]


def test_headings_are_shown_on_one_line_and_bounded() -> None:
    layout = layout_of(["手机号\n（必填）", "x" * 5_000, "a\0b"], ["13912340001", "", "z"])
    assert layout.headings == ["手机号 （必填）", "x" * 100, "a b"]


@pytest.mark.parametrize(
    ("cell", "answer"),
    [
        ("13912340001", True),
        ("１３９１２３４０００１", True),
        ("1391234", True),
        ("+86-139", False),
        ("2026-12-01", False),
        ("46357", False),
        ("工号 13912340001", False),
    ],
)
def test_what_looks_like_a_number(cell: str, answer: bool) -> None:
    assert looks_like_number(cell) is answer


def test_column_letters() -> None:
    letters = column_letters(703)
    assert (letters[0], letters[25], letters[26], letters[701], letters[702]) == ("A", "Z", "AA", "ZZ", "AAA")


@given(
    st.lists(
        st.lists(st.sampled_from(["", "手机号", "姓名", "部门", "13912340001", "139", "x", "2026-12-01"]), min_size=1, max_size=4),
        max_size=6,
    )
)
def test_a_row_with_a_number_is_never_above_or_in_the_headings_unless_it_is_a_title(rows: list[list[str]]) -> None:
    layout = layout_of(*rows)
    hidden = [cells for line, cells in enumerate(rows, start=1) if line <= layout.header_line]
    with_number = [cells for cells in hidden if "13912340001" in cells]
    if with_number:
        assert len(guess_mapping(hidden[-1])) > 1
        assert "number" in guess_mapping(hidden[-1])
    assert all(0 <= column < max(len(cells) for cells in rows) for column in layout.mapping.values())
