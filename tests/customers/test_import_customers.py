"""Imports of customers: what each row comes to, what the run writes, and what its undo takes back."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404
from django.utils import timezone

from access.models import RoleAssignment, User
from common.change_context import change_context
from customers.bulk import importing
from customers.credit_code import check_character
from customers.imports.checking import Options
from customers.models import AttributeKind, ContactPerson, Customer, CustomerScore, ImportRow, OwnershipChange, ScoreRun, ScoringRule
from customers.services.imports import approve_import, recheck_import, undo_import
from jobs.errors import JobRefused
from jobs.models import ChunkState, Job, JobChunk, JobStatus
from tests.customers.imports import CUSTOMERS, checked, imported, run, told, work_off
from tests.factories.customers import AttributeFactory, ContactPersonFactory, CustomerFactory, IndustryFactory, RegionFactory
from tests.personas import Organisation

pytestmark = pytest.mark.django_db


def credit_code(number: int) -> str:
    body = f"91{number:015}"
    return body + check_character(body)


def test_a_dirty_chinese_file_is_read_as_it_is_meant(manager: User, organisation: Organisation) -> None:
    hospital = IndustryFactory(code="Q84", name_en="Health", name_zh="卫生")
    city = RegionFactory(code="5301", name_en="Yunjiang City", name_zh="云江市")
    job = imported(
        manager,
        CUSTOMERS,
        [
            ["集团客户清单", None, None],
            [
                *("集团编码", "客户名称（全称）", "统一社会信用代码", "行业", "企业规模", "客户等级", "地区"),
                *("客户经理", "信用额度", "银行账号", "生命周期"),
            ],
            [
                *("　ｙｊ-９００１ ", " 云江市第一人民医院（东院） ", credit_code(1).lower(), "卫生", "大型", "ａ1", "5301"),
                *("李静", "￥1,200,000元", "6222 0210 0111 4567", "在网"),
            ],
            ["YJ-9002", "云江水务"],
        ],
    )
    assert job.status == JobStatus.DONE, (job.error, told(job))
    customer = Customer.objects.get(code="YJ-9001")
    assert (customer.name, customer.credit_code) == ("云江市第一人民医院（东院）", credit_code(1))
    assert (customer.industry, customer.region, customer.scale, customer.level) == (hospital, city, "large", "A1")
    assert (customer.manager, customer.org_unit, customer.lifecycle) == (manager, organisation.team, "active")
    assert (str(customer.credit_limit), customer.bank_account) == ("1200000.00", "6222021001114567")
    assert (customer.pinyin[:8], customer.pinyin_initials[:4], customer.unit_3) == ("yunjiang", "yjsd", organisation.team.pk)
    second = Customer.objects.get(code="YJ-9002")
    assert (second.manager, second.org_unit, second.level, second.lifecycle) == (manager, organisation.team, "C", "potential")
    change = OwnershipChange.objects.get(customer=customer)
    assert (change.to_manager, change.actor) == (manager, manager)
    assert Customer.objects.filter(bank_account_hash=customer.bank_account_hash).get() == customer


@pytest.mark.parametrize(
    ("cells", "code", "field"),
    [
        ({"code": ""}, "missing", "code"),
        ({"code": "云江-1"}, "code_form", "code"),
        ({"code": "A" * 21}, "too_long", "code"),
        ({"name": ""}, "missing", "name"),
        ({"name": "院" * 121}, "too_long", "name"),
        ({"credit_code": "911"}, "credit_form", "credit_code"),
        ({"credit_code": credit_code(1)[:-1] + ("0" if credit_code(1)[-1] != "0" else "1")}, "credit_check", "credit_code"),
        ({"industry": "炼金"}, "unknown", "industry"),
        ({"level": "D"}, "unknown", "level"),
        ({"value_score": "101"}, "out_of_range", "value_score"),
        ({"credit_limit": "many"}, "not_a_number", "credit_limit"),
        ({"bank_account": "12"}, "account", "bank_account"),
        ({"bank_account": "**** 4567"}, "masked", "bank_account"),
        ({"manager": "孙强"}, "owner_unknown", "manager"),
        ({"org_unit": "QX01"}, "owner_unknown", "org_unit"),
        ({"parent": "NOBODY"}, "parent_unknown", "parent"),
    ],
)
def test_a_cell_that_cannot_be_taken_is_an_error_of_its_row(
    manager: User, foreign_director: User, cells: dict[str, str], code: str, field: str
) -> None:
    row = {"code": "YJ-1", "name": "云江医院", "manager": ""} | cells
    job = checked(manager, CUSTOMERS, [list(row), list(row.values())])
    assert told(job) == [(2, "e", [(code, field)])]
    assert (job.eligible, job.failed) == (0, 1)
    assert not Customer.objects.exists()


def test_each_kind_of_row(manager: User, colleague: User) -> None:
    CustomerFactory(code="SAME", name="云江银行", manager=manager)
    CustomerFactory(code="MOVED", name="云江海关", address="旧路1号", credit_code=credit_code(7), manager=manager)
    CustomerFactory(code="OTHERS", name="别人的客户", credit_code=credit_code(8), manager=colleague)
    rows = [
        ["code", "name", "address", "credit code"],
        ["SAME", "云江银行", "", ""],
        ["moved", "云江海关", "新路2号", credit_code(7)],
        ["OTHERS", "改名", "", ""],
        ["NEW", "云江电力", "", credit_code(9)],
        ["NEW", "云江电力", "", ""],
        ["NEW2", "云江 银行", "", ""],
        ["NEW3", "别的", "", credit_code(7)],
        ["NEW4", "再别的", "", credit_code(8)],
        ["NEW5", "又别的", "", credit_code(9)],
        ["NEW6", "云江（电力）", "", ""],
    ]
    job = checked(manager, CUSTOMERS, rows)
    assert told(job) == [
        (2, "n", []),
        (3, "u", []),
        (4, "e", [("code_taken", "code")]),
        (5, "c", []),
        (6, "d", [("same_code_in_file", "code")]),
        (7, "d", [("same_name_as", "name")]),
        (8, "d", [("credit_code_of", "credit_code")]),
        (9, "d", [("credit_code_taken", "credit_code")]),
        (10, "d", [("same_credit_code_in_file", "credit_code")]),
        (11, "d", [("same_name_in_file", "name")]),
    ]
    assert "OTHERS" not in str(ImportRow.objects.get(job=job, line=9).findings)  # nothing is told of what is out of reach
    assert (job.eligible, job.skipped, job.failed) == (2, 1, 7)
    again = checked(manager, CUSTOMERS, rows, options=Options(takes_namesakes=True))
    assert [state for _line, state, _found in told(again)] == ["n", "u", "e", "c", "d", "c", "d", "d", "d", "c"]
    job = run(job, manager)
    assert (job.status, job.applied, job.conflicts) == (JobStatus.DONE_WITH_ERRORS, 2, 0)
    assert job.summary["applied"] == {"c": 1, "u": 1}
    assert Customer.objects.get(code="MOVED").address == "新路2号"
    assert Customer.objects.get(code="OTHERS").name == "别人的客户"


def test_empty_cells_leave_or_empty_the_field(manager: User) -> None:
    CustomerFactory(code="A-1", name="云江医院", address="旧路1号", bank_account="12345678901", manager=manager)
    rows = [["code", "name", "address", "bank account"], ["A-1", "", "", ""]]
    assert told(checked(manager, CUSTOMERS, rows)) == [(2, "n", [])]
    imported(manager, CUSTOMERS, rows, options=Options(clears_blanks=True))
    customer = Customer.objects.get()
    assert (customer.name, customer.address, customer.bank_account, customer.bank_account_hash) == ("云江医院", "", "", "")


def test_the_mask_of_the_present_account_leaves_it(manager: User) -> None:
    CustomerFactory(code="A-1", name="云江医院", bank_account="6222021001114567", manager=manager)
    assert told(checked(manager, CUSTOMERS, [["code", "bank account"], ["A-1", "**** 4567"]])) == [(2, "n", [])]


def test_parents_of_the_file_and_of_the_table(manager: User) -> None:
    CustomerFactory(code="TOP", name="云江集团", manager=manager)
    middle = CustomerFactory(code="MID", name="云江分公司", manager=manager)
    rows = [
        ["code", "name", "parent"],
        ["LEAF", "叶公司", "NEW"],
        ["NEW", "新公司", "TOP"],
        ["MID", "", "NEW"],
        ["TOP", "", "MID"],
        ["LOST", "失公司", "ORPHAN"],
        ["ORPHAN", "孤公司", "NOWHERE"],
    ]
    job = checked(manager, CUSTOMERS, rows)
    assert [line for line, state, _found in told(job) if state == "e"] == [2, 3, 4, 5, 6, 7]
    assert told(job)[-2:] == [(6, "e", [("parent_unknown", "parent")]), (7, "e", [("parent_unknown", "parent")])]
    job = imported(manager, CUSTOMERS, [row for row in rows if row[0] not in ("TOP", "LOST", "ORPHAN")])
    assert job.status == JobStatus.DONE, told(job)
    names = dict(Customer.objects.values_list("code", "parent__code"))
    assert names == {"TOP": None, "MID": "NEW", "NEW": "TOP", "LEAF": "NEW"}
    undo = run(work_off(undo_import(job_id=job.pk, actor=manager)), manager)
    assert (undo.status, undo.applied) == (JobStatus.DONE, 3)
    assert dict(Customer.objects.values_list("code", "parent__code")) == {"TOP": None, "MID": None}
    middle.refresh_from_db()
    assert middle.parent is None


def test_a_circle_is_no_row(manager: User) -> None:
    top = CustomerFactory(code="TOP", name="云江集团", manager=manager)
    CustomerFactory(code="LOW", name="云江分公司", manager=manager, parent=top)
    job = checked(manager, CUSTOMERS, [["code", "parent"], ["TOP", "LOW"]])
    assert told(job) == [(2, "e", [("parent_circle", "parent")])]


def test_attributes_of_the_installation(manager: User) -> None:
    AttributeFactory(key="beds", kind=AttributeKind.NUMBER, name_zh="床位数")
    AttributeFactory(key="grade", kind=AttributeKind.CHOICE, name_zh="等次", codes=["three", "two"])
    AttributeFactory(key="since", kind=AttributeKind.DATE, name_zh="建院日期")
    CustomerFactory(code="A-1", name="云江医院", attributes={"beds": 100, "since": "1950-01-01"}, manager=manager)
    job = imported(
        manager,
        CUSTOMERS,
        [
            ["客户编码", "客户名称", "床位数", "等次", "建院日期"],
            ["A-1", "", "１２０", "选three", ""],
            ["A-2", "云江二院", "80", "", "1988/5/1"],
            ["A-3", "x", "many", "", ""],
        ],
    )
    assert [(state, found) for _line, state, found in told(job)] == [("u", []), ("c", []), ("e", [("not_a_number", "attribute_beds")])]
    assert Customer.objects.get(code="A-1").attributes == {"beds": 120, "grade": "three", "since": "1950-01-01"}
    assert Customer.objects.get(code="A-2").attributes == {"beds": 80, "since": "1988-05-01"}
    run(work_off(undo_import(job_id=job.pk, actor=manager)), manager)
    assert Customer.objects.get().attributes == {"beds": 100, "since": "1950-01-01"}


def test_whoever_may_not_hand_over_changes_no_owner(manager: User, colleague: User, director: User) -> None:
    customer = CustomerFactory(code="A-1", name="云江医院", manager=manager)
    about = Job.objects.create(kind="customer_import", title="x", actor=manager, customer_key=customer.pk, manager=manager)
    rows = [["code", "account manager", "org unit"], ["A-1", "王磊", "大客户部"]]
    assert told(checked(manager, CUSTOMERS, rows)) == [(2, "e", [("owner_kept", "manager")])]
    assert told(checked(manager, CUSTOMERS, [["code", "account manager"], ["A-1", "李静"]])) == [(2, "n", [])]
    job = imported(director, CUSTOMERS, rows)
    assert job.status == JobStatus.DONE, told(job)
    about.refresh_from_db()
    assert {Customer.objects.get().manager, about.manager} == {colleague}
    change = OwnershipChange.objects.latest("id")
    assert (change.from_manager, change.to_manager, change.actor) == (manager, colleague, director)
    run(work_off(undo_import(job_id=job.pk, actor=director)), director)
    assert Customer.objects.get().manager == manager
    assert OwnershipChange.objects.latest("id").to_manager == manager


def test_what_was_changed_meanwhile_is_told_and_left(manager: User) -> None:
    first = CustomerFactory(code="A-1", name="云江医院", manager=manager)
    CustomerFactory(code="A-2", name="云江银行", manager=manager)
    rows = [["code", "name", "address"], ["A-1", "", "新路1号"], ["A-2", "", "新路2号"], ["A-3", "云江海关", ""]]
    job = checked(manager, CUSTOMERS, rows)
    first.address = "自己改的"
    first.save()
    with pytest.raises(JobRefused, match="import_moved"):
        approve_import(job_id=job.pk, actor=manager, fingerprint=job.fingerprint)
    seen = job.fingerprint
    job = work_off(recheck_import(job_id=job.pk, actor=manager))
    with pytest.raises(JobRefused, match="fingerprint_changed"):
        approve_import(job_id=job.pk, actor=manager, fingerprint=seen)
    approve_import(job_id=job.pk, actor=manager, fingerprint=job.fingerprint)
    first.address = "又改的"
    first.save()
    CustomerFactory(code="A-3", name="别人先录", manager=manager)
    job = work_off(job)
    assert (job.status, job.applied, job.conflicts) == (JobStatus.DONE_WITH_ERRORS, 1, 2)
    assert set(Customer.objects.values_list("code", "address")) == {("A-1", "又改的"), ("A-2", "新路2号"), ("A-3", "")}
    assert told(job) == [(2, "u", [("changed_since", "")]), (3, "u", []), (4, "c", [("taken_since", "")])]


def test_undo_brings_old_values_back_and_leaves_what_changed_since(manager: User) -> None:
    CustomerFactory(code="A-1", name="云江医院", address="旧路1号", bank_account="12345678901", manager=manager)
    second = CustomerFactory(code="A-2", name="云江银行", address="旧路2号", manager=manager)
    rows = [
        ["code", "name", "address", "bank account"],
        ["A-1", "云江总医院", "新路1号", "98765432109"],
        ["A-2", "", "新路2号", ""],
        ["A-3", "云江海关", "", ""],
        ["A-4", "云江电力", "", ""],
        ["A-5", "云江水务", "", ""],
    ]
    job = imported(manager, CUSTOMERS, rows)
    assert job.applied == 5
    assert Customer.objects.get(code="A-1").bank_account == "98765432109"
    second.refresh_from_db()
    fifth = Customer.objects.get(code="A-5")
    second.remark, fifth.address = "谈过", "后来的路"
    with change_context(user=manager.pk):  # as any request does; it is another transaction than the import's, but for the test's own
        second.save()
        fifth.save()
    ContactPersonFactory(customer=Customer.objects.get(code="A-4"))
    undo = work_off(undo_import(job_id=job.pk, actor=manager))
    assert (undo.eligible, undo.failed) == (2, 3)
    assert told(undo) == [
        (2, "u", []),
        (3, "u", [("changed_after", "")]),
        (4, "c", []),
        (5, "c", [("in_use", "")]),
        (6, "c", [("changed_after", "")]),
    ]
    undo = run(undo, manager)
    assert (undo.status, undo.applied, undo.conflicts) == (JobStatus.DONE_WITH_ERRORS, 2, 0)
    job.refresh_from_db()
    assert job.status == JobStatus.UNDONE
    first = Customer.objects.get(code="A-1")
    assert (first.name, first.address, first.bank_account, first.pinyin[:8]) == ("云江医院", "旧路1号", "12345678901", "yunjiang")
    assert set(Customer.objects.values_list("code", flat=True)) == {"A-1", "A-2", "A-4", "A-5"}
    assert ContactPerson.objects.count() == 1
    with pytest.raises(JobRefused, match="undone_already"):
        undo_import(job_id=job.pk, actor=manager)


def test_a_night_of_scoring_is_no_change_of_anybodys(manager: User) -> None:
    CustomerFactory(code="A-1", name="云江医院", address="旧路1号", manager=manager)
    job = imported(
        manager, CUSTOMERS, [["code", "name", "address"], ["A-1", "", "新路1号"], ["A-2", "云江银行", ""], ["A-3", "云江海关", ""]]
    )
    night = ScoreRun.objects.create(day=datetime.date(2026, 11, 23), rules=[], thresholds=[])
    with change_context(command="scoring"):
        Customer.objects.update(value_score=40, level="B1", updated_at=timezone.now())
        for customer in Customer.objects.all():
            CustomerScore.objects.create(customer=customer, run=night, score=40, level="B1", parts=[])
        Customer.objects.filter(code="A-3").update(remark="谈过", updated_at=timezone.now())
    undo = run(work_off(undo_import(job_id=job.pk, actor=manager)), manager)
    assert (undo.applied, undo.summary["left"]) == (2, 1)
    assert dict(Customer.objects.values_list("code", "address")) == {"A-1": "旧路1号", "A-3": ""}


def test_what_follows_from_scoring_rules_is_written_by_no_file(manager: User) -> None:
    CustomerFactory(code="A-1", name="云江医院", level="B1", value_score=40, address="旧路1号", manager=manager)
    heading = ["code", "name", "level", "value score", "address"]
    rows = [heading, ["A-1", "", "A1", "90", "新路1号"], ["A-2", "云江海关", "A2", "70", ""]]
    imported(manager, CUSTOMERS, rows[:2])
    waiting = checked(manager, CUSTOMERS, [heading, ["A-1", "", "C", "10", "新路2号"]])
    ScoringRule.objects.create(code="CREDIT", measure="credit_limit", weight=10, name_en="Credit limit")
    assert told(checked(manager, CUSTOMERS, rows)) == [(2, "n", []), (3, "c", [])]  # they are as the file says
    Customer.objects.filter(code="A-1").update(level="B2", value_score=55)
    refused = [("scored", "level"), ("scored", "value_score")]
    assert told(checked(manager, CUSTOMERS, rows)) == [(2, "e", refused), (3, "c", [])]
    blank = [heading, ["A-1", "", "", "", "新路3号"]]
    assert told(checked(manager, CUSTOMERS, blank, options=Options(clears_blanks=True))) == [(2, "u", [])]
    facts = Customer.objects.filter(code="A-1").values_list("level", "value_score", "address")
    run(waiting, manager)
    assert facts.get() == ("B2", 55, "新路2号")
    run(work_off(undo_import(job_id=waiting.pk, actor=manager)), manager)
    assert facts.get() == ("B2", 55, "新路1号")


def test_undo_leaves_what_is_out_of_reach_by_now(director: User, manager: User, foreign_director: User) -> None:
    CustomerFactory(code="A-1", name="云江医院", address="旧路1号", manager=manager)
    rows = [["code", "name", "address", "account manager"], ["A-1", "", "新路1号", ""], ["A-2", "云江海关", "", manager.username]]
    undo = work_off(undo_import(job_id=imported(director, CUSTOMERS, rows).pk, actor=director))
    assert undo.eligible == 2
    RoleAssignment.objects.filter(user=director).update(org_unit=foreign_director.org_unit)
    User.objects.filter(pk=director.pk).update(org_unit=foreign_director.org_unit)
    run(undo, director)
    undo.refresh_from_db()
    assert undo.applied == 0
    assert told(undo) == [(2, "u", [("lost_reach", "")]), (3, "c", [("lost_reach", "")])]
    assert Customer.objects.get(code="A-1").address == "新路1号"
    assert Customer.objects.filter(code="A-2").exists()


def test_a_chunk_that_fails_is_taken_back_and_done_once(manager: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("customers.services.imports.CHUNK_LINES", 2)
    job = checked(manager, CUSTOMERS, [["code", "name"], *([f"A-{n}", f"云江{n}公司"] for n in range(6))])
    approve_import(job_id=job.pk, actor=manager, fingerprint=job.fingerprint)
    real, failures = importing.CustomerWriter.after_create, [0]

    def dies_after_writing(self: Any, chunk: Any, created: int) -> None:
        real(self, chunk, created)
        if chunk.first == 4 and failures[0] < 2:
            failures[0] += 1
            raise RuntimeError("killed")

    monkeypatch.setattr(importing.CustomerWriter, "after_create", dies_after_writing)
    job = work_off(job)
    assert (job.status, job.applied, failures[0]) == (JobStatus.DONE, 6, 2)
    assert Customer.objects.count() == OwnershipChange.objects.count() == 6
    assert JobChunk.objects.filter(job=job, state=ChunkState.DONE).count() == 3


def test_the_history_knows_the_import(manager: User) -> None:
    CustomerFactory(code="A-1", name="云江医院", manager=manager)
    with change_context(user=manager.pk):
        job = imported(manager, CUSTOMERS, [["code", "address"], ["A-1", "新路1号"]])
    events: Any = apps.get_model("customers", "CustomerEvent")
    event = events.objects.filter(pgh_job=job.pk, pgh_label="update").get()
    assert (event.address, event.pgh_actor) == ("新路1号", manager.pk)


def test_only_who_may_imports(manager: User, colleague: User, viewer: User, outsider: User) -> None:
    for person in (viewer, outsider):
        with pytest.raises(PermissionDenied):
            checked(person, CUSTOMERS, [["code", "name"], ["A-1", "云江医院"]])
    job = checked(manager, CUSTOMERS, [["code", "name"], ["A-1", "云江医院"]])
    with pytest.raises(Http404):
        approve_import(job_id=job.pk, actor=colleague, fingerprint=job.fingerprint)
    assert not Customer.objects.exists()


def test_whoever_lost_the_right_meanwhile_writes_nothing(manager: User) -> None:
    job = checked(manager, CUSTOMERS, [["code", "name"], ["A-1", "云江医院"]])
    approve_import(job_id=job.pk, actor=manager, fingerprint=job.fingerprint)
    manager.assignments.all().delete()
    job = work_off(job)
    assert job.status == JobStatus.FAILED
    assert job.error is not None
    assert job.error["code"] == "import_lost_access"
    assert not Customer.objects.exists()


def test_nothing_secret_stands_open_in_the_rows(manager: User) -> None:
    job = checked(manager, CUSTOMERS, [["code", "name", "bank account"], ["A-1", "云江医院", "6222021001114567"]])
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(r)::text FROM customers_importrow r WHERE job_id = %s", [job.pk])
        kept = cursor.fetchone()[0]
    assert "6222021001114567" not in kept
    assert "6222021001114567" in ImportRow.objects.get(job=job).raw


def test_a_text_file_is_read_too(manager: User) -> None:
    day = datetime.date(2026, 11, 22)
    job = checked(manager, CUSTOMERS, [["客户编码", "客户名称", "备注"], ["A-1", "云江医院", f"{day}"]], csv=True)
    assert told(job) == [(2, "c", [])]
    assert ImportRow.objects.get(job=job).values["remark"] == "2026-11-22"
