"""A revoked grant, an ended loan, a moved unit and a disabled user count from the next request and from the next chunk of a running job."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse
from django.utils import timezone

from access.models import Delegation, OrgUnit, User
from access.services.delegations import end_delegation, lend_scope
from access.services.org_units import save_org_unit
from customers.grants import TO_CHANGE
from customers.models import Customer
from customers.services.sharing import end_share, share_customer
from jobs.models import JobStatus
from jobs.services.work import advance
from members.models import Member
from tests.access.clients import browser, fresh
from tests.members import worlds
from tests.members.conftest import Shop, listed, numbers
from tests.personas import Organisation

pytestmark = pytest.mark.django_db


def share(customer: Customer, manager: User, colleague: User) -> None:
    """Share to change."""
    share_customer(customer_id=customer.pk, actor=fresh(manager), holder=colleague, permission=TO_CHANGE)


def lend(_customer: Customer, manager: User, colleague: User) -> None:
    """Lend for today."""
    today = timezone.localdate()
    lend_scope(actor=fresh(manager), lender=fresh(manager), borrower=fresh(colleague), starts_on=today, ends_on=today)


def end_sharing(customer: Customer, manager: User, colleague: User) -> None:
    """Take the grant back."""
    end_share(customer_id=customer.pk, actor=fresh(manager), holder=colleague)


def end_loan(_customer: Customer, manager: User, _colleague: User) -> None:
    """Take the loan back."""
    end_delegation(delegation_id=Delegation.objects.get().pk, actor=fresh(manager))


def disable(_customer: Customer, _manager: User, colleague: User) -> None:
    """Disable the one who works."""
    User.objects.filter(pk=colleague.pk).update(is_active=False)


Step = Callable[[Customer, User, User], None]
WAYS: dict[str, tuple[Step, Step]] = {
    "revoked grant": (share, end_sharing),
    "ended loan": (lend, end_loan),
    "disabled with a grant": (share, disable),
    "disabled with a loan": (lend, disable),
}


@pytest.mark.parametrize(("gain", "lose"), WAYS.values(), ids=WAYS.keys())
def test_what_was_passed_on_is_gone_at_once(manager: User, colleague: User, shop: Shop, gain: Step, lose: Step) -> None:
    customer = shop.groups.own
    gain(customer, manager, colleague)
    client, address = browser(colleague), reverse("customers:customer_detail", args=[customer.pk])
    assert client.get(address).status_code == 200
    job = worlds.start(fresh(colleague), customer, listed(*numbers(6)), "join", chunk_rows=2)
    worlds.approve(job, fresh(colleague))
    assert advance(job.pk)
    lose(customer, manager, colleague)
    assert not advance(job.pk)
    job.refresh_from_db()
    assert (job.status, job.applied) == (JobStatus.FAILED, 2)
    assert job.error == {"code": "actor_lost_access", "figures": {"login": colleague.username}}
    assert Member.objects.count() == 2
    assert client.get(address).status_code in (302, 404)


def test_a_moved_unit_is_gone_at_once(manager: User, director: User, organisation: Organisation, shop: Shop) -> None:
    customer = shop.groups.own
    client, address = browser(director), reverse("customers:customer_detail", args=[customer.pk])
    assert client.get(address).status_code == 200
    job = worlds.start(fresh(director), customer, listed(*numbers(6)), "join", chunk_rows=2)
    worlds.approve(job, fresh(director))
    assert advance(job.pk)
    team = OrgUnit.objects.get(pk=organisation.team.pk)
    team.parent = organisation.other_city
    save_org_unit(team)
    assert not advance(job.pk)
    job.refresh_from_db()
    assert (job.status, job.applied) == (JobStatus.FAILED, 2)
    assert client.get(address).status_code == 404
