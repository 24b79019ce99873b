"""The group customer."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from access.models import OrgUnit, User
from access.placing import PLACES, Placed, scope_indexes
from common.db import CodeField, TimestampedModel
from common.encrypted_fields import EncryptedField, KeyedHashField
from common.tracking import tracked
from common.version_triggers import versioned
from customers.credit_code import validate_credit_code
from customers.grams import grams_of_names
from customers.latin import latin_index
from customers.likeness import PlainName
from customers.models.dictionaries import Industry, Region
from customers.pinyin import LONGEST, LONGEST_INITIALS
from customers.querysets import CustomerQuerySet


class CustomerLevel(models.TextChoices):
    """Value levels of key accounts, the most valuable first."""

    A1 = "A1", "A1"
    A2 = "A2", "A2"
    B1 = "B1", "B1"
    B2 = "B2", "B2"
    C = "C", "C"


class Lifecycle(models.TextChoices):
    """Where the customer stands: potential → active → warned → saved (active) or left → won back (active)."""

    POTENTIAL = "potential", pgettext_lazy("lifecycle", "potential")
    ACTIVE = "active", pgettext_lazy("lifecycle", "active")
    WARNED = "warned", pgettext_lazy("lifecycle", "churn warning")
    SAVED = "saved", pgettext_lazy("lifecycle", "saved")
    LEFT = "left", pgettext_lazy("lifecycle", "left")
    WON_BACK = "won_back", pgettext_lazy("lifecycle", "won back")


class CustomerScale(models.TextChoices):
    """Size of the customer's staff."""

    LARGE = "large", _("large (1,000 and more)")
    MEDIUM = "medium", _("medium (300 to 999)")
    SMALL = "small", _("small (20 to 299)")
    MICRO = "micro", _("micro (below 20)")


@versioned(exclude=PLACES)
@tracked(exclude=("bank_account", *PLACES), compared=True)
class Customer(Placed, TimestampedModel):
    """A group customer: the unit of this product. `manager` and `org_unit` decide who reaches it and all that hangs from it."""

    code = CodeField(
        _("code"), max_length=20, validators=[RegexValidator(r"^[A-Z0-9][A-Z0-9-]*$", _("Use capital letters, digits and hyphens."))]
    )
    name = models.CharField(_("name"), max_length=120)
    short_name = models.CharField(_("short name"), max_length=40, blank=True)
    pinyin = CodeField(_("pinyin"), max_length=LONGEST, blank=True, editable=False)
    pinyin_initials = CodeField(_("pinyin initials"), max_length=LONGEST_INITIALS, blank=True, editable=False)
    credit_code = CodeField(_("unified social credit code"), max_length=18, blank=True, validators=[validate_credit_code])
    industry = models.ForeignKey(Industry, models.PROTECT, null=True, blank=True, related_name="customers", verbose_name=_("industry"))
    scale = models.CharField(_("scale"), max_length=10, choices=CustomerScale, blank=True)
    address = models.CharField(_("address"), max_length=200, blank=True)
    region = models.ForeignKey(Region, models.PROTECT, null=True, blank=True, related_name="customers", verbose_name=_("region"))
    level = models.CharField(_("level"), max_length=2, choices=CustomerLevel, default=CustomerLevel.C)
    value_score = models.PositiveSmallIntegerField(_("value score"), default=0)
    lifecycle = models.CharField(_("lifecycle"), max_length=10, choices=Lifecycle, default=Lifecycle.POTENTIAL)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="subsidiaries", verbose_name=_("parent customer")
    )
    org_unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="customers", verbose_name=_("org unit"))
    manager = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="customers", verbose_name=_("account manager"))
    bank_name = models.CharField(_("bank"), max_length=120, blank=True, db_default="")
    bank_account = EncryptedField(_("bank account"), context="customers.customer.bank_account", max_length=40)
    bank_account_hash = KeyedHashField(_("bank account (fingerprint)"), of="bank_account")
    credit_limit = models.DecimalField(_("credit limit (CNY)"), max_digits=14, decimal_places=2, null=True, blank=True)
    source = models.CharField(_("source"), max_length=40, blank=True)
    remark = models.TextField(_("remark"), max_length=2000, blank=True)
    attributes = models.JSONField(
        _("attributes"), default=dict, db_default=models.Value({}, models.JSONField()), blank=True, editable=False
    )
    tags = models.ManyToManyField("customers.Tag", through="customers.CustomerTag", related_name="customers", verbose_name=_("tags"))

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ("pinyin", "id")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["code"],
                name="customer_code_unique",
                violation_error_code="unique",
                violation_error_message=_("This code is taken."),
            ),
            models.UniqueConstraint(
                fields=["credit_code"],
                condition=~Q(credit_code=""),
                name="customer_credit_code_unique",
                violation_error_code="unique",
                violation_error_message=_("Another customer has this credit code."),
            ),
            models.CheckConstraint(condition=~Q(parent=models.F("id")), name="customer_not_own_parent"),
            models.CheckConstraint(condition=Q(value_score__lte=100), name="customer_value_score_range"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["pinyin", "id"], name="customer_pinyin"),
            models.Index(fields=["level", "id"], name="customer_level"),
            models.Index(fields=["value_score", "id"], name="customer_value_score"),
            models.Index(fields=["created_at", "id"], name="customer_created"),
            models.Index(fields=["updated_at", "id"], name="customer_updated"),
            models.Index(fields=["credit_limit"], name="customer_credit_limit", condition=Q(credit_limit__isnull=False)),
            models.Index(fields=["manager", "pinyin", "id"], name="customer_manager_pinyin"),
            models.Index(fields=["org_unit", "pinyin", "id"], name="customer_unit_pinyin"),
            *scope_indexes("customer", PLACES, "pinyin", "id"),
            models.Index(fields=["pinyin_initials"], name="customer_pinyin_initials"),
            latin_index("customer_latin_names", "name", "short_name", "code"),
            GinIndex(fields=["attributes"], name="customer_attributes", opclasses=["jsonb_path_ops"]),
            # With the units above, so that what a director searches for is found in his part of the operator alone.
            GinIndex(grams_of_names(), *(F(column) for column in PLACES[1:]), name="customer_names"),
            # What filters choose by, together: customers of a rare level and scale are found at once among hundreds of thousands.
            GinIndex(fields=[*PLACES[1:], "level", "scale", "lifecycle", "industry", "region"], name="customer_choices"),
            models.Index(PlainName("name"), name="customer_plain_name"),
            models.Index(fields=["bank_account_hash"], name="customer_bank_account", condition=~Q(bank_account_hash="")),
        ]

    def __str__(self) -> str:
        return self.name
