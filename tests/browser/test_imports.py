"""Importing customers as a person does it: a careless Chinese workbook from the file to the result and back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from access.models import User
from customers.models import Customer
from jobs.models import Job, JobStatus
from tests.browser.conftest import PHONE
from tests.browser.provisioning import Worker
from tests.customers.imports import workbook
from tests.factories.customers import CustomerFactory, IndustryFactory

ROWS = 2_500
SLOW = 60_000  # milliseconds that a page may wait for the worker


@pytest.fixture
def worker(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    """A worker, and chunks small enough for several."""
    monkeypatch.setattr("customers.services.imports.CHUNK_LINES", 500)
    worker = Worker()
    worker.start()
    yield worker
    worker.end()


def dirty_list() -> list[list[str]]:
    """A title, headings of the user's own making, codes and names in every width, and rows that cannot be taken."""
    rows = [["集团客户清单（2026年）"], ["集团编码", "单位名称", "所属行业", "详细地址", "联系方式（内部）"]]
    for number in range(ROWS):
        code = f"yj-{number:05}" if number % 3 else f"　ＹＪ－{number:05} ".replace("－", "-")
        rows.append([code, f" 云江第{number}医院 ", "卫生" if number % 50 else "炼金", f"人民路{number}号", f"1391234{number:04}"])
    rows[100][0] = rows[99][0]
    return rows


def test_from_a_careless_workbook_to_the_result_and_back(
    page: Page, sign_in, manager: User, worker: Worker, check_axe, shoot, tmp_path: Path
) -> None:
    IndustryFactory(code="Q84", name_zh="卫生", name_en="Health")
    CustomerFactory(code="YJ-00001", name="云江第1医院", address="旧路1号", manager=manager)
    file = tmp_path / "客户清单.xlsx"
    file.write_bytes(workbook(dirty_list()))
    sign_in(manager, language="zh-hans")
    page.goto("/customers/")
    page.get_by_role("link", name="导入").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("导入客户")
    page.set_input_files("#id_file", file)
    check_axe()
    shoot("import-1-file")
    page.get_by_role("button", name="读取文件").click()
    expect(page.get_by_label("集团编码")).to_have_value("code", timeout=SLOW)
    expect(page.get_by_label("联系方式（内部）")).to_have_value("")
    check_axe()
    shoot("import-2-columns")
    page.locator("button[form=columns-form]").click()
    expect(page.locator(".tile").first).to_be_visible(timeout=SLOW)
    job = Job.objects.get()
    assert (job.rows, job.summary["counts"]) == (ROWS, {"c": ROWS - 52, "u": 1, "d": 1, "e": 50})
    expect(page.locator("tbody .cell-bad").first).to_have_text("炼金")
    check_axe()
    shoot("import-3-preview")
    page.locator(".tile", has_text="修改").click()
    expect(page.locator("tbody del").first).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody")).to_contain_text("旧路1号")
    page.set_viewport_size(PHONE)
    shoot("import-3-phone")
    page.set_viewport_size({"width": 1280, "height": 800})
    with page.expect_download():
        page.get_by_role("link", name="下载未导入的行").click()
    page.locator(".approve button").click()
    expect(page.locator(".tile", has_text="已录入")).to_contain_text(f"{ROWS - 52:,}", timeout=SLOW)
    check_axe()
    shoot("import-4-result")
    assert Customer.objects.count() == ROWS - 51
    assert Customer.objects.get(code="YJ-00001").address == "人民路1号"
    changed = Customer.objects.get(code="YJ-00007")
    changed.remark = "谈过"
    changed.save()
    page.locator("details.confirm summary", has_text="撤销").click()
    page.get_by_role("button", name="查看预览").click()
    expect(page.locator(".approve button")).to_be_visible(timeout=SLOW)
    expect(page.locator("tbody tr")).to_have_count(1)
    shoot("import-5-undo")
    page.locator(".approve button").click()
    expect(page.locator(".tile", has_text="已移除")).to_contain_text(f"{ROWS - 53:,}", timeout=SLOW)
    job.refresh_from_db()
    assert job.status == JobStatus.UNDONE
    assert dict(Customer.objects.values_list("code", "address")) == {"YJ-00001": "旧路1号", "YJ-00007": "人民路7号"}
