"""The spreadsheet to try batches with holds what its summary says."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from openpyxl import load_workbook

from customers.models import Customer
from members.demo.batch_file import NotPossibleError, write_batch_file
from members.demo.batch_rows import CARELESS, DEPARTMENT, HEADINGS, MADE_FAULTS, NUMBER, POOLED_FAULTS, SHORT, WRITTEN_FAULTS
from members.demo.loader import load_demo
from members.demo.names import HOSPITAL_CODE
from members.models import BlacklistedNumber, Member
from members.reading.normalise import normalise_number
from members.verdict_codes import CODES

pytestmark = pytest.mark.django_db

ROWS = 900
KINDS = {*POOLED_FAULTS, *MADE_FAULTS, *WRITTEN_FAULTS}


@pytest.fixture
def hospital() -> Customer:
    load_demo(seed=7, customers=60, members=6_000)
    return Customer.objects.get(code=HOSPITAL_CODE)


def read(path: Path) -> list[tuple[Any, ...]]:
    sheet = load_workbook(path, read_only=True).active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == HEADINGS
    return [row + (None,) * (len(HEADINGS) - len(row)) for row in rows[1:]]


def test_every_kind_of_bad_row_is_there(hospital: Customer, tmp_path: Path) -> None:
    summary = write_batch_file(path=tmp_path / "b.xlsx", customer=hospital, rows=ROWS, bad=0.1)
    rows = read(tmp_path / "b.xlsx")
    assert len(rows) == summary.rows == ROWS
    assert sum(summary.bad.values()) == ROWS // 10 == ROWS - summary.good
    assert set(summary.bad) == KINDS
    assert set(summary.careless) == set(CARELESS)
    assert set(summary.verdicts) < set(CODES)
    assert sum(summary.verdicts.values()) == ROWS // 10
    assert (summary.product, summary.tariff) == ("VNET", "VNET10")
    assert all(any(cell not in (None, "") for cell in row) for row in rows)


def test_numbers_are_what_their_kinds_say(hospital: Customer, tmp_path: Path) -> None:
    summary = write_batch_file(path=tmp_path / "b.xlsx", customer=hospital, rows=ROWS, bad=0.1)
    numbers = [normalise_number("" if row[NUMBER] is None else str(row[NUMBER]))[0] for row in read(tmp_path / "b.xlsx")]
    count = Counter(number for number in numbers if number)
    live = Member.objects.filter(left_on=None, msisdn__in=count)
    bad = summary.bad
    no_number = ("number_missing", "number_too_short", "number_too_long", "number_scientific", "number_letters", "number_formula")
    assert numbers.count(None) == sum(bad[kind] for kind in no_number)
    assert sum(times - 1 for times in count.values()) == bad["duplicate_in_file"]
    assert live.exclude(customer=hospital).count() == bad["member_elsewhere"]
    assert live.filter(state="suspended").count() == bad["number_suspended"]
    assert live.filter(state="porting").count() == bad["number_porting"]
    assert live.filter(customer=hospital, state="active").count() == bad["already_member"] + bad["product_excluded"]
    assert BlacklistedNumber.objects.filter(msisdn__in=count).count() == bad["blacklisted"]
    assert sum(number.startswith("86154") for number in count) == bad["number_unassigned"]


def test_good_short_numbers_are_free(hospital: Customer, tmp_path: Path) -> None:
    summary = write_batch_file(path=tmp_path / "b.xlsx", customer=hospital, rows=ROWS, bad=0.1)
    taken = set(Member.objects.filter(customer=hospital, left_on=None).values_list("short_number", flat=True)) - {""}
    shorts = [row[SHORT] for row in read(tmp_path / "b.xlsx") if row[SHORT]]
    assert len([short for short in shorts if short in taken]) == summary.bad["short_number_taken"]
    free = [short for short in shorts if len(short) == 6 and short.isdigit()]
    assert len(free) == len(set(free)) > ROWS // 8


def test_formulas_and_texts_like_formulas(hospital: Customer, tmp_path: Path) -> None:
    write_batch_file(path=tmp_path / "b.xlsx", customer=hospital, rows=ROWS, bad=0.1)
    sheet = load_workbook(tmp_path / "b.xlsx").active
    assert sheet is not None
    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row if str(cell.value).startswith("=")]
    assert {cell.data_type for cell in cells if cell.column == DEPARTMENT + 1} == {"s"}
    assert {cell.data_type for cell in cells if cell.column != DEPARTMENT + 1} == {"f"}
    assert {type(cell.value) for cell in sheet["A"]} >= {int, str}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gb18030"])
def test_csv_in_several_encodings(hospital: Customer, tmp_path: Path, encoding: str) -> None:
    summary = write_batch_file(path=tmp_path / "b.csv", customer=hospital, rows=300, form="csv", encoding=encoding, bad=0.2)
    with (tmp_path / "b.csv").open(encoding=encoding, newline="") as file:
        rows = list(csv.reader(file))
    assert tuple(rows[0]) == HEADINGS
    assert len(rows) == 301
    assert set(summary.bad) == KINDS


def test_the_same_seed_gives_the_same_rows(hospital: Customer, tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_batch_file(path=tmp_path / name, customer=hospital, rows=200, form="csv", seed=seed)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() != (tmp_path / "c").read_bytes()


def test_the_command_prints_one_json_object(hospital: Customer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("demo_batch_file", tmp_path / "b.csv", rows=100)
    summary = json.loads(capsys.readouterr().out)
    assert (summary["customer"], summary["rows"], summary["good"]) == (HOSPITAL_CODE, 100, 97)


def test_what_is_not_possible_is_said_and_writes_nothing(hospital: Customer, tmp_path: Path) -> None:
    path = tmp_path / "b.xlsx"
    potential = Customer.objects.filter(lifecycle="potential").latest("pk")
    with pytest.raises(NotPossibleError, match="no approved offer"):
        write_batch_file(path=path, customer=potential, rows=10)
    with pytest.raises(ValueError, match="from 0 to"):
        write_batch_file(path=path, customer=hospital, rows=10, bad=0.9)
    with pytest.raises(CommandError, match="no customer"):
        call_command("demo_batch_file", path, customer="NONE")
    with pytest.raises(CommandError, match="xlsx or csv"):
        call_command("demo_batch_file", tmp_path / "b.pdf")
    assert not list(tmp_path.iterdir())
