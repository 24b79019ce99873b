"""What the customer's page tells of its score: what it is made of, and how it has moved."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import get_language

from common.lists import show
from customers.measures import Measure, measures_by_key
from customers.models import Customer, CustomerScore, LevelOverride

HISTORY_SHOWN: Final = 24


@dataclass(frozen=True, slots=True)
class Line:
    """One rule's part in a score.

    Attributes:
        measured: the value, as HTML.
        share: the rule's part of all weights, in percent.
        contribution: the points of the score that it brings.
    """

    rule: str
    measure: str
    measured: str
    points: int
    weight: int
    share: float
    contribution: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """A score with the lines that it is the sum of, and the levels by score as they stood."""

    score: CustomerScore
    lines: list[Line]
    levels: list[tuple[str, int]]


def explained(score: CustomerScore) -> Explanation:
    """What `score` (with its run) is made of, by the rules as they stood then."""
    known = measures_by_key()
    rules = {rule["code"]: rule for rule in score.run.rules}
    total = sum(weight for _code, _value, _points, weight in score.parts) or 1
    lines = [
        Line(
            _name(rules.get(code, {}), code),
            str(measure.label) if (measure := known.get(rules.get(code, {}).get("measure", ""))) else "",
            _shown(measure, value),
            points,
            weight,
            100 * weight / total,
            points * weight / total,
        )
        for code, value, points, weight in score.parts
    ]
    return Explanation(score, lines, [(level, at_least) for level, at_least in score.run.thresholds])


def _name(rule: Mapping[str, Any], code: str) -> str:
    chinese = (get_language() or "").startswith("zh")
    return str(rule.get("name_zh" if chinese else "name_en") or code)


def _shown(measure: Measure | None, value: Any) -> str:
    if measure is not None and measure.choices is not None:
        value = dict(measure.choices()).get(value, value)
    return show(value)


def held_level(customer: Customer, day: datetime.date | None = None) -> LevelOverride | None:
    """The level that somebody set by hand and that holds on `day` (today)."""
    last = day or timezone.localdate()
    return customer.level_overrides.filter(ended_at=None, last_day__gte=last).select_related("actor").first()


def value_context(customer: Customer) -> dict[str, Any]:
    """What the panel of the value shows. A fixed number of queries."""
    history = list(customer.scores.select_related("run").order_by("-pk")[:HISTORY_SHOWN])
    current = next((score for score in history if score.is_current), None)
    return {
        "explanation": explained(current) if current is not None else None,
        "history": history,
        "held": held_level(customer),
        "overrides": list(customer.level_overrides.select_related("actor").order_by("-pk")[:HISTORY_SHOWN]),
    }
