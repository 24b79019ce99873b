"""What moves customers along their lifecycle: reasons that people choose from, rules, and what rules propose."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from access.models import User
from common.db import BilingualModel, CodeField
from common.tracking import tracked
from customers.models.customer import Customer, Lifecycle


@tracked()
class LifecycleReason(BilingualModel):
    """An entry of the dictionary of reasons. One that is retired stays where it is and is offered no more."""

    code = CodeField(_("code"), max_length=24)
    to_state = models.CharField(
        _("for the step to"), max_length=10, choices=Lifecycle, blank=True, help_text=_("Empty: it is offered for every step.")
    )
    is_active = models.BooleanField(_("offered"), default=True)

    class Meta:
        verbose_name = _("reason of a lifecycle step")
        verbose_name_plural = _("reasons of lifecycle steps")
        ordering = ("code",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["code"],
                name="lifecycle_reason_code_unique",
                violation_error_code="unique",
                violation_error_message=_("This code is taken."),
            )
        ]


class Comparison(models.TextChoices):
    """How a rule compares what is measured with its number."""

    AT_LEAST = "at_least", _("at least")
    AT_MOST = "at_most", _("at most")


@tracked()
class LifecycleRule(BilingualModel):
    """A step that follows from a measure (`customers.measures`): taken each night, or proposed to whoever looks after the customer."""

    code = CodeField(_("code"), max_length=24)
    from_state = models.CharField(_("from state"), max_length=10, choices=Lifecycle)
    to_state = models.CharField(_("to state"), max_length=10, choices=Lifecycle)
    measure = models.CharField(_("what is measured"), max_length=60)
    comparison = models.CharField(_("is"), max_length=8, choices=Comparison, default=Comparison.AT_LEAST)
    number = models.DecimalField(_("number"), max_digits=16, decimal_places=4)
    is_automatic = models.BooleanField(_("automatic"), default=True, help_text=_("Else the step is proposed on the customer's page."))
    is_active = models.BooleanField(_("in use"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=100, help_text=_("The first rule that fits takes the night's step."))

    class Meta:
        verbose_name = _("lifecycle rule")
        verbose_name_plural = _("lifecycle rules")
        ordering = ("position", "code")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["code"],
                name="lifecycle_rule_code_unique",
                violation_error_code="unique",
                violation_error_message=_("This code is taken."),
            )
        ]


class ProposalState(models.TextChoices):
    """What became of a proposal."""

    OPEN = "open", pgettext_lazy("proposal", "open")
    ACCEPTED = "accepted", pgettext_lazy("proposal", "accepted")
    DECLINED = "declined", pgettext_lazy("proposal", "declined")
    WITHDRAWN = "withdrawn", pgettext_lazy("proposal", "no longer fits")


@tracked()
class LifecycleProposal(models.Model):
    """A step that a rule proposes for a customer, with the value that it measured."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="lifecycle_proposals", db_index=False, verbose_name=_("customer"))
    rule = models.ForeignKey(LifecycleRule, models.CASCADE, related_name="proposals", verbose_name=_("lifecycle rule"))
    from_state = models.CharField(_("from state"), max_length=10, choices=Lifecycle)
    to_state = models.CharField(_("to state"), max_length=10, choices=Lifecycle)
    measured = models.CharField(_("measured"), max_length=40)
    state = models.CharField(_("state"), max_length=10, choices=ProposalState, default=ProposalState.OPEN)
    proposed_at = models.DateTimeField(_("when"), default=timezone.now)
    decided_at = models.DateTimeField(_("decided"), null=True)
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("by"))

    class Meta:
        verbose_name = _("proposed lifecycle step")
        verbose_name_plural = _("proposed lifecycle steps")
        ordering = ("-id",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["customer"], condition=Q(state="open"), name="lifecycle_proposal_one_open"),
        ]
        indexes: ClassVar = [models.Index(fields=["customer", "-id"], name="lifecycle_proposal_history")]

    def __str__(self) -> str:
        return f"{self.get_from_state_display()} → {self.get_to_state_display()}"
