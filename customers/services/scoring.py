"""Score customers by the rules: all of them each night, one of them on demand. Each score keeps what it was made of."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from access.models import Action, User
from customers.bulk.scores import Scored, write_scores
from customers.measures import Span, Value, measures_by_key, spans
from customers.models import Customer, CustomerScore, ScoreRun, ScoringRule
from customers.scoring import Rule, level_of, rules_on, score_of, thresholds

SCORED: Final = ("level", "value_score")
"""The fields of a customer that follow from rules where there are any."""


def scoring_is_on() -> bool:
    """Whether levels and scores follow from rules instead of being typed."""
    return ScoringRule.objects.filter(is_active=True).exists()


def score_all(*, actor: User | None = None, day: datetime.date | None = None) -> ScoreRun | None:
    """Score all customers, a span of keys a transaction; None where no rule holds. A span takes a fixed number of statements."""
    return _run(spans(), actor, day or timezone.localdate())


def score_span(span: Span, *, day: datetime.date) -> ScoreRun | None:
    """Score the customers of one span, for whoever sets data up; None where no rule holds."""
    return _run([span], None, day)


@transaction.atomic
def score_customer(*, customer_id: int, actor: User) -> CustomerScore:
    """Score one customer now. Raises Http404 when it is hidden from `actor` for changes, ValidationError where no rule holds."""
    customer = Customer.objects.select_for_update(of=("self",), no_key=True).get_visible(actor, customer_id, Action.CHANGE)
    if _run([Span(customer.pk, customer.pk)], actor, timezone.localdate()) is None:
        raise ValidationError(_("No scoring rule holds today."))
    return CustomerScore.objects.get(customer=customer, is_current=True)


def _run(pieces: Iterable[Span], actor: User | None, day: datetime.date) -> ScoreRun | None:
    rules = rules_on(day, measures_by_key())
    if not rules:
        return None
    kept = [rule.as_kept() for rule in rules]
    run = ScoreRun.objects.create(day=day, actor=actor, rules=kept, thresholds=[list(one) for one in thresholds()])
    for span in pieces:
        _score(run, rules, span)
    run.finished_at = timezone.now()
    run.save(update_fields=["finished_at", "scored", "changed"])
    return run


@transaction.atomic
def _score(run: ScoreRun, rules: list[Rule], span: Span) -> None:
    keys = list(Customer.objects.filter(span.within()).order_by("pk").values_list("pk", flat=True))
    if not keys:
        return
    read = [rule.measure.read(span, run.day) for rule in rules]
    levels = [(level, at_least) for level, at_least in run.thresholds]
    scored = []
    for key in keys:
        values = [found.get(key, rule.measure.missing) for found, rule in zip(read, rules, strict=True)]
        points = [rule.points(value) for rule, value in zip(rules, values, strict=True)]
        score = score_of(zip(points, (rule.weight for rule in rules), strict=True))
        parts = [[rule.code, _storable(value), given, rule.weight] for rule, value, given in zip(rules, values, points, strict=True)]
        scored.append(Scored(key, score, level_of(score, levels), parts))
    changed, refreshed = _compared(scored, CustomerScore.objects.filter(span.within("customer"), is_current=True))
    run.scored += len(scored)
    run.changed += write_scores(run.pk, run.day, scored, changed, refreshed)


def _compared(scored: list[Scored], rows: QuerySet[CustomerScore]) -> tuple[list[Scored], list[Scored]]:
    """Those whose score, level or points differ from the row that stands or who have none, and those with other values or
    weights alone.
    """
    current = {row.customer_id: row for row in rows}
    changed, refreshed = [], []
    for one in scored:
        row = current.get(one.customer_id)
        if row is None or (row.score, row.level, _points(row.parts)) != (one.score, one.level, _points(one.parts)):
            changed.append(one)
        elif row.parts != one.parts:
            refreshed.append(one)
    return changed, refreshed


def _points(parts: list[list[Any]]) -> list[tuple[str, int]]:
    return [(code, points) for code, _value, points, _weight in parts]


def _storable(value: Value | None) -> int | float | str | None:
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() else float(value)
