"""Imports of contact persons: upserted by customer, name and phone."""

from __future__ import annotations

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from access.models import User
from customers.bulk.importing import link_rows
from customers.imports.checking import Options
from customers.models import ContactPerson, Customer
from customers.services.imports import undo_import
from jobs.models import JobStatus
from tests.customers.imports import CONTACTS, checked, imported, run, told, work_off
from tests.factories.customers import ContactPersonFactory, CustomerFactory

pytestmark = pytest.mark.django_db

ID_NUMBER = "11010519491231002X"


def test_a_dirty_chinese_file(manager: User) -> None:
    customer = CustomerFactory(code="YJ-1", name="云江第一医院", manager=manager)
    job = imported(
        manager,
        CONTACTS,
        [
            ["客户编码", "联系人姓名", "职务", "联系人角色", "手机号码", "邮箱", "身份证号", "出生日期", "关键人", "勿扰"],
            ["yj-1", " 陈 主任 ", "信息科主任", "决策人", "１３８ 1234 5678", "Chen@Example.cn", "11010519491231002x", "18263", "是", "否"],
            ["云江第一医院", "李工", "", "技术", "010-6655 7788", "", "", "1985年3月2日", "", ""],
            ["YJ-1", "王工", "", "", "12", "x", "123", "1985-13-01", "maybe", ""],
        ],
    )
    assert (job.status, job.applied) == (JobStatus.DONE_WITH_ERRORS, 2), (job.error, told(job))
    chen, li = ContactPerson.objects.order_by("id")
    assert (chen.name, chen.title, chen.role, chen.phone, chen.email) == (
        "陈 主任",
        "信息科主任",
        "decision",
        "8613812345678",
        "Chen@Example.cn",
    )
    assert (chen.id_type, chen.id_number, chen.birthday, chen.is_key_person) == ("id_card", ID_NUMBER, datetime.date(1949, 12, 31), True)
    assert (li.customer, li.phone, li.birthday, li.manager_key) == (customer, "861066557788", datetime.date(1985, 3, 2), manager.pk)
    assert sorted(told(job)[2][2]) == sorted(
        [("phone", "phone"), ("email", "email"), ("id_type", "id_number"), ("not_a_date", "birthday"), ("not_yes_no", "is_key_person")]
    )


def test_who_is_meant(manager: User, colleague: User) -> None:
    customer = CustomerFactory(code="YJ-1", name="云江第一医院", manager=manager)
    CustomerFactory(code="YJ-2", name="别人的", manager=colleague)
    ContactPersonFactory(customer=customer, name="陈主任", phone="8613812345678", email="a@example.cn")
    ContactPersonFactory(customer=customer, name="李工", phone="")
    rows = [
        ["customer", "name", "phone", "title"],
        ["YJ-1", "陈主任", "13812345678", "院长"],
        ["YJ-1", "李工", "13900000001", ""],
        ["YJ-1", "陈主任", "13900000002", ""],
        ["YJ-1", "陈主任", "", "副院长"],
        ["YJ-1", "赵工", "13900000003", ""],
        ["YJ-1", "赵工", "13900000003", ""],
        ["YJ-2", "孙工", "", ""],
        ["NONE", "孙工", "", ""],
        ["YJ-1", "陈主任", "138****5678", ""],
    ]
    job = imported(manager, CONTACTS, rows)
    assert told(job) == [
        (2, "u", []),
        (3, "u", []),
        (4, "d", [("namesake", "name")]),
        (5, "d", [("same_person_in_file", "name")]),
        (6, "c", []),
        (7, "d", [("same_person_in_file", "name")]),
        (8, "e", [("customer_unknown", "customer")]),
        (9, "e", [("customer_unknown", "customer")]),
        (10, "d", [("same_person_in_file", "name")]),
    ]
    assert set(ContactPerson.objects.values_list("name", "phone", "title")) == {
        ("陈主任", "8613812345678", "院长"),
        ("李工", "8613900000001", ""),
        ("赵工", "8613900000003", ""),
    }
    undo = run(work_off(undo_import(job_id=job.pk, actor=manager)), manager)
    assert undo.applied == 3
    assert set(ContactPerson.objects.values_list("name", "phone", "title")) == {("陈主任", "8613812345678", ""), ("李工", "", "")}


def test_masked_values_come_back_unchanged_and_namesakes_can_be_taken(manager: User) -> None:
    customer = CustomerFactory(code="YJ-1", name="云江第一医院", manager=manager)
    ContactPersonFactory(
        customer=customer, name="陈主任", phone="8613812345678", email="chen@example.cn", id_type="id_card", id_number=ID_NUMBER
    )
    rows = [
        ["customer", "name", "phone", "e-mail", "ID number", "title"],
        ["YJ-1", "陈主任", "138****5678", "c****@example.cn", "110****002X", "院长"],
    ]
    job = imported(manager, CONTACTS, rows)
    assert told(job) == [(2, "u", [])]
    person = ContactPerson.objects.get()
    assert (person.title, person.phone, person.email, person.id_number) == ("院长", "8613812345678", "chen@example.cn", ID_NUMBER)
    job = imported(
        manager, CONTACTS, [["customer", "name", "phone"], ["YJ-1", "陈主任", "13900000002"]], options=Options(takes_namesakes=True)
    )
    assert told(job) == [(2, "c", [])]
    assert ContactPerson.objects.count() == 2


def lines(customer: Customer) -> dict[str, str | None]:
    """Who reports to whom."""
    return dict(ContactPerson.objects.filter(customer=customer).values_list("name", "reports_to__name"))


def test_who_reports_to_whom_by_names_of_the_file_and_of_the_customer(manager: User, monkeypatch: pytest.MonkeyPatch) -> None:
    customer, other = CustomerFactory(code="YJ-1", manager=manager), CustomerFactory(code="YJ-2", manager=manager)
    head = ContactPersonFactory(customer=customer, name="赵院长", phone="")
    clerk = ContactPersonFactory(customer=customer, name="周涛", phone="")
    ContactPersonFactory(customer=other, name="外人")
    for _time in range(2):
        ContactPersonFactory(customer=customer, name="重名", phone="")
    monkeypatch.setattr("customers.services.imports.CHUNK_LINES", 1)
    rows = [
        ["customer", "name", "reports to"],
        ["YJ-1", "孙科长", "钱主任"],
        ["YJ-1", "钱主任", "赵院长"],
        ["YJ-1", "周涛", "孙科长"],
        ["YJ-1", "李工", "外人"],
        ["YJ-1", "王工", "重名"],
        ["YJ-1", "吴工", "郑工"],
        ["YJ-1", "郑工", "吴工"],
    ]
    job = imported(manager, CONTACTS, rows)
    assert [state for _line, state, _found in told(job)] == ["c", "c", "u", "e", "e", "e", "e"]
    assert [code for _line, _state, found in told(job) for code, _field in found] == ["superior_unknown"] * 2 + ["superior_circle"] * 2
    known = {"赵院长": None, "钱主任": "赵院长", "孙科长": "钱主任", "周涛": "孙科长", "重名": None}
    assert lines(customer) == known
    circle = checked(manager, CONTACTS, [["customer", "name", "reports to"], ["YJ-1", "赵院长", "周涛"]])
    assert told(circle) == [(2, "e", [("superior_circle", "reports_to")])]
    undo = run(work_off(undo_import(job_id=job.pk, actor=manager)), manager)
    assert (undo.applied, undo.conflicts, told(undo)) == (3, 0, [(2, "c", []), (3, "c", []), (4, "u", [])])
    assert lines(customer) == {"赵院长": None, "周涛": None, "重名": None}
    assert {head.pk, clerk.pk} <= set(ContactPerson.objects.values_list("pk", flat=True))


def test_an_undo_leaves_whom_others_report_to_by_now(manager: User) -> None:
    customer = CustomerFactory(code="YJ-1", manager=manager)
    job = imported(manager, CONTACTS, [["customer", "name"], ["YJ-1", "赵院长"], ["YJ-1", "钱主任"]])
    ContactPersonFactory(customer=customer, name="孙科长", reports_to=ContactPerson.objects.get(name="赵院长"))
    undo = run(work_off(undo_import(job_id=job.pk, actor=manager)), manager)
    assert undo.applied == 1
    assert lines(customer) == {"赵院长": None, "孙科长": "赵院长"}


def test_lines_drawn_since_the_check_make_no_circle(manager: User) -> None:
    customer = CustomerFactory(code="YJ-1", manager=manager)
    one, other = (ContactPersonFactory(customer=customer, name=name, phone="") for name in ("甲", "乙"))
    job = checked(manager, CONTACTS, [["customer", "name", "reports to"], ["YJ-1", "甲", "乙"]])
    ContactPerson.objects.filter(pk=other.pk).update(reports_to=one)
    done = run(job, manager)
    assert (done.applied, done.conflicts) == (0, 1)
    assert lines(customer) == {"甲": None, "乙": "甲"}


@pytest.mark.parametrize("what", ["gone", "elsewhere", "below"])
def test_an_undo_draws_no_line_that_cannot_be_any_more(what: str, manager: User) -> None:
    customer, other = CustomerFactory(code="YJ-1", manager=manager), CustomerFactory(code="YJ-2", manager=manager)
    head = ContactPersonFactory(customer=customer, name="甲", phone="")
    ContactPersonFactory(customer=customer, name="乙", phone="", reports_to=head)
    middle = ContactPersonFactory(customer=customer, name="丙", phone="")
    job = imported(manager, CONTACTS, [["customer", "name", "reports to"], ["YJ-1", "乙", "丙"]])
    undo = work_off(undo_import(job_id=job.pk, actor=manager))
    assert told(undo) == [(2, "u", [])]
    if what == "gone":
        head.delete()
    elif what == "elsewhere":
        ContactPerson.objects.filter(pk=head.pk).update(customer=other)
    else:
        low = ContactPersonFactory(customer=customer, name="丁", phone="", reports_to=ContactPerson.objects.get(name="乙"))
        ContactPerson.objects.filter(pk=head.pk).update(reports_to=low)
    undo = run(undo, manager)
    assert (undo.applied, told(undo)) == (0, [(2, "u", [("superior_lost", "")])])
    assert lines(customer)["乙"] == middle.name


@pytest.mark.parametrize("deep", [0, 25])
def test_a_line_drawn_before_the_file_is_linked_makes_no_circle(deep: int, manager: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody puts the new person below the one who is about to hang from it, however far down."""
    customer = CustomerFactory(code="YJ-1", manager=manager)
    low = ContactPersonFactory(customer=customer, name="乙", phone="")

    def linked_late(job: int, subject: str) -> int:
        above = low
        for number in range(deep):
            above = ContactPersonFactory(customer=customer, name=f"丁{number}", reports_to=above)
        ContactPerson.objects.filter(name="甲").update(reports_to=above)
        return link_rows(job, subject)

    monkeypatch.setattr("customers.services.import_work.link_rows", linked_late)
    imported(manager, CONTACTS, [["customer", "name", "reports to"], ["YJ-1", "甲", ""], ["YJ-1", "乙", "甲"]])
    known = lines(customer)
    assert (known["乙"], known["甲"]) == (None, f"丁{deep - 1}" if deep else "乙")


@pytest.mark.parametrize(("attitude", "influence"), [("sceptical", "1"), ("Sceptical", "High"), ("存疑", "大")])
def test_attitude_and_influence_go_by_code_and_by_label(attitude: str, influence: str, manager: User) -> None:
    customer = CustomerFactory(code="YJ-1", manager=manager)
    person = ContactPersonFactory(customer=customer, name="甲", phone="", attitude="friendly", influence=3)
    headings = ["客户编码", "姓名", "态度", "影响力"]
    rows = [headings, *(["YJ-1", name, attitude, influence] for name in "甲乙"), ["YJ-1", "丙", "?", "4"]]
    job = imported(manager, CONTACTS, rows)
    assert told(job) == [(2, "u", []), (3, "c", []), (4, "e", [("unknown", "attitude"), ("unknown", "influence")])]
    people = ContactPerson.objects.filter(customer=customer).values_list("name", "attitude", "influence")
    assert set(people) == {("甲", "sceptical", 1), ("乙", "sceptical", 1)}
    again = checked(manager, CONTACTS, rows[:3])
    assert [state for _line, state, _found in told(again)] == ["n", "n"]
    imported(manager, CONTACTS, [headings, ["YJ-1", "甲", "", ""]], options=Options(clears_blanks=True))
    person.refresh_from_db()
    assert (person.attitude, person.influence) == ("", None)


def test_of_the_people_of_a_customer_only_what_is_compared_is_read(manager: User) -> None:
    customer = CustomerFactory(code="YJ-1", manager=manager)
    ContactPersonFactory.create_batch(3, customer=customer)
    ContactPersonFactory(customer=customer, name="甲", phone="", title="科长")
    with CaptureQueriesContext(connection) as queries:
        job = checked(manager, CONTACTS, [["customer", "name", "title", "key person"], ["YJ-1", "甲", "处长", "是"]])
    assert told(job) == [(2, "u", [])]
    people = [query["sql"] for query in queries if 'FROM "customers_contactperson"' in query["sql"]]
    assert len(people) == 1
    assert "title" in people[0]
    assert not [name for name in ("id_number", "preferences", "birthday", "email") if f'"{name}"' in people[0]]
