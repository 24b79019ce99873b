"""Who works with the system, where in the organisation, and in which roles."""

from __future__ import annotations

import datetime
from typing import ClassVar, Self

from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin, UserManager
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from access.list_models import ListSetting as ListSetting
from access.list_models import SavedView as SavedView
from access.token_models import ApiToken as ApiToken
from common.database_roles import WORKER
from common.db import BilingualModel, CodeField, TimestampedModel
from common.tracking import tracked, untracked


class UnitLevel(models.TextChoices):
    """Levels of the operator's organisation, from the top."""

    GROUP = "group", _("group company")
    PROVINCE = "province", _("province")
    CITY = "city", _("city")
    COUNTY = "county", _("county")
    TEAM = "team", _("team")


@tracked()
class OrgUnit(BilingualModel, TimestampedModel):
    """A unit of the operator's organisation.

    `path` holds the codes from the root to the unit, each followed by a slash, so that a subtree is one index range. It is
    written only by `access.services.org_units`.
    """

    code = CodeField(_("code"), max_length=16)
    level = models.CharField(pgettext_lazy("org unit", "level"), max_length=10, choices=UnitLevel)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent"))
    path = CodeField(_("path"), max_length=120, editable=False)

    class Meta:
        verbose_name = _("org unit")
        verbose_name_plural = _("org units")
        ordering = ("path",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code"], name="org_unit_code_unique", violation_error_message=_("This code is taken.")),
            models.UniqueConstraint(fields=["path"], name="org_unit_path_unique"),
        ]


@tracked(exclude=("password", "last_login"), compared=True)
class User(AbstractBaseUser, PermissionsMixin, TimestampedModel):
    """A person or another system that signs in. `PermissionsMixin` serves the Django admin; business rows obey `policy` alone."""

    username = CodeField(_("login"), max_length=64)
    name = models.CharField(_("name"), max_length=64)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = CodeField(_("phone"), max_length=20, blank=True)
    org_unit = models.ForeignKey(OrgUnit, models.PROTECT, null=True, blank=True, related_name="staff", verbose_name=_("org unit"))
    locale = models.CharField(_("language"), max_length=10, blank=True, choices=[("en", "English"), ("zh-hans", "简体中文")])
    is_active = models.BooleanField(pgettext_lazy("user", "active"), default=True)
    is_staff = models.BooleanField(_("may open the administration"), default=False)
    is_demo = models.BooleanField(_("demo sign-in"), default=False, editable=False)
    must_change_password = models.BooleanField(
        _("has to change the password"),
        default=False,
        help_text=_("Set for first passwords, which others have read. Nothing else opens until the person has chosen one."),
    )

    objects = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar = ["name"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ("username",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["username"], name="user_username_unique", violation_error_message=_("This login is taken.")),
        ]

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        """The display name; asked for by Django's admin."""
        return self.name

    def get_short_name(self) -> str:
        """The display name; asked for by Django's admin."""
        return self.name


@tracked()
class GroupMembership(User.groups.through):  # type: ignore[name-defined,misc]  # made by the field
    """A user is in a group, and so reaches what is shared with it."""

    class Meta:
        proxy = True
        verbose_name = _("person in a group")
        verbose_name_plural = _("people in groups")

    def __str__(self) -> str:
        return f"{self.user} · {self.group}"


class DataScope(models.TextChoices):
    """Which rows a role reaches from the unit it is held in."""

    OWN = "own", _("own customers")
    UNIT = "unit", _("the unit")
    SUBTREE = "subtree", _("the unit and all below")
    ALL = "all", _("everything")


class Action(models.TextChoices):
    """What a role may do in a module."""

    VIEW = "view", _("view")
    ADD = "add", _("add")
    CHANGE = "change", _("change")
    DELETE = "delete", _("delete")
    APPROVE = "approve", _("approve")
    EXPORT = "export", _("export")
    REVEAL = "reveal", _("reveal masked data")


@tracked()
class Role(BilingualModel, TimestampedModel):
    """A named set of actions by module, with one data scope."""

    code = CodeField(_("code"), max_length=32)
    scope = models.CharField(_("data scope"), max_length=10, choices=DataScope)
    requires_second_factor = models.BooleanField(
        _("asks for a second factor"),
        default=False,
        help_text=_("Whoever holds this role sets up an authenticator app or a security key before anything else opens."),
    )

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ("code",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code"], name="role_code_unique", violation_error_message=_("This code is taken.")),
        ]


@tracked()
class RolePermission(models.Model):
    """One action that a role allows in one module. A module is the label of a business app."""

    role = models.ForeignKey(Role, models.CASCADE, related_name="permissions", verbose_name=_("role"))
    module = models.CharField(_("module"), max_length=32)
    action = models.CharField(_("action"), max_length=10, choices=Action)

    class Meta:
        verbose_name = _("role permission")
        verbose_name_plural = _("role permissions")
        constraints: ClassVar = [models.UniqueConstraint(fields=["role", "module", "action"], name="role_permission_unique")]

    def __str__(self) -> str:
        return f"{self.module}.{self.action}"


@tracked()
class RoleAssignment(TimestampedModel):
    """A user holds a role in a unit."""

    user = models.ForeignKey(User, models.CASCADE, related_name="assignments", verbose_name=_("user"))
    role = models.ForeignKey(Role, models.PROTECT, related_name="assignments", verbose_name=_("role"))
    org_unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="assignments", verbose_name=_("org unit"))

    class Meta:
        verbose_name = _("role assignment")
        verbose_name_plural = _("role assignments")
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "role", "org_unit"], name="role_assignment_unique")]

    def __str__(self) -> str:
        return f"{self.user} · {self.role} · {self.org_unit}"


class DelegationQuerySet(models.QuerySet["Delegation"]):
    """Reads of delegations."""

    def counting(self, day: datetime.date) -> Self:
        """Those that count on `day`: begun, not over, not ended before their time, and of a lender who is active."""
        return self.filter(starts_on__lte=day, ends_on__gte=day, ended_at=None, lender__is_active=True)


@tracked()
class Delegation(TimestampedModel):
    """A user lends the own customers to a colleague, from the first day to the last, both included. See `access.loans` for what that opens.

    `ended_at` is set when it is ended before its time; rows are kept, so that it stays known who could reach what when.
    """

    lender = models.ForeignKey(User, models.PROTECT, related_name="lent", verbose_name=_("lent by"))
    borrower = models.ForeignKey(User, models.PROTECT, related_name="borrowed", db_index=False, verbose_name=_("lent to"))
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, editable=False)

    objects = DelegationQuerySet.as_manager()

    class Meta:
        verbose_name = _("delegation")
        verbose_name_plural = _("delegations")
        ordering = ("-starts_on", "-id")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~models.Q(lender=models.F("borrower")),
                name="delegation_not_to_oneself",
                violation_error_message=_("Customers are lent to somebody else."),
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")),
                name="delegation_days_in_order",
                violation_error_message=_("The last day lies before the first."),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["borrower", "ends_on"], name="delegation_counting", condition=models.Q(ended_at=None))]

    def __str__(self) -> str:
        return f"{self.lender} → {self.borrower}, {self.starts_on} – {self.ends_on}"

    def state_on(self, day: datetime.date) -> str:
        """How it stands on `day`: "counting", "coming", "over", or "ended" where it was ended before its time."""
        if self.ended_at is not None:
            return "ended"
        if self.ends_on < day:
            return "over"
        return "coming" if self.starts_on > day else "counting"


class AuditEventKind(models.TextChoices):
    """What the audit keeps besides changed rows."""

    SIGNED_IN = "signed_in", _("signed in")
    SIGN_IN_FAILED = "sign_in_failed", _("failed to sign in")
    LOCKED_OUT = "locked_out", _("locked out")
    UNLOCKED = "unlocked", _("unlocked")
    SIGNED_OUT = "signed_out", _("signed out")
    SESSION_ENDED = "session_ended", _("session ended")
    FACTOR_CHANGED = "factor_changed", _("second factor changed")
    PASSWORD_CHANGED = "password_changed", _("password changed")
    REFUSED = "refused", _("refused")
    REVEALED = "revealed", _("revealed")
    EXPORTED = "exported", _("exported")
    GRANTED = "granted", _("shared")
    REVOKED = "revoked", _("sharing ended")
    DELEGATED = "delegated", _("delegated")
    DELEGATION_ENDED = "delegation_ended", _("delegation ended")
    PEOPLE_IMPORTED = "people_imported", _("people entered by a list")
    TOKEN_CREATED = "token_created", _("API token made")  # the name of an event
    TOKEN_REVOKED = "token_revoked", _("API token revoked")


@untracked("Its rows are only ever added.")
class AuditEvent(models.Model):
    """Something that a person or a system did, or was refused, and that no row's history shows. Rows are only ever added.

    `actor_login` stays when the user is renamed; for a failed sign-in it is what was typed. `object_type` is a model's label
    ("customers.customer"), `object_key` its key as text, `object_label` its name at the time.
    """

    happened_at = models.DateTimeField(_("moment"), default=timezone.now)
    kind = models.CharField(_("event"), max_length=20, choices=AuditEventKind)
    actor = models.ForeignKey(User, models.DO_NOTHING, null=True, db_constraint=False, related_name="+", verbose_name=_("user"))
    actor_login = CodeField(_("login"), max_length=64, blank=True)
    address = models.GenericIPAddressField(_("address"), null=True)
    path = models.CharField(_("page"), max_length=200, blank=True)
    object_type = CodeField(_("type of object"), max_length=64, blank=True)
    object_key = CodeField(_("key of object"), max_length=64, blank=True)
    object_label = models.CharField(_("object"), max_length=200, blank=True)
    details = models.JSONField(_("details"), default=dict)

    append_only = True

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        ordering = ("-id",)
        indexes: ClassVar = [
            models.Index(fields=["actor", "-id"], name="audit_event_actor"),
            models.Index(fields=["object_type", "object_key", "-id"], name="audit_event_object"),
            models.Index(fields=["kind", "-id"], name="audit_event_kind"),
            models.Index(fields=["actor_login", "-id"], name="audit_event_login"),
            models.Index(fields=["address", "-id"], name="audit_event_address"),
            models.Index(fields=["happened_at"], name="audit_event_moment"),
        ]

    def __str__(self) -> str:
        return f"{self.happened_at:%Y-%m-%d %H:%M:%S} {self.actor_login} {self.kind}"


@untracked("Its rows are only ever added, and each holds the one before.")
class AuditSeal(models.Model):
    """The seal over one block of an audit table: the rows of `table` with keys from `first_key` to `last_key`. See `access.seals`.

    `keys_digest` is the SHA-256 of the rows' keys, `digest` that of their `columns`, `previous` the seal before in the chain of all tables,
    `seal` the HMAC over all of it with the key that `key_name` tells of. All in hexadecimal.
    """

    number = models.BigIntegerField(primary_key=True)
    previous = CodeField(max_length=64, blank=True)
    table = CodeField(max_length=63)
    first_key = models.BigIntegerField()
    last_key = models.BigIntegerField()
    rows = models.IntegerField()
    columns = models.JSONField()
    keys_digest = CodeField(max_length=64)
    digest = CodeField(max_length=64)
    sealed_at = models.DateTimeField()
    key_name = CodeField(max_length=8)
    seal = CodeField(max_length=64)

    append_only = True
    appended_by = (WORKER,)

    class Meta:
        verbose_name = _("audit seal")
        verbose_name_plural = _("audit seals")
        ordering = ("number",)
        default_permissions = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["table", "last_key"], name="audit_seal_block_unique")]

    def __str__(self) -> str:
        return f"{self.number}: {self.table} {self.first_key}–{self.last_key}"
