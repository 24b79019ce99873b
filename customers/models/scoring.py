"""How valuable customers are: rules that give points, levels by score, and what each customer was given when and why."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.models import User
from common.db import BilingualModel, CodeField
from common.tracking import tracked, untracked
from customers.models.customer import Customer, CustomerLevel


@tracked()
class ScoringRule(BilingualModel):
    """One thing that is measured of a customer (`customers.measures`), and how much it weighs. Its bands give the points."""

    code = CodeField(_("code"), max_length=24)
    measure = models.CharField(_("what is measured"), max_length=60)
    weight = models.PositiveSmallIntegerField(
        _("weight"),
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text=_("Its share of the score is its part of all weights together."),
    )
    is_active = models.BooleanField(_("in use"), default=True)
    valid_from = models.DateField(_("first day"), null=True, blank=True)
    valid_until = models.DateField(_("last day"), null=True, blank=True)

    class Meta:
        verbose_name = _("scoring rule")
        verbose_name_plural = _("scoring rules")
        ordering = ("-weight", "code")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["code"],
                name="scoring_rule_code_unique",
                violation_error_code="unique",
                violation_error_message=_("This code is taken."),
            ),
            models.CheckConstraint(condition=Q(weight__gte=1), name="scoring_rule_weighs_something"),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_from=None) | Q(valid_until__gte=models.F("valid_from")),
                name="scoring_rule_dates_in_order",
                violation_error_message=_("The last day lies before the first."),
            ),
        ]


@tracked()
class ScoringBand(models.Model):
    """The points for a measured number from `at_least` on up to the next band, or for one value of a list."""

    rule = models.ForeignKey(ScoringRule, models.CASCADE, related_name="bands", verbose_name=_("scoring rule"))
    at_least = models.DecimalField(_("at least"), max_digits=16, decimal_places=4, null=True, blank=True)
    value = models.CharField(_("or the value"), max_length=40, blank=True)
    points = models.PositiveSmallIntegerField(_("points (0 to 100)"), validators=[MaxValueValidator(100)])

    class Meta:
        verbose_name = _("band")
        verbose_name_plural = _("bands")
        ordering = ("at_least", "value")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(points__lte=100), name="scoring_band_points_range"),
            models.CheckConstraint(
                condition=Q(at_least__isnull=True) & ~Q(value="") | Q(at_least__isnull=False, value=""),
                name="scoring_band_number_or_value",
                violation_error_message=_("Give either the least number or a value."),
            ),
            models.UniqueConstraint(
                fields=["rule", "value", "at_least"],
                name="scoring_band_once",
                nulls_distinct=False,
                violation_error_message=_("There are two bands for the same."),
            ),
        ]

    def __str__(self) -> str:
        return self.value or f"≥ {self.at_least}"


@tracked()
class LevelThreshold(models.Model):
    """From which score on a customer has a level."""

    level = models.CharField(_("level"), max_length=2, choices=CustomerLevel)
    at_least = models.PositiveSmallIntegerField(_("from score"), validators=[MaxValueValidator(100)])

    class Meta:
        verbose_name = _("level threshold")
        verbose_name_plural = _("level thresholds")
        ordering = ("-at_least",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["level"], name="level_threshold_once", violation_error_message=_("This level has its threshold already.")
            ),
            models.UniqueConstraint(
                fields=["at_least"], name="level_threshold_apart", violation_error_message=_("Another level begins at this score.")
            ),
            models.CheckConstraint(condition=Q(at_least__lte=100), name="level_threshold_range"),
        ]

    def __str__(self) -> str:
        return f"{self.level} ≥ {self.at_least}"


@untracked("A run is itself the record of what was done, and is never changed after it.")
class ScoreRun(models.Model):
    """One calculation of scores: the rules as they stood, so that each score can be explained later.

    `rules` holds of each rule code, names, measure, weight and bands; `thresholds` the levels with their scores.
    """

    day = models.DateField(_("day"))
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("by"))
    rules = models.JSONField(_("rules"))
    thresholds = models.JSONField(_("thresholds"))
    started_at = models.DateTimeField(_("begun"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True)
    scored = models.PositiveIntegerField(_("customers scored"), default=0)
    changed = models.PositiveIntegerField(_("customers changed"), default=0)

    class Meta:
        verbose_name = _("score run")
        verbose_name_plural = _("score runs")
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} #{self.pk}"


@untracked("Its rows are the history of scores: a change makes a new row.")
class CustomerScore(models.Model):
    """A customer's score from `scored_at` until the next one, with its parts: (rule code, measured value, points, weight) of each
    rule.

    A run that finds the same points makes no new row; it keeps the newest values with the row that stands, and its own key as `run`.
    """

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="scores", db_index=False, verbose_name=_("customer"))
    run = models.ForeignKey(ScoreRun, models.PROTECT, related_name="+", db_index=False, verbose_name=_("score run"))
    score = models.PositiveSmallIntegerField(_("score"))
    level = models.CharField(_("level"), max_length=2, blank=True)
    parts = models.JSONField(_("parts"))
    scored_at = models.DateTimeField(_("when"), default=timezone.now)
    is_current = models.BooleanField(_("current"), default=True)

    class Meta:
        verbose_name = _("customer score")
        verbose_name_plural = _("customer scores")
        ordering = ("-id",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["customer"], condition=Q(is_current=True), name="customer_score_one_current"),
        ]
        indexes: ClassVar = [models.Index(fields=["customer", "-id"], name="customer_score_history")]

    def __str__(self) -> str:
        return f"{self.score} {self.level}"


@tracked(told_of=("customer",))
class LevelOverride(models.Model):
    """A level that somebody set by hand, in place of the calculated one, until the last day or until it is ended."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="level_overrides", db_index=False, verbose_name=_("customer"))
    level = models.CharField(_("level"), max_length=2, choices=CustomerLevel)
    reason = models.CharField(_("reason"), max_length=200)
    last_day = models.DateField(_("last day"))
    actor = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False, verbose_name=_("by"))
    set_at = models.DateTimeField(_("when"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("level set by hand")
        verbose_name_plural = _("levels set by hand")
        ordering = ("-id",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["customer"], condition=Q(ended_at=None), name="level_override_one_open"),
        ]
        indexes: ClassVar = [models.Index(fields=["customer", "-id"], name="level_override_history")]

    def __str__(self) -> str:
        return f"{self.level} · {self.last_day:%Y-%m-%d}"
