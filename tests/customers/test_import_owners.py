"""Imports that hand customers over or hang them elsewhere: what was allowed at the check is asked again when the rows are written."""

from __future__ import annotations

import pytest

from access.models import RoleAssignment, User
from customers.models import Customer, OwnershipChange
from customers.services.imports import approve_import, undo_import
from jobs.models import Job, JobStatus
from tests.customers.imports import CUSTOMERS, checked, imported, run, told, work_off
from tests.factories.access import RoleAssignmentFactory
from tests.factories.customers import CustomerFactory
from tests.personas import Organisation
from workflow.models import Notice

pytestmark = pytest.mark.django_db

HANDED = [["code", "account manager"], ["A-1", "wanglei"], ["A-2", "wanglei"]]


@pytest.fixture
def customers(manager: User, colleague: User) -> list[Customer]:
    return [CustomerFactory(code=f"A-{number}", name=f"云江第{number}医院", manager=manager) for number in (1, 2)]


def approved(job: Job, actor: User) -> Job:
    approve_import(job_id=job.pk, actor=actor, fingerprint=job.fingerprint)
    return job


def untouched(customers: list[Customer], owner: User) -> bool:
    return not OwnershipChange.objects.exists() and {customer.manager for customer in Customer.objects.all()} == {owner}


def told_of_customers() -> list[Notice]:
    return list(Notice.objects.filter(kind__startswith="customers_"))


def test_both_sides_are_told_once(customers: list[Customer], manager: User, colleague: User, director: User) -> None:
    job = imported(director, CUSTOMERS, HANDED)
    notices = {notice.recipient: (notice.kind, notice.parameters["reason"]) for notice in told_of_customers()}
    assert notices == {manager: ("customers_taken", f"#{job.pk}"), colleague: ("customers_assigned", f"#{job.pk}")}
    undo = run(work_off(undo_import(job_id=job.pk, actor=director)), director)
    assert undo.applied == 2
    assert Notice.objects.get(recipient=manager, kind="customers_assigned").parameters["reason"] == f"#{undo.pk}"


def test_new_customers_of_others_are_told_of(manager: User, colleague: User, director: User) -> None:
    job = imported(
        director, CUSTOMERS, [["code", "name", "account manager"], ["A-1", "云江医院", "wanglei"], ["A-2", "云江银行", "wanglei"]]
    )
    assert job.applied == 2, told(job)
    assert [(notice.recipient, notice.kind) for notice in told_of_customers()] == [(colleague, "customers_assigned")]


def test_whoever_may_no_longer_hand_over_changes_no_owner(customers: list[Customer], manager: User, director: User) -> None:
    job = approved(checked(director, CUSTOMERS, HANDED), director)
    role = RoleAssignment.objects.get(user=director).role
    role.permissions.filter(module="customers", action="approve").delete()
    job = work_off(job)
    assert told(job) == [(2, "u", [("owner_kept", "")]), (3, "u", [("owner_kept", "")])]
    assert untouched(customers, manager)
    assert not told_of_customers()


def test_a_receiver_who_left_the_reach_gets_nothing(
    customers: list[Customer], manager: User, colleague: User, director: User, organisation: Organisation
) -> None:
    rows = [["code", "name", "account manager"], *([row[0], "", row[1]] for row in HANDED[1:]), ["A-3", "云江海关", "wanglei"]]
    job = approved(checked(director, CUSTOMERS, rows), director)
    colleague.org_unit = organisation.other_city
    colleague.save()
    job = work_off(job)
    assert [found for _line, _state, found in told(job)] == [[("receiver_lost", "")]] * 3
    assert untouched(customers, manager)


def test_a_unit_that_left_the_reach_gets_nothing(
    customers: list[Customer], manager: User, director: User, organisation: Organisation
) -> None:
    RoleAssignmentFactory(user=director, role=RoleAssignment.objects.get(user=director).role, org_unit=organisation.other_city)
    job = approved(checked(director, CUSTOMERS, [["code", "org unit"], ["A-1", "QX01"]]), director)
    assert told(job) == [(2, "u", [])]
    RoleAssignment.objects.get(user=director, org_unit=organisation.other_city).delete()
    assert told(work_off(job)) == [(2, "u", [("receiver_lost", "")])]
    assert untouched(customers, manager)


def test_an_undo_hands_nothing_back_to_whom_one_does_not_reach(
    customers: list[Customer], manager: User, colleague: User, director: User, organisation: Organisation
) -> None:
    job = imported(director, CUSTOMERS, HANDED)
    manager.org_unit = organisation.other_city
    manager.save()
    undo = work_off(undo_import(job_id=job.pk, actor=director))
    assert [found for _line, _state, found in told(undo)] == [[("receiver_lost", "")]] * 2
    assert {customer.manager for customer in Customer.objects.all()} == {colleague}


@pytest.mark.parametrize("what", ["gone", "hidden", "below"])
def test_a_parent_is_looked_at_again(what: str, manager: User, colleague: User, organisation: Organisation) -> None:
    low = CustomerFactory(code="LOW", name="云江分公司", manager=manager)
    top = CustomerFactory(code="TOP", name="云江集团", manager=manager)
    job = approved(checked(manager, CUSTOMERS, [["code", "name", "parent"], ["LOW", "", "TOP"], ["NEW", "云江新公司", "TOP"]]), manager)
    if what == "gone":
        top.delete()
    elif what == "hidden":
        Customer.objects.filter(pk=top.pk).update(manager=colleague)
    else:
        middle = CustomerFactory(code="MIDDLE", name="云江中间", manager=manager, parent=low)
        Customer.objects.filter(pk=top.pk).update(parent=middle)
    job = work_off(job)
    lost = [("parent_lost", "")]
    assert told(job) == [(2, "u", lost), (3, "c", [] if what == "below" else lost)]
    low.refresh_from_db()
    assert low.parent is None
    assert job.status == JobStatus.DONE_WITH_ERRORS or what == "below"


def test_customers_of_a_file_may_change_places(manager: User) -> None:
    top = CustomerFactory(code="TOP", name="云江集团", manager=manager)
    CustomerFactory(code="LOW", name="云江分公司", manager=manager, parent=top)
    other = CustomerFactory(code="OTHER", name="云江控股", manager=manager)
    job = imported(manager, CUSTOMERS, [["code", "parent"], ["TOP", "LOW"], ["LOW", "OTHER"]])
    assert (job.status, job.applied) == (JobStatus.DONE, 2), told(job)
    assert Customer.objects.get(code="TOP").parent.parent == other  # type: ignore[union-attr]


@pytest.mark.parametrize("what", ["gone", "below"])
def test_an_undo_hangs_no_customer_below_what_is_gone_or_below_it(what: str, manager: User) -> None:
    top = CustomerFactory(code="TOP", name="云江集团", manager=manager)
    low = CustomerFactory(code="LOW", name="云江分公司", manager=manager, parent=top)
    other = CustomerFactory(code="OTHER", name="云江控股", manager=manager)
    job = imported(manager, CUSTOMERS, [["code", "parent"], ["LOW", "OTHER"]])
    undo = work_off(undo_import(job_id=job.pk, actor=manager))
    assert told(undo) == [(2, "u", [])]
    if what == "gone":
        top.delete()
    else:
        Customer.objects.filter(pk=top.pk).update(parent=low)
    undo = work_off(approved(undo, manager))
    assert (undo.applied, told(undo)) == (0, [(2, "u", [("parent_lost", "")])])
    low.refresh_from_db()
    assert low.parent == other
