"""The list of jobs."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.db.models import Q, QuerySet, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from common.keys import key_in
from common.lists import Column, ListDefinition, ListView, dot
from common.templatetags.frame import tone
from jobs.filters import JobFilters
from jobs.models import Job, JobChunk, JobStatus


def job_state(job: Any) -> SafeString:
    """The job's status as a dot and a word."""
    return dot(tone(job.status), job.get_status_display())


def _applied(rows: Sequence[Any], _user: Any) -> Mapping[Any, int]:
    """How many rows each job of the page has applied so far; one query over the chunks of those at work."""
    sums = JobChunk.objects.filter(job__in=[job.pk for job in rows if job.awaits]).order_by().values_list("job_id")
    return {job.pk: job.applied for job in rows} | dict(sums.annotate(done=Sum("applied")))


def duration_text(job: Any) -> str:
    """How long the job ran, or has been running: `1:05` or `2:01:05`; empty before it starts."""
    if job.started_at is None:
        return ""
    seconds = int(((job.finished_at or timezone.now()) - job.started_at) / datetime.timedelta(seconds=1))
    minutes, seconds = divmod(max(seconds, 0), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


class JobList(ListDefinition):
    """All jobs that the user may see, the latest first."""

    name = "jobs"
    model = Job
    title = gettext_lazy("Jobs")
    columns: ClassVar[Sequence[Column]] = (
        Column(key="id", label=gettext_lazy("Job"), value=lambda row: f"#{row.pk}", sort=("id",), descending_first=True),
        Column(key="title", label=gettext_lazy("Title"), link=True),
        Column(key="status", label=gettext_lazy("Status"), value=job_state),
        Column(key="rows", label=gettext_lazy("Rows"), numeric=True),
        Column(key="eligible", label=gettext_lazy("Eligible"), numeric=True, hide_on_phone=True),
        Column(key="failed", label=gettext_lazy("Failed"), numeric=True, hide_on_phone=True),
        Column(key="applied", label=gettext_lazy("Applied"), values=_applied, numeric=True, hide_on_phone=True),
        Column(key="actor", label=gettext_lazy("By"), value="actor.name", hide_on_phone=True),
        Column(key="created_at", label=gettext_lazy("When"), hide_on_phone=True),
        Column(key="duration", label=gettext_lazy("Duration"), value=duration_text, numeric=True, hide_on_phone=True),
        Column(key="source_name", label=gettext_lazy("File name"), optional=True),
        Column(key="skipped", label=gettext_lazy("Skipped"), numeric=True, optional=True),
        Column(key="warned", label=gettext_lazy("Warned"), numeric=True, optional=True),
        Column(key="conflicts", label=gettext_lazy("Conflicts"), numeric=True, optional=True),
        Column(key="started_at", label=gettext_lazy("Started"), optional=True),
        Column(key="finished_at", label=gettext_lazy("Finished"), optional=True),
    )
    filterset_class = JobFilters
    search_fields: ClassVar[Sequence[str]] = ("title__icontains", "source_name__icontains")
    search_label = gettext_lazy("Job number, title or file")
    default_sort = "-id"
    views: ClassVar[Sequence[ListView]] = (
        ListView(label=gettext_lazy("Mine"), parameters={"mine": "yes"}),
        ListView(
            label=gettext_lazy("Running"),
            parameters={"status": [JobStatus.CHECKING.value, JobStatus.APPROVED.value, JobStatus.RUNNING.value]},
        ),
        ListView(label=gettext_lazy("Ready to run"), parameters={"status": JobStatus.VALIDATED.value}),
        ListView(label=gettext_lazy("With errors"), parameters={"status": [JobStatus.DONE_WITH_ERRORS.value, JobStatus.FAILED.value]}),
    )
    empty_text = gettext_lazy("No jobs yet. A batch, begun on a customer's page, is a job.")

    def queryset(self) -> QuerySet[Any]:
        """Jobs with who started them; of one customer where `customer_key=` is given."""
        rows = super().queryset().select_related("actor")
        return rows.filter(customer_key=self.scope["customer_key"]) if "customer_key" in self.scope else rows

    def search(self, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        """By number, title or file name."""
        number = key_in(text.removeprefix("#"))
        found = super().search(queryset, text)
        return found if number is None else queryset.filter(Q(pk=number)) | found

    def row_url(self, row: Any) -> str:
        """The job's page."""
        return reverse("jobs:job_detail", args=[row.pk])
