"""Long work: what was asked, the file it came with, how far it is. PostgreSQL is the truth; Celery only carries hints."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from access.models import OrgUnit, User
from access.placing import PLACES, Placed, scope_indexes
from common.db import CodeField, TimestampedModel
from common.tracking import tracked, untracked
from jobs.querysets import JobQuerySet


@untracked("Entered once, and dropped with the last job that read it.")
class SourceFile(models.Model):
    """An uploaded or pasted source, kept once under its hash. `name` is what the first uploader called it."""

    sha256 = CodeField(_("SHA-256"), max_length=64)
    size = models.BigIntegerField(_("size (bytes)"))
    format = models.CharField(_("format"), max_length=8)
    stored = models.FileField(_("file"), upload_to="sources/", max_length=120)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("source file")
        verbose_name_plural = _("source files")
        constraints: ClassVar = [models.UniqueConstraint(fields=["sha256", "format"], name="source_file_unique")]

    def __str__(self) -> str:
        return str(self.sha256[:12])


@untracked("It counts for a day and is gone after it.")
class Upload(models.Model):
    """How much a person uploaded when, for the daily quota."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+", verbose_name=_("by"))
    size = models.BigIntegerField(_("size (bytes)"))
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        indexes: ClassVar = [models.Index(fields=["user", "created_at"], name="upload_user")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.size}"


class JobStatus(models.TextChoices):
    """States of a job: uploaded → validated → approved → running ⇄ paused → done, done with errors, failed or cancelled → undone."""

    UPLOADED = "uploaded", _("uploaded")
    CHECKING = "checking", _("checking")
    VALIDATED = "validated", _("ready to run")
    APPROVED = "approved", _("approved")
    RUNNING = "running", _("running")
    PAUSED = "paused", _("paused")
    DONE = "done", _("done")
    DONE_WITH_ERRORS = "done_with_errors", _("done with errors")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")
    UNDONE = "undone", _("undone")


class JobMode(models.TextChoices):
    """Whether one bad row stops all."""

    ATOMIC = "atomic", _("all rows or none")
    VALID = "valid", _("the good rows now")


@tracked(exclude=("awaits", "heartbeat_at", "summary", "fingerprint", *PLACES), compared=True)
class Job(Placed, TimestampedModel):
    """A batch job.

    `customer_key` is the id of the customer it is about: a plain number, because this app lies below `customers`. `manager` and
    `org_unit` are that customer's scope columns, copied when the job is made and kept right by the ownership service.
    `awaits` names the background work that is due (empty: none); the dispatcher hints it again until it is done.
    """

    kind = models.CharField(_("kind"), max_length=32)
    title = models.CharField(_("title"), max_length=200)
    actor = models.ForeignKey(User, models.PROTECT, related_name="jobs", verbose_name=_("by"))
    customer_key = models.BigIntegerField(null=True, editable=False)
    manager = models.ForeignKey(User, models.PROTECT, null=True, editable=False, related_name="+")
    org_unit = models.ForeignKey(OrgUnit, models.PROTECT, null=True, editable=False, related_name="+")
    status = models.CharField(_("status"), max_length=16, choices=JobStatus, default=JobStatus.UPLOADED)
    awaits = models.CharField(max_length=16, blank=True, editable=False)
    mode = models.CharField(_("mode"), max_length=8, choices=JobMode, default=JobMode.VALID)
    parameters = models.JSONField(_("parameters"), default=dict)
    source = models.ForeignKey(SourceFile, models.PROTECT, null=True, related_name="jobs", verbose_name=_("source"))
    source_name = models.CharField(_("file name"), max_length=200, blank=True)
    idempotency_key = CodeField(_("idempotency key"), max_length=80, blank=True)
    undo_of = models.ForeignKey("self", models.PROTECT, null=True, related_name="undo_jobs", verbose_name=_("undoes"))
    fingerprint = CodeField(_("fingerprint"), max_length=64, blank=True)
    approved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("approved by"))
    cancel_requested_at = models.DateTimeField(null=True, editable=False)
    heartbeat_at = models.DateTimeField(null=True, editable=False)
    started_at = models.DateTimeField(_("started"), null=True, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, editable=False)
    rows = models.IntegerField(_("rows"), default=0)
    eligible = models.IntegerField(_("eligible"), default=0)
    skipped = models.IntegerField(_("skipped"), default=0)
    failed = models.IntegerField(_("failed"), default=0)
    warned = models.IntegerField(_("warned"), default=0)
    applied = models.IntegerField(_("applied"), default=0)
    conflicts = models.IntegerField(_("conflicts"), default=0)
    summary = models.JSONField(_("summary"), default=dict)
    error = models.JSONField(_("error"), null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ("-id",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["actor", "idempotency_key"], condition=~Q(idempotency_key=""), name="job_idempotency_key_unique"
            ),
            models.UniqueConstraint(
                fields=["undo_of"],
                condition=Q(undo_of__isnull=False) & ~Q(status__in=["failed", "cancelled"]),
                name="job_undone_once",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["awaits"], name="job_awaits", condition=~Q(awaits="")),
            models.Index(fields=["customer_key", "-id"], name="job_customer"),
            models.Index(fields=["manager", "-id"], name="job_manager"),
            models.Index(fields=["org_unit", "-id"], name="job_unit"),
            *scope_indexes("job", PLACES, "-id"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.title}"

    @property
    def undone_by(self) -> Job | None:
        """The job that takes this one back, or has done so; those that failed or were cancelled do not count."""
        return next((undo for undo in self.undo_jobs.all() if undo.status not in (JobStatus.FAILED, JobStatus.CANCELLED)), None)

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will happen to the job by itself."""
        return self.status in FINISHED


ACTIVE_OR_DONE = (JobStatus.APPROVED, JobStatus.RUNNING, JobStatus.PAUSED, JobStatus.DONE, JobStatus.DONE_WITH_ERRORS)
FINISHED = frozenset({JobStatus.DONE, JobStatus.DONE_WITH_ERRORS, JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.UNDONE})


class ChunkState(models.TextChoices):
    """States of a chunk."""

    OPEN = "open", _("open")
    DONE = "done", _("done")
    SPLIT = "split", _("split")
    POISONED = "poisoned", _("poisoned")


@untracked("The job's own record of its work.")
class JobChunk(models.Model):
    """The rows of a job at positions `first` to `last`: what one transaction applies."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="chunks", verbose_name=_("job"))
    first = models.IntegerField()
    last = models.IntegerField()
    state = models.CharField(_("state"), max_length=10, choices=ChunkState, default=ChunkState.OPEN)
    applied = models.IntegerField(_("applied"), default=0)
    conflicts = models.IntegerField(_("conflicts"), default=0)
    applied_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("chunk")
        verbose_name_plural = _("chunks")
        ordering = ("job", "first")
        constraints: ClassVar = [models.CheckConstraint(condition=Q(last__gte=F("first")), name="job_chunk_range_in_order")]
        indexes: ClassVar = [models.Index(fields=["job", "first"], name="job_chunk_open", condition=Q(state="open"))]

    def __str__(self) -> str:
        return f"{self.job_id}: {self.first}–{self.last}"


@untracked("The job's own record of its work.")
class JobAttempt(models.Model):
    """One try at a piece of a job's work, written in its own transaction so that a killed worker's try still counts."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="attempts", verbose_name=_("job"))
    chunk = models.ForeignKey(JobChunk, models.CASCADE, null=True, related_name="attempts", verbose_name=_("chunk"))
    work = models.CharField(_("work"), max_length=16)
    worker = models.CharField(_("worker"), max_length=120, blank=True)
    started_at = models.DateTimeField(_("started"), auto_now_add=True)
    ended_at = models.DateTimeField(_("ended"), null=True)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.job_id}: {self.work}"


@untracked("Made by a job, and gone when it expires.")
class JobFile(models.Model):
    """A file that a job made for whoever started it; after `expires_at` it is deleted."""

    job = models.OneToOneField(Job, models.CASCADE, related_name="file", verbose_name=_("job"))
    name = models.CharField(_("file name"), max_length=200)
    stored = models.FileField(_("file"), upload_to="results/", max_length=120)
    size = models.BigIntegerField(_("size (bytes)"))
    expires_at = models.DateTimeField(_("kept until"))

    class Meta:
        verbose_name = _("file of a job")
        verbose_name_plural = _("files of jobs")
        indexes: ClassVar = [models.Index(fields=["expires_at"], name="job_file_expiry")]

    def __str__(self) -> str:
        return self.name


@untracked("The job's own record of its work.")
class JobRow(models.Model):
    """A row of another table that a bulk change is to change, at its place in the job.

    `version` is the moment of the row's last change as the preview saw it, `before` what the change replaces, by columns; `changed` tells
    that it was done.
    """

    job = models.ForeignKey(Job, models.CASCADE, related_name="bulk_rows", db_index=False, verbose_name=_("job"))
    position = models.IntegerField()
    key = models.BigIntegerField()
    version = models.DateTimeField()
    before = models.JSONField()
    changed = models.BooleanField(default=False, db_default=False)

    class Meta:
        verbose_name = _("row of a job")
        verbose_name_plural = _("rows of jobs")
        constraints: ClassVar = [models.UniqueConstraint(fields=["job", "position"], name="job_row_position")]

    def __str__(self) -> str:
        return f"{self.job_id}: {self.position}"
