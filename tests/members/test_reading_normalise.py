"""Numbers, short numbers, texts and dates, brought to one form."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.reading.dates import parse_date
from members.reading.normalise import clean_text, national, normalise_number, normalise_short_number
from members.verdict_codes import codes_of

MOBILE = "8613912340001"


@pytest.mark.parametrize(
    "text",
    [
        "13912340001",
        "１３９１２３４０００１",
        "139 1234 0001",
        "139-1234-0001",
        "139\u20131234\u20130001",
        "139－1234－0001",
        "(139)12340001",
        "（139）12340001",
        "139\u00a01234\u00a00001",
        "139\u30001234\u30000001",
        " 13912340001\t",
        "\u200e13912340001\u200b",
        "\ufeff13912340001",
        "'13912340001",
        "\u201813912340001",
        "13912340001.0",
        "13912340001.00",
        "+8613912340001",
        "+86 139 1234 0001",
        "＋86-139-1234-0001",
        "(+86)13912340001",
        "008613912340001",
        "0086 13912340001",
        "8613912340001",
        "86-139-1234-0001",
    ],
)
def test_ways_to_write_a_mobile_number(text: str) -> None:
    assert normalise_number(text) == (MOBILE, "mobile", 0)


@pytest.mark.parametrize(
    ("text", "number", "kind"),
    [
        ("010-88886666", "861088886666", "fixed"),
        ("(010) 8888 6666", "861088886666", "fixed"),
        ("+86 10 88886666", "861088886666", "fixed"),
        ("+86 (0)10 88886666", "861088886666", "fixed"),
        ("0086-10-88886666", "861088886666", "fixed"),
        ("0755-1234567", "867551234567", "fixed"),
        ("0591-83334444", "8659183334444", "fixed"),
        ("1064912345678", "861064912345678", "iot"),
        ("1064912345678.0", "861064912345678", "iot"),
        ("+86 1064912345678", "861064912345678", "iot"),
        ("1440123456789", "861440123456789", "iot"),
    ],
)
def test_fixed_lines_and_iot_cards(text: str, number: str, kind: str) -> None:
    assert normalise_number(text) == (number, kind, 0)


@pytest.mark.parametrize("text", ["", " ", "\u3000", "\u00a0\t", "'", "-", "\u200b"])
def test_an_empty_cell_is_missing(text: str) -> None:
    number, kind, fault = normalise_number(text)
    assert (number, kind, codes_of(fault)) == (None, None, ["number_missing"])


@pytest.mark.parametrize(
    "text",
    [
        "1391234000",
        "139123400011",
        "12912340001",
        "1.3912E+10",
        "1.3912340001E+10",
        "139123400.01",
        "13912340001.5",
        "8.986e+18",
        "123456789012345",
        "+1 212 555 0100",
        "+44 20 7946 0000",
        "13912340001/13912340002",
        "13912340001 转 8",
        "li@example.com",
        "李静",
        "#N/A",
        "١٣٩١٢٣٤٠٠٠١",
        "139\x0012340001",
        "1" * 2_000,
    ],
)
def test_anything_else_is_malformed(text: str) -> None:
    number, kind, fault = normalise_number(text)
    assert (number, kind, codes_of(fault)) == (None, None, ["number_malformed"])


mobiles = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
fixed_lines = st.from_regex(r"0(10|2[0-9])[0-9]{8}|0[3-9][0-9]{2}[0-9]{7,8}", fullmatch=True)
iot_cards = st.from_regex(r"1[04][0-9]{11}", fullmatch=True)
nationals = st.one_of(mobiles, fixed_lines, iot_cards)
FULL_WIDTH = str.maketrans("0123456789+-() ", "０１２３４５６７８９＋－（）\u3000")


@st.composite
def written_numbers(draw: st.DrawFn) -> tuple[str, str]:
    """A national number and one way to write it."""
    plain = draw(nationals)
    prefix = draw(st.sampled_from(["", "", "+86", "0086", "86", "+86 "]))
    digits = plain[1:] if prefix and plain.startswith("0") else plain
    for place in draw(st.lists(st.integers(1, len(digits) - 1), max_size=3)):
        digits = digits[:place] + draw(st.sampled_from([" ", "-", "\u00a0", "\u2014"])) + digits[place:]
    text = draw(st.sampled_from(["", " ", "'", "\ufeff"])) + prefix + digits + draw(st.sampled_from(["", ".0", "\n", " "]))
    return plain, text.translate(FULL_WIDTH) if draw(st.booleans()) else text


@given(written_numbers())
def test_every_way_to_write_a_number_gives_the_same(case: tuple[str, str]) -> None:
    plain, text = case
    expected = normalise_number(plain)
    assert expected[0] is not None
    assert normalise_number(text) == expected


@given(nationals)
def test_national_undoes_normalise(plain: str) -> None:
    number, _, _ = normalise_number(plain)
    assert number is not None
    assert national(number) == plain


@given(st.one_of(nationals, st.text(max_size=40), st.text("0123456789+-() .E'８６", max_size=20)))
def test_normalising_is_idempotent(text: str) -> None:
    number, kind, fault = normalise_number(text)
    if number is None:
        assert codes_of(fault) in (["number_missing"], ["number_malformed"])
        return
    assert fault == 0
    assert normalise_number(number) == (number, kind, 0)
    assert normalise_number(national(number)) == (number, kind, 0)
    assert number.isascii()
    assert number.isdigit()
    assert len(number) <= 15


@pytest.mark.parametrize(
    ("text", "short"), [("668", "668"), ("６６８", "668"), ("612345", "612345"), (" 6899 ", "6899"), ("668.0", "668"), ("", None)]
)
def test_short_numbers(text: str, short: str | None) -> None:
    assert normalise_short_number(text) == (short, 0)


@pytest.mark.parametrize("text", ["60", "601", "6", "66", "6123456", "768", "66a", "6 68"])
def test_short_numbers_of_the_wrong_shape(text: str) -> None:
    short, fault = normalise_short_number(text)
    assert (short, codes_of(fault)) == (None, ["short_number_malformed"])


@pytest.mark.parametrize(
    ("text", "kept", "faults"),
    [
        (" 李静 ", "李静", []),
        ("李\u3000静", "李\u3000静", []),
        ("O'Neill–A", "O'Neill–A", []),
        ("", None, []),
        ("\u3000", None, []),
        ("名" * 9, "名" * 9, []),
        ("名" * 10, None, ["text_too_long"]),
        ("李\n静", None, ["text_control"]),
        ("李\x00静", None, ["text_control"]),
        ("李\u200b静", None, ["text_control"]),
        ("李\u2028静", None, ["text_control"]),
    ],
)
def test_texts(text: str, kept: str | None, faults: list[str]) -> None:
    cleaned, fault = clean_text(text, 9)
    assert (cleaned, codes_of(fault)) == (kept, faults)


@pytest.mark.parametrize(
    "text",
    [
        "2026-12-01",
        "2026/12/1",
        "2026.12.1",
        "2026年12月1日",
        "2026年12月1号",
        "2026 年 12 月 1 日",
        "２０２６年１２月０１日",
        "20261201",
        "20261201.0",
        "2026-12-01 00:00:00",
        "2026-12-01T08:30",
        "2026/12/1 8:30",
        "46357",
        "46357.0",
        "46357.354166",
        " 2026-12-01 ",
    ],
)
def test_ways_to_write_a_date(text: str) -> None:
    assert parse_date(text) == datetime.date(2026, 12, 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "明天",
        "01/12/2026",
        "12-01",
        "2026-13-01",
        "2026-02-29",
        "20260229",
        "1979-12-31",
        "0000-00-00",
        "99",
        "1234567",
        "20261",
        "2026-12",
    ],
)
def test_what_is_no_date(text: str) -> None:
    assert parse_date(text) is None


@given(st.dates(min_value=datetime.date(1980, 1, 1), max_value=datetime.date(2170, 1, 1)))
def test_dates_come_back(day: datetime.date) -> None:
    serial = (day - datetime.date(1899, 12, 30)).days
    for text in (day.isoformat(), day.strftime("%Y%m%d"), f"{day.year}年{day.month}月{day.day}日", str(serial), f"{serial}.25"):
        assert parse_date(text) == day


@given(st.text(max_size=30))
def test_no_text_breaks_the_readers(text: str) -> None:
    parse_date(text)
    normalise_short_number(text)
    clean_text(text, 10)
