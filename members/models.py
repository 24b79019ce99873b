"""Number lists: who is in which group from when to when, what each number subscribes to, and the batches that did it."""

from __future__ import annotations

import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now, Reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.db import CodeField, TimestampedModel
from common.masking import mask_number
from common.reading.cells import CELL_SEPARATOR
from common.tracking import tracked, untracked
from common.version_triggers import versioned
from customers.models import Customer, Region
from jobs.models import Job
from members.querysets import BatchRowQuerySet, MemberQuerySet, MemberSubscriptionQuerySet
from members.reading.normalise import national
from products.models import Offer, Product, Tariff


class NumberKind(models.TextChoices):
    """Kinds of numbers in the number plan."""

    MOBILE = "mobile", _("mobile")
    FIXED = "fixed", _("fixed")
    IOT = "iot", _("IoT")
    BROADBAND = "broadband", _("broadband")


class Operator(models.TextChoices):
    """Operators whose numbers occur in number lists."""

    MOBILE = "mobile", _("China Mobile")
    TELECOM = "telecom", _("China Telecom")
    UNICOM = "unicom", _("China Unicom")
    BROADNET = "broadnet", _("China Broadnet")


@tracked()
class NumberSegment(TimestampedModel):
    """A prefix of the number plan: whose it is and where. `prefix` is E.164 digits, country code first; the longest match counts."""

    prefix = CodeField(_("prefix"), max_length=12)
    kind = models.CharField(_("kind"), max_length=10, choices=NumberKind)
    operator = models.CharField(_("operator"), max_length=10, choices=Operator)
    region = models.ForeignKey(Region, models.PROTECT, null=True, blank=True, related_name="segments", verbose_name=_("home city"))

    class Meta:
        verbose_name = _("number segment")
        verbose_name_plural = _("number segments")
        ordering = ("prefix",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["prefix"], name="number_segment_unique", violation_error_message=_("This prefix is listed."))
        ]

    def __str__(self) -> str:
        return str(self.prefix)


@tracked()
class BlacklistedNumber(TimestampedModel):
    """A number that may not join any group nor be changed."""

    msisdn = CodeField(_("number"), max_length=15)
    reason = models.CharField(_("reason"), max_length=120)

    class Meta:
        verbose_name = _("blacklisted number")
        verbose_name_plural = _("blacklisted numbers")
        ordering = ("msisdn",)
        constraints: ClassVar = [models.UniqueConstraint(fields=["msisdn"], name="blacklisted_number_unique")]

    def __str__(self) -> str:
        return mask_number(national(self.msisdn))


class NumberState(models.TextChoices):
    """The state of a live number in the network. Pending, leaving and left follow from the dates."""

    ACTIVE = "active", _("active")
    SUSPENDED = "suspended", _("suspended")
    PORTING = "porting", _("porting out")


class PayMode(models.TextChoices):
    """Who pays for a number."""

    GROUP = "group", _("group pays")
    PERSON = "person", _("member pays")


@versioned()
@tracked(inserts=False)
class Member(models.Model):
    """A number's membership of a group from `joined_on` until the day before `left_on` (empty: without end).

    `msisdn` is E.164 digits without a plus. Rows are end-dated, never overwritten. `updated_at` is set by every write: a batch takes a
    row whose value moved since for changed.
    """

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="members", db_index=False, verbose_name=_("customer"))
    msisdn = CodeField(_("number"), max_length=15)
    kind = models.CharField(_("kind"), max_length=10, choices=NumberKind)
    holder_name = models.CharField(_("holder"), max_length=64, blank=True)
    employee_no = models.CharField(_("employee no"), max_length=32, blank=True)
    department = models.CharField(_("department"), max_length=64, blank=True)
    short_number = CodeField(_("short number"), max_length=6, blank=True)
    pay_mode = models.CharField(_("pay mode"), max_length=8, choices=PayMode, default=PayMode.GROUP)
    state = models.CharField(_("state"), max_length=10, choices=NumberState, default=NumberState.ACTIVE)
    joined_on = models.DateField(_("joined"))
    left_on = models.DateField(_("left"), null=True, blank=True)
    batch = models.ForeignKey(Job, models.PROTECT, null=True, editable=False, db_index=False, related_name="+", verbose_name=_("batch"))
    left_batch = models.ForeignKey(
        Job, models.PROTECT, null=True, editable=False, db_index=False, related_name="+", verbose_name=_("ended by batch")
    )
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = MemberQuerySet.as_manager()

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        ordering = ("msisdn", "id")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["msisdn"], condition=Q(left_on=None), name="member_one_live_membership"),
            models.UniqueConstraint(
                fields=["customer", "short_number"],
                condition=Q(left_on=None) & ~Q(short_number=""),
                name="member_short_number_unique",
                violation_error_message=_("Another member of this group has this short number."),
            ),
            models.CheckConstraint(condition=Q(left_on=None) | Q(left_on__gte=F("joined_on")), name="member_dates_in_order"),
        ]
        indexes: ClassVar = [
            # With the day of leaving, so that counts of who is there read the index alone.
            models.Index(fields=["customer", "msisdn", "id"], name="member_customer_msisdn", include=["left_on"]),
            models.Index(fields=["msisdn", "left_on"], name="member_ended_msisdn", condition=Q(left_on__isnull=False)),
            models.Index(Reverse("msisdn"), name="member_msisdn_reversed"),
            models.Index(fields=["left_on"], name="member_left_on", condition=Q(left_on__isnull=False)),
        ]

    def __str__(self) -> str:
        return mask_number(national(self.msisdn))

    def stage(self, on: datetime.date | None = None) -> str:
        """The state on day `on` (default today): pending, leaving or left by the dates, else the number's own state."""
        day = on or timezone.localdate()
        if self.left_on is not None:
            return "left" if self.left_on <= day else "leaving"
        return "pending" if self.joined_on > day else self.state


@tracked(inserts=False)
class MemberSubscription(models.Model):
    """A number is on a product from `effective_on`; ended early on `ended_on`, or at the agreed `expires_on`."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", db_index=False, verbose_name=_("customer"))
    member = models.ForeignKey(Member, models.PROTECT, related_name="subscriptions", db_index=False, verbose_name=_("member"))
    product = models.ForeignKey(Product, models.PROTECT, related_name="subscriptions", db_index=False, verbose_name=_("product"))
    tariff = models.ForeignKey(Tariff, models.PROTECT, related_name="subscriptions", db_index=False, verbose_name=_("tariff"))
    offer = models.ForeignKey(
        Offer, models.PROTECT, null=True, blank=True, related_name="subscriptions", db_index=False, verbose_name=_("offer")
    )
    price_override = models.DecimalField(_("price override (CNY)"), max_digits=10, decimal_places=2, null=True, blank=True)
    effective_on = models.DateField(_("effective"))
    expires_on = models.DateField(_("expiry"), null=True, blank=True)
    ended_on = models.DateField(_("ended"), null=True, blank=True)
    batch = models.ForeignKey(Job, models.PROTECT, null=True, editable=False, db_index=False, related_name="+", verbose_name=_("batch"))
    ended_batch = models.ForeignKey(
        Job, models.PROTECT, null=True, editable=False, db_index=False, related_name="+", verbose_name=_("ended by batch")
    )
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = MemberSubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("member subscription")
        verbose_name_plural = _("member subscriptions")
        ordering = ("member", "-effective_on", "-id")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["member", "product"], condition=Q(ended_on=None), name="member_subscription_one_live"),
            models.CheckConstraint(
                condition=Q(expires_on=None) | Q(expires_on__gte=F("effective_on")), name="member_subscription_expiry_in_order"
            ),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(ended_on__gte=F("effective_on")), name="member_subscription_end_in_order"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["member"], name="member_subscription_ended", condition=Q(ended_on__isnull=False)),
            models.Index(fields=["customer", "product"], name="member_subscription_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.member} · {self.product}"


class Severity(models.TextChoices):
    """What a verdict does to its row."""

    ERROR = "error", _("error")
    WARNING = "warning", _("warning")
    SKIP = "skip", _("nothing to do")
    OFF = "off", _("off")


@tracked()
class VerdictRule(TimestampedModel):
    """How severe a verdict is. The codes are fixed by the program; an administrator changes the severity or switches it off."""

    code = CodeField(_("code"), max_length=32)
    severity = models.CharField(_("severity"), max_length=8, choices=Severity)

    class Meta:
        verbose_name = _("verdict rule")
        verbose_name_plural = _("verdict rules")
        ordering = ("code",)
        constraints: ClassVar = [models.UniqueConstraint(fields=["code"], name="verdict_rule_unique")]

    def __str__(self) -> str:
        return str(self.code)


@untracked("Written by the job that it belongs to, which has a history.")
class ProvisioningBatch(models.Model):
    """The provisioning side of a job: for which customer, and what of the source was seen before it was read."""

    job = models.OneToOneField(Job, models.CASCADE, primary_key=True, related_name="provisioning", verbose_name=_("job"))
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="provisioning_batches", verbose_name=_("customer"))
    inspection = models.JSONField(_("inspection"), null=True)
    mapping = models.JSONField(_("mapping"), default=dict)

    class Meta:
        verbose_name = _("provisioning batch")
        verbose_name_plural = _("provisioning batches")

    def __str__(self) -> str:
        return str(self.job)


class RowState(models.TextChoices):
    """What became of a row in the check, and after the run of an eligible one."""

    ELIGIBLE = "e", _("eligible")
    SKIPPED = "s", _("skipped")
    FAILED = "f", _("failed")
    CONFLICT = "c", _("conflict")


@untracked("The rows of a batch, kept for a time and dropped whole.")
class BatchRow(models.Model):
    """One line of a batch's source with all its verdicts.

    The table is partitioned by job: a batch's rows are loaded and indexed on their own and dropped whole when they are no longer kept.
    Only `members.bulk` writes it. `position` is the row's place in number order; chunks are ranges of it. `todo` has bit i set where
    action i of the job has something to do. `verdicts` is the bit mask of `members.verdicts`. `member_key` is the live membership
    found, or the key kept ready for the one to be made.
    """

    pk = models.CompositePrimaryKey("job_id", "line")
    job = models.ForeignKey(Job, models.DO_NOTHING, db_constraint=False, related_name="+", verbose_name=_("job"))
    line = models.IntegerField(_("row"))
    position = models.IntegerField()
    state = models.CharField(_("state"), max_length=1, choices=RowState)
    verdicts = models.BigIntegerField(_("verdicts"))
    todo = models.IntegerField()
    msisdn = CodeField(_("number"), max_length=15, null=True)
    kind = models.CharField(_("kind"), max_length=10, null=True)  # noqa: DJ001  (NULL: the source has no such cell)
    duplicate_of = models.IntegerField(null=True)
    member_key = models.BigIntegerField(null=True)
    ground = models.BigIntegerField()
    holder_name = models.CharField(_("holder"), max_length=64, null=True)  # noqa: DJ001  (NULL: the source has no such cell)
    employee_no = models.CharField(_("employee no"), max_length=32, null=True)  # noqa: DJ001  (NULL: the source has no such cell)
    department = models.CharField(_("department"), max_length=64, null=True)  # noqa: DJ001  (NULL: the source has no such cell)
    short_number = CodeField(_("short number"), max_length=6, null=True)
    effective_on = models.DateField(_("effective"), null=True)
    expires_on = models.DateField(_("expiry"), null=True)
    tariff_code = CodeField(_("tariff"), max_length=32, null=True)
    offer_code = CodeField(_("offer"), max_length=32, null=True)
    raw = models.TextField(_("cells"))

    objects = BatchRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("batch row")
        verbose_name_plural = _("batch rows")
        managed = False
        db_table = "members_batchrow"
        ordering = ("line",)

    def __str__(self) -> str:
        return f"{self.job_id}/{self.line}"

    @property
    def cells(self) -> list[str]:
        """The row's cells as they stood in the source."""
        return self.raw.split(CELL_SEPARATOR)
