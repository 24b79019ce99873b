"""How customers stand to each other: suppliers, competitors, partners, the same owner."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from access.models import User
from common.db import BilingualModel, CodeField, TimestampedModel
from common.tracking import tracked
from common.version_triggers import versioned
from customers.models.customer import Customer
from customers.querysets import CustomerRelationQuerySet


@tracked()
class RelationKind(BilingualModel):
    """A kind of relation, named as the first customer's page names it, and as the second's does where that differs."""

    code = CodeField(_("code"), max_length=24)
    inverse_en = models.CharField(
        _("English name, seen from the other"), max_length=120, blank=True, help_text=_("Empty: the same from both sides.")
    )
    inverse_zh = models.CharField(_("Chinese name, seen from the other"), max_length=120, blank=True)
    is_active = models.BooleanField(_("offered"), default=True)

    class Meta:
        verbose_name = _("kind of relation")
        verbose_name_plural = _("kinds of relations")
        ordering = ("code",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["code"],
                name="relation_kind_code_unique",
                violation_error_code="unique",
                violation_error_message=_("This code is taken."),
            )
        ]

    @property
    def is_mutual(self) -> bool:
        """Whether both customers call it the same."""
        return not (self.inverse_en or self.inverse_zh)

    @property
    def inverse_label(self) -> str:
        """The name from the second customer's side, in the language of the request."""
        chinese = (get_language() or "").startswith("zh")
        return (self.inverse_zh if chinese else self.inverse_en) or self.inverse_en or self.inverse_zh or self.label


@versioned()
@tracked(told_of=("customer", "other"))
class CustomerRelation(TimestampedModel):
    """`customer` is to `other` what the kind says. Whoever reaches either of them sees that there is a relation."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="relations", db_index=False, verbose_name=_("customer"))
    other = models.ForeignKey(Customer, models.CASCADE, related_name="relations_from_others", verbose_name=_("other customer"))
    kind = models.ForeignKey(RelationKind, models.PROTECT, related_name="relations", verbose_name=_("kind"))
    begins_on = models.DateField(_("since"), null=True, blank=True)
    ends_on = models.DateField(_("until"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False, editable=False, verbose_name=_("by"))

    objects = CustomerRelationQuerySet.as_manager()

    class Meta:
        verbose_name = _("relation of customers")
        verbose_name_plural = _("relations of customers")
        ordering = ("kind", "id")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["customer", "other", "kind"],
                name="customer_relation_once",
                violation_error_message=_("This relation is entered already."),
            ),
            models.CheckConstraint(
                condition=~Q(customer=F("other")),
                name="customer_relation_not_to_itself",
                violation_error_message=_("A customer has no relation to itself."),
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(begins_on=None) | Q(ends_on__gte=F("begins_on")),
                name="customer_relation_dates_in_order",
                violation_error_message=_("The last day lies before the first."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer} · {self.kind} · {self.other}"
