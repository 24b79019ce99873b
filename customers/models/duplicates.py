"""Customers that may be the same one, entered twice: what counts as a sign of it, the pairs that were found, and what was merged."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from access.models import User
from common.db import CodeField
from common.tracking import tracked, untracked
from customers.models.customer import Customer
from customers.querysets import DuplicatePairQuerySet
from jobs.models import Job


class DuplicateSign(models.TextChoices):
    """What two customers can have in common so that they may be one."""

    NAME = "name", _("the same name")
    LIKE = "like", _("a name much like it")
    CREDIT = "credit", _("the same organisation in the credit code")
    BANK = "bank", _("the same bank account")
    PHONE = "phone", _("a contact person with the same phone")


@tracked()
class DuplicateRule(models.Model):
    """How much a sign weighs, and from which likeness on names are alike. There is one of each, entered with the product."""

    sign = models.CharField(_("sign"), max_length=8, choices=DuplicateSign)
    points = models.PositiveSmallIntegerField(
        _("certainty (percent)"), validators=[MinValueValidator(1), MaxValueValidator(100)], help_text=_("How sure this sign alone makes.")
    )
    at_least = models.PositiveSmallIntegerField(
        _("likeness from (percent)"),
        default=100,
        validators=[MinValueValidator(50), MaxValueValidator(100)],
        help_text=_("Of names that are much alike: how many of their characters and pairs of characters they share."),
    )
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("sign of duplicates")
        verbose_name_plural = _("signs of duplicates")
        ordering = ("-points", "sign")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sign"], name="duplicate_rule_once"),
            models.CheckConstraint(condition=Q(points__range=(1, 100), at_least__range=(50, 100)), name="duplicate_rule_ranges"),
        ]

    def __str__(self) -> str:
        return self.get_sign_display()


class PairState(models.TextChoices):
    """Whether somebody has looked at a pair."""

    OPEN = "open", pgettext_lazy("duplicates", "open")
    DISMISSED = "dismissed", _("not a duplicate")


@untracked("Found anew each night; who decided about one stands in it.")
class DuplicatePair(models.Model):
    """Two customers that may be the same one. `signs` maps each sign (`DuplicateSign`) to its certainty or likeness in percent."""

    first = models.ForeignKey(Customer, models.CASCADE, related_name="+", db_index=False, verbose_name=_("customer"))
    second = models.ForeignKey(Customer, models.CASCADE, related_name="+", verbose_name=_("other customer"))
    signs = models.JSONField(_("signs"), default=dict)
    score = models.PositiveSmallIntegerField(_("certainty (percent)"))
    state = models.CharField(_("state"), max_length=10, choices=PairState, default=PairState.OPEN)
    found_at = models.DateTimeField(_("found"), default=timezone.now)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("by"))
    decided_at = models.DateTimeField(_("decided"), null=True)

    objects = DuplicatePairQuerySet.as_manager()

    class Meta:
        verbose_name = _("likely duplicate")
        verbose_name_plural = _("likely duplicates")
        ordering = ("-score", "id")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["first", "second"], name="duplicate_pair_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="duplicate_pair_in_order"),
        ]
        indexes: ClassVar = [models.Index(fields=["score", "id"], name="duplicate_pair_score")]

    def __str__(self) -> str:
        return f"{self.first} · {self.second}"


class MergeState(models.TextChoices):
    """What became of a merge."""

    DUE = "due", pgettext_lazy("merge", "under way")
    DONE = "done", pgettext_lazy("merge", "merged")
    UNDONE = "undone", pgettext_lazy("merge", "taken back")


@tracked(exclude=("before", "after"))
class CustomerMerge(models.Model):
    """A customer that was merged into another: what remains of it, under its key, its code and its credit code.

    `before` holds the columns of the winner that took other values, `after` what they took, as the database writes them; ids of rows that
    moved and rows that were put aside stand in `MergedRows`.
    """

    job = models.OneToOneField(Job, models.PROTECT, primary_key=True, related_name="customer_merge", verbose_name=_("job"))
    winner = models.ForeignKey(Customer, models.PROTECT, related_name="merges", verbose_name=_("merged into"))
    loser_key = models.BigIntegerField(editable=False)
    loser_code = CodeField(_("code"), max_length=20)
    loser_name = models.CharField(_("name"), max_length=120)
    loser_credit_code = CodeField(_("unified social credit code"), max_length=18, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    before: Any = models.JSONField(default=dict)
    after: Any = models.JSONField(default=dict)
    state = models.CharField(_("state"), max_length=8, choices=MergeState, default=MergeState.DUE)
    merged_at = models.DateTimeField(_("merged"), null=True)
    undone_at = models.DateTimeField(_("taken back"), null=True)

    class Meta:
        verbose_name = _("merge of customers")
        verbose_name_plural = _("merges of customers")
        ordering = ("-job",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["loser_key"], condition=Q(state="done"), name="customer_merge_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["loser_code"], name="customer_merge_code", condition=Q(state="done")),
            models.Index(fields=["loser_credit_code"], name="customer_merge_credit_code", condition=Q(state="done")),
        ]

    def __str__(self) -> str:
        return f"{self.loser_name} → {self.winner}"


@untracked("Written once, with the merge that it belongs to.")
class MergedRows(models.Model):
    """The rows of one table that a merge moved by `column`, or, with `aside`, that it put aside because the winner has their like.

    `moments` says of each of `keys` when it was changed last before it moved, where the table keeps that.
    """

    merge = models.ForeignKey(CustomerMerge, models.CASCADE, related_name="rows", verbose_name=_("merge of customers"))
    table = CodeField(max_length=63)
    column = CodeField(max_length=63)
    keys = ArrayField(models.BigIntegerField())
    moments = ArrayField(models.DateTimeField(), null=True)
    aside = models.JSONField(null=True)

    class Meta:
        verbose_name = _("rows of a merge")
        verbose_name_plural = _("rows of merges")
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.merge_id}: {self.table}"
