"""Importing customers from one workbook: what writing them takes against a plain COPY of the same rows, and how quick the whole is."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from openpyxl import Workbook

from access.models import OrgUnit, User
from bench.clock import figure, median, seconds
from bench.database import copy_in, copy_out, run
from customers.credit_code import check_character
from customers.imports.checking import Options
from customers.models import Customer, DataImport
from customers.services.imports import approve_import, configure_import, create_import
from jobs.models import Job, JobStatus
from jobs.services.files import keep_source
from jobs.services.work import advance
from members.demo.loader import load_demo

CUSTOMER_IMPORT_FIGURES = ("customer_import_vs_copy", "customer_import_rows_per_second")
GOAL = 2
SMALL, FULL = 100_000, 200_000
ROUNDS = 2
_TABLE = "customers_customer"
_OURS = "code LIKE 'IMP%'"
_HEADINGS = (
    *("客户编码", "客户名称", "客户简称", "统一社会信用代码", "规模", "等级", "地址", "开户行", "银行账号", "信用额度", "来源", "备注"),
    *("客户经理", "组织机构"),
)
_KINDS = ("医院", "银行", "海关", "电力", "水务", "学校", "机械制造有限公司", "物流有限公司", "酒店", "农业合作社")


def measure_customer_import(*, full: bool) -> Iterator[dict[str, Any]]:
    """The two figures; the run and the COPY are timed in turn, each on the same tables."""
    size = FULL if full else SMALL
    load_demo(seed=7, customers=2_000, members=2_000)
    actor = _importer()
    source = keep_source(io.BytesIO(_workbook(size)), "xlsx")
    written, copied, steps = [], [], {}
    with TemporaryDirectory(prefix="crm-bench-") as folder:
        path = Path(folder) / "customers.copy"
        for turn in range(ROUNDS):
            _clear()
            job = create_import(subject="customers", actor=actor, source=source, source_name="bench.xlsx")
            steps["inspect"] = seconds(partial(_work_off, job))
            inspection = DataImport.objects.get(job=job).inspection or {}
            configure_import(job_id=job.pk, actor=actor, mapping=inspection["mapping"], options=Options())
            steps["read_and_check"] = seconds(partial(_work_off, job))
            job.refresh_from_db()
            assert job.eligible == size, job.summary
            run("CHECKPOINT")
            approve_import(job_id=job.pk, actor=actor, fingerprint=job.fingerprint)
            steps["apply"] = seconds(partial(_work_off, job))
            written.append(steps["apply"])
            job.refresh_from_db()
            assert (job.status, job.applied) == (JobStatus.DONE, size)
            if not turn:
                columns = ", ".join(str(field.column) for field in Customer._meta.concrete_fields)
                copy_out(f"COPY (SELECT {columns} FROM {_TABLE} WHERE {_OURS} ORDER BY id) TO STDOUT", path)
            _clear()
            copied.append(seconds(lambda: copy_in(_TABLE, path)))
    apply, copy = median(written), median(copied)
    told = {name: round(each, 2) for name, each in steps.items()}
    yield figure(
        "customer_import_vs_copy", apply / copy, "ratio", size=size, goal=GOAL, seconds=round(apply, 2), copy_seconds=round(copy, 2)
    )
    yield figure("customer_import_rows_per_second", size / sum(steps.values()), "rows/s", size=size, steps=told)


def _importer() -> User:
    """An administrator of the demo, who may enter customers for everybody."""
    found: User = User.objects.filter(is_superuser=True).first() or User.objects.create_superuser(
        username="bench-importer", name="导入", password="!", org_unit=OrgUnit.objects.order_by("path")[0]
    )
    return found


def _workbook(size: int) -> bytes:
    managers = list(User.objects.filter(customers__isnull=False).distinct().values_list("username", "org_unit__code")[:50])
    book = Workbook(write_only=True)
    sheet = book.create_sheet("客户")
    sheet.append(_HEADINGS)
    for number in range(size):
        body = f"91{number:015}"
        login, unit = managers[number % len(managers)]
        kind = _KINDS[number % len(_KINDS)]
        sheet.append(
            (
                *(f"IMP{number:07}", f"云江第{number}{kind}", f"{kind[:2]}{number}", body + check_character(body)),
                *("大型" if number % 7 else "小型", "B1" if number % 3 else "A2", f"云江市人民路{number}号", "云江银行"),
                *(f"6222{number:012}", number * 10, "批量导入", "", login, unit),
            )
        )
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _work_off(job: Job) -> None:
    while advance(job.pk):
        pass


def _clear() -> None:
    """Take the customers of the measurement away with all that was written beside them, and settle the tables."""
    run(f"DELETE FROM customers_ownershipchange WHERE customer_id IN (SELECT id FROM {_TABLE} WHERE {_OURS})")
    run(f"DELETE FROM {_TABLE} WHERE {_OURS}")
    run("TRUNCATE customers_customerevent")
    run("TRUNCATE customers_importrow")
    for table in (_TABLE, "customers_customerevent", "customers_ownershipchange", "customers_importrow"):
        run(f"VACUUM ANALYZE {table}")
    run("CHECKPOINT")
