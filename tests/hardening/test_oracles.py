"""What is masked is not found out by other ways than its button, and no address makes the audit or the server stumble."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.utils import timezone

from access.history.subjects import event_model_of
from access.models import AuditEvent, AuditEventKind, User
from common.change_context import change_context
from customers.models import Customer
from tests.access.clients import browser
from tests.factories.customers import CustomerFactory
from tests.members.factories import make_member

pytestmark = pytest.mark.django_db

FOUND_OUT = [
    "members/member/?msisdn__startswith=861391234",
    "members/member/?msisdn__lt=8613912340002",
    "members/blacklistednumber/?msisdn__startswith=86139",
    "access/user/?phone__startswith=1",
    "access/user/?password__startswith=a",
    "access/apitoken/?digest__startswith=a",
    "customers/customer/?bank_account_hash__startswith=a",
    "customers/customer/?manager__phone__startswith=1",
    "customers/customer/?contact_people__phone__startswith=1",
]
OFFERED = [
    "access/user/?is_active__exact=1",
    "access/delegation/?state=counting",
    "access/roleassignment/?role__id__exact=1",
    "customers/customer/?level__exact=A1",
    "jobs/job/?status__exact=done",
    "customers/customeruserobjectpermission/?granted_at__gte=2026-01-01 00:00:00%2b08:00",
    "members/member/?q=1391",
]


@pytest.fixture
def administrator_inside(administrator: User) -> User:
    User.objects.filter(pk=administrator.pk).update(is_staff=True)
    return User.objects.get(pk=administrator.pk)


def test_the_administration_filters_by_what_it_offers_alone(administrator_inside: User, manager: User) -> None:
    """Any field of a table was once a filter: the digits of a masked number came out one by one."""
    make_member(CustomerFactory(manager=manager), "8613912340001")
    client = browser(administrator_inside)
    assert {page: client.get(f"/admin/{page}").status_code for page in FOUND_OUT} == dict.fromkeys(FOUND_OUT, 400)
    assert {page: client.get(f"/admin/{page}").status_code for page in OFFERED} == dict.fromkeys(OFFERED, 200)


def test_who_was_slower_learns_no_hidden_parent(manager: User, foreign_manager: User) -> None:
    """The present values beside the form name no parent out of reach that somebody else has entered meanwhile."""
    customer = CustomerFactory(manager=manager)
    client, page = browser(manager), f"/customers/{customer.pk}/edit/"
    form = client.get(page).context["form"]
    sent = {name: "" if form[name].value() is None else form[name].value() for name in form.fields}
    hidden = CustomerFactory(manager=foreign_manager, org_unit=foreign_manager.org_unit, name="清溪隐湖集团")
    Customer.objects.filter(pk=customer.pk).update(parent=hidden, updated_at=timezone.now())
    answer = client.post(page, sent)
    assert answer.status_code == 422
    assert "Somebody else changed this meanwhile" in answer.content.decode()
    assert hidden.name not in answer.content.decode()


def test_a_refusal_is_kept_whatever_its_address_holds(director: User) -> None:
    """A zero byte once made an error of it, which the audit did not see."""
    assert browser(director).get("/audit/changes/customers%00/").status_code == 403
    event = AuditEvent.objects.get(kind=AuditEventKind.REFUSED)
    assert (event.actor, event.path) == (director, "/audit/changes/customers/")


@pytest.mark.parametrize(
    "path", ["'", "\\'", "\\", "'); DROP TABLE customers_customer; --", "\\\\'; SELECT 1/0; --", "%s%", "$1", "x\x00'"]
)
def test_no_path_leaves_the_facts_of_a_change(manager: User, path: str) -> None:
    """They stand in the statement itself."""
    customer = CustomerFactory(manager=manager)
    with change_context(user=manager.pk, path=path):
        Customer.objects.filter(pk=customer.pk).update(remark="changed")
    events: Any = event_model_of(Customer)._default_manager
    event = events.select_related("pgh_context").get(pgh_label="update")
    assert (event.pgh_actor, event.pgh_context.metadata["path"]) == (manager.pk, path.replace("\x00", ""))


def test_a_password_of_megabytes_is_looked_at_in_part(manager: User) -> None:
    client = browser(manager)
    long = "zxk" * 1_000_000
    began = time.process_time()
    client.post("/accounts/password/change/", {"oldpassword": "wrong", "password1": long, "password2": long})
    assert time.process_time() - began < 5
