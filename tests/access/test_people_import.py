"""Entering people by a list: dirty and hostile files, what is shown before and written after, first passwords, and who may."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from typing import Any

import openpyxl
import pytest
from django.conf import global_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from access.models import AuditEvent, AuditEventKind, RoleAssignment, User
from access.people_files import MOST_BYTES, MOST_ROWS
from access.scope import scope_of
from access.services.people_import import MOST_FIRST_PASSWORDS
from tests.access.clients import browser
from tests.factories.access import UserFactory
from tests.personas import Organisation

pytestmark = pytest.mark.django_db

ADDRESS = "/admin/access/user/list/"
HEADINGS = ["login", "name", "e-mail", "phone", "org unit", "role", "language", "active"]


@pytest.fixture
def keeper(administrator: User) -> User:
    """An administrator who may open the administration."""
    administrator.is_staff = True
    administrator.save()
    return administrator


@pytest.fixture
def client(keeper: User) -> Client:
    """The administrator's browser."""
    return browser(keeper)


def text_file(rows: list[list[str]], headings: list[str] | None = None, encoding: str = "utf-8") -> SimpleUploadedFile:
    """A CSV file."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([headings or HEADINGS, *rows])
    return SimpleUploadedFile("people.csv", text.getvalue().encode(encoding))


def sheet_file(rows: list[list[Any]], headings: list[str] | None = None) -> SimpleUploadedFile:
    """A spreadsheet."""
    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet()
    for row in [headings or HEADINGS, *rows]:
        sheet.append(row)
    file = io.BytesIO()
    workbook.save(file)
    return SimpleUploadedFile("people.xlsx", file.getvalue())


def check(client: Client, file: SimpleUploadedFile) -> Any:
    """Let a file be checked."""
    response = client.post(ADDRESS, {"file": file})
    assert response.status_code == 200
    return response


def counts(response: Any) -> dict[str, int]:
    """How many rows of each kind there were."""
    return {kind: number for kind, _words, number in response.context["counts"] if number}


def messages(response: Any) -> dict[int, str]:
    """The remarks by row."""
    return {row.source.line: " ".join(row.messages) for row, _words, _texts in response.context["rows"]}


def confirm(client: Client, checked: Any, **data: str) -> Any:
    """Consent to what was checked."""
    return client.post(ADDRESS, {"checked": checked.context["confirm"].initial["checked"], **data})


def test_a_list_is_checked_first_and_written_then(client: Client, keeper: User, manager: User, organisation: Organisation) -> None:
    before = User.objects.count()
    rows = [
        ["chenyu", "陈宇", "chenyu@example.com", "13800001111", organisation.team.code, "account_manager", "zh-hans", "yes"],
        [manager.username, "张经理", "", "", "", "", "", ""],
    ]
    checked = check(client, sheet_file(rows))
    assert counts(checked) == {"created": 1, "updated": 1}
    assert User.objects.count() == before
    assert confirm(client, checked).status_code == 302
    person = User.objects.get(username="chenyu")
    assert (person.name, person.org_unit, person.locale, person.phone) == ("陈宇", organisation.team, "zh-hans", "13800001111")
    assert not person.has_usable_password()
    assert [assignment.role.code for assignment in person.assignments.all()] == ["account_manager"]
    manager.refresh_from_db()
    assert manager.name == "张经理"
    assert manager.has_usable_password()
    event = AuditEvent.objects.get(kind=AuditEventKind.PEOPLE_IMPORTED)
    assert (event.actor, event.details) == (keeper, {"created": 1, "updated": 1, "first_passwords": 0})
    again = check(client, sheet_file(rows))
    assert counts(again) == {"unchanged": 2}
    assert again.context["confirm"] is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_chinese_headings_and_encodings(client: Client, organisation: Organisation, encoding: str) -> None:
    headings = ["登录名", "姓名", "电子邮箱", "手机", "组织机构代码", "角色代码", "语言", "是否启用"]
    row = ["liming", "李明", "", "", organisation.city.code, "director", "中文", "是"]
    checked = check(client, text_file([row], headings, encoding))
    confirm(client, checked)
    person = User.objects.get(username="liming")
    assert (person.name, person.locale, person.org_unit) == ("李明", "zh-hans", organisation.city)


def test_every_fault_stands_at_its_row(client: Client, keeper: User, manager: User, organisation: Organisation) -> None:
    root = UserFactory(username="root", is_superuser=True)
    code = organisation.team.code
    faults = {
        "The login is missing": ["", "甲", "", "", "", "", "", ""],
        "A login has at most": ["zhang san", "甲", "", "", "", "", "", ""],
        "more than once": ["twice", "甲", "", "", "", "", "", ""],
        "taken, written": [manager.username.upper(), "甲", "", "", "", "", "", ""],
        "needs a name": ["nameless", "", "", "", "", "", "", ""],
        "at most 64 characters": ["long", "长" * 250, "", "", "", "", "", ""],
        "valid email": ["mail", "甲", "no-address", "", "", "", "", ""],
        "not a phone number": ["phone", "甲", "", "call me", "", "", "", ""],
        "no unit NOWHERE": ["unit", "甲", "", "", "NOWHERE", "", "", ""],
        "no role king": ["role", "甲", "", "", code, "king", "", ""],
        "held in a unit": ["nounit", "甲", "", "", "", "viewer", "", ""],
        "en or zh-hans": ["language", "甲", "", "", "", "", "klingon", ""],
        "yes or no": ["active", "甲", "", "", "", "", "", "perhaps"],
        "formula": ["formula", "=cmd|'/c calc'!A1", "", "", "", "", "", ""],
        "superuser": [root.username, "甲", "", "", "", "", "", ""],
        "disable yourself": [keeper.username, "", "", "", "", "", "", "no"],
    }
    checked = check(client, text_file([*faults.values(), ["Twice", "乙", "", "", "", "", "", ""]]))
    assert counts(checked) == {"error": len(faults) + 1}
    found = messages(checked)
    for line, message in enumerate(faults, start=2):
        assert message in found[line], message
    assert checked.context["confirm"] is None


def test_a_dirty_list_of_two_thousand_rows(client: Client, organisation: Organisation) -> None:
    """The good rows are written, by as many statements as a short list takes; a second run changes nothing."""
    code = organisation.team.code

    def rows(first: int, count: int) -> list[list[str]]:
        bad = ["", "NOWHERE"]
        return [
            [f"p{number:05d}", f"员工{number}", "", "", code if number % 10 else bad[number // 10 % 2] or "X", "account_manager", "", ""]
            for number in range(first, first + count)
        ]

    with CaptureQueriesContext(
        connection,
    ) as few:
        confirm(client, check(client, text_file(rows(0, 20))))
    read_message = reverse("admin:index")
    client.get(read_message)
    with CaptureQueriesContext(connection) as many:
        checked = check(client, sheet_file(rows(10_000, 2_000)))
        assert counts(checked) == {"error": 200, "created": 1_800}
        confirm(client, checked)
    assert len(many) <= len(few)
    assert User.objects.filter(username__startswith="p1").count() == 1_800
    assert RoleAssignment.objects.filter(user__username__startswith="p1").count() == 1_800
    again = check(client, sheet_file(rows(10_000, 2_000)))
    assert counts(again) == {"error": 200, "unchanged": 1_800}

    asked = []
    for first, count in ((0, 20), (10_000, 2_000)):
        renamed = [[row[0], row[1] + "甲", *row[2:]] for row in rows(first, count)]
        client.get(read_message)
        with CaptureQueriesContext(connection) as changes:
            confirm(client, check(client, text_file(renamed)))
        asked.append(len(changes))
    assert asked[1] <= asked[0]
    assert User.objects.filter(username__startswith="p1", name__endswith="甲").count() == 1_800


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00", "neither a spreadsheet nor a text"),
        (b"PK\x03\x04 but no package", "not a spreadsheet"),
        ("login,name\n".encode("utf-16"), "neither a spreadsheet nor a text"),
        (b"name,phone\nx,1\n", "must hold the headings"),
        (b"login,account,name\na,b,c\n", "same meaning"),
        (b"login,name\n", "holds no people"),
        (b'login,name\n"a,b\n', "quotation marks"),
        (b"login,name\n" + b"x,y\n" * (MOST_ROWS + 1), "more than 10,000 rows"),
        (b"login,name\n" + b"x" * MOST_BYTES, "larger than 5 MB"),
    ],
)
def test_what_is_no_list_is_refused(client: Client, content: bytes, message: str) -> None:
    page = check(client, SimpleUploadedFile("people.xlsx", content)).content.decode()
    assert message in page


def test_a_sheet_of_a_million_rows_is_refused(client: Client) -> None:
    """Also one that says nothing of its size, and one that unpacks to more than it weighs."""
    row = '<row><c t="inlineStr"><is><t>a</t></is></c></row>'
    head = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    small = sheet_file([["a", "b"]])
    for body, message in ((row * 1_000_000, "more than 10,000 rows"), (" " * 70_000_000, "more than 10,000 rows")):
        file = io.BytesIO()
        with zipfile.ZipFile(small) as given, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
            for name in given.namelist():
                heading = '<row><c t="inlineStr"><is><t>login</t></is></c></row>'
                sheet = f"{head}{heading}{body}</sheetData></worksheet>".encode()
                package.writestr(name, sheet if name.startswith("xl/worksheets/") else given.read(name))
        small.seek(0)
        assert len(file.getvalue()) < MOST_BYTES
        assert message in check(client, SimpleUploadedFile("people.xlsx", file.getvalue())).content.decode()


def test_formulas_are_not_taken(client: Client) -> None:
    checked = check(client, sheet_file([["formulist", '=CONCATENATE("a","b")', "", "", "", "", "", ""]]))
    assert "a formula is not taken" in messages(checked)[2]


def test_first_passwords_are_shown_once(client: Client, organisation: Organisation, settings: Settings) -> None:
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS
    rows = [[f"q{number}", f"新人{number}", "", "", organisation.team.code, "account_manager", "", ""] for number in range(3)]
    checked = check(client, text_file(rows))
    response = confirm(client, checked, first_passwords="on")
    assert response["Content-Disposition"].startswith("attachment")
    assert "no-store" in response["Cache-Control"]
    handed = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))[1:]
    assert [row[0] for row in handed] == ["q0", "q1", "q2"]
    for login, _name, password in handed:
        user = User.objects.get(username=login)
        assert re.fullmatch(r"([a-z2-9]{5}-){3}[a-z2-9]{5}", password)
        assert password not in user.password
        rounds = int(user.password.split("$")[1])
        assert user.check_password(password)
        assert int(user.password.split("$")[1]) > 100 * rounds, "the slow hash is made on first use"
    assert confirm(client, checked, first_passwords="on").status_code == 302
    assert not any(password in str(event.details) for event in AuditEvent.objects.all() for _login, _name, password in handed)


def test_too_many_first_passwords_are_refused(client: Client) -> None:
    rows = [[f"r{number}", "新人", "", "", "", "", "", ""] for number in range(MOST_FIRST_PASSWORDS + 1)]
    assert confirm(client, check(client, text_file(rows)), first_passwords="on").status_code == 302
    assert not User.objects.filter(username__startswith="r1").exists()


def test_whoever_is_disabled_is_out_at_once(client: Client, manager: User) -> None:
    theirs = browser(manager)
    assert theirs.get(reverse("customers:customer_list")).status_code == 200
    confirm(client, check(client, text_file([[manager.username, "", "", "", "", "", "", "no"]])))
    assert theirs.get(reverse("customers:customer_list")).status_code == 302
    manager.refresh_from_db()
    assert not manager.is_active


def test_a_consent_is_the_own_one_and_unchanged(client: Client, keeper: User) -> None:
    checked = check(client, text_file([["fresh", "新人", "", "", "", "", "", ""]]))
    payload = checked.context["confirm"].initial["checked"]
    other = UserFactory(username="second", is_staff=True)
    held = keeper.assignments.get()
    other.assignments.create(role=held.role, org_unit=held.org_unit)
    held.role.requires_second_factor = False
    held.role.save()
    for browsed, value in ((client, payload + "x"), (client, "x"), (browser(other), payload)):
        page = browsed.post(ADDRESS, {"checked": value})
        assert page.status_code == 200
        assert "too old or was not yours" in page.content.decode()
    assert not User.objects.filter(username="fresh").exists()


def test_what_changed_meanwhile_is_not_written(client: Client, organisation: Organisation) -> None:
    checked = check(client, text_file([["late", "迟", "", "", organisation.other_city.code, "", "", ""]]))
    organisation.other_city.code = "GONE"
    organisation.other_city.save()
    assert confirm(client, checked).status_code == 302
    assert not User.objects.filter(username="late").exists()


@pytest.mark.parametrize("persona", ["manager", "director", "viewer"])
def test_others_are_refused(persona: str, request: pytest.FixtureRequest) -> None:
    user = request.getfixturevalue(persona)
    User.objects.filter(pk=user.pk).update(is_staff=True)
    client = browser(User.objects.get(pk=user.pk))
    before = User.objects.count()
    assert client.get(ADDRESS).status_code == 403
    assert client.post(ADDRESS, {"file": text_file([["fresh", "新人", "", "", "", "", "", ""]])}).status_code == 403
    assert User.objects.count() == before
    assert not scope_of(user).role_reach("access", "change").everything
