"""Marked values, and where they must not sing: pages, the API, files, the log, error reports, job errors, the audit, raw tables.

Every GET address of the product is read by people of each standing. What a person may reveal is masked in the first view all the same.
"""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator
from typing import Any, Final

import pytest
from django.conf import settings as project
from django.db import IntegrityError, connection
from django.http import HttpResponseBase
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils.module_loading import import_string
from openpyxl import load_workbook

from access.models import AuditEvent, AuditEventKind, RolePermission, User
from customers.models import ContactPerson, Customer
from jobs.models import Job, JobAttempt
from jobs.services.work import _record_error
from members.models import BlacklistedNumber, Member
from tests.access import test_reach as reach
from tests.access.clients import browser, token_client
from tests.access.test_reach import World

pytestmark = pytest.mark.django_db

world = reach.world

ID_NUMBER: Final = "440305199003071234"
ACCOUNT: Final = "6222021234567890123"
MEMBER: Final = "13912340001"
ROW: Final = "13912340002"
PHONE: Final = "13800006621"
BLACKLISTED: Final = "13712345678"
EMAIL: Final = "chenyuanzhang@example.cn"
MARKS: Final = (ID_NUMBER, ACCOUNT, MEMBER, ROW, PHONE, BLACKLISTED, EMAIL)
IN_FULL: Final = {"api:provisioning_job_rows", *reach.EXPORTS}
"""What a person who may reveal gets in full, each time with an event of the audit."""


@pytest.fixture
def marked(world: World) -> World:
    """The world of all objects with a marked value wherever one can stand."""
    ContactPerson.objects.filter(pk=world.keys["person"]).update(phone=f"86{PHONE}", email=EMAIL, is_key_person=True)
    person = ContactPerson.objects.get(pk=world.keys["person"])
    person.id_type, person.id_number = "id_card", ID_NUMBER
    person.save()
    customer = Customer.objects.get(pk=world.keys["customer"])
    customer.bank_name, customer.bank_account = "云江银行", ACCOUNT
    customer.save()
    BlacklistedNumber.objects.create(msisdn=f"86{BLACKLISTED}", reason="骚扰")
    assert Member.objects.get(pk=world.keys["member"]).msisdn == f"86{MEMBER}"
    return world


def sung(text: str) -> list[str]:
    """The marks in `text`."""
    return [mark for mark in MARKS if mark in text]


def text_of(response: HttpResponseBase) -> str:
    """All that an answer says, headers included; of a workbook its cells."""
    body = b"".join(response) if response.streaming else response.content  # type: ignore[attr-defined]
    if "spreadsheetml" in response.headers.get("Content-Type", ""):
        rows = load_workbook(io.BytesIO(body)).active.iter_rows(values_only=True)  # type: ignore[union-attr]
        return "\n".join(str(row) for row in rows)
    return f"{response.headers}\n{body.decode()}"


def walk(world: World, client: Client, *, leaving_out: frozenset[str] = frozenset()) -> Iterator[tuple[str, str]]:
    """Name and text of every page, of an object or not, that answers this client; searches for the marks included."""
    for name, (subject, _methods) in reach.objects().items():
        if name not in leaving_out and name != "members:number":  # whose address is the number, typed by the person
            yield name, text_of(client.get(world.address(name, subject)))
    for address in reach.addresses():
        if not address.parameters and not address.route.startswith("admin/") and address.name not in leaving_out:
            yield address.name, text_of(client.get(f"/{address.route}"))
    for name, path in reach.admin_addresses():
        if "pghistory" in path or "/r/" in path:  # neither is a page of ours: raw events, and the way from a type and a key to a page
            continue
        yield name, text_of(client.get(path))
    for show in ("all", "eligible", "failed"):
        yield "preview", text_of(client.get(f"{world.address('members:batch_preview', 'job')}?show={show}"))


@pytest.mark.parametrize("persona", ["viewer", "manager", "director", "administrator"])
def test_no_first_view_shows_a_value(marked: World, persona: str, request: pytest.FixtureRequest) -> None:
    user: User = request.getfixturevalue(persona)
    User.objects.filter(pk=user.pk).update(is_staff=persona == "administrator")
    client = browser(User.objects.get(pk=user.pk))
    may_reveal = persona != "viewer"
    seen = list(walk(marked, client, leaving_out=frozenset(IN_FULL) if may_reveal else frozenset()))
    assert [(name, marks) for name, text in seen if (marks := sung(text))] == []
    whole = "\n".join(text for _name, text in seen)
    for masked in ("138****6621", "139****0001", "139****0002", "**** 0123", "440****1234"):
        assert masked in whole, f"{masked} is nowhere: the walk has not come by"
    assert ("137****5678" in whole) is (persona == "administrator")
    assert ('class="reveal"' in whole) is may_reveal
    assert not AuditEvent.objects.filter(kind=AuditEventKind.REVEALED).exists()


def test_the_api_masks_for_those_who_do_not_reveal(marked: World, viewer: User, manager: User) -> None:
    rows = reverse("api:provisioning_job_rows", args=[marked.keys["job"]])
    masked = text_of(token_client(viewer).get(rows))
    assert sung(masked) == []
    assert "139****0002" in masked
    assert ROW in text_of(token_client(manager).get(rows))
    event = AuditEvent.objects.get(kind=AuditEventKind.REVEALED)
    assert (event.actor, event.details["count"]) == (manager, 2)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_files_are_masked_without_the_right_to_reveal(marked: World, manager: User, form: str) -> None:
    """The bad row of the batch is given a mark: malformed cells hold numbers too."""
    job = marked.keys["job"]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE members_batchrow SET raw = %s WHERE job_id = %s AND state = 'f'", [f"={PHONE}x", job])
    addresses = [reverse("members:batch_errors", args=[job, form]), reverse(f"api:provisioning_job_errors_{form}", args=[job])]
    for address in addresses:
        assert PHONE in text_of(browser(manager).get(address)), address
    RolePermission.objects.filter(role__code="account_manager", action="reveal").delete()
    for address in addresses:
        text = text_of(browser(User.objects.get(pk=manager.pk)).get(address))
        assert sung(text) == [], address
        assert "****6621" in text
    events = AuditEvent.objects.filter(kind=AuditEventKind.EXPORTED).order_by("pk")
    assert [(event.details["revealed"], event.details["rows"], event.details["form"]) for event in events] == [
        *[(True, 1, form)] * 2,
        *[(False, 1, form)] * 2,
    ]


# --- what people do not look at --------------------------------------------------------------------------------------------------------


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the console would print, down to the SQL with its parameters."""
    logging_settings: dict[str, Any] = project.LOGGING
    described = logging_settings["handlers"]["console"]
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(logging.Formatter(logging_settings["formatters"]["line"]["format"]))
    for name in described["filters"]:
        handler.addFilter(import_string(logging_settings["filters"][name]["()"])())
    loggers = [logging.getLogger(), logging.getLogger("django.db.backends")]
    levels = [logger.level for logger in loggers]
    loggers[0].addHandler(handler)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    connection.force_debug_cursor = True
    yield text
    connection.force_debug_cursor = False
    loggers[0].removeHandler(handler)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


def test_the_log_holds_no_value(marked: World, manager: User, log: io.StringIO) -> None:
    """Neither of what is read nor of what is looked for: the SQL of a search carries the number."""
    client = browser(manager)
    client.raise_request_exception = False
    for name, typed in (
        ("members:member_list", MEMBER),
        ("customers:contact_person_list", PHONE),
        ("customers:contact_person_list", ID_NUMBER),
    ):
        assert client.get(reverse(name), {"q": typed}).status_code == 200
    client.get(f"/members/numbers/{MEMBER}/")
    client.get(f"/members/numbers/{BLACKLISTED}/")
    client.post(reverse("access:reveal"), {"value": [f"person.{marked.keys['person']}.phone", f"member.{marked.keys['member']}.number"]})
    told = log.getvalue()
    assert "SELECT" in told
    assert "139****0001" in told
    assert [mark for mark in sung(told) if mark != EMAIL] == []


def test_an_unexpected_error_tells_no_value(marked: World, manager: User, log: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its message, the variables of its frames and its page; the log has the reference that the page shows."""

    def fail(*_arguments: Any, **_options: Any) -> None:
        number = f"86{MEMBER}"
        raise IntegrityError(f'duplicate key value: Key (msisdn)=({number}) already exists, {ID_NUMBER}, "{ACCOUNT}"')

    monkeypatch.setattr("members.tables.MemberList.queryset", fail)
    client = browser(manager)
    client.raise_request_exception = False
    answer = client.get(reverse("members:customer_panel", args=[marked.keys["customer"]]))
    assert answer.status_code == 500
    assert sung(text_of(answer)) == []
    assert "Key (msisdn)=(139****0001)" in log.getvalue()
    assert sung(log.getvalue()) == []
    try:
        fail()
    except IntegrityError:
        reporter = import_string(project.DEFAULT_EXCEPTION_REPORTER)(RequestFactory().get("/"), *sys.exc_info())
    for report in (reporter.get_traceback_text(), reporter.get_traceback_html()):
        assert "139****0001" in report
        assert sung(report) == []


def test_errors_of_jobs_hold_no_value(marked: World) -> None:
    attempt = JobAttempt.objects.create(job=Job.objects.get(pk=marked.keys["job"]), work="run")
    _record_error(attempt, IntegrityError(f"Key (msisdn)=(86{MEMBER}) already exists. {ID_NUMBER} {ACCOUNT}"))
    attempt.refresh_from_db()
    assert "139****0001" in attempt.error
    assert sung(attempt.error) == []


def test_the_audit_holds_no_value(marked: World, manager: User) -> None:
    client = browser(manager)
    tokens = [f"person.{marked.keys['person']}.{name}" for name in ("phone", "email", "id_number")]
    tokens += [f"member.{marked.keys['member']}.number", f"customer.{marked.keys['customer']}.bank_account"]
    assert len(sung(text_of(client.post(reverse("access:reveal"), {"value": tokens})))) == 5
    for token in tokens:
        client.post(reverse("access:reveal"), {"value": token})
    client.get(f"/members/numbers/{BLACKLISTED}/")  # refused, and its address is kept
    text_of(client.get(reverse("members:batch_errors", args=[marked.keys["job"], "csv"])))
    assert AuditEvent.objects.filter(kind__in=[AuditEventKind.REVEALED, AuditEventKind.EXPORTED]).count() == 3 + 5 + 1
    assert sung(str(list(AuditEvent.objects.values()))) == []


def test_the_tables_hold_no_plain_paper_nor_account(marked: World) -> None:
    """Raw, as a dump or a replica has them; the events of the history included."""
    tables = [
        name for name in connection.introspection.table_names() if name.startswith(("customers_", "access_", "members_", "pghistory_"))
    ]
    assert "customers_contactpersonevent" in tables
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f'SELECT coalesce(string_agg(t::text, chr(10)), $$$$) FROM "{table}" t')
            text = cursor.fetchone()[0]
            plain = [mark for mark in (ID_NUMBER, ACCOUNT) if mark in text or mark.encode().hex() in text]
            assert plain == [], table
