"""The main job as a person does it: a careless roster from the file to the result and back, in both languages."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.utils import translation
from django.utils.translation import gettext, pgettext
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from access.models import User
from jobs.models import Job, JobStatus
from members.demo.batch_file import write_batch_file
from members.models import BatchRow, Member, MemberSubscription
from tests.browser.conftest import PHONE
from tests.browser.provisioning import Ground, Worker, make_ground

ROWS = 2_000
SLOW = 30_000  # milliseconds that a page may wait for the worker


@pytest.fixture
def ground(manager: User) -> Ground:
    """A customer among numbers of every kind."""
    return make_ground(manager)


@pytest.fixture
def worker(transactional_db: None, settings) -> Iterator[Worker]:
    """A worker, and chunks small enough to watch."""
    settings.BATCH_CHUNK_ROWS = 200
    worker = Worker()
    worker.start()
    yield worker
    worker.end()


def _said(language: str) -> Callable[..., str]:
    """The words of the pages in `language`; `context` names which of two meanings."""

    def say(text: str, context: str = "", **figures: object) -> str:
        with translation.override(language):
            words = pgettext(context, text) if context else gettext(text)
        return words % figures if figures else words

    return say


@dataclass(frozen=True, slots=True)
class Way:
    """The way of a batch through its pages, step by step. `say` gives the words of the pages in `language`."""

    page: Page
    language: str
    say: Callable[..., str]
    ground: Ground
    worker: Worker
    check_axe: Callable[..., None]
    shoot: Callable[..., Path]

    def keep(self, name: str) -> None:
        """Check the page as it stands, and keep a picture of it."""
        self.check_axe()
        self.shoot(f"{name}-{self.language}")

    def give_source(self, roster: Path) -> None:
        """From the customer's page to the file that is read."""
        self.page.goto(f"/customers/{self.ground.customer.pk}/")
        self.page.get_by_role("link", name=self.say("New batch")).first.click()
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(self.ground.customer.name)
        self.page.set_input_files("#id_file", roster)
        expect(self.page.get_by_text(f"{roster.name} ·")).to_be_visible()
        self.keep("batch-1-source")
        self.page.get_by_role("button", name=self.say("Read the source")).click()

    def choose_actions(self) -> None:
        """The columns are understood; numbers shall join and take a product."""
        expect(self.page.get_by_role("heading", name=self.say("Columns of the source"))).to_be_visible(timeout=SLOW)
        expect(self.page.get_by_label("手机号码")).to_have_value("number")
        expect(self.page.get_by_label("备注")).to_have_value("")
        self.page.locator("[data-action-rows] select[data-product]").select_option("VNET")
        expect(self.page.locator("[data-action-rows] select[data-tariff]")).to_have_value("VNET|V10")
        expect(self.page.locator("[data-action-rows] select[data-offer]")).to_have_value("VNET|YJ-000127-01")
        self.keep("batch-2-actions")
        self.page.locator(".foot-bar button[form=actions-form]").click()

    def look_at_findings(self, verdicts: Mapping[str, int]) -> Job:
        """The preview shows what is wrong where, at least `verdicts`, and gives the error file."""
        expect(self.page.locator(".tile").first).to_be_visible(timeout=SLOW)
        job = Job.objects.get()
        assert job.rows == ROWS
        for code, count in verdicts.items():
            assert job.summary["verdicts"].get(code, 0) >= count, code
        self.keep("batch-3-preview")
        self.page.locator(".chip", has_text=self.say("Not a valid number")).click()
        expect(self.page.locator("tbody .cell-bad")).to_have_count(job.summary["verdicts"]["number_malformed"])
        expect(self.page.locator("tbody tr").first).to_contain_text(self.say("Not a valid number"))
        expect(self.page.locator(".tile.on")).to_have_count(0)
        self.page.locator(".tile").first.click()
        expect(self.page.locator(".list-foot")).to_contain_text(f"{job.eligible:,}")
        self.check_axe()

        with self.page.expect_download() as download:
            self.page.get_by_role("link", name=self.say("Download the error file")).first.click()
        _check_error_file(Path(download.value.path()), job)
        return job

    def run_with_a_pause(self) -> None:
        """The run is watched, paused and goes on."""
        self.worker.hold_after(3)
        self.page.locator(".approve button").click()
        expect(self.page.locator(".live-figure")).to_contain_text("%", timeout=SLOW)
        expect(self.page.locator("#run-progress progress[value]")).to_be_visible(timeout=SLOW)
        expect(self.page.locator(".live-percent")).to_have_text(re.compile("29|30"), timeout=SLOW)
        expect(self.page.locator(".live-facts dd").first).not_to_have_text("—")
        expect(self.page.get_by_role("button", name=self.say("Pause"))).to_be_visible()
        self.keep("batch-4-run")
        self.page.get_by_role("button", name=self.say("Pause")).click()
        expect(self.page.get_by_role("heading", name=self.say("Paused"))).to_be_visible()
        self.worker.release()
        self.page.get_by_role("button", name=self.say("Go on")).click()

    def look_at_result(self, job: Job, before: int) -> None:
        """Everything eligible was done; `before` is how many members there were."""
        expect(self.page.get_by_role("heading", level=1)).to_be_visible()
        expect(self.page.locator(".tile").first).to_be_visible(timeout=SLOW)
        job.refresh_from_db()
        assert (job.status, job.applied, job.conflicts) == (JobStatus.DONE_WITH_ERRORS, job.eligible, 0)
        assert Member.objects.count() - before == job.applied == MemberSubscription.objects.filter(batch=job).count()
        expect(self.page.locator(".tile").first).to_contain_text(f"{job.applied:,}")
        self.keep("batch-5-result")

    def take_back(self, job: Job) -> None:
        """The undo leaves the one member that was changed since."""
        changed = Member.objects.filter(batch=job).order_by("msisdn")[7]
        changed.department = "新科室"
        changed.save()
        self.page.locator("details.confirm summary", has_text=self.say("Undo")).click()
        self.page.get_by_role("button", name=self.say("Look at it")).click()
        expect(self.page.locator(".approve button")).to_be_visible(timeout=SLOW)
        undo = Job.objects.get(undo_of=job)
        assert (undo.eligible, undo.failed) == (job.applied - 1, 1)
        expect(self.page.locator("tbody tr")).to_have_count(1)
        expect(self.page.locator("tbody")).to_contain_text(self.say("Changed since the check"))
        self.keep("batch-6-undo")
        self.page.locator(".approve button").click()
        expect(self.page.locator(".tile", has_text=self.say("Taken back"))).to_contain_text(f"{undo.eligible:,}", timeout=SLOW)
        self.keep("batch-7-undone")
        assert list(Member.objects.filter(batch=job).values_list("msisdn", flat=True)) == [changed.msisdn]
        job.refresh_from_db()
        assert job.status == JobStatus.UNDONE


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_from_a_careless_roster_to_the_result_and_back(
    page: Page, sign_in, manager: User, ground: Ground, worker: Worker, check_axe, shoot, tmp_path: Path, language: str
) -> None:
    """Every step of the way, with the error file taken and one conflict in the undo."""
    way = Way(page, language, _said(language), ground, worker, check_axe, shoot)
    roster = tmp_path / "成员名单_11月.xlsx"
    written = write_batch_file(path=roster, customer=ground.customer, rows=ROWS)
    before = Member.objects.count()
    sign_in(manager, language=language)
    way.give_source(roster)
    way.choose_actions()
    job = way.look_at_findings(written.verdicts)
    way.run_with_a_pause()
    way.look_at_result(job, before)
    way.take_back(job)


def _check_error_file(path: Path, job: Job) -> None:
    """Every row that is not eligible, with the user's own columns and at least one finding."""
    sheet = load_workbook(io.BytesIO(path.read_bytes())).worksheets[0]
    headings, *rows = sheet.iter_rows(values_only=True)
    assert headings[:3] == ("手机号码", "姓名", "部门")
    assert len(rows) == job.failed + job.skipped
    lines = set(BatchRow.objects.filter(job=job).exclude(state="e").values_list("line", flat=True))
    assert {int(str(row[-3])) for row in rows} == lines
    assert all(row[-1] for row in rows)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_pasted_numbers_on_a_phone_in_the_dark(
    page: Page, sign_in, manager: User, ground: Ground, worker: Worker, check_axe, shoot, language: str
) -> None:
    """Nothing is wider than the phone, and the keyboard is enough."""
    say = _said(language)
    sign_in(manager, language=language, theme="dark")
    page.set_viewport_size(PHONE)
    page.goto("/batches/new/")
    page.locator("#id_customer").fill("YJ-000127")
    page.get_by_role("textbox", name=say("Or paste numbers")).fill("13800001111, 13800001112\n１３９-００００-１１１３\n1234\n13800001111")
    check_axe()
    shoot(f"batch-phone-1-source-{language}", full_page=True)
    page.get_by_role("button", name=say("Read the source")).press("Enter")
    expect(page.get_by_role("heading", name=say("Columns of the source"))).to_be_visible(timeout=SLOW)
    _fits(page)
    check_axe()
    shoot(f"batch-phone-2-actions-{language}", full_page=True)
    page.locator(".foot-bar button[form=actions-form]").press("Enter")
    expect(page.locator(".approve button")).to_be_visible(timeout=SLOW)
    _fits(page)
    check_axe()
    shoot(f"batch-phone-3-preview-{language}", full_page=True)
    page.locator(".approve button").press("Enter")
    expect(page.locator(".tile").first).to_contain_text("3", timeout=SLOW)
    _fits(page)
    check_axe()
    shoot(f"batch-phone-4-result-{language}", full_page=True)


def _fits(page: Page) -> None:
    outside = "[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1)"
    wide = page.evaluate(f"{outside}.map(e => e.outerHTML.slice(0, 160))")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), wide


def test_a_file_that_is_too_large_is_told_before_it_is_sent(
    page: Page, sign_in, manager: User, ground: Ground, settings, tmp_path: Path
) -> None:
    """Chosen or dropped; another file, or none, is taken again."""
    settings.UPLOAD_MAX_BYTES = 1_000
    large, small = tmp_path / "large.csv", tmp_path / "small.csv"
    large.write_text("13800001111\n" * 200)
    small.write_text("13800001111\n")
    sign_in(manager)
    page.goto(f"/batches/new/?customer={ground.customer.pk}")
    page.set_input_files("#id_file", large)
    expect(page.get_by_role("alert")).to_contain_text("large.csv has 2.3 KB; at most 1000 bytes are taken")
    expect(page.get_by_role("button", name="Read the source")).to_be_disabled()
    page.evaluate(
        """() => {
            const one = new DataTransfer();
            one.items.add(new File(["13800001111"], "dropped.csv"));
            const drop = new DragEvent("drop", {dataTransfer: one, bubbles: true, cancelable: true});
            document.querySelector("main").dispatchEvent(drop);
        }"""
    )
    expect(page.get_by_text("dropped.csv · 11 B")).to_be_visible()
    expect(page.get_by_role("button", name="Read the source")).to_be_enabled()
    page.get_by_role("button", name="Take the file away").click()
    expect(page.get_by_text("dropped.csv")).to_be_hidden()
    page.set_input_files("#id_file", small)
    expect(page.get_by_text("small.csv · 12 B")).to_be_visible()


def test_a_refused_source_is_replaced_and_the_selects_keep_in_step(
    page: Page, sign_in, watch, manager: User, ground: Ground, worker: Worker, check_axe, shoot
) -> None:
    """A picture called a workbook, then a roster without numbers, then numbers; leaving stands alone; what was chosen is kept."""
    watch.expect(422)
    sign_in(manager)
    page.goto(f"/batches/new/?customer={ground.customer.pk}")
    page.set_input_files("#id_file", {"name": "roster.xlsx", "mimeType": "application/zip", "buffer": b"\x89PNG" + b"0" * 50})
    page.get_by_role("button", name="Read the source").click()
    expect(page.locator("#id_file_error")).to_contain_text("not a spreadsheet")
    check_axe()
    shoot("batch-refused-at-once")
    page.set_input_files("#id_file", {"name": "roster.csv", "mimeType": "text/csv", "buffer": "手机号码,姓名\n".encode()})
    page.get_by_role("button", name="Read the source").click()
    expect(page.locator(".refused-reason")).to_contain_text("no rows below", timeout=SLOW)
    check_axe()
    shoot("batch-refused-when-read")
    page.get_by_role("link", name="Replace the file").click()
    page.get_by_role("textbox", name="Or paste numbers").fill("13800571111\n13800571112")
    page.get_by_role("button", name="Read the source").click()
    products = page.get_by_role("combobox", name="Product", exact=True)
    expect(products).to_be_visible(timeout=SLOW)
    page.get_by_label("Leave the group").check()
    expect(products).to_be_disabled()
    expect(page.get_by_text("so it stands alone")).to_be_visible()
    page.get_by_label("Keep the membership").check()
    page.locator(".foot-bar button[form=actions-form]").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose at least one action.")
    check_axe()
    page.get_by_role("button", name="Another product").click()
    expect(products).to_have_count(2)
    expect(products.nth(1)).to_be_focused()
    products.nth(1).select_option("CRBT")
    expect(page.get_by_role("combobox", name="Tariff", exact=True).nth(1)).to_have_value("CRBT|R3")
    page.get_by_role("combobox", name="Action", exact=True).nth(1).select_option("unsubscribe")
    expect(page.get_by_role("combobox", name="Tariff", exact=True).nth(1)).to_be_hidden()
    products.nth(0).select_option("VNET")
    page.get_by_role("combobox", name="Offer", exact=True).nth(0).select_option("")
    page.get_by_role("button", name="Remove this action").nth(1).click()
    expect(products).to_have_count(1)
    page.get_by_label("Effective date").fill("2019-01-01")
    page.locator(".foot-bar button[form=actions-form]").click()
    expect(page.get_by_role("alert")).to_contain_text("not available on 2019-01-01")
    expect(products).to_have_value("VNET")
    check_axe()
    shoot("batch-actions-refused")


def test_stopping_a_run_leaves_what_was_done(page: Page, sign_in, manager: User, ground: Ground, worker: Worker, check_axe, shoot) -> None:
    """Stopped in the middle: the result says so, and offers to take it back."""
    sign_in(manager)
    page.goto(f"/batches/new/?customer={ground.customer.pk}")
    page.get_by_role("textbox", name="Or paste numbers").fill("\n".join(f"1380002{place:04d}" for place in range(900)))
    page.get_by_role("button", name="Read the source").click()
    page.locator(".foot-bar button[form=actions-form]").click(timeout=SLOW)
    worker.hold_after(2)
    page.locator(".approve button").click(timeout=SLOW)
    expect(page.locator(".live-figure")).to_contain_text("300", timeout=SLOW)
    page.locator("details.confirm summary", has_text="Stop").click()
    check_axe()
    page.get_by_role("button", name="Stop the run").click()
    expect(page.get_by_text("300 rows had been run and stay")).to_be_visible(timeout=SLOW)
    check_axe()
    shoot("batch-stopped")
    assert Member.objects.filter(batch=Job.objects.get()).count() == 300


def test_the_whole_way_without_a_script(
    browser, live_server, sign_in, context, manager: User, ground: Ground, worker: Worker, tmp_path: Path
) -> None:
    """Forms and links are enough; the waiting pages come again by themselves."""
    sign_in(manager)
    plain = browser.new_context(base_url=live_server.url, java_script_enabled=False, storage_state=context.storage_state())
    page = plain.new_page()
    roster = tmp_path / "numbers.csv"
    roster.write_text("number\n13800003001\n13800003002\nnone\n")
    page.goto(f"/batches/new/?customer={ground.customer.pk}")
    page.set_input_files("#id_file", roster)
    page.get_by_role("button", name="Read the source").click()
    expect(page.get_by_role("heading", name="Columns of the source")).to_be_visible(timeout=SLOW)
    page.get_by_role("button", name="Another product").click()
    expect(page.get_by_role("combobox", name="Product", exact=True)).to_have_count(2)
    page.get_by_role("combobox", name="Tariff", exact=True).first.select_option("VNET|V10")
    page.locator(".foot-bar button[form=actions-form]").click()
    page.get_by_role("button", name="Run 2 rows").click(timeout=SLOW)
    expect(page.get_by_text("2 rows were run.")).to_be_visible(timeout=SLOW)
    plain.close()
