"""Leave cover: what lending one's customers opens, for how long, and what it does not."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from access.models import Action, AuditEvent, AuditEventKind, Delegation, RolePermission, User
from access.services.delegations import end_delegation, lend_scope
from customers.models import Customer
from customers.services.sharing import customers_to_share
from members.models import Member
from tests.access.clients import browser, fresh, seen
from tests.factories.customers import CustomerFactory
from tests.members.factories import make_member

pytestmark = pytest.mark.django_db

DAY = datetime.timedelta(days=1)


@pytest.fixture
def customer(manager: User) -> Customer:
    """The manager's customer, with a number."""
    customer: Customer = CustomerFactory(manager=manager)
    make_member(customer)
    return customer


def lend(lender: User, borrower: User, first: int = 0, last: int = 7, **values: Any) -> Delegation:
    """Lend from `first` to `last`, days counted from today."""
    today = timezone.localdate()
    wanted = {"actor": fresh(lender), "lender": fresh(lender), "borrower": fresh(borrower), **values}
    return lend_scope(starts_on=today + first * DAY, ends_on=today + last * DAY, **wanted)


def test_a_loan_opens_the_own_customers_of_the_lender(customer: Customer, manager: User, colleague: User) -> None:
    other = CustomerFactory(org_unit=customer.org_unit)
    assert seen(colleague) == set()
    lend(manager, colleague)
    assert seen(colleague) == seen(colleague, Action.CHANGE) == {customer.pk}
    assert other.pk not in seen(colleague)
    assert Member.objects.visible_to(fresh(colleague)).count() == 1
    assert not customers_to_share(fresh(colleague)).exists()


def test_a_loan_counts_on_its_days_alone(customer: Customer, manager: User, colleague: User) -> None:
    delegation = lend(manager, colleague, first=1, last=2)
    today = timezone.localdate()
    for first, last, counts in ((1, 2, False), (0, 0, True), (-1, 0, True), (0, 1, True), (-2, -1, False)):
        Delegation.objects.filter(pk=delegation.pk).update(starts_on=today + first * DAY, ends_on=today + last * DAY)
        assert bool(seen(colleague)) == counts


def test_an_ended_loan_closes_at_once(customer: Customer, manager: User, colleague: User) -> None:
    delegation = lend(manager, colleague)
    end_delegation(delegation_id=delegation.pk, actor=fresh(manager))
    assert seen(colleague) == set()
    assert list(AuditEvent.objects.order_by("id").values_list("kind", flat=True)) == [
        AuditEventKind.DELEGATED,
        AuditEventKind.DELEGATION_ENDED,
    ]


def test_a_loan_gives_no_action_that_either_lacks(customer: Customer, manager: User, viewer: User, colleague: User) -> None:
    lend(manager, viewer)
    assert seen(viewer, Action.CHANGE) == set()
    RolePermission.objects.filter(role__code="account_manager", module="customers", action="change").delete()
    lend(manager, colleague)
    assert seen(colleague) == {customer.pk}
    assert seen(colleague, Action.CHANGE) == set()


def test_what_was_lent_is_not_lent_on(customer: Customer, manager: User, colleague: User, foreign_manager: User) -> None:
    lend(manager, colleague)
    lend(colleague, foreign_manager)
    assert seen(foreign_manager) == set()


def test_a_disabled_lender_lends_nothing(customer: Customer, manager: User, colleague: User) -> None:
    lend(manager, colleague)
    User.objects.filter(pk=manager.pk).update(is_active=False)
    assert seen(colleague) == set()


def test_who_has_no_own_customers_by_role_cannot_lend(director: User, manager: User, outsider: User, colleague: User) -> None:
    for lender, borrower in ((director, manager), (outsider, manager), (manager, outsider), (manager, manager)):
        with pytest.raises(ValidationError):
            lend(lender, borrower)
    for days in ({"last": -1}, {"first": 3, "last": 2}, {"last": 400}):
        with pytest.raises(ValidationError):
            lend(manager, colleague, **days)
    assert not Delegation.objects.exists()


def test_only_the_lender_and_administrators_lend_and_end(
    customer: Customer, manager: User, colleague: User, director: User, administrator: User
) -> None:
    with pytest.raises(PermissionDenied):
        lend(manager, colleague, actor=fresh(director))
    delegation = lend(manager, colleague, actor=fresh(administrator))
    with pytest.raises(Http404):
        end_delegation(delegation_id=delegation.pk, actor=fresh(colleague))
    end_delegation(delegation_id=delegation.pk, actor=fresh(administrator))


def test_the_page_lends_and_ends(customer: Customer, manager: User, colleague: User) -> None:
    client, page, today = browser(manager), reverse("access:cover"), timezone.localdate()
    wrong = client.post(page, {"borrower": "nobody", "starts_on": today.isoformat(), "ends_on": today.isoformat()})
    assert wrong.status_code == 422
    given = {"borrower": colleague.username, "starts_on": today.isoformat(), "ends_on": (today + DAY).isoformat(), "reason": "年假"}
    assert "年假" in client.post(page, given, follow=True).content.decode()
    assert seen(colleague) == {customer.pk}
    assert manager.name in browser(colleague).get(page).content.decode()
    delegation = Delegation.objects.get()
    assert browser(colleague).post(reverse("access:cover_end"), {"delegation": delegation.pk}).status_code == 404
    assert client.post(reverse("access:cover_end"), {"delegation": "x"}).status_code == 404
    client.post(reverse("access:cover_end"), {"delegation": delegation.pk})
    assert seen(colleague) == set()


def test_the_same_days_for_another_reason_are_the_same_loan_with_that_reason(customer: Customer, manager: User, colleague: User) -> None:
    client, page, today = browser(manager), reverse("access:cover"), timezone.localdate()
    given = {"borrower": colleague.username, "starts_on": today.isoformat(), "ends_on": (today + DAY).isoformat()}
    for reason, kept, answer in (
        ("年假", "年假", f"lent to {colleague.name}."),
        ("出差", "出差", f"lent to {colleague.name} for these days already; the reason is the new one."),
        ("出差", "出差", f"lent to {colleague.name} for these days already."),
        ("", "出差", f"lent to {colleague.name} for these days already."),
    ):
        assert answer in client.post(page, given | {"reason": reason}, follow=True).content.decode()
        assert Delegation.objects.get().reason == kept
