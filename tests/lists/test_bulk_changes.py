"""Changes of many rows: what the preview says is what happens, once, to rows that nobody has changed meanwhile; and the way back."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from access.history.subjects import event_model_of
from access.models import OrgUnit, User
from customers.grants import TO_VIEW, CustomerUserObjectPermission
from customers.models import ContactPerson, Customer, CustomerTag, Industry, OwnershipChange, Tag
from jobs.models import Job, JobRow, JobStatus
from jobs.services.work import advance
from members.models import Member
from tests.access.clients import browser
from tests.factories.customers import ContactPersonFactory, CustomerFactory
from tests.members.factories import make_member
from workflow.models import Notice

pytestmark = pytest.mark.django_db


def address(operation: str = "edit", name: str = "customers") -> str:
    return reverse("jobs:list_change", args=[name, operation])


def see(user: User, where: str | None = None, **body: Any) -> Any:
    """The preview."""
    return browser(user).post(where or address(), {"step": "preview", "everything": "yes", "back": "/customers/", **body})


def numbers(response: Any) -> tuple[int, int, int, int]:
    """Chosen, will change, are so already, may not be changed."""
    shown = response.context["preview"]
    return shown.total, shown.changing, shown.holding, shown.closed


def change(user: User, where: str | None = None, *, seen: Any = None, **body: Any) -> Any:
    """Look at the preview (or take `seen`), then do what it says."""
    shown = seen or see(user, where, **body)
    kept = dict(re.findall(r'name="(seen|token)" value="([^"]+)"', shown.content.decode()))
    return browser(user).post(where or address(), {"everything": "yes", "back": "/customers/", **body, **kept, "step": "apply"})


LEVEL = {"field": "level", "value": "A1"}


def test_the_preview_counts_what_changes_what_is_so_already_and_what_may_not_be_changed(
    manager: User, foreign_manager: User, viewer: User
) -> None:
    CustomerFactory.create_batch(2, manager=manager, level="C")
    CustomerFactory(manager=manager, level="A1")
    shared = CustomerFactory(manager=foreign_manager, level="C", org_unit=foreign_manager.org_unit)
    to_view = Permission.objects.get_by_natural_key(TO_VIEW, "customers", "customer")
    CustomerUserObjectPermission.objects.create(user=manager, content_object=shared, permission=to_view)
    CustomerFactory(manager=foreign_manager, level="C", org_unit=foreign_manager.org_unit)
    shown = see(manager, **LEVEL)
    assert numbers(shown) == (4, 2, 1, 1)
    assert [(row.old, row.new) for row in shown.context["preview"].sample] == [("C", "A1")] * 2
    assert see(viewer, **LEVEL).status_code == 404
    assert not Customer.objects.filter(level="A1").exclude(manager=manager).exists()


def test_the_change_is_done_once_by_one_event_each_and_can_be_taken_back(manager: User, foreign_manager: User) -> None:
    mine = CustomerFactory.create_batch(3, manager=manager, level="C")
    foreign = CustomerFactory(manager=foreign_manager, level="C")
    shown = see(manager, **LEVEL)
    assert change(manager, seen=shown, **LEVEL).url == change(manager, seen=shown, **LEVEL).url == "/customers/"
    job = Job.objects.get(kind="bulk_change")
    assert (job.status, job.applied, job.title) == (JobStatus.DONE, 3, "Customers: Level: A1")
    assert set(Customer.objects.filter(level="A1")) == set(mine)
    events: Any = event_model_of(Customer)._default_manager.filter(pgh_job=job.pk)
    assert events.count() == 3
    assert set(events.values_list("level", "pgh_actor")) == {("A1", manager.pk)}
    touched = mine[0]
    Customer.objects.filter(pk=touched.pk).update(remark="x", updated_at=timezone.now())
    page: Any = browser(manager).post(reverse("jobs:job_page", args=[job.pk]), {"do": "undo"})
    undo = Job.objects.get(undo_of=job)
    assert page.url == reverse("jobs:job_page", args=[undo.pk])
    assert (undo.status, undo.applied, undo.conflicts) == (JobStatus.DONE_WITH_ERRORS, 2, 1)
    assert list(Customer.objects.filter(level="A1")) == [touched]
    assert Customer.objects.get(pk=foreign.pk).level == "C"
    browser(manager).post(reverse("jobs:job_page", args=[job.pk]), {"do": "undo"})
    assert Job.objects.filter(undo_of=job).count() == 1
    assert "1 row was left alone" in browser(manager).get(page.url).content.decode()


def test_rows_that_changed_meanwhile_are_told_and_nothing_is_done(manager: User) -> None:
    first, second = CustomerFactory.create_batch(2, manager=manager, level="C")
    shown = see(manager, **LEVEL)
    first.save()
    answer = change(manager, seen=shown, **LEVEL)
    assert answer.status_code == 409
    assert "The preview has changed since you saw it" in answer.content.decode()
    assert not Job.objects.exists()
    assert Customer.objects.filter(level="A1").count() == 0
    assert change(manager, seen=answer, **LEVEL).status_code == 302
    second.refresh_from_db()
    assert second.level == "A1"


def test_a_large_one_goes_by_chunks_of_workers_and_leaves_what_has_changed(manager: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.services.bulk_changes.AT_ONCE", 2)
    monkeypatch.setattr("jobs.services.bulk_changes.CHUNK_ROWS", 2)
    rows = CustomerFactory.create_batch(5, manager=manager, level="C")
    job = Job.objects.get(pk=change(manager, **LEVEL).url.split("/")[2])
    assert (job.awaits, job.eligible, JobRow.objects.filter(job=job).count()) == ("run", 5, 5)
    rows[-1].save()
    while advance(job.pk):
        pass
    job.refresh_from_db()
    assert (job.status, job.applied, job.conflicts) == (JobStatus.DONE_WITH_ERRORS, 4, 1)
    assert Customer.objects.filter(level="A1").count() == 4


def test_who_loses_the_right_changes_nothing_more(manager: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.services.bulk_changes.AT_ONCE", 0)
    CustomerFactory(manager=manager, level="C")
    job_id = int(change(manager, **LEVEL).url.split("/")[2])
    manager.assignments.all().delete()
    while advance(job_id):
        pass
    assert Job.objects.get(pk=job_id).status == JobStatus.FAILED
    assert not Customer.objects.filter(level="A1").exists()


@pytest.mark.parametrize(
    ("field", "value", "name", "expected"),
    [("source", "展会", "source", "展会"), ("remark", "second", "remark", "first\nsecond"), ("scale", "", "scale", "")],
)
def test_fields_of_customers(manager: User, field: str, value: str, name: str, expected: str) -> None:
    row = CustomerFactory(manager=manager, remark="first", scale="large")
    full = CustomerFactory(manager=manager, remark="x" * 1_999, scale="")
    assert change(manager, field=field, value=value).status_code == 302
    row.refresh_from_db()
    assert getattr(row, name) == expected
    full.refresh_from_db()
    assert len(full.remark) == 1_999
    browser(manager).post(reverse("jobs:job_page", args=[Job.objects.latest("pk").pk]), {"do": "undo"})
    row.refresh_from_db()
    assert (row.remark, row.scale) == ("first", "large")


def test_a_dictionary_entry_and_wrong_values(manager: User) -> None:
    row = CustomerFactory(manager=manager, industry=None)
    entry = Industry.objects.create(code="Z1", name_en="Trade", name_zh="贸易")
    assert change(manager, field="industry", value=entry.pk).status_code == 302
    row.refresh_from_db()
    assert row.industry == entry
    assert see(manager, field="level", value="Z9").status_code == 422
    assert see(manager, field="code", value="X").status_code == 422
    assert see(manager, everything="", field="level", value="A1").status_code == 200  # nothing chosen: the page says so


def test_contact_people_and_members(manager: User) -> None:
    person = ContactPersonFactory(customer__manager=manager, is_key_person=False)
    assert change(manager, address(name="contact-people"), field="is_key_person", value="yes").status_code == 302
    person.refresh_from_db()
    assert person.is_key_person
    live = make_member(person.customer, "8613912340001")
    gone = make_member(person.customer, "8613912340002", left_on=datetime.date(2026, 1, 1))
    where = {"in-customer": str(person.customer_id), "field": "department", "value": "财务部"}
    assert change(manager, address(name="members"), **where).status_code == 302
    assert set(Member.objects.filter(department="财务部")) == {live}
    assert gone.department == ""
    assert browser(manager).get(address(name="members"), {"everything": "yes"}).status_code == 404
    assert ContactPerson.objects.count() == 1


def test_handing_over_many_keeps_each_change_with_its_reason(director: User, manager: User, colleague: User, foreign_manager: User) -> None:
    mine = CustomerFactory.create_batch(3, manager=manager, org_unit=manager.org_unit)
    CustomerFactory(manager=colleague, org_unit=colleague.org_unit)
    about = Job.objects.create(
        kind="provisioning", title="x", actor=manager, customer_key=mine[0].pk, manager=manager, org_unit=manager.org_unit
    )
    given = {"manager": colleague.pk, "reason": "调岗"}
    shown = see(director, address("assign"), **given)
    assert numbers(shown) == (4, 3, 1, 0)
    assert change(director, address("assign"), seen=shown, **given).status_code == 302
    assert not Customer.objects.filter(manager=manager).exists()
    kept = OwnershipChange.objects.values_list("from_manager", "to_manager", "reason", "actor")
    assert list(kept) == [(manager.pk, colleague.pk, "调岗", director.pk)] * 3
    told = Notice.objects.filter(kind__startswith="customers_").values_list("recipient", "kind")
    assert set(told) == {(colleague.pk, "customers_assigned"), (manager.pk, "customers_taken")}
    about.refresh_from_db()
    assert about.manager == colleague
    assert not Customer.objects.visible_to(User.objects.get(pk=manager.pk)).exists()
    job = Job.objects.get(kind="bulk_change")
    User.objects.filter(pk=colleague.pk).update(is_active=False)  # who left is no reason to leave them with him
    browser(director).post(reverse("jobs:job_page", args=[job.pk]), {"do": "undo"})
    User.objects.filter(pk=colleague.pk).update(is_active=True)
    assert set(Customer.objects.filter(manager=manager)) == set(mine)
    assert see(manager, address("assign"), **given).status_code == 404
    assert see(director, address("assign"), manager=foreign_manager.pk, reason="x").status_code == 422
    assert see(director, address("assign"), reason="x").status_code == 422
    unit: OrgUnit = director.org_unit  # type: ignore[assignment]  # the fixture has one
    assert numbers(see(director, address("assign"), org_unit=unit.pk, nobody="on", reason="x"))[1] == 4


def test_tags(manager: User) -> None:
    first, _second = CustomerFactory.create_batch(2, manager=manager)
    tag = Tag.objects.create(code="VIP", name_en="VIP", name_zh="重点")
    CustomerTag.objects.create(customer=first, tag=tag, actor=manager)
    assert change(manager, address("tag"), tag=tag.pk).status_code == 302
    job = Job.objects.get(kind="bulk_change")
    assert (job.applied, CustomerTag.objects.count()) == (1, 2)
    browser(manager).post(reverse("jobs:job_page", args=[job.pk]), {"do": "undo"})
    assert list(CustomerTag.objects.values_list("customer", flat=True)) == [first.pk]
    assert change(manager, address("untag"), tag=tag.pk).status_code == 302
    assert not CustomerTag.objects.exists()
    Tag.objects.update(is_active=False)
    browser(manager).post(reverse("jobs:job_page", args=[Job.objects.latest("id").pk]), {"do": "undo"})
    assert list(CustomerTag.objects.values_list("customer", flat=True)) == [first.pk]


def test_the_number_of_queries_does_not_grow(manager: User, django_assert_max_num_queries: Any) -> None:
    counts = []
    for size in (2, 30):
        CustomerFactory.create_batch(size, manager=manager, level="C")
        shown = see(manager, **LEVEL)
        with django_assert_max_num_queries(100) as asked:
            change(manager, seen=shown, **LEVEL)
        counts.append(len(asked))
        Customer.objects.update(level="C")
    assert counts[0] == counts[1]


def test_boxes_and_buttons_stand_where_they_may_be_used(manager: User, viewer: User) -> None:
    row = CustomerFactory(manager=manager)
    page = browser(manager).get("/customers/?level=C").content.decode()
    assert f'name="row" value="{row.pk}"' in page
    assert address() in page
    assert address("assign") not in page  # an account manager hands nothing over
    assert '<input type="hidden" name="of" value="level=C">' in page
    assert 'name="row"' not in browser(viewer).get("/customers/").content.decode()
    form = browser(manager).get(address(), {"row": row.pk, "field": "level"}).content.decode()
    assert 'name="value"' in form
    assert f'name="row" value="{row.pk}"' in form
