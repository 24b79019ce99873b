"""A portfolio, or a part of one, handed over with its open work: offered, accepted by who gets it, and carried out on its day."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from access.models import User
from common.db import TimestampedModel
from common.tracking import tracked
from customers.models.customer import Customer
from customers.querysets_hand_overs import HandOverItemQuerySet, HandOverQuerySet


class HandOverState(models.TextChoices):
    """draft → in approval → offered → accepted → done → handed back; or refused, withdrawn, expired."""

    DRAFT = "draft", pgettext_lazy("hand-over", "draft")
    APPROVAL = "approval", pgettext_lazy("hand-over", "in approval")
    OFFERED = "offered", pgettext_lazy("hand-over", "offered")
    ACCEPTED = "accepted", pgettext_lazy("hand-over", "accepted")
    DONE = "done", pgettext_lazy("hand-over", "done")
    RETURNED = "returned", pgettext_lazy("hand-over", "handed back")
    REFUSED = "refused", pgettext_lazy("hand-over", "refused")
    WITHDRAWN = "withdrawn", pgettext_lazy("hand-over", "withdrawn")
    EXPIRED = "expired", pgettext_lazy("hand-over", "expired")


OPEN_STATES: Final = (HandOverState.DRAFT, HandOverState.APPROVAL, HandOverState.OFFERED, HandOverState.ACCEPTED)
"""States in which it is not decided yet what becomes of it, or not carried out."""


@tracked(compared=True)
class HandOver(TimestampedModel):
    """Customers of `giver` that shall pass to `receiver` on `effective_on`, made by `maker`, by the right of `approver`.

    Who reaches it is its own rule (`HandOverQuerySet`): who has to do with it looks at its customers in it while it is open, though they
    may be out of reach otherwise. `figures` is what its customers came to when it was made; `moved_tasks` are the to-dos that went along;
    `job_key` is the job that carries out a large one.
    """

    giver = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False, verbose_name=_("handed over by"))
    receiver = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False, verbose_name=_("receiver"))
    maker = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False, editable=False, verbose_name=_("made by"))
    approver = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", db_index=False, editable=False, verbose_name=_("approved by")
    )
    reason = models.CharField(_("reason"), max_length=200)
    effective_on = models.DateField(_("on"), default=timezone.localdate)
    moves_unit = models.BooleanField(_("the customers move to the receiver's org unit too"), default=True)
    state = models.CharField(_("state"), max_length=10, choices=HandOverState, default=HandOverState.DRAFT, editable=False)
    offered_at = models.DateTimeField(_("offered"), null=True, editable=False)
    reminded_at = models.DateTimeField(null=True, editable=False)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False, editable=False)
    decided_at = models.DateTimeField(_("decided"), null=True, editable=False)
    decision_reason = models.CharField(_("reason of the decision"), max_length=200, blank=True, editable=False)
    done_at = models.DateTimeField(_("done"), null=True, editable=False)
    job_key = models.BigIntegerField(null=True, editable=False)
    figures = models.JSONField(default=dict, editable=False)
    moved_tasks = ArrayField(models.BigIntegerField(), default=list, editable=False)

    objects = HandOverQuerySet.as_manager()

    class Meta:
        verbose_name = _("hand-over")
        verbose_name_plural = _("hand-overs")
        ordering = ("-id",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(giver=F("receiver")),
                name="hand_over_to_somebody_else",
                violation_error_message=_("Customers are handed to somebody else."),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["giver", "-id"], name="hand_over_giver"),
            models.Index(fields=["receiver", "-id"], name="hand_over_receiver"),
            models.Index(fields=["maker", "-id"], name="hand_over_maker"),
            models.Index(fields=["state"], name="hand_over_open", condition=Q(state__in=["approval", "offered", "accepted"])),
        ]

    def __str__(self) -> str:
        return f"{self.giver} → {self.receiver}"

    @property
    def is_open(self) -> bool:
        """Whether it may still come to something."""
        return self.state in OPEN_STATES

    @property
    def is_shown(self) -> bool:
        """Whether it opens to those who have to do with it what else they do not reach: a draft, which nobody is told of, does not."""
        return self.is_open and self.state != HandOverState.DRAFT

    @property
    def number(self) -> str:
        """How people name it."""
        return f"#{self.pk}"


class ItemState(models.TextChoices):
    """What becomes of one customer of a hand-over."""

    OPEN = "open", pgettext_lazy("hand-over", "to be handed over")
    REFUSED = "refused", pgettext_lazy("hand-over", "refused by the receiver")
    MOVED = "moved", pgettext_lazy("hand-over", "handed over")
    SKIPPED = "skipped", pgettext_lazy("hand-over", "left: it has another owner by now")
    BEYOND = "beyond", pgettext_lazy("hand-over", "left: out of reach of whoever approved it")
    RETURNED = "returned", pgettext_lazy("hand-over", "handed back")


LEFT_ALONE: Final = (ItemState.SKIPPED, ItemState.BEYOND)
"""What becomes of customers that could not pass when the rest of them did."""


@tracked(inserts=False)
class HandOverItem(models.Model):
    """A customer of a hand-over. `label` is what the customer was called, for those who no longer reach it."""

    hand_over = models.ForeignKey(HandOver, models.CASCADE, related_name="items", db_index=False, verbose_name=_("hand-over"))
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="hand_over_items", verbose_name=_("customer"))
    label = models.CharField(_("customer"), max_length=160)
    note = models.CharField(_("note"), max_length=300, blank=True, db_default="")
    state = models.CharField(_("state"), max_length=8, choices=ItemState, default=ItemState.OPEN, db_default=ItemState.OPEN.value)
    reason = models.CharField(_("reason"), max_length=200, blank=True, db_default="")
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = HandOverItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer of a hand-over")
        verbose_name_plural = _("customers of hand-overs")
        ordering = ("id",)
        constraints: ClassVar = [models.UniqueConstraint(fields=["hand_over", "customer"], name="hand_over_item_once")]
        indexes: ClassVar = [models.Index(fields=["hand_over", "id"], name="hand_over_item_order")]

    def __str__(self) -> str:
        return self.label


@tracked()
class HandOverRule(models.Model):
    """How long an offer waits for its answer, and a draft for its maker. There is at most one row; without it the defaults count."""

    only = models.BooleanField(primary_key=True, default=True, editable=False)
    remind_after = models.PositiveSmallIntegerField(
        _("remind after (days)"), default=3, validators=[MinValueValidator(1), MaxValueValidator(365)]
    )
    expire_after = models.PositiveSmallIntegerField(
        _("expire after (days)"), default=14, validators=[MinValueValidator(1), MaxValueValidator(365)]
    )

    drop_drafts_after = models.PositiveSmallIntegerField(
        _("drop untouched drafts after (days)"), default=30, db_default=30, validators=[MinValueValidator(1), MaxValueValidator(365)]
    )

    class Meta:
        verbose_name = _("rule for hand-overs")
        verbose_name_plural = _("rule for hand-overs")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(only=True), name="hand_over_rule_once"),
            models.CheckConstraint(
                condition=Q(expire_after__gt=F("remind_after")),
                name="hand_over_rule_in_order",
                violation_error_message=_("An offer is reminded of before it expires."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.remind_after} / {self.expire_after}"

    @classmethod
    def current(cls) -> HandOverRule:
        """The rule that counts."""
        found: Any = cls._default_manager.first()
        return found if found is not None else cls()
