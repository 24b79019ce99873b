"""What the operator sells: products and their rules, tariffs, discounts, and the offers made for one customer."""

from __future__ import annotations

import datetime
from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.models import User
from access.placing import INHERITED, PlacedAsCustomer, scope_indexes
from common.db import BilingualModel, CodeField, TimestampedModel
from common.tracking import tracked
from common.version_triggers import versioned
from customers.models import Customer
from products.querysets import CatalogueQuerySet, GroupSubscriptionQuerySet, OfferQuerySet


class ProductKind(models.TextChoices):
    """Families of products that operators sell to groups."""

    VNET = "vnet", _("V-net")
    RING_BACK = "ring_back", _("ring-back tone")
    MESSAGING = "messaging", _("messaging")
    PRIVATE_LINE = "private_line", _("private line")
    IOT = "iot", _("IoT")
    BROADBAND = "broadband", _("enterprise broadband")
    CLOUD = "cloud", _("cloud")
    DATA = "data", _("mobile data")
    CUSTOM = "custom", _("custom")


@versioned()
@tracked()
class Product(BilingualModel, TimestampedModel):
    """Something a group or its members subscribe to. Retired from `retired_on` on."""

    code = CodeField(_("code"), max_length=32)
    kind = models.CharField(_("kind"), max_length=16, choices=ProductKind)
    member_level = models.BooleanField(
        _("for members"), default=True, help_text=_("On: numbers subscribe. Off: the group itself subscribes.")
    )
    min_members = models.PositiveIntegerField(_("minimum members"), default=0)
    available_from = models.DateField(_("available from"), default=datetime.date(2020, 1, 1))
    retired_on = models.DateField(_("retired on"), null=True, blank=True)
    description = models.CharField(_("description"), max_length=300, blank=True)

    objects = CatalogueQuerySet["Product"].as_manager()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ("code",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code"], name="product_code_unique", violation_error_message=_("This code is taken.")),
            models.CheckConstraint(
                condition=Q(retired_on=None) | Q(retired_on__gt=F("available_from")),
                name="product_dates_in_order",
                violation_error_message=_("A product retires after the day from which it is available."),
            ),
        ]

    def is_available(self, on: datetime.date) -> bool:
        """Whether the product can be newly subscribed on day `on`."""
        return self.available_from <= on and (self.retired_on is None or on < self.retired_on)


class ProductRuleKind(models.TextChoices):
    """How one product stands to another on the same number."""

    EXCLUDES = "excludes", _("excludes")
    REQUIRES = "requires", _("requires")


@tracked()
class ProductRule(models.Model):
    """`product` excludes or requires `other` on the same number. An exclusion counts both ways, though it is stored once."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="rules", verbose_name=_("product"))
    kind = models.CharField(_("rule"), max_length=10, choices=ProductRuleKind)
    other = models.ForeignKey(Product, models.CASCADE, related_name="rules_of_others", verbose_name=_("other product"))

    class Meta:
        verbose_name = _("product rule")
        verbose_name_plural = _("product rules")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["product", "kind", "other"], name="product_rule_unique"),
            models.CheckConstraint(condition=~Q(product=F("other")), name="product_rule_two_products"),
        ]

    def __str__(self) -> str:
        return f"{self.product} {self.get_kind_display()} {self.other}"


class TariffUnit(models.TextChoices):
    """What a fee is charged for."""

    MONTH = "month", _("a month")
    ONCE = "once", _("once")
    USE = "use", _("a use")


@versioned()
@tracked()
class Tariff(BilingualModel, TimestampedModel):
    """A way to pay for a product. Its fee over time stands in `TariffPrice`."""

    product = models.ForeignKey(Product, models.PROTECT, related_name="tariffs", verbose_name=_("product"))
    code = CodeField(_("code"), max_length=32)
    unit = models.CharField(_("charged for"), max_length=8, choices=TariffUnit, default=TariffUnit.MONTH)
    retired_on = models.DateField(_("retired on"), null=True, blank=True)

    objects = CatalogueQuerySet["Tariff"].as_manager()

    class Meta:
        verbose_name = _("tariff")
        verbose_name_plural = _("tariffs")
        ordering = ("code",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["product", "code"],
                name="tariff_code_unique",
                violation_error_message=_("This product has a tariff with this code."),
            ),
        ]


class DateRange(Func):
    """The SQL range [from, until) of two date columns."""

    function = "DATERANGE"
    output_field = DateRangeField()


@tracked()
class TariffPrice(models.Model):
    """The fee of a tariff from `effective_on` until the day before `expires_on` (empty: without end)."""

    tariff = models.ForeignKey(Tariff, models.CASCADE, related_name="prices", verbose_name=_("tariff"))
    fee = models.DecimalField(_("fee (CNY)"), max_digits=10, decimal_places=2)
    effective_on = models.DateField(_("effective"))
    expires_on = models.DateField(_("expiry"), null=True, blank=True)

    class Meta:
        verbose_name = _("tariff price")
        verbose_name_plural = _("tariff prices")
        ordering = ("tariff", "effective_on")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(fee__gte=0), name="tariff_price_not_negative"),
            models.CheckConstraint(condition=Q(expires_on=None) | Q(expires_on__gt=F("effective_on")), name="tariff_price_dates_in_order"),
            ExclusionConstraint(
                name="tariff_price_no_overlap",
                expressions=[("tariff", RangeOperators.EQUAL), (DateRange("effective_on", "expires_on"), RangeOperators.OVERLAPS)],
                violation_error_message=_("Another price of this tariff covers some of these days."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.fee} ({self.effective_on})"


class DiscountKind(models.TextChoices):
    """How a discount changes a fee."""

    PERCENT = "percent", _("percent off")
    AMOUNT = "amount", _("amount off (CNY)")
    FIXED = "fixed", _("fixed price (CNY)")
    FREE_MONTHS = "free_months", _("free months")


@versioned()
@tracked()
class Discount(BilingualModel, TimestampedModel):
    """A reduction that an offer may carry. Of one stacking group, an offer takes at most one."""

    code = CodeField(_("code"), max_length=32)
    kind = models.CharField(_("kind"), max_length=12, choices=DiscountKind)
    value = models.DecimalField(_("value"), max_digits=10, decimal_places=2)
    stacking_group = CodeField(_("stacking group"), max_length=16, blank=True)
    approval_limit = models.DecimalField(_("needs approval above"), max_digits=10, decimal_places=2, null=True, blank=True)
    retired_on = models.DateField(_("retired on"), null=True, blank=True)

    objects = CatalogueQuerySet["Discount"].as_manager()

    class Meta:
        verbose_name = _("discount")
        verbose_name_plural = _("discounts")
        ordering = ("code",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code"], name="discount_code_unique", violation_error_message=_("This code is taken.")),
            models.CheckConstraint(condition=Q(value__gte=0) & (~Q(kind="percent") | Q(value__lte=100)), name="discount_value_range"),
        ]


class OfferStatus(models.TextChoices):
    """Stored states of an offer; effective, expiring and expired follow from its dates."""

    DRAFT = "draft", _("draft")
    IN_APPROVAL = "in_approval", _("in approval")
    APPROVED = "approved", _("approved")
    WITHDRAWN = "withdrawn", _("withdrawn")


@versioned(exclude=INHERITED)
@tracked(exclude=INHERITED, compared=True, told_of=("customer",))
class Offer(PlacedAsCustomer, TimestampedModel):
    """A product, a tariff and discounts made for one customer, with dates. `expires_on` is the first day it no longer holds."""

    code = CodeField(_("code"), max_length=32)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="offers", verbose_name=_("customer"))
    product = models.ForeignKey(Product, models.PROTECT, related_name="offers", verbose_name=_("product"))
    tariff = models.ForeignKey(Tariff, models.PROTECT, related_name="offers", verbose_name=_("tariff"))
    discounts = models.ManyToManyField(Discount, blank=True, related_name="offers", verbose_name=_("discounts"))
    effective_on = models.DateField(_("effective"))
    expires_on = models.DateField(_("expiry"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=12, choices=OfferStatus, default=OfferStatus.DRAFT)
    committed_members = models.PositiveIntegerField(
        _("agreed members"), null=True, blank=True, help_text=_("The most numbers that the offer was agreed for.")
    )
    created_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, editable=False, related_name="+", verbose_name=_("drafted by")
    )
    approved_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, editable=False, related_name="+", verbose_name=_("approved by")
    )
    approved_at = models.DateTimeField(_("approved"), null=True, blank=True, editable=False)

    objects = OfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        ordering = ("customer", "code")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code"], name="offer_code_unique", violation_error_message=_("This code is taken.")),
            models.CheckConstraint(
                condition=Q(expires_on=None) | Q(expires_on__gt=F("effective_on")),
                name="offer_dates_in_order",
                violation_error_message=_("An offer expires after the day from which it is effective."),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["customer", "product"], name="offer_customer_product"),
            models.Index(fields=["expires_on"], name="offer_expiry", condition=Q(status="approved")),
            models.Index(fields=["updated_at"], name="offer_waiting", condition=Q(status="in_approval")),
            models.Index(fields=["effective_on", "id"], name="offer_effective"),
            *scope_indexes("offer", INHERITED, "effective_on", "id"),
        ]

    def __str__(self) -> str:
        return str(self.code)

    def stage(self, on: datetime.date | None = None) -> str:
        """The state on day `on` (default today): a stored status, or effective, expiring (30 days) or expired by the dates."""
        day = on or timezone.localdate()
        if self.status != OfferStatus.APPROVED or day < self.effective_on:
            return str(self.status)
        if self.expires_on is None or day < self.expires_on - datetime.timedelta(days=30):
            return "effective"
        return "expiring" if day < self.expires_on else "expired"


@tracked()
class OfferDiscount(Offer.discounts.through):  # type: ignore[name-defined,misc]  # made by the field
    """An offer carries a discount."""

    class Meta:
        proxy = True
        verbose_name = _("discount of an offer")
        verbose_name_plural = _("discounts of offers")

    def __str__(self) -> str:
        return f"{self.offer} · {self.discount}"


@tracked(told_of=("customer",))
class GroupSubscription(TimestampedModel):
    """The customer's own instance of a group-level product under an offer."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="group_subscriptions", verbose_name=_("customer"))
    product = models.ForeignKey(Product, models.PROTECT, related_name="group_subscriptions", verbose_name=_("product"))
    tariff = models.ForeignKey(Tariff, models.PROTECT, related_name="+", verbose_name=_("tariff"))
    offer = models.ForeignKey(Offer, models.PROTECT, null=True, blank=True, related_name="group_subscriptions", verbose_name=_("offer"))
    quantity = models.PositiveIntegerField(_("quantity"), default=1)
    identifier = models.CharField(_("line or account"), max_length=64, blank=True)
    effective_on = models.DateField(_("effective"))
    expires_on = models.DateField(_("expiry"), null=True, blank=True)
    ended_on = models.DateField(_("ended"), null=True, blank=True)

    objects = GroupSubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("group subscription")
        verbose_name_plural = _("group subscriptions")
        ordering = ("customer", "product", "-effective_on")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(expires_on=None) | Q(expires_on__gt=F("effective_on")), name="group_subscription_dates_in_order"
            ),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="group_subscription_quantity_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.product} · {self.customer}"
