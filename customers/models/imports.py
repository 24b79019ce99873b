"""Imports of customers and contact persons: what belongs to such a job, its rows, and columns chosen before."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from access.models import User
from common.db import CodeField
from common.encrypted_fields import EncryptedField
from common.tracking import untracked
from customers.querysets import ImportRowQuerySet
from customers.reading import headings
from jobs.models import Job


class ImportSubject(models.TextChoices):
    """What the rows of an import are."""

    CUSTOMERS = headings.CUSTOMERS, _("customers")
    CONTACT_PEOPLE = headings.CONTACT_PEOPLE, _("contact persons")


@untracked("What belongs to a job that is kept with its own history.")
class DataImport(models.Model):
    """What belongs to a job of this kind: its subject, what was found in its source, and which column holds what."""

    job = models.OneToOneField(Job, models.CASCADE, primary_key=True, related_name="data_import", verbose_name=_("job"))
    subject = models.CharField(_("subject"), max_length=16, choices=ImportSubject)
    inspection = models.JSONField(_("inspection"), null=True)
    mapping = models.JSONField(_("mapping"), default=dict)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")

    def __str__(self) -> str:
        return str(self.job)


class ImportState(models.TextChoices):
    """What a row would do, or does."""

    CREATED = "c", pgettext_lazy("import", "created")
    UPDATED = "u", pgettext_lazy("import", "updated")
    UNCHANGED = "n", pgettext_lazy("import", "unchanged")
    DUPLICATE = "d", pgettext_lazy("import", "duplicate")
    ERROR = "e", pgettext_lazy("import", "error")


@untracked("The rows of an import, kept for a time.")
class ImportRow(models.Model):
    """A row of an import's source, and what it comes to. Only `customers.bulk` writes it.

    `target` is the row of the business table that is meant, or the key kept ready for the one to be made; `ground` its version in the
    check. `values` are the columns to write as PostgreSQL's jsonb_populate_record reads them, `before` what stood there; both hold ID
    numbers and bank accounts encrypted. `link` is the line of the row that makes this row's parent. `is_conflict`: the run left it alone.
    """

    job = models.ForeignKey(Job, models.CASCADE, related_name="+", verbose_name=_("job"))
    line = models.IntegerField(_("row"))
    state = models.CharField(_("state"), max_length=1, choices=ImportState)
    is_conflict = models.BooleanField(default=False, db_default=False)
    target = models.BigIntegerField(null=True)
    ground = models.DateTimeField(null=True)
    link = models.IntegerField(null=True)
    label = models.TextField(_("what it is called"), blank=True)
    values = models.JSONField(default=dict)
    before = models.JSONField(default=dict)
    findings = models.JSONField(_("findings"), default=list)
    raw = EncryptedField(_("cells"), context="customers.importrow.raw", max_length=1 << 20)

    objects = ImportRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("row of an import")
        verbose_name_plural = _("rows of imports")
        ordering = ("line",)
        constraints: ClassVar = [models.UniqueConstraint(fields=["job", "line"], name="import_row_unique")]
        indexes: ClassVar = [models.Index(fields=["job", "state", "line"], name="import_row_state")]

    def __str__(self) -> str:
        return f"{self.job_id}/{self.line}"


@untracked("A convenience: what was chosen for the same headings before.")
class ImportLayout(models.Model):
    """Which columns a person chose for a file with these headings, to be proposed for the next one."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+", verbose_name=_("by"))
    subject = models.CharField(_("subject"), max_length=16, choices=ImportSubject)
    headings_hash = CodeField(max_length=64)
    mapping = models.JSONField(_("mapping"), default=dict)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("columns of a file")
        verbose_name_plural = _("columns of files")
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "subject", "headings_hash"], name="import_layout_unique")]

    def __str__(self) -> str:
        return f"{self.subject} {self.headings_hash[:8]}"
