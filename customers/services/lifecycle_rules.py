"""Move customers along their lifecycle by rules, each night, and decide what rules only propose."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from access.models import Action, User
from customers.bulk.lifecycle import move_fitting, propose_for_fitting, withdraw_others
from customers.measures import Measure, Span, Value, measures_by_key, spans
from customers.models import Comparison, Customer, LifecycleChange, LifecycleProposal, LifecycleRule, ProposalState
from customers.services.lifecycle import take_step


def apply_rules(*, day: datetime.date | None = None) -> int:
    """Take the steps of automatic rules and propose those of the others, for all customers; how many moved.

    A span of keys a transaction, with as many statements for many customers as for few. A customer takes one step a night at most.
    """
    known = measures_by_key()
    rules = [rule for rule in LifecycleRule.objects.filter(is_active=True).order_by("position", "code") if rule.measure in known]
    return sum(_apply(rules, known, span, day or timezone.localdate()) for span in spans())


@transaction.atomic
def decide_proposal(*, proposal_id: int, customer_id: int, actor: User, accept: bool) -> LifecycleProposal:
    """Take the proposed step, or decline it.

    Raises Http404 when the customer is hidden from `actor` for changes, ValidationError when the proposal is open no more.
    """
    customer = Customer.objects.select_for_update(of=("self",)).get_visible(actor, customer_id, Action.CHANGE)
    proposal = customer.lifecycle_proposals.select_related("rule").filter(pk=proposal_id, state=ProposalState.OPEN).first()
    if proposal is None or proposal.from_state != customer.lifecycle:
        raise ValidationError(_("This proposal is decided already, or fits no more."))
    proposal.state = ProposalState.ACCEPTED if accept else ProposalState.DECLINED
    proposal.actor, proposal.decided_at = actor, timezone.now()
    proposal.save()
    if accept:
        rule = proposal.rule
        facts = LifecycleChange(actor=actor, reason=rule.code, rule=rule, measured=proposal.measured)
        take_step(customer, proposal.to_state, facts)
    return proposal


@transaction.atomic
def _apply(rules: list[LifecycleRule], known: Mapping[str, Measure], span: Span, day: datetime.date) -> int:
    states = dict(Customer.objects.filter(span.within()).values_list("pk", "lifecycle"))
    values: dict[str, Mapping[int, Value]] = {}
    fitting: list[tuple[int, int]] = []
    moved = 0
    for rule in rules:
        measure = known[rule.measure]
        if rule.measure not in values:
            values[rule.measure] = measure.read(span, day)
        candidates = [key for key, state in states.items() if state == rule.from_state]
        fits = _fitting(rule, measure, values[rule.measure], candidates)
        if rule.is_automatic:
            moved += move_fitting(rule, fits) if fits else 0
            for key in fits:
                del states[key]  # one step a night
        elif fits:
            propose_for_fitting(rule, fits)
            fitting += [(key, rule.pk) for key in fits]
    withdraw_others(span.first, span.last, fitting)
    return moved


def _fitting(rule: LifecycleRule, measure: Measure, values: Mapping[int, Value], candidates: Iterable[int]) -> dict[int, str]:
    """The measured values, as text, of those for whom the comparison holds; what has no number is compared with none."""
    fits = {}
    for key in candidates:
        value = values.get(key, measure.missing)
        if value is None or isinstance(value, str):
            continue
        number = Decimal(str(value))
        if number >= rule.number if rule.comparison == Comparison.AT_LEAST else number <= rule.number:
            fits[key] = f"{number.normalize():f}"
    return fits
