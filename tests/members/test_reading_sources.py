"""Rows of workbooks and text files, with the file's own row numbers and in whatever form the cells come."""

from __future__ import annotations

import datetime
from io import BytesIO
from pathlib import Path
from typing import Protocol

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.styles import PatternFill

from common.reading.sources import Limits, OpenSource, Row, SourceRefused, cell_text, detect_delimiter, open_source
from tests.members.sources import LIMITS, package, rows_of, saved, sheet_of, workbook, zipped

NUMBER = "13912340001"


def moment(*parts: int) -> datetime.datetime:
    """A date and time as spreadsheets have them: without a time zone."""
    return datetime.datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001


class Rows(Protocol):
    """All rows of a source."""

    def __call__(self, content: bytes, form: str = "xlsx", limits: Limits = LIMITS) -> list[Row]: ...


class Opened(Protocol):
    """A source and all its rows."""

    def __call__(self, content: bytes, form: str = "xlsx") -> tuple[OpenSource, list[Row]]: ...


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    def read(content: bytes, form: str = "xlsx", limits: Limits = LIMITS) -> list[Row]:
        return rows_of(content, form, tmp_path, limits)

    return read


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    def open_it(content: bytes, form: str = "xlsx") -> tuple[OpenSource, list[Row]]:
        path = tmp_path / f"source.{form}"
        path.write_bytes(content)
        source = open_source(path, form, LIMITS)
        return source, list(source.rows)

    return open_it


# --- XLSX ------------------------------------------------------------------------------------------------------------------------------


def test_cells_of_every_kind(rows: Rows) -> None:
    found = rows(
        workbook(
            [
                ["手机号", "生效"],
                [13912340001, moment(2026, 12, 1)],
                [13912340002.0, moment(2026, 12, 1, 8, 30)],
                ["１３９ 1234-0003", "2026/12/1"],
                [True, None],
                [1064912345678, 46357],
                [123456789012345, 0.5],
            ]
        )
    )
    assert found == [
        (1, ["手机号", "生效"]),
        (2, ["13912340001", "2026-12-01"]),
        (3, ["13912340002", "2026-12-01 08:30:00"]),
        (4, ["１３９ 1234-0003", "2026/12/1"]),
        (5, ["TRUE", ""]),
        (6, ["1064912345678", "46357"]),
        (7, ["123456789012345", "0.5"]),
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (13912340001.0, "13912340001"),
        (123456789012345.0, "123456789012345"),
        (8.986012345678901e18, "8.986012345678901e+18"),
        (0.1, "0.1"),
        (-0.0, "0"),
        (float("inf"), "inf"),
        (7, "7"),
        (False, "FALSE"),
        (datetime.date(2026, 12, 1), "2026-12-01"),
        (moment(2026, 12, 1, 0, 0, 1), "2026-12-01 00:00:01"),
        (datetime.time(8, 30), "08:30:00"),
        (datetime.timedelta(days=2), "2 days, 0:00:00"),
    ],
)
def test_texts_of_values(value: object, text: str) -> None:
    assert cell_text(value) == text


def test_leading_and_blank_rows_and_columns_keep_their_places(rows: Rows) -> None:
    book = Workbook()
    sheet = sheet_of(book)
    sheet["C4"], sheet["D4"] = "手机号", "姓名"
    sheet["C6"], sheet["D6"] = 13912340001, "李静"
    sheet["C9"] = 13912340002
    found = rows(saved(book))
    assert [line for line, _ in found] == [4, 6, 9]
    assert found[0][1] == ["", "", "手机号", "姓名"]
    assert found[2][1] == ["", "", "13912340002", ""]


def test_row_numbers_are_those_that_openpyxl_sees(rows: Rows) -> None:
    book = Workbook()
    sheet = sheet_of(book)
    for line in (2, 3, 7, 8, 40):
        sheet.cell(line, 2, f"1391234{line:04}")
    content = saved(book)
    seen = [(row[1].row, row[1].value) for row in sheet_of(load_workbook(BytesIO(content))).iter_rows() if row[1].value]
    assert [(line, cells[1]) for line, cells in rows(content)] == seen


def test_formatted_but_empty_cells_are_no_rows(rows: Rows) -> None:
    book = Workbook()
    sheet = sheet_of(book)
    sheet["A1"], sheet["A2"] = "手机号", NUMBER
    for line in range(3, 200):
        sheet.cell(line, 5).fill = PatternFill("solid", fgColor="FFFF00")
    assert [line for line, _ in rows(saved(book))] == [1, 2]


def test_blanks_alone_are_no_row(rows: Rows) -> None:
    assert [line for line, _ in rows(workbook([["手机号"], [" "], ["\u3000"], ["\u00a0", None], [NUMBER]]))] == [1, 5]


def test_merged_cells_are_noted_and_empty_below_the_first(opened: Opened) -> None:
    book = Workbook()
    sheet = sheet_of(book)
    for row in (["云江医院"], ["手机号", "部门"], [NUMBER, "市场"], ["13912340002"]):
        sheet.append(row)
    sheet.merge_cells("A1:B1")
    sheet.merge_cells("B3:B4")
    source, found = opened(saved(book))
    assert source.notes == ["merged_cells"]
    assert found[3] == (4, ["13912340002", ""])


def test_formulas_with_saved_results_give_them(opened: Opened) -> None:
    cells = '<row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="A2"><f>B2+1</f><v>13912340001</v></c></row>'
    text = '<row r="3"><c r="A3" t="str"><f>"139"&amp;B3</f><v>13912340002</v></c></row>'
    shared = '<row r="4"><c r="A4"><f t="shared" si="0"/><v>13912340003</v></c></row>'
    source, found = opened(zipped(package(cells + text + shared, ["手机号"])))
    assert source.notes == ["formulas"]
    assert found[1:] == [(2, ["13912340001"]), (3, ["13912340002"]), (4, ["13912340003"])]


@pytest.mark.parametrize("cell", ["<f>B2+1</f><v/>", "<f>B2+1</f><v></v>", "<f>B2+1</f>", '<f t="shared" si="0"/>', "<f>B2+1</f><v />"])
def test_formulas_without_saved_results_are_noted(opened: Opened, cell: str) -> None:
    source, found = opened(
        zipped(package(f'<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="A2">{cell}</c><c r="B2"><v>5</v></c></row>'))
    )
    assert source.notes == ["formulas", "formulas_without_values"]
    assert found[1] == (2, ["", "5"])


def test_formulas_as_openpyxl_writes_them_are_noted(opened: Opened) -> None:
    source, _ = opened(workbook([["手机号"], ["=1+2"]]))
    assert source.notes == ["formulas", "formulas_without_values"]


def test_cells_with_errors_are_empty(rows: Rows) -> None:
    assert rows(zipped(package('<row r="1"><c r="A1" t="e"><v>#N/A</v></c><c r="B1"><v>5</v></c></row>'))) == [(1, ["", "5"])]


def test_texts_from_the_shared_strings_with_rich_text(rows: Rows) -> None:
    parts = package('<row r="1"><c r="A1" t="s"><v>1</v></c><c r="B1" t="s"><v>0</v></c></row>', ["a &amp; b", " 139 "])
    rich = "<si><r><t>手机</t></r><r><t>号</t></r></si></sst>".encode()
    parts["xl/sharedStrings.xml"] = parts["xl/sharedStrings.xml"].replace(b"</sst>", rich)
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(b"</row>", b'<c r="C1" t="s"><v>2</v></c></row>')
    assert rows(zipped(parts)) == [(1, [" 139 ", "a & b", "手机号"])]


def test_dates_in_the_1904_system(rows: Rows) -> None:
    parts = package('<row r="1"><c r="A1" s="1"><v>44895</v></c></row>', properties='<workbookPr date1904="1"/>')
    assert rows(zipped(parts)) == [(1, ["2026-12-01"])]


def test_a_number_formatted_as_a_date_stays_a_number(rows: Rows) -> None:
    assert rows(zipped(package('<row r="1"><c r="A1" s="1"><v>13912340001</v></c></row>'))) == [(1, [NUMBER])]


def test_the_first_visible_sheet_with_content_is_read(opened: Opened) -> None:
    book = Workbook()
    sheet_of(book)["A1"] = "hidden"
    sheet_of(book).sheet_state = "hidden"
    book.create_sheet("空")
    book.create_sheet("图").sheet_state = "veryHidden"
    wanted = book.create_sheet("名单")
    wanted["A1"] = NUMBER
    book.active = 1
    source, found = opened(saved(book))
    assert (source.sheet, source.notes, found) == ("名单", ["several_sheets"], [(1, [NUMBER])])


def test_a_chart_sheet_in_front_is_passed_over(opened: Opened) -> None:
    book = Workbook()
    sheet_of(book)["A1"] = NUMBER
    book.create_chartsheet("图表", 0)
    source, found = opened(saved(book))
    assert (source.sheet, found) == ("Sheet", [(1, [NUMBER])])


def test_more_columns_than_allowed(rows: Rows) -> None:
    assert rows(workbook([["x"] * 100]))
    with pytest.raises(SourceRefused) as refused:
        rows(workbook([["手机号"], ["x"] * 101]))
    assert (refused.value.code, refused.value.figures) == ("too_many_columns", {"columns": 101, "limit": 100})


def test_blank_columns_at_the_end_do_not_count(rows: Rows) -> None:
    assert rows(workbook([[NUMBER, *([" "] * 300)]])) == [(1, [NUMBER])]
    assert rows(f"{NUMBER}{',' * 500}\n".encode(), "csv") == [(1, [NUMBER])]


# --- text files ------------------------------------------------------------------------------------------------------------------------

TABLE = "手机号,姓名,部门\n13912340001,李静,市场部\n13912340002,王磊,\n"
ROWS = [(1, ["手机号", "姓名", "部门"]), (2, ["13912340001", "李静", "市场部"]), (3, ["13912340002", "王磊", ""])]


@pytest.mark.parametrize(
    ("encoding", "named"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("gb18030", "gb18030"), ("gbk", "gb18030"), ("utf-16", "utf-16")],
)
def test_encodings(opened: Opened, encoding: str, named: str) -> None:
    source, found = opened(TABLE.encode(encoding), "csv")
    assert (source.encoding, found) == (named, ROWS)


def test_utf_16_of_either_byte_order(rows: Rows) -> None:
    assert rows(b"\xfe\xff" + TABLE.encode("utf-16-be"), "csv") == ROWS


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_and_line_endings(rows: Rows, delimiter: str, ending: str) -> None:
    assert rows(TABLE.replace(",", delimiter).replace("\n", ending).encode(), "csv") == ROWS


def test_the_delimiter_that_a_spreadsheet_program_was_told(opened: Opened) -> None:
    _, found = opened("sep=;\r\n手机号;姓名\r\n13912340001;李, 静\r\n".encode(), "csv")
    assert found == [(2, ["手机号", "姓名"]), (3, ["13912340001", "李, 静"])]


def test_a_delimiter_is_a_comma_where_there_is_none() -> None:
    assert detect_delimiter("13912340001\n13912340002\n") == ","


def test_quoted_cells_with_delimiters_quotes_and_line_ends(rows: Rows) -> None:
    text = '手机号,备注\r\n13912340001,"a, ""b""\r\nc"\r\n\r\n13912340002,5" screen\r\n'
    assert rows(text.encode(), "csv") == [(1, ["手机号", "备注"]), (2, ["13912340001", 'a, "b"\r\nc']), (4, ["13912340002", '5" screen'])]


@pytest.mark.parametrize(
    "text",
    [
        'a,b\n1,2\n3,"4\n5,6\n7,8\n',  # never closed: the rest of the file would be one cell
        'a,b\n1,2\n3,"4\n5,"6\n7,8\n',  # closed by another one's opening
        'a,b\n1,2\n3,"' + "x" * (1 << 21) + '"\n',  # a cell beyond all measure
    ],
)
def test_quotation_marks_that_would_swallow_rows_are_refused(rows: Rows, text: str) -> None:
    with pytest.raises(SourceRefused) as refused:
        rows(text.encode(), "csv")
    assert (refused.value.code, refused.value.figures) == ("broken_row", {"line": 3})


def test_stray_quotation_marks_inside_one_line_are_taken(rows: Rows) -> None:
    assert rows(b'a,b\n1,"x" y\n', "csv")[1] == (2, ["1", "x y"])


def test_rows_of_different_length(rows: Rows) -> None:
    assert rows(b"a,b\n1\n1,2,3\n", "csv") == [(1, ["a", "b"]), (2, ["1"]), (3, ["1", "2", "3"])]


def test_nul_and_control_characters_in_a_text_are_the_matter_of_their_row(rows: Rows) -> None:
    text = TABLE + "139\x0012340003,李\x01静,x\n"
    assert rows(text.encode(), "csv")[3] == (4, ["139\x0012340003", "李\x01静", "x"])


def test_a_byte_order_mark_alone_has_no_rows(rows: Rows) -> None:
    assert rows(b"\xef\xbb\xbf", "csv") == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"\xff\xfe\x00\xd8\x00\xd8", "encoding_unknown"),
        (b"\xef\xbb\xbf\xff\xff", "encoding_unknown"),
        ("né,ñ\n".encode("latin-1") + b"\xff\xff\xff", "encoding_unknown"),
        (b"%PDF-1.7\n", "not_a_spreadsheet"),
        (b"PK\x03\x04 and so on", "not_a_spreadsheet"),
        (b"\xd0\xcf\x11\xe0", "not_a_spreadsheet"),
        (b"\x89PNG\r\n\x1a\n", "not_a_spreadsheet"),
        (b"\x7fELF" + bytes(200), "not_a_spreadsheet"),
        ("手机号\n13912340001\n".encode("utf-16-le"), "not_a_spreadsheet"),
        (b"\n <!DOCTYPE html><html><table><tr><td>13912340001</td></tr></table></html>", "not_a_spreadsheet"),
        (b"<html xmlns:x='urn:schemas-microsoft-com:office:excel'>", "not_a_spreadsheet"),
        (b"<?xml version='1.0'?><Workbook/>", "not_a_spreadsheet"),
    ],
)
def test_what_is_no_text_file(rows: Rows, content: bytes, code: str) -> None:
    with pytest.raises(SourceRefused) as refused:
        rows(content, "csv")
    assert refused.value.code == code


def test_a_text_file_beyond_the_limit_is_refused_unread(rows: Rows) -> None:
    with pytest.raises(SourceRefused) as refused:
        rows(b"x" * 1001, "csv", Limits(unpacked_bytes=1000, columns=10))
    assert (refused.value.code, refused.value.figures) == ("file_too_large", {"size": 1001, "limit": 1000})
