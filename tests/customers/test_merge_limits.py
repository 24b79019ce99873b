"""What a merge must not do: open the winner to others, put customers in a circle, take from somebody else."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission

from access.models import User
from customers.grants import TO_VIEW
from customers.models import Customer, CustomerUserObjectPermission
from customers.services.merging import begin_undo, fields_to_choose
from jobs.models import JobStatus
from tests.customers.test_merging import merge
from tests.factories.customers import CustomerFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(manager: User, colleague: User) -> tuple[Customer, Customer]:
    """A customer, and the same one entered again with something of everything."""
    winner = CustomerFactory(name="云江海关", code="WIN", manager=manager, remark="")
    loser = CustomerFactory(
        name="云江海关总署", code="LOSE", manager=colleague, credit_code="91960101MA5K06TRCD", remark="大楼", bank_account="6222020000001"
    )
    return winner, loser


def test_whom_the_loser_was_shared_with_is_not_shown_the_winner(
    two: tuple[Customer, Customer], director: User, foreign_manager: User
) -> None:
    winner, loser = two
    permission = Permission.objects.get(codename=TO_VIEW, content_type__app_label="customers")
    CustomerUserObjectPermission.objects.create(content_object=loser, permission=permission, user=foreign_manager)
    job = merge(two, director)
    assert not Customer.objects.visible_to(User.objects.get(pk=foreign_manager.pk)).filter(pk=winner.pk).exists()
    begin_undo(job_id=job.pk, actor=director)
    assert list(Customer.objects.visible_to(User.objects.get(pk=foreign_manager.pk))) == [loser]


def test_a_credit_code_that_somebody_else_was_given_is_not_taken_back(two: tuple[Customer, Customer], director: User) -> None:
    winner, loser = two
    Customer.objects.filter(pk=winner.pk).update(credit_code="91310115MA1K3A1X5L")
    job = merge(two, director, "credit_code")
    other = CustomerFactory(credit_code="91310115MA1K3A1X5L")
    undo = begin_undo(job_id=job.pk, actor=director)
    assert (undo.status, undo.conflicts) == (JobStatus.DONE_WITH_ERRORS, 1), undo.error
    codes = {key: Customer.objects.get(pk=key).credit_code for key in (winner.pk, loser.pk, other.pk)}
    assert codes == {winner.pk: "", loser.pk: "91960101MA5K06TRCD", other.pk: "91310115MA1K3A1X5L"}


def test_no_merge_and_no_undo_makes_a_circle(two: tuple[Customer, Customer], director: User) -> None:
    winner, loser = two
    between = CustomerFactory(parent=winner, manager=winner.manager)
    below = CustomerFactory(parent=loser, manager=winner.manager)
    Customer.objects.filter(pk=loser.pk).update(parent=between)
    job = merge(two, director, *fields_to_choose())
    parents = Customer.objects.values_list("pk", "parent")
    assert dict(parents) == {winner.pk: None, between.pk: winner.pk, below.pk: winner.pk}
    Customer.objects.filter(pk=between.pk).update(parent=below)
    undo = begin_undo(job_id=job.pk, actor=director)
    assert (undo.status, undo.conflicts) == (JobStatus.DONE_WITH_ERRORS, 1)
    assert dict(parents.all()) == {winner.pk: None, between.pk: below.pk, below.pk: loser.pk, loser.pk: None}
