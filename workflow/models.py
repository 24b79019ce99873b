"""What a person has to do and is told: to-dos, notices, how they are mailed, and how the person's home page is arranged."""

from __future__ import annotations

import datetime
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from access.models import User
from common.db import CodeField, TimestampedModel
from common.tracking import tracked, untracked
from workflow.querysets import NoticeQuerySet, TaskQuerySet


class TaskState(models.TextChoices):
    """States of a to-do: open → done or dropped, and open again."""

    OPEN = "open", _("open")
    DONE = "done", _("done")
    DROPPED = "dropped", _("dropped")


class TaskPriority(models.IntegerChoices):
    """How urgent a to-do is apart from its date; the most urgent first."""

    HIGH = 1, pgettext_lazy("priority", "high")
    NORMAL = 2, pgettext_lazy("priority", "normal")
    LOW = 3, pgettext_lazy("priority", "low")


@tracked(compared=True)
class Task(TimestampedModel):
    """Something that a person has to do.

    It is due on a day, or at a moment of it. `subject_kind` and `subject_key` name what it is about, a row of a model that its app has
    registered (`workflow.subjects`): what is kept is the key alone, and who reads the to-do sees of the subject what the policy shows.
    """

    title = models.CharField(_("to-do"), max_length=200)
    note = models.TextField(_("note"), max_length=2000, blank=True)
    assignee = models.ForeignKey(User, models.PROTECT, related_name="tasks", db_index=False, verbose_name=_("who does it"))
    creator = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False, editable=False, verbose_name=_("made by"))
    due_on = models.DateField(_("due on"), null=True, blank=True)
    due_time = models.TimeField(_("at"), null=True, blank=True)
    remind_at = models.DateTimeField(_("reminder"), null=True, blank=True)
    priority = models.PositiveSmallIntegerField(_("priority"), choices=TaskPriority, default=TaskPriority.NORMAL)
    state = models.CharField(_("state"), max_length=8, choices=TaskState, default=TaskState.OPEN, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, editable=False)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, editable=False, related_name="+", db_index=False)
    subject_kind = CodeField(_("type of object"), max_length=64, blank=True, editable=False)
    subject_key = models.BigIntegerField(_("key of object"), null=True, editable=False)

    objects = TaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("to-do")
        verbose_name_plural = _("to-dos")
        ordering = ("due_on", "id")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(due_time=None) | Q(due_on__isnull=False),
                name="task_time_has_a_day",
                violation_error_message=_("A time needs a day."),
            ),
            models.CheckConstraint(
                condition=Q(state=TaskState.OPEN, ended_at=None) | (~Q(state=TaskState.OPEN) & Q(ended_at__isnull=False)),
                name="task_ended_when_not_open",
            ),
            models.CheckConstraint(
                condition=Q(subject_kind="", subject_key=None) | (~Q(subject_kind="") & Q(subject_key__isnull=False)),
                name="task_subject_whole",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["assignee", "due_on", "id"], name="task_open", condition=Q(state="open")),
            models.Index(fields=["assignee", "-id"], name="task_assignee"),
            models.Index(fields=["creator", "-id"], name="task_creator"),
            models.Index(fields=["subject_kind", "subject_key"], name="task_subject", condition=~Q(subject_kind="")),
            models.Index(fields=["due_on"], name="task_due", condition=Q(state="open")),
            models.Index(fields=["remind_at"], name="task_reminder", condition=Q(state="open", remind_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        """Whether there is still something to do."""
        return self.state == TaskState.OPEN

    @property
    def due_at(self) -> datetime.datetime | None:
        """The moment from which it is late: the time it is due at, or the end of its day."""
        if self.due_on is None:
            return None
        if self.due_time is None:
            return timezone.make_aware(datetime.datetime.combine(self.due_on + datetime.timedelta(days=1), datetime.time()))
        return timezone.make_aware(datetime.datetime.combine(self.due_on, self.due_time))

    @property
    def is_late(self) -> bool:
        """Whether it should have been done already."""
        return self.is_open and self.due_at is not None and self.due_at <= timezone.now()


@untracked("A message: it is written once, and only whether it was read changes.")
class Notice(models.Model):
    """Something that a person is told. `kind` is one of `common.notices`; its sentence is made of `parameters` when it is read.

    `key` says what it is about: a person has one notice of a key. Where `in_app` is false it only waits for the e-mail.
    """

    recipient = models.ForeignKey(User, models.CASCADE, related_name="notices", db_index=False, verbose_name=_("recipient"))
    kind = CodeField(_("kind"), max_length=40)
    parameters = models.JSONField(_("parameters"), default=dict, encoder=DjangoJSONEncoder)
    key = CodeField(max_length=120, blank=True)
    in_app = models.BooleanField(default=True)
    by_mail = models.BooleanField(default=False)
    created_at = models.DateTimeField(_("moment"), default=timezone.now)
    read_at = models.DateTimeField(_("read"), null=True)
    digest = models.ForeignKey("Digest", models.SET_NULL, null=True, related_name="notices", db_index=False)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ("-id",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["recipient", "key"], condition=~Q(key=""), name="notice_of_a_key_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["recipient", "-id"], name="notice_recipient", condition=Q(in_app=True)),
            models.Index(fields=["recipient"], name="notice_unread", condition=Q(in_app=True, read_at=None)),
            models.Index(fields=["recipient", "id"], name="notice_unmailed", condition=Q(by_mail=True, digest=None)),
            models.Index(fields=["digest"], name="notice_digest", condition=Q(digest__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} → {self.recipient_id}"


class DigestRhythm(models.TextChoices):
    """How often a person is mailed what happened."""

    OFF = "off", pgettext_lazy("e-mail", "never")
    DAILY = "daily", pgettext_lazy("e-mail", "every day")
    WEEKLY = "weekly", pgettext_lazy("e-mail", "every week")


class Weekday(models.IntegerChoices):
    """The days of a week, as `datetime.date.weekday` counts them."""

    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


def _kinds_field(verbose_name: Any) -> Any:
    return ArrayField(CodeField(max_length=40), default=list, blank=True, verbose_name=verbose_name)


@untracked("How a person likes to be told; it says nothing of the business.")
class NoticeSettings(models.Model):
    """What a person wants to be told, and how; who has no row is shown every kind and mailed nothing."""

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="notice_settings")
    rhythm = models.CharField(_("e-mail"), max_length=6, choices=DigestRhythm, default=DigestRhythm.OFF)
    hour = models.PositiveSmallIntegerField(_("hour"), default=8, validators=[MaxValueValidator(23)])
    weekday = models.PositiveSmallIntegerField(_("day of the week"), choices=Weekday, default=Weekday.MONDAY)
    hidden = _kinds_field(_("kinds not shown"))
    unmailed = _kinds_field(_("kinds not mailed"))

    class Meta:
        verbose_name = _("notice settings")
        verbose_name_plural = _("notice settings")
        indexes: ClassVar = [models.Index(fields=["rhythm"], name="notice_settings_rhythm", condition=~Q(rhythm="off"))]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.rhythm}"


class DigestState(models.TextChoices):
    """What became of an e-mail: due → sent, empty (there was nothing to say) or, after several tries, failed."""

    DUE = "due", _("due")
    SENT = "sent", _("sent")
    EMPTY = "empty", _("nothing to say")
    FAILED = "failed", _("failed")


@untracked("The record of what was mailed; a row is written once for its slot.")
class Digest(models.Model):
    """An e-mail with what happened, for one person and one slot: the day on which it is due. There is one of each."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False, verbose_name=_("recipient"))
    slot = models.DateField(_("day"))
    state = models.CharField(_("state"), max_length=6, choices=DigestState, default=DigestState.DUE)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    error = models.CharField(_("error"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent"), null=True)

    class Meta:
        verbose_name = _("notice e-mail")
        verbose_name_plural = _("notice e-mails")
        ordering = ("-id",)
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "slot"], name="digest_once_a_slot")]
        indexes: ClassVar = [models.Index(fields=["id"], name="digest_due", condition=Q(state="due"))]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.slot}"


@untracked("What somebody looked at last; it says nothing of the business.")
class RecentView(models.Model):
    """A row that a person has looked at: one of the last few of its kind (`workflow.recent`)."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    kind = CodeField(max_length=64)
    key = models.BigIntegerField()
    viewed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "kind", "key"], name="recent_view_once")]
        indexes: ClassVar = [models.Index(fields=["user", "kind", "-viewed_at"], name="recent_view_last")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.kind} {self.key}"


@untracked("How a person likes the home page; it says nothing of the business.")
class CardArrangement(models.Model):
    """How a person has arranged the cards of a page: a list of {"key", "shown", "wide"} in the order in which they stand."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    slot = CodeField(max_length=32)
    cards = models.JSONField(default=list)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "slot"], name="card_arrangement_once")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.slot}"


@untracked("Counted anew each time; the rows that are counted have their history.")
class Figure(models.Model):
    """A figure of a person's portfolio, counted now and then for everybody at once (`workflow.figures`)."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    code = CodeField(max_length=40)
    value = models.BigIntegerField()
    counted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "code"], name="figure_once")]
        indexes: ClassVar = [models.Index(fields=["code", "-value"], name="figure_largest")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.code} {self.value}"
