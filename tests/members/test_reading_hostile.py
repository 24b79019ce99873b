"""Files that are not what they say, or want more than they may have: each gets a plain answer in both languages, and nothing breaks."""

from __future__ import annotations

import io
import struct
import time
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from django.db import DataError
from django.utils import translation
from openpyxl import Workbook
from pytest_django import Settings

from common.reading.sources import Limits, SourceRefused
from jobs.errors import MESSAGES, JobRefused
from jobs.models import SourceFile
from jobs.services.files import format_of
from jobs.services.reading import NOTES, notes_of
from members.models import NumberSegment
from members.services.reading import inspect_source, read_rows
from tests.members.sources import kept, package, read, rows_of, saved, sheet_of, workbook, zipped

pytestmark = pytest.mark.django_db
NUMBERS = "手机号\n13912340001\n"
MB = 1 << 20


@pytest.fixture(autouse=True)
def _store(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


def refusal(content: bytes, form: str) -> JobRefused:
    """Why a file is refused, be it on arrival or by the reader; both looks must agree, and both languages have words for it."""
    with pytest.raises(JobRefused) as first:
        inspect_source(kept(content, form))
    with pytest.raises(JobRefused) as second:
        read(kept(content, form))
    assert (first.value.code, first.value.figures) == (second.value.code, second.value.figures)
    for language in ("en", "zh-hans"):
        with translation.override(language):
            assert "%(" not in second.value.message
            assert second.value.message != second.value.code
    return second.value


# --- what is no spreadsheet ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("a.xls", "old_or_encrypted_workbook"),
        ("a.docx", "file_type"),
        ("a.pdf", "file_type"),
        ("a", "file_type"),
        (".xlsx", "file_type"),
        ("a.xlsx.exe", "file_type"),
    ],
)
def test_endings_that_are_not_taken(name: str, code: str) -> None:
    with pytest.raises(JobRefused) as refused:
        format_of(name)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("name", "form"), [("a.XLSX", "xlsx"), ("名单.xlsm", "xlsx"), ("a.b.csv", "csv"), ("a.TXT", "csv"), ("a.tsv", "csv")]
)
def test_endings_that_are_taken(name: str, form: str) -> None:
    assert format_of(name) == form


def _docx() -> bytes:
    return zipped({"[Content_Types].xml": b"<Types/>", "_rels/.rels": b"<Relationships/>", "word/document.xml": b"<document/>"})


def _truncated() -> bytes:
    content = workbook([[f"1391234{line:04}"] for line in range(2_000)])
    return content[: len(content) // 2]


def _damaged() -> bytes:
    content = bytearray(workbook([[f"1391234{line:04}"] for line in range(2_000)]))
    content[len(content) // 2 : len(content) // 2 + 200] = bytes(200)
    return bytes(content)


def _without_sheet() -> bytes:
    parts = package("")
    del parts["xl/worksheets/sheet1.xml"]
    return zipped(parts)


@pytest.mark.parametrize(
    ("content", "form", "code"),
    [
        (b"", "csv", "empty_file"),
        (b"", "xlsx", "empty_file"),
        (b"\n\n,,\n", "csv", "empty_file"),
        (b"\xef\xbb\xbf", "csv", "empty_file"),
        (workbook([]), "xlsx", "empty_file"),
        (workbook([[None, " "]]), "xlsx", "empty_file"),
        ("手机号,姓名\n".encode(), "csv", "only_headings"),
        (workbook([["名单"], ["手机号", "姓名"]]), "xlsx", "only_headings"),
        (NUMBERS.encode(), "xlsx", "not_a_spreadsheet"),
        (b"<html><table><tr><td>13912340001</td></tr></table></html>", "xlsx", "not_a_spreadsheet"),
        (b"<html><table><tr><td>13912340001</td></tr></table></html>", "csv", "not_a_spreadsheet"),
        (workbook([["13912340001"]]), "csv", "not_a_spreadsheet"),
        (b"%PDF-1.4\n13912340001", "csv", "not_a_spreadsheet"),
        (b"\x7fELF" + bytes(3_000), "csv", "not_a_spreadsheet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(3_000), "xlsx", "old_or_encrypted_workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(3_000), "csv", "old_or_encrypted_workbook"),
        (_docx(), "xlsx", "not_a_spreadsheet"),
        (zipped({"a.txt": b"13912340001"}), "xlsx", "not_a_spreadsheet"),
        (_without_sheet(), "xlsx", "not_a_spreadsheet"),
        (_truncated(), "xlsx", "not_a_spreadsheet"),
        (_damaged(), "xlsx", "not_a_spreadsheet"),
        (zipped(package(b"<worksheet><sheetData><row><c r='A1'>")), "xlsx", "not_a_spreadsheet"),
        (zipped(package(b"13912340001")), "xlsx", "not_a_spreadsheet"),
        ("né".encode("latin-1") + b"\xff\xff", "csv", "encoding_unknown"),
        (b'a,b\n1,2\n3,"4\n5,6\n', "csv", "broken_row"),
    ],
)
def test_what_cannot_be_read_is_refused(content: bytes, form: str, code: str) -> None:
    assert refusal(content, form).code == code


def test_a_part_with_a_password_is_refused() -> None:
    content = bytearray(zipped(package('<row r="1"><c r="A1"><v>1</v></c></row>')))
    central = content.index(b"PK\x01\x02")
    content[central + 8] |= 1
    content[6] |= 1
    assert refusal(bytes(content), "xlsx").code == "old_or_encrypted_workbook"


def test_a_compression_that_spreadsheets_do_not_use_is_refused() -> None:
    assert refusal(zipped(package('<row r="1"><c r="A1"><v>1</v></c></row>'), zipfile.ZIP_BZIP2), "xlsx").code == "not_a_spreadsheet"


# --- what wants too much ---------------------------------------------------------------------------------------------------------------


def _bomb(size: int) -> bytes:
    """A small file with a part of `size` bytes of blanks."""
    parts = package("")
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(b"<sheetData>", b"<sheetData>" + b" " * size)
    return zipped(parts)


def test_a_file_that_unpacks_to_too_much_is_refused_before_it_is_parsed(settings: Settings) -> None:
    settings.BATCH_MAX_UNPACKED_BYTES = 8 * MB
    content = _bomb(64 * MB)
    assert len(content) < MB
    refused = refusal(content, "xlsx")
    assert (refused.code, refused.figures) == ("zip_too_large", {"limit": 8 * MB})


def test_a_huge_part_that_no_reader_needs_counts_too(settings: Settings) -> None:
    settings.BATCH_MAX_UNPACKED_BYTES = 8 * MB
    assert refusal(zipped(package("") | {"xl/media/picture.png": bytes(64 * MB)}), "xlsx").code == "zip_too_large"


def _with_claimed_size(content: bytes, name: bytes, size: int, crc: int | None = None) -> bytes:
    """The archive with another unpacked size (and checksum) in both headers of part `name`."""
    patched = bytearray(content)
    for mark, offset in ((b"PK\x03\x04", 14), (b"PK\x01\x02", 16)):
        place = patched.rindex(mark, 0, patched.index(name, patched.index(mark)))
        if crc is not None:
            struct.pack_into("<I", patched, place + offset, crc)
        struct.pack_into("<I", patched, place + offset + 8, size)
    return bytes(patched)


def test_headers_that_lie_about_the_size_do_not_hide_a_bomb(settings: Settings) -> None:
    settings.BATCH_MAX_UNPACKED_BYTES = 8 * MB
    part = zipped({"xl/worksheets/sheet1.xml": b" " * 64 * MB, "[Content_Types].xml": b"<Types/>"})
    claimed = 100
    liar = _with_claimed_size(part, b"xl/worksheets/sheet1.xml", claimed, zlib.crc32(b" " * claimed))
    with zipfile.ZipFile(io.BytesIO(liar)) as archive:
        assert len(archive.read("xl/worksheets/sheet1.xml")) == claimed  # what a look by the headers alone would believe
    assert refusal(liar, "xlsx").code == "zip_too_large"


def test_headers_that_lie_are_refused_though_the_part_is_small() -> None:
    content = zipped(package('<row r="1"><c r="A1"><v>13912340001</v></c></row>'))
    assert refusal(_with_claimed_size(content, b"xl/worksheets/sheet1.xml", 10**6), "xlsx").code == "not_a_spreadsheet"


def test_too_many_parts() -> None:
    refused = refusal(zipped(package("") | {f"xl/part{number}.xml": b"" for number in range(2_000)}), "xlsx")
    assert (refused.code, refused.figures) == ("too_many_entries", {"entries": 2_007, "limit": 2_000})


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_exactly_as_many_rows_as_allowed_and_one_more(settings: Settings, form: str) -> None:
    settings.BATCH_MAX_ROWS = 50

    def content(rows: int) -> bytes:
        texts = ["手机号", *(f"1391234{line:04}" for line in range(rows))]
        return "\n".join(texts).encode() if form == "csv" else workbook([[text] for text in texts])

    assert len(read(kept(content(50), form)).rows) == 50
    assert inspect_source(kept(content(50), form))["rows"] == 50
    refused = refusal(content(51), form)
    assert (refused.code, refused.figures) == ("too_many_rows", {"limit": 50})


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_too_many_columns(settings: Settings, form: str) -> None:
    settings.BATCH_MAX_COLUMNS = 5
    cells = ["13912340001", "a", "b", "c", "d", "e"]
    refused = refusal(",".join(cells).encode() if form == "csv" else workbook([cells]), form)
    assert (refused.code, refused.figures) == ("too_many_columns", {"columns": 6, "limit": 5})


def test_an_upload_beyond_the_limit_is_not_kept(settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES = 3 * MB
    with pytest.raises(JobRefused) as refused:
        kept(b"13912340001\n" * (MB // 3), "csv")
    assert refused.value.code == "file_too_large"
    assert not SourceFile.objects.exists()
    assert not [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]


def test_the_memory_limit_of_the_reader_is_an_answer(settings: Settings) -> None:
    settings.BATCH_READER_MEMORY_BYTES = 120 * MB
    row = '<row><c t="inlineStr"><is><t>' + "x" * 1_000 + "</t></is></c></row>"
    content = zipped(package(row * 200_000))
    assert len(content) < 2 * MB
    assert refusal(content, "xlsx").code == "source_too_demanding"


def test_one_shared_string_that_every_cell_repeats_is_bounded_too(settings: Settings) -> None:
    settings.BATCH_READER_MEMORY_BYTES = 150 * MB
    rows = "".join(f'<row r="{line}"><c r="A{line}" t="s"><v>0</v></c></row>' for line in range(1, 20_001))
    assert refusal(zipped(package(rows, ["y" * 30_000])), "xlsx").code == "source_too_demanding"


def test_cells_at_the_far_corners_of_a_sheet_are_bounded_too(settings: Settings) -> None:
    settings.BATCH_READER_MEMORY_BYTES = 200 * MB
    rows = '<row r="1"><c r="A1"><v>13912340001</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    assert refusal(zipped(package(rows)), "xlsx").code in {"source_too_demanding", "not_a_spreadsheet", "too_many_columns"}


def test_the_time_limit_of_the_reader_is_an_answer(settings: Settings) -> None:
    settings.BATCH_READER_SECONDS = 0.01
    assert refusal(NUMBERS.encode(), "csv").code == "source_too_demanding"


def test_a_reader_stopped_amid_a_line_tells_its_own_reason(settings: Settings) -> None:
    """COPY then fails on the half line; that error must not hide why the reader ended."""
    settings.BATCH_READER_SECONDS = 2
    source = kept("\n".join(f"139{line:08}" for line in range(300_000)).encode(), "csv")
    with pytest.raises(JobRefused) as refused, read_rows(source, None) as run:  # noqa: PT012
        written = run.rows.read(1 << 16)
        time.sleep(2.5)  # it waits for room in the pipe, until its time is over
        written += run.rows.read()
        assert not written.endswith(b"\n")
        raise DataError("missing data for column")
    assert refused.value.code == "source_too_demanding"


def test_an_error_of_ours_while_the_reader_is_well_stays_ours() -> None:
    source = kept("\n".join(f"139{line:08}" for line in range(100_000)).encode(), "csv")
    with pytest.raises(DataError), read_rows(source, None):
        raise DataError("the server went away")


def test_a_million_formatted_but_empty_rows_are_nothing(settings: Settings) -> None:
    settings.BATCH_READER_MEMORY_BYTES = 500 * MB
    filled = '<row r="1"><c r="A1"><v>13912340001</v></c></row>'
    blank = "".join(f'<row r="{line}" s="1"><c r="A{line}" s="1"/></row>' for line in range(2, 1_048_577))
    reading = read(kept(zipped(package(filled + blank)), "xlsx"))
    assert [(row["line"], row["number"]) for row in reading.rows] == [(1, "8613912340001")]


def test_a_row_at_the_very_end_of_a_sheet_keeps_its_number() -> None:
    reading = read(kept(zipped(package('<row r="1048576"><c r="C1048576"><v>13912340001</v></c></row>')), "xlsx"))
    assert [(row["line"], row["number"]) for row in reading.rows] == [(1_048_576, "8613912340001")]


def test_huge_cells_are_shown_and_kept_shortened() -> None:
    content = workbook([["手机号", "备注"], ["1" * 32_000, "x" * 32_000], ["13912340001", "y" * 20_000]])
    inspection = inspect_source(kept(content, "xlsx"))
    assert [len(cell) for cell in inspection["sample"][0][1:]] == [200, 200]
    reading = read(kept(content, "xlsx"))
    assert [row["faults"] for row in reading.rows] == [["number_malformed"], ["number_unassigned"]]
    assert [len(cell) for cell in reading.rows[0]["cells"]] == [1_000, 1_000]


def test_a_huge_line_without_an_end() -> None:
    reading = read(kept(b"13912340001," + b"x" * MB, "csv"))
    assert reading.numbers == ["8613912340001"]


def test_xml_entities_are_not_expanded() -> None:
    lol = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    sheet = f'{lol}<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>'
    assert refusal(zipped(package(sheet.encode())), "xlsx").code in {"not_a_spreadsheet", "empty_file"}


# --- odd, but readable -----------------------------------------------------------------------------------------------------------------


def test_nul_bytes_and_separators_in_cells_reach_the_rows_harmless() -> None:
    text = "手机号,姓名,部门\n13912340001,李\0静,a\x1fb\n139\x0012340002,\\N,c\\td\n13912340003,\\.,\n"
    inspection = inspect_source(kept(text.encode(), "csv"))
    assert inspection["sample"][0] == [2, "13912340001", "李\ufffd静", "a\x1fb"]
    rows = read(kept(text.encode(), "csv")).rows
    assert rows[0]["cells"] == ["13912340001", "李\ufffd静", "a b"]
    assert rows[0]["faults"] == ["number_unassigned", "text_control"]
    assert rows[1]["faults"] == ["number_malformed"]
    assert (rows[1]["holder_name"], rows[1]["department"]) == ("\\N", "c\\td")
    assert rows[2]["holder_name"] == "\\."


def test_rows_with_more_and_fewer_cells_than_headings() -> None:
    rows = read(kept(b"number,name\n13912340001\n13912340002,Li,x,y\n", "csv")).rows
    assert [row["cells"] for row in rows] == [["13912340001"], ["13912340002", "Li", "x", "y"]]
    assert [row["holder_name"] for row in rows] == [None, "Li"]


def test_a_workbook_with_every_trouble_at_once() -> None:
    book = Workbook()
    sheet = sheet_of(book)
    sheet["B2"] = "员工名单"
    sheet.merge_cells("B2:E2")
    for column, heading in enumerate(["姓名", "手机号（必填）", "生效日期", "短号"], start=2):
        sheet.cell(4, column, heading)
    numbers: list[Any] = [
        13912340001,
        "１３９１２３４０００２",
        "+86 139-1234-0003",
        1.3912340004e10,
        "1.3912E+10",
        123456789012345,
        None,
        "=B1",
        1064912345678,
    ]
    for line, number in enumerate(numbers, start=5):
        sheet.cell(line, 2, f"成员{line}")
        sheet.cell(line, 3, number)
        sheet.cell(line, 4, "2026年12月1日")
    reading = read(kept(saved(book), "xlsx"))
    assert reading.answer["header_line"] == 4
    assert reading.answer["notes"] == ["formulas", "formulas_without_values", "merged_cells"]
    assert [row["line"] for row in reading.rows] == list(range(5, 14))
    assert reading.numbers == [*(f"861391234000{n}" for n in range(1, 5)), None, None, None, None, "861064912345678"]
    malformed, missing = ["number_malformed"], ["number_missing"]
    assert [row["faults"] for row in reading.rows[4:8]] == [malformed, malformed, missing, missing]
    assert {row["effective_on"] for row in reading.rows} == {"2026-12-01"}
    assert reading.answer["first_day"] == "2026-12-01"


def test_numbers_that_are_all_formulas_without_results_are_refused() -> None:
    source = kept(workbook([["姓名", "手机号"], ["李静", "=B9"], ["王磊", "=B8"]]), "xlsx")
    assert inspect_source(source)["notes"] == ["formulas", "formulas_without_values"]
    with pytest.raises(JobRefused) as refused:
        read(source)
    assert refused.value.code == "formulas_without_values"


def test_every_note_has_words_in_both_languages() -> None:
    for language in ("en", "zh-hans"):
        with translation.override(language):
            assert notes_of({"notes": list(NOTES)}) == [str(text) for text in NOTES.values()]
    assert notes_of(None) == notes_of({"notes": ["unheard_of"]}) == []


def test_a_mapping_replaces_the_guess() -> None:
    source = kept(b"phone,tel\n13912340001,13912340002\n", "csv")
    assert read(source).numbers == ["8613912340001"]
    assert read(source, {"number": 1}).numbers == ["8613912340002"]


@pytest.mark.parametrize("column", [2, 10**9, -1])
def test_a_mapping_to_a_column_that_is_not_there_is_refused(column: int) -> None:
    source = kept(b"phone,tel\n13912340001,13912340002\n", "csv")
    with pytest.raises(JobRefused) as refused:
        read(source, {"number": 0, "holder_name": column})
    assert (refused.value.code, refused.value.figures) == ("no_such_column", {"column": column + 1, "columns": 2})


@pytest.mark.parametrize("mapping", [None, {"holder_name": 0}])
def test_no_column_of_numbers(mapping: dict[str, int] | None) -> None:
    with pytest.raises(JobRefused) as refused:
        read(kept("甲,乙\nx,y\n".encode(), "csv"), mapping)
    assert refused.value.code == "number_column_unknown"


def test_numbers_outside_the_number_plan_are_marked() -> None:
    NumberSegment.objects.create(prefix="86139", kind="mobile", operator="mobile")
    NumberSegment.objects.create(prefix="8610", kind="fixed", operator="telecom")
    reading = read(kept(b"13912340001\n13812340001\n010-88886666\n0755-1234567\nx\n", "csv"))
    assert [row["faults"] for row in reading.rows] == [[], ["number_unassigned"], [], ["number_unassigned"], ["number_malformed"]]


def test_dates_and_texts_are_read_once_and_faults_are_told() -> None:
    text = (
        "手机号,生效日期,到期日期,部门,短号,姓名\n13912340001,2026-12-01,20271201,市场,668,李静\n13912340002,2026-11-30,明天,,768,"
        + "名" * 65
        + "\n"
    )
    reading = read(kept(text.encode("gb18030"), "csv"))
    first, second = reading.rows
    assert (first["effective_on"], first["expires_on"], first["department"], first["short_number"]) == (
        "2026-12-01",
        "2027-12-01",
        "市场",
        "668",
    )
    assert (second["expires_on"], second["short_number"], second["holder_name"]) == (None, None, None)
    assert second["faults"] == ["number_unassigned", "date_unreadable", "short_number_malformed", "text_too_long"]
    assert (reading.answer["first_day"], reading.answer["encoding"]) == ("2026-11-30", "gb18030")
    assert reading.answer["filled"] == ["department", "effective_on", "expires_on", "holder_name", "short_number"]


def test_every_reason_of_the_sources_has_a_message() -> None:
    reasons = {
        "not_a_spreadsheet", "old_or_encrypted_workbook", "zip_too_large", "too_many_entries", "too_many_columns", "too_many_rows",
        "empty_file", "only_headings", "encoding_unknown", "broken_row", "source_too_demanding", "number_column_unknown", "no_such_column",
        "formulas_without_values", "file_too_large", "file_type",
    }  # fmt: skip
    assert reasons <= set(MESSAGES)


def test_the_parser_is_kept_from_a_bomb_even_without_the_process(tmp_path: Path) -> None:
    with pytest.raises(SourceRefused) as refused:
        rows_of(_bomb(16 * MB), "xlsx", tmp_path, Limits(unpacked_bytes=MB, columns=100))
    assert refused.value.code == "zip_too_large"


# --- the store -------------------------------------------------------------------------------------------------------------------------


def test_the_same_content_is_kept_once_and_heals_when_its_file_is_gone() -> None:
    first = kept(NUMBERS.encode(), "csv")
    again = kept(NUMBERS.encode(), "csv")
    assert again.pk == first.pk
    Path(first.stored.path).unlink()
    healed = kept(NUMBERS.encode(), "csv")
    assert healed.pk == first.pk
    assert read(healed).numbers == ["8613912340001"]
