"""How points come from measured values, and a score and a level from points. Nothing here reads or writes customers."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q

from customers.measures import Measure, Value
from customers.models import LevelThreshold, ScoringRule


@dataclass(frozen=True, slots=True)
class Band:
    """Points from a number on, or for a value."""

    at_least: Decimal | None
    value: str
    points: int


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as a run uses it."""

    code: str
    measure: Measure
    weight: int
    names: tuple[str, str]
    bands: tuple[Band, ...]

    def points(self, value: Value | None) -> int:
        """The points for a measured value: those of its band, 0 outside of all."""
        if value is None:
            return 0
        if not self.measure.is_number:
            return next((band.points for band in self.bands if band.value == value), 0)
        number = Decimal(str(value))
        reached = [band for band in self.bands if band.at_least is not None and band.at_least <= number]
        return reached[-1].points if reached else 0

    def as_kept(self) -> dict[str, Any]:
        """For the record of a run."""
        bands = [[None if band.at_least is None else str(band.at_least), band.value, band.points] for band in self.bands]
        english, chinese = self.names
        facts = {"code": self.code, "name_en": english, "name_zh": chinese, "measure": self.measure.key, "weight": self.weight}
        return {**facts, "bands": bands}


def rules_on(day: datetime.date, known: Mapping[str, Measure]) -> list[Rule]:
    """The rules that hold on `day`, the heaviest first; one whose measure is gone is left out. Two queries."""
    begun = Q(valid_from=None) | Q(valid_from__lte=day)
    not_over = Q(valid_until=None) | Q(valid_until__gte=day)
    rules = ScoringRule.objects.filter(begun, not_over, is_active=True).prefetch_related("bands").order_by("-weight", "code")
    return [
        Rule(rule.code, known[rule.measure], rule.weight, (rule.name_en, rule.name_zh), _bands(rule))
        for rule in rules
        if rule.measure in known
    ]


def _bands(rule: ScoringRule) -> tuple[Band, ...]:
    found = [Band(band.at_least, band.value, band.points) for band in rule.bands.all()]
    return tuple(sorted(found, key=lambda band: (band.at_least or Decimal(0), band.value)))


def thresholds() -> list[tuple[str, int]]:
    """Levels with the score from which each counts, the highest first."""
    return list(LevelThreshold.objects.order_by("-at_least").values_list("level", "at_least"))


def score_of(points: Iterable[tuple[int, int]]) -> int:
    """The weighted mean of (points, weight), a whole number from 0 to 100, half up."""
    pairs = list(points)
    weights = sum(weight for _points, weight in pairs)
    return (2 * sum(points * weight for points, weight in pairs) + weights) // (2 * weights) if weights else 0


def level_of(score: int, levels: Sequence[tuple[str, int]]) -> str:
    """The level for a score; the lowest one below all thresholds, and none where there are no thresholds."""
    reached = (level for level, at_least in levels if score >= at_least)
    return next(reached, levels[-1][0] if levels else "")
