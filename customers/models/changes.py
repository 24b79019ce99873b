"""Who has owned a customer when, and how it moved along its lifecycle."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from access.models import OrgUnit, User
from common.tracking import tracked
from customers.models.customer import Customer, Lifecycle
from customers.models.hand_overs import HandOver
from customers.models.lifecycle import LifecycleReason, LifecycleRule


@tracked(inserts=False)
class OwnershipChange(models.Model):
    """A customer passed from one account manager or unit to another."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="ownership_changes", verbose_name=_("customer"))
    from_manager = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("from manager"))
    to_manager = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("to manager"))
    from_unit = models.ForeignKey(OrgUnit, models.PROTECT, null=True, related_name="+", verbose_name=_("from unit"))
    to_unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+", verbose_name=_("to unit"))
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    hand_over = models.ForeignKey(
        HandOver, models.SET_NULL, null=True, related_name="changes", editable=False, db_index=False, verbose_name=_("hand-over")
    )
    changed_at = models.DateTimeField(_("when"), auto_now_add=True)

    class Meta:
        verbose_name = _("ownership change")
        verbose_name_plural = _("ownership changes")
        ordering = ("-changed_at", "-id")
        indexes: ClassVar = [
            models.Index(fields=["hand_over", "customer"], name="ownership_change_hand_over", condition=models.Q(hand_over__isnull=False))
        ]

    def __str__(self) -> str:
        return f"{self.from_manager or '—'} → {self.to_manager or '—'}"


@tracked(inserts=False)
class LifecycleChange(models.Model):
    """A customer moved along its lifecycle, by a person with a reason, or by a rule (`actor` None) that measured `measured`.

    The reason is an entry of the dictionary, words, or both; that of a rule's step is the rule's code.
    """

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="lifecycle_changes", verbose_name=_("customer"))
    from_state = models.CharField(_("from state"), max_length=10, choices=Lifecycle)
    to_state = models.CharField(_("to state"), max_length=10, choices=Lifecycle)
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    reason_entry = models.ForeignKey(
        LifecycleReason, models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("reason of the dictionary")
    )
    rule = models.ForeignKey(
        LifecycleRule, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("lifecycle rule")
    )
    measured = models.CharField(_("measured"), max_length=40, blank=True, db_default="")
    changed_at = models.DateTimeField(_("when"), auto_now_add=True)

    class Meta:
        verbose_name = _("lifecycle change")
        verbose_name_plural = _("lifecycle changes")
        ordering = ("-changed_at", "-id")

    def __str__(self) -> str:
        return f"{self.get_from_state_display()} → {self.get_to_state_display()}"
