"""`manage.py provision`: one JSON object last, and an exit code that says how it went."""

from __future__ import annotations

import csv
import datetime
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone, translation
from openpyxl import load_workbook
from pytest_django import Settings

from access.models import User
from customers.models import Customer
from jobs.models import Job, JobStatus
from members.models import Member, MemberSubscription, ProvisioningBatch
from products.models import Tariff
from tests.factories.customers import CustomerFactory
from tests.members.factories import make_member
from tests.members.sources import workbook
from tests.products.factories import make_offer, make_product, make_tariff

pytestmark = pytest.mark.django_db
KEYS = {"job", "status", "rows", "eligible", "skipped", "failed", "applied", "seconds", "verdicts"}
GOOD = "手机号,姓名\n13912340001,李静\n13912340002,王磊\n"
MIXED = GOOD + "1391234,坏\n13912340001,李静\n"


@pytest.fixture(autouse=True)
def _store(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def customer(manager: User) -> Customer:
    """The manager's customer."""
    return CustomerFactory(code="YJ-000127", manager=manager)


@pytest.fixture
def tariff(customer: Customer) -> Tariff:
    """A tariff on offer to the customer as O1."""
    tariff = make_tariff(make_product("VNET"), code="VNET10")
    make_offer(customer, tariff, code="O1")
    return tariff


class Run:
    """One call of the command: its exit code, what it printed last, and what it said on standard error."""

    def __init__(self, *arguments: str) -> None:
        out, err = io.StringIO(), io.StringIO()
        self.code = 0
        try:
            call_command("provision", *arguments, stdout=out, stderr=err)
        except SystemExit as ended:
            self.code = int(str(ended.code))
        self.said = err.getvalue()
        self.told: dict[str, Any] = json.loads(out.getvalue().splitlines()[-1])


Provision = Callable[..., Run]


@pytest.fixture
def provision(customer: Customer, tmp_path: Path) -> Provision:
    """The command on a text, for the customer, joining unless other actions are given."""

    def run(text: str, *arguments: str, name: str = "名单.csv") -> Run:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        actions = () if "--action" in arguments else ("--action", "join")
        return Run(str(path), "--customer", customer.code, *actions, *arguments)

    return run


# --- done ------------------------------------------------------------------------------------------------------------------------------


def test_all_rows_done(provision: Provision, customer: Customer, tariff: Tariff) -> None:
    run = provision(GOOD, "--action", "join", "--action", "subscribe:VNET:VNET10:O1")
    assert run.code == 0
    assert set(run.told) >= KEYS
    assert run.told | {"job": 0, "seconds": 0} == {
        "job": 0,
        "status": "done",
        "rows": 2,
        "eligible": 2,
        "skipped": 0,
        "failed": 0,
        "applied": 2,
        "conflicts": 0,
        "verdicts": {"number_unassigned": 2},
        "seconds": 0,
    }
    assert 0 < run.told["seconds"] < 60
    job = Job.objects.get(pk=run.told["job"])
    assert (job.actor, job.source_name) == (customer.manager, "名单.csv")
    assert MemberSubscription.objects.filter(customer=customer, offer__code="O1").count() == 2


def test_the_options(provision: Provision, administrator: User, tariff: Tariff) -> None:
    tomorrow = timezone.localdate() + datetime.timedelta(days=1)
    options = ["--effective", tomorrow.isoformat(), "--expiry", "2099-12-31", "--mode", "atomic", "--user", administrator.username]
    run = provision(GOOD, "--action", "join", "--action", "subscribe:VNET:VNET10", *options)
    assert run.code == 0
    job = Job.objects.get()
    assert (job.actor, job.mode) == (administrator, "atomic")
    assert set(MemberSubscription.objects.values_list("effective_on", "expires_on")) == {(tomorrow, datetime.date(2099, 12, 31))}


def test_a_workbook(customer: Customer, tmp_path: Path) -> None:
    path = tmp_path / "名单.xlsx"
    path.write_bytes(workbook([["员工名单"], ["姓名", "手机号码"], ["李静", 13912340001.0], ["王磊", "１３９ 1234-0002"]]))
    run = Run(str(path), "--customer", customer.code, "--action", "join")
    assert (run.code, run.told["applied"]) == (0, 2)
    assert set(Member.objects.values_list("msisdn", flat=True)) == {"8613912340001", "8613912340002"}


# --- done with errors, or nothing done -------------------------------------------------------------------------------------------------


def test_bad_rows_are_left_out(provision: Provision) -> None:
    run = provision(MIXED)
    assert (run.code, run.told["status"], run.told["failed"], run.told["applied"]) == (1, "done_with_errors", 2, 2)
    assert run.told["verdicts"] == {"number_malformed": 1, "duplicate_in_file": 1, "number_unassigned": 3}


def test_all_or_none_with_bad_rows_does_nothing(provision: Provision) -> None:
    run = provision(MIXED, "--mode", "atomic")
    assert (run.code, run.told["status"], run.told["applied"]) == (1, "validated", 0)
    assert "all or none" in run.said
    assert not Member.objects.exists()


def test_nothing_to_do(provision: Provision, customer: Customer) -> None:
    for number in ("8613912340001", "8613912340002"):
        make_member(customer, number)
    run = provision(GOOD)
    assert (run.code, run.told["eligible"], run.told["skipped"], run.told["applied"]) == (1, 0, 2, 0)
    assert Member.objects.count() == 2


@pytest.mark.parametrize(("text", "code"), [(GOOD, 0), (MIXED, 1)])
def test_a_dry_run_only_checks(provision: Provision, text: str, code: int) -> None:
    run = provision(text, "--dry-run")
    assert (run.code, run.told["status"], run.told["eligible"], run.told["applied"]) == (code, "validated", 2, 0)
    assert not Member.objects.exists()


# --- bad usage or an unreadable file ---------------------------------------------------------------------------------------------------


def refusal_of(call: Callable[[], Any]) -> str:
    """What is said when nothing was begun and the exit code is 2."""
    with pytest.raises(CommandError) as refused:
        call()
    assert refused.value.returncode == 2
    assert not Member.objects.exists()
    return str(refused.value)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--action", "fly"), "is not an action"),
        (("--action", "join", "--action", "leave"), "stands alone"),
        (("--action", "subscribe:NONE:X"), "NONE"),
        (("--action", "subscribe:VNET:NONE"), "NONE"),
        (("--action", "subscribe:VNET:VNET10:NONE"), "NONE"),
        (("--action", "subscribe:VNET"), "needs a tariff"),
        (("--effective", "2026-12-01", "--expiry", "2026-11-01"), "before the effective date"),
        (("--user", "nobody"), "nobody"),
        (("--user", "wanglei"), "may not provision"),
        (("--user", "newcomer"), "may not provision"),
        (("--user", "auditor"), "may not provision"),
    ],
)
def test_bad_usage(
    provision: Provision, tariff: Tariff, colleague: User, outsider: User, viewer: User, arguments: tuple[str, ...], words: str
) -> None:
    assert words in refusal_of(lambda: provision(GOOD, *arguments))
    assert not Job.objects.exists()


@pytest.mark.parametrize("arguments", [("--effective", "tomorrow"), ("--mode", "some"), ("--colour", "red")])
def test_arguments_that_are_none(provision: Provision, arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        provision(GOOD, *arguments)
    assert not Job.objects.exists()


def test_a_disabled_user_may_not(provision: Provision, manager: User) -> None:
    User.objects.filter(pk=manager.pk).update(is_active=False)
    assert "may not provision" in refusal_of(lambda: provision(GOOD))


def test_an_unknown_customer(tmp_path: Path) -> None:
    assert "YJ-9" in refusal_of(lambda: Run(str(tmp_path / "a.csv"), "--customer", "YJ-9", "--action", "join"))


def test_a_customer_without_a_manager(tmp_path: Path) -> None:
    CustomerFactory(code="YJ-2")
    assert "--user" in refusal_of(lambda: Run(str(tmp_path / "a.csv"), "--customer", "YJ-2", "--action", "join"))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.xls", b"x", "old .xls"),
        ("a.pdf", b"%PDF", "this kind"),
        ("a.xlsx", b"13912340001", "not a spreadsheet"),
        ("a.csv", b"", "no rows"),
        ("a.csv", "手机号\n".encode(), "no rows below"),
        ("a.csv", "甲\nx\n".encode(), "No column with numbers"),
        ("a.csv", b'a,b\n1,"2\n3,4\n', "Row 2 cannot be read"),
        ("a.csv", b"\xff\xff\xff\xff", "neither UTF-8"),
    ],
)
def test_files_that_cannot_be_read(customer: Customer, tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert words in refusal_of(lambda: Run(str(path), "--customer", customer.code, "--action", "join"))


def test_a_file_that_is_not_there(customer: Customer, tmp_path: Path) -> None:
    arguments = ("--customer", customer.code, "--action", "join")
    assert "none.csv" in refusal_of(lambda: Run(str(tmp_path / "none.csv"), *arguments))
    assert str(tmp_path) in refusal_of(lambda: Run(str(tmp_path), *arguments))


def test_refusals_speak_the_language_in_force(provision: Provision, tmp_path: Path) -> None:
    english = refusal_of(lambda: provision("甲\nx\n"))
    with translation.override("zh-hans"):
        assert refusal_of(lambda: provision("甲\nx\n")) != english


# --- the error file --------------------------------------------------------------------------------------------------------------------


def test_the_error_file_as_csv(provision: Provision, tmp_path: Path) -> None:
    path = tmp_path / "errors.csv"
    assert provision(MIXED, "--errors", str(path)).code == 1
    rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    assert [row[:3] for row in rows] == [["手机号", "姓名", "Row"], ["1391234", "坏", "4"], ["13912340001", "李静", "5"]]


def test_the_error_file_as_a_workbook_in_its_readers_language(provision: Provision, manager: User, tmp_path: Path) -> None:
    User.objects.filter(pk=manager.pk).update(locale="zh-hans")
    path = tmp_path / "errors.xlsx"
    provision(MIXED, "--errors", str(path), "--dry-run")
    sheet: Any = load_workbook(path).active
    assert [cell.value for cell in sheet[2]][:3] == ["1391234", "坏", "4"]
    assert sheet.cell(1, 3).value != "Row"


def test_the_error_file_replaces_an_older_one(provision: Provision, tmp_path: Path) -> None:
    path = tmp_path / "errors.csv"
    path.write_text("old\n" * 100)
    provision(GOOD, "--errors", str(path))
    assert path.read_text(encoding="utf-8-sig").splitlines() == ["手机号,姓名,Row,Outcome,Findings"]


def test_a_workbook_that_cannot_hold_all_errors_says_so(provision: Provision, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("members.services.error_file", "members.management.commands.provision"):
        monkeypatch.setattr(f"{module}.XLSX_MAX_ROWS", 1)
    run = provision(MIXED, "--errors", str(tmp_path / "errors.xlsx"))
    assert "first 1 rows only" in run.said
    assert run.told["applied"] == 2


@pytest.mark.parametrize("place", ["missing/errors.csv", "."])
def test_an_error_file_that_cannot_be_written_is_said_before_anything_runs(provision: Provision, tmp_path: Path, place: str) -> None:
    path = tmp_path / place
    assert str(path) in refusal_of(lambda: provision(GOOD, "--errors", str(path)))
    assert not Job.objects.exists()


def test_no_empty_error_file_is_left_by_a_refusal(provision: Provision, tmp_path: Path) -> None:
    path = tmp_path / "errors.csv"
    refusal_of(lambda: provision(GOOD, "--action", "fly", "--errors", str(path)))
    assert not path.exists()


# --- as a command ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_from_the_command_line(customer: Customer, tmp_path: Path) -> None:
    path = tmp_path / "名单.csv"
    path.write_text(MIXED, encoding="utf-8")
    database = connection.settings_dict
    host = database["HOST"] or ""
    url = f"postgres://{database['USER']}:{database['PASSWORD']}@{host.replace('/', '%2F')}:{database['PORT']}/{database['NAME']}"
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "SECRET_KEY": project.SECRET_KEY,
        "DEBUG": "true",
        "VAR_DIR": str(tmp_path),
    }

    def manage(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", "provision", *arguments]
        return subprocess.run(command, cwd=project.BASE_DIR, env=environment, capture_output=True, text=True, timeout=120, check=False)

    done = manage(str(path), "--customer", customer.code, "--action", "join")
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["applied"] == 2
    assert Job.objects.get().status == JobStatus.DONE_WITH_ERRORS
    assert ProvisioningBatch.objects.get().customer == customer
    for bad in (
        ("--customer", customer.code),
        ("--customer", customer.code, "--action", "fly"),
        ("--customer", "NONE", "--action", "join"),
    ):
        refused = manage(str(path), *bad)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "Traceback" not in refused.stderr
