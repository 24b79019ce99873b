"""Steps of the lifecycle that follow from rules, those that rules propose, and the reasons that people give."""

from __future__ import annotations

import datetime
from html import unescape
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.http import Http404
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from access.models import User
from customers.models import Customer, LifecycleChange, LifecycleProposal, LifecycleReason, LifecycleRule
from customers.services.lifecycle import move_customer
from customers.services.lifecycle_rules import apply_rules, decide_proposal
from tests.factories.customers import CustomerFactory
from tests.members.factories import make_member

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
STEPS = {"FIRST": ("potential", "active"), "EMPTY": ("active", "warned")}


def rule(code: str, measure: str, number: int, **more: Any) -> LifecycleRule:
    before, after = STEPS[code]
    names = {"name_en": f"Rule {code}", "name_zh": f"规则{code}"}
    return LifecycleRule.objects.create(code=code, from_state=before, to_state=after, measure=measure, number=number, **names, **more)


@pytest.fixture
def rules() -> tuple[LifecycleRule, LifecycleRule]:
    return rule("FIRST", "members", 1), rule("EMPTY", "days_without_members", 30)


def left(customer: Customer, days: int) -> None:
    """A member who left so many days ago."""
    make_member(customer, joined_on=TODAY - datetime.timedelta(days=days + 9), left_on=TODAY - datetime.timedelta(days=days))


def states(*customers: Customer) -> list[str]:
    return [Customer.objects.get(pk=one.pk).lifecycle for one in customers]


def test_rules_move_those_that_fit_and_say_why(manager: User, foreign_manager: User, rules: tuple[LifecycleRule, ...]) -> None:
    first, bare = (CustomerFactory(manager=manager, lifecycle="potential") for _ in range(2))
    empty, lately = (CustomerFactory(manager=foreign_manager, lifecycle="active") for _ in range(2))
    make_member(first)
    left(empty, 30)
    left(lately, 29)
    assert apply_rules() == 2
    assert states(first, bare, empty, lately) == ["active", "potential", "warned", "active"]
    change = empty.lifecycle_changes.get()
    assert (change.from_state, change.to_state, change.actor, change.rule, change.measured) == ("active", "warned", None, rules[1], "30")
    assert apply_rules() == 0


def test_a_customer_takes_one_step_a_night(manager: User, rules: tuple[LifecycleRule, ...]) -> None:
    customer = CustomerFactory(manager=manager, lifecycle="potential")
    LifecycleRule.objects.filter(code="EMPTY").update(measure="years", comparison="at_most", number=100)
    make_member(customer)
    assert apply_rules() == 1
    assert states(customer) == ["active"]
    assert apply_rules() == 1
    assert states(customer) == ["warned"]


def test_as_many_statements_for_many_as_for_few(
    manager: User, rules: tuple[LifecycleRule, ...], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for customer in CustomerFactory.create_batch(20, manager=manager, lifecycle="potential"):
        make_member(customer)
    with django_assert_max_num_queries(12):
        assert apply_rules() == 20


def test_a_rule_that_only_proposes_waits_for_somebody(client: Client, manager: User, viewer: User) -> None:
    proposing = rule("EMPTY", "days_without_members", 30, is_automatic=False)
    customer, other = CustomerFactory.create_batch(2, manager=manager)
    left(customer, 45)
    assert apply_rules() == apply_rules() == 0
    proposal = LifecycleProposal.objects.get()
    assert (proposal.customer, proposal.rule, proposal.measured, states(customer)) == (customer, proposing, "45", ["active"])
    url = reverse("customers:customer_detail", args=[customer.pk])
    for user, buttons in ((manager, 1), (viewer, 0)):
        client.force_login(user)
        text = unescape(client.get(url).content.decode())
        assert "by the rule “Rule EMPTY”, which measured 45" in text
        assert text.count("Take the step") == buttons
    client.force_login(manager)
    listed = client.get(reverse("customers:customer_list"), {"proposal": "yes"}).content.decode()
    assert (customer.name in listed, other.name in listed) == (True, False)
    client.post(reverse("customers:customer_proposal", args=[customer.pk]), {"proposal": proposal.pk, "decision": "accept"})
    assert states(customer) == ["warned"]
    history = reverse("customers:customer_history", args=[customer.pk])
    assert "rule “Rule EMPTY”, which measured 45" in unescape(client.get(history).content.decode())
    with pytest.raises(ValidationError):
        decide_proposal(proposal_id=proposal.pk, customer_id=customer.pk, actor=manager, accept=True)


def test_what_is_declined_or_fits_no_more_is_not_asked_again(manager: User, foreign_manager: User) -> None:
    rule("EMPTY", "days_without_members", 30, is_automatic=False)
    declined, back, moved = CustomerFactory.create_batch(3, manager=manager)
    for customer in (declined, back, moved):
        left(customer, 45)
    apply_rules()
    of = {proposal.customer_id: proposal for proposal in LifecycleProposal.objects.all()}
    with pytest.raises(Http404):
        decide_proposal(proposal_id=of[declined.pk].pk, customer_id=declined.pk, actor=foreign_manager, accept=False)
    decide_proposal(proposal_id=of[declined.pk].pk, customer_id=declined.pk, actor=manager, accept=False)
    make_member(back)
    move_customer(customer_id=moved.pk, actor=manager, to="left", reason="注销")
    apply_rules()
    assert dict(LifecycleProposal.objects.values_list("customer", "state")) == {
        declined.pk: "declined",
        back.pk: "withdrawn",
        moved.pk: "withdrawn",
    }
    assert not LifecycleChange.objects.filter(customer__in=[declined, back]).exists()


def test_reasons_come_from_the_dictionary_or_in_words(client: Client, manager: User) -> None:
    customer = CustomerFactory(manager=manager, name="云江海关")
    url = reverse("customers:customer_lifecycle", args=[customer.pk])
    client.force_login(manager)
    assert "reason_entry" not in client.get(url).context["form"].fields
    made = [
        LifecycleReason.objects.create(code=code, name_zh=zh, name_en=en, to_state=state, is_active=active)
        for code, zh, en, state, active in (
            ("PRICE", "资费", "Price", "warned", True),
            ("MOVED", "搬迁", "Moved away", "", True),
            ("OLD", "旧", "Old", "", False),
            ("NEW", "签约", "New contract", "won_back", True),
        )
    ]
    offered = client.get(url).context["form"].fields["reason_entry"].queryset
    assert {reason.code for reason in offered} == {"PRICE", "MOVED"}
    assert client.post(url, {"to": "warned"}).status_code == 422
    assert client.post(url, {"to": "left", "reason_entry": made[0].pk}).status_code == 422
    assert client.post(url, {"to": "warned", "reason_entry": made[0].pk, "reason": "对手降价"}).status_code == 302
    change = customer.lifecycle_changes.get()
    assert (change.reason_entry, change.reason, change.actor) == (made[0], "对手降价", manager)
    assert "Price · 对手降价" in client.get(reverse("customers:customer_history", args=[customer.pk])).content.decode()
    assert client.post(url, {"to": "saved", "reason": "走访"}).status_code == 302


@pytest.mark.parametrize(("to", "measure", "status"), [("warned", "years", 302), ("won_back", "years", 200), ("warned", "scale", 200)])
def test_the_administration_takes_steps_that_there_are(client: Client, administrator: User, to: str, measure: str, status: int) -> None:
    User.objects.filter(pk=administrator.pk).update(is_staff=True)
    client.force_login(administrator)
    sent = {"code": "X", "name_zh": "规则", "name_en": "Rule", "from_state": "active", "to_state": to, "measure": measure}
    sent |= {"comparison": "at_least", "number": "3", "position": "1", "is_active": "on"}
    assert client.post(reverse("admin:customers_lifecyclerule_add"), sent).status_code == status
    assert LifecycleRule.objects.count() == (status == 302)
