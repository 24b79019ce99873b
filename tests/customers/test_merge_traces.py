"""What remains to be read of a merged customer, and what imports and batches do that were there before the merge."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from access.models import User
from common.versions import version_of
from customers.models import ContactPerson, Customer, ImportRow, Lifecycle
from customers.services.contact_people import add_contact_person
from customers.services.details import update_customer
from customers.services.imports import approve_import, recheck_import, undo_import
from customers.services.lifecycle import move_customer
from customers.services.merging import begin_undo
from customers.services.ownership import assign_customer
from customers.timeline import read_page
from customers.timeline.reading import Cursor
from jobs.errors import JobRefused
from jobs.models import Job, JobStatus
from members.services.batch_run import run_here
from members.services.batches import approve_batch, undo_batch
from tests.access.clients import browser
from tests.access.test_reach import make_batch
from tests.customers.imports import CONTACTS, CUSTOMERS, checked, imported, run, told, work_off
from tests.customers.test_merge_limits import two  # noqa: F401  (fixture)
from tests.customers.test_merging import merge
from tests.factories.customers import CustomerFactory, make_relation
from tests.factories.workflow import make_task
from workflow.models import Task

pytestmark = pytest.mark.django_db
Two = tuple[Customer, Customer]


def happenings(customer: Customer, user: User, **asked: object) -> list[tuple[str, str, str]]:
    """Kind, text and former name of each."""
    entries = read_page(customer, user, **asked).entries  # type: ignore[arg-type]
    return [(one.kind.key, str(one.entry.text), one.former) for one in entries]


@pytest.fixture
def lived(two: Two, manager: User, colleague: User, director: User) -> Two:  # noqa: F811
    """Both with something behind them."""
    winner, loser = two
    assign_customer(customer_id=loser.pk, actor=director, manager=manager, org_unit=loser.org_unit, reason="轮岗")
    move_customer(customer_id=loser.pk, actor=manager, to=Lifecycle.WARNED, reason="嫌贵")
    loser.refresh_from_db()
    update_customer(customer_id=loser.pk, actor=manager, seen=version_of(loser), remark="旧楼")
    add_contact_person(customer_id=loser.pk, actor=manager, name="周海")
    make_relation(loser, winner)
    loser.refresh_from_db()
    return winner, loser


def test_the_timeline_tells_what_happened_under_the_other_name(lived: Two, manager: User, director: User) -> None:
    winner, loser = lived
    before = happenings(loser, manager)
    job = merge(lived, director)
    found = happenings(winner, manager)
    former = f"{loser.name} {loser.code}"
    under = [(kind, text) for kind, text, name in found if name == former]
    assert {"ownership", "lifecycle", "fields", "people"} <= {kind for kind, _text in under}
    lost = {(kind, text) for kind, text, _name in before} - {(kind, text) for kind, text, _name in found}
    assert lost == set()
    assert [kind for kind, _text, _name in found].count("merges") == 1
    assert not any("removed" in text for kind, text in under if kind == "fields")
    assert {kind for kind, _text, _name in happenings(winner, manager, kinds=["lifecycle"])} == {"lifecycle"}
    paged, cursor = [], None
    while True:
        page = read_page(winner, manager, size=2, before=cursor)
        paged += [(one.kind.key, str(one.entry.text), one.former) for one in page.entries]
        if not page.following:
            break
        cursor = Cursor.parse(page.following)
    assert paged == found
    begin_undo(job_id=job.pk, actor=director)
    assert {name for _kind, _text, name in happenings(winner, manager)} == {""}


def test_the_history_leads_to_what_was_before(lived: Two, manager: User, director: User, foreign_manager: User, colleague: User) -> None:
    winner, loser = lived
    job = merge(lived, director)
    address = reverse("customers:merge_history", args=[job.pk])
    client = browser(manager)
    assert f'href="{address}"' in client.get(reverse("customers:customer_history", args=[winner.pk])).content.decode()
    page = client.get(address).content.decode()
    assert ("旧楼" in page, "轮岗" in page, "嫌贵" in page, loser.name in page) == (True, True, True, True)
    assert "Put back" not in page
    for stranger in (foreign_manager, colleague):
        assert browser(stranger).get(address).status_code == 404
    begin_undo(job_id=job.pk, actor=director)
    assert client.get(address).status_code == 404


def test_the_timeline_of_one_with_a_past_takes_as_many_queries(lived: Two, manager: User, director: User) -> None:
    winner, _loser = lived
    merge(lived, director)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            read_page(winner, User.objects.get(pk=manager.pk))
        return len(queries)

    first = count()
    for number in range(10):
        person = ContactPerson.objects.get(name="周海")
        person.title = f"主任{number}"
        person.save()
    assert count() <= first


# --- what was under way ----------------------------------------------------------------------------------------------------------------


def test_an_import_that_was_checked_before_a_merge_writes_nothing_to_what_is_gone(two: Two, director: User) -> None:  # noqa: F811
    winner, loser = two
    below = CustomerFactory(parent=loser, manager=loser.manager, code="BELOW")
    rows = [["code", "name", "remark"], ["LOSE", loser.name, "新"], ["BELOW", below.name, "新"], ["LATER", "云江港务局", "新"]]
    first = checked(director, CUSTOMERS, rows)
    people = checked(director, CONTACTS, [["customer", "name"], ["LOSE", "周海"]])
    approved = [approve_import(job_id=job.pk, actor=director, fingerprint=job.fingerprint) for job in (first, people)]
    waiting = [checked(director, CUSTOMERS, [rows[0], rows[3]]), checked(director, CONTACTS, [["customer", "name"], ["LOSE", "周江"]])]
    later = CustomerFactory(code="LATER", manager=winner.manager)
    merge(two, director)
    merge((CustomerFactory(manager=winner.manager), later), director)
    assert told(work_off(approved[0])) == [(line, state, [("merged_since", "")]) for line, state in ((2, "u"), (3, "u"), (4, "c"))]
    assert told(work_off(approved[1])) == [(2, "c", [("merged_since", "")])]
    for job in waiting:
        with pytest.raises(JobRefused, match="import_moved"):
            run(job, director)
    assert not Customer.objects.filter(code__in=["LOSE", "LATER"]).exists()
    assert not ContactPerson.objects.exists()
    run(work_off(recheck_import(job_id=waiting[1].pk, actor=director)), director)
    assert ContactPerson.objects.get().customer == winner
    assert told(work_off(recheck_import(job_id=waiting[0].pk, actor=director))) == [(2, "e", [("merged_into", "code")])]


def test_the_code_of_a_merged_customer_means_the_one_that_stays_for_contact_persons(
    two: Two,  # noqa: F811
    director: User,
    foreign_director: User,
) -> None:
    winner, _loser = two
    merge(two, director)
    imported(director, CONTACTS, [["customer", "name"], ["lose", "周海"]])
    assert ContactPerson.objects.get().customer == winner
    refused = checked(foreign_director, CONTACTS, [["customer", "name"], ["LOSE", "周江"]])
    assert told(refused) == [(2, "e", [("customer_unknown", "customer")])]


def test_the_undo_of_an_older_import_says_what_a_merge_has_moved(two: Two, director: User, manager: User) -> None:  # noqa: F811
    winner, _loser = two
    made = imported(director, CUSTOMERS, [["code", "name", "manager"], ["NEW", "云江港务局", manager.username]])
    people = imported(director, CONTACTS, [["customer", "name"], ["NEW", "周海"]])
    job = merge((winner, Customer.objects.get(code="NEW")), director)
    for older in (made, people):
        undo = work_off(undo_import(job_id=older.pk, actor=director))
        assert told(undo) == [(2, "c", [("merged_since", "")])]
    assert ContactPerson.objects.get().customer == winner
    begin_undo(job_id=job.pk, actor=director)
    assert ContactPerson.objects.get().customer.code == "NEW"


def test_the_undo_of_an_older_batch_says_that_a_merge_came_between(
    two: Two,  # noqa: F811
    director: User,
    colleague: User,
    client: Client,
) -> None:
    _winner, loser = two
    batch = make_batch(colleague, loser.pk)
    batch = run_here(approve_batch(job_id=batch.pk, actor=colleague, fingerprint=batch.fingerprint))
    assert batch.applied == 1
    merge(two, director)
    undo = run_here(undo_batch(job_id=batch.pk, actor=director))
    assert (undo.eligible, undo.failed) == (0, 1)
    client.force_login(director)
    page = client.get(reverse("members:batch_preview", args=[undo.pk])).content.decode()
    assert loser.name in page


def test_after_an_undo_to_dos_and_jobs_belong_to_the_right_one(two: Two, manager: User, director: User) -> None:  # noqa: F811
    winner, loser = two
    task = make_task(manager, loser)
    own, name = winner.name, loser.name
    job = merge(two, director, "name")
    Task.objects.get(pk=task.pk).save()  # put off meanwhile
    begun = Job.objects.create(kind="provisioning", title=name, actor=manager, customer_key=winner.pk)
    undone = Job.objects.create(kind="provisioning", title=f"Undo of #{begun.pk}: {name}", actor=manager, customer_key=winner.pk)
    other = Job.objects.create(kind="provisioning", title=f"A{name}", actor=manager, customer_key=winner.pk)
    Job.objects.update(status=JobStatus.DONE)
    assert begin_undo(job_id=job.pk, actor=director).conflicts == 0
    assert Task.objects.get(pk=task.pk).subject_key == loser.pk
    titles = [Job.objects.get(pk=one.pk).title for one in (begun, undone, other)]
    assert titles == [own, f"Undo of #{begun.pk}: {own}", f"A{name}"]
    assert ImportRow.objects.count() == 0
