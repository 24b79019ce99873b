"""Who is shown what of a hand-over that others have to do with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from access.models import RoleAssignment, User
from customers.models import Customer, HandOver, HandOverState
from customers.services import hand_overs as services
from tests.access.clients import browser
from tests.factories.customers import CustomerFactory
from tests.factories.workflow import make_task

pytestmark = pytest.mark.django_db


@pytest.fixture
def make(manager: User, colleague: User) -> Callable[[User], HandOver]:
    """Drafts a hand-over of the manager's one customer to the colleague."""
    CustomerFactory(code="A-1", name="云江第1医院", manager=manager)
    facts: dict[str, Any] = {"giver": manager, "receiver": colleague, "reason": "轮岗", "effective_on": timezone.localdate()}
    return lambda actor: services.create_hand_over(actor=actor, **facts)


def test_what_was_never_approved_is_never_shown_to_its_receiver(
    make: Callable[[User], HandOver], manager: User, colleague: User, director: User
) -> None:
    waiting = services.offer_hand_over(hand_over_id=make(manager).pk, actor=manager)
    assert waiting.state == HandOverState.APPROVAL
    assert list(HandOver.objects.visible_to(director)) == [waiting]
    services.withdraw_hand_over(hand_over_id=waiting.pk, actor=manager, reason="")
    assert not HandOver.objects.visible_to(colleague).exists()
    offered = services.offer_hand_over(hand_over_id=make(director).pk, actor=director)
    assert list(HandOver.objects.visible_to(colleague)) == [offered]


def test_a_draft_shows_nothing_that_its_maker_reaches_no_more(make: Callable[[User], HandOver], manager: User, director: User) -> None:
    draft = make(director)
    make_task(manager, Customer.objects.get(code="A-1"), title="私事")
    Customer.objects.filter(code="A-1").update(value_score=77)
    address = reverse("customers:hand_over", args=[draft.pk])
    shown = browser(director).get(address).content.decode()
    assert ">77</td>" in shown
    assert "私事" in shown
    RoleAssignment.objects.filter(user=director).update(role=RoleAssignment.objects.get(user=manager).role)
    Customer.objects.filter(manager=director).update(manager=manager)
    hidden = browser(User.objects.get(pk=director.pk)).get(address).content.decode()
    assert "云江第1医院" in hidden  # as he wrote it down
    assert ">77</td>" not in hidden
    assert "私事" not in hidden
    assert "Customers of the receiver now" not in hidden


def test_members_are_counted_for_those_who_may_see_numbers(make: Callable[[User], HandOver], director: User, colleague: User) -> None:
    offered = services.offer_hand_over(hand_over_id=make(director).pk, actor=director)
    address = reverse("customers:hand_over", args=[offered.pk])
    assert "Monthly revenue (CNY)</dt>" in browser(colleague).get(address).content.decode()
    RoleAssignment.objects.get(user=colleague).role.permissions.filter(module="members").delete()
    assert "Monthly revenue (CNY)</dt>" not in browser(User.objects.get(pk=colleague.pk)).get(address).content.decode()
