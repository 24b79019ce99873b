"""Sources to measure with: numbers in random order, names, departments, dates, and three in a hundred rows bad."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from pathlib import Path

from openpyxl import Workbook

HEADINGS = ("手机号码", "姓名", "部门", "工号", "生效日期")
DEPARTMENTS = ("内科", "外科", "儿科", "急诊科", "信息科", "药剂科", "护理部", "院办")
BAD = ("", "1390013", "1.39E+10", "无号", "９９９")


def rows(count: int, seed: int) -> Iterator[tuple[str, ...]]:
    """`count` rows; the good numbers all differ and are nobody's."""
    chance = random.Random(seed)
    numbers = chance.sample(range(10**8), count)
    for index, number in enumerate(numbers):
        text = chance.choice(BAD) if index % 33 == 32 else f"17{number % 9 + 1}{number:08d}"
        yield text, f"成员{index}", DEPARTMENTS[index % len(DEPARTMENTS)], f"E{index:07d}", "2026-12-01"


def write_csv(path: Path, count: int, seed: int) -> None:
    """Write a CSV source of `count` rows."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        writer.writerows(rows(count, seed))


def write_xlsx(path: Path, count: int, seed: int) -> None:
    """Write a workbook of `count` rows."""
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("成员名单")
    sheet.append(HEADINGS)
    for row in rows(count, seed):
        sheet.append(row)
    workbook.save(path)
