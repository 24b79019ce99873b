"""What this app tells in a customer's timeline: its batches, when they were begun and when they ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from access.models import User
from customers.models import Customer
from customers.timeline import Entry, TimelineSource, register_kind, register_source
from jobs.models import Job
from members.services.batches import KIND


def register_timeline() -> None:
    """Called once, when Django is ready."""
    register_kind("batches", label=_("Batches"), icon="table-import", order=90)
    register_source(TimelineSource(key="batches", kind="batches", module="jobs", moment="created_at", rows=_jobs, entries=_begun))
    register_source(
        TimelineSource(key="batches_ended", kind="batches", module="jobs", moment="finished_at", rows=_ended_jobs, entries=_ended)
    )


def _jobs(customer: Customer, user: User) -> QuerySet[Any]:
    return Job.objects.visible_to(user).filter(kind=KIND, customer_key=customer.pk)


def _ended_jobs(customer: Customer, user: User) -> QuerySet[Any]:
    return _jobs(customer, user).filter(finished_at__isnull=False)


def _begun(jobs: Sequence[Any], _user: User) -> list[Entry | None]:
    return [
        Entry(text=gettext("Batch begun: %(title)s") % {"title": job.title}, url=_url(job), actor=job.actor_id, note=f"#{job.pk}")
        for job in jobs
    ]


def _ended(jobs: Sequence[Any], _user: User) -> list[Entry | None]:
    """With how much of it was done."""
    found: list[Entry | None] = []
    for job in jobs:
        done = {"applied": number_format(job.applied, force_grouping=True), "rows": number_format(job.rows, force_grouping=True)}
        note = gettext("%(applied)s of %(rows)s rows applied") % done
        found.append(Entry(text=f"{job.title} · {job.get_status_display()}", url=_url(job), note=f"#{job.pk} · {note}"))
    return found


def _url(job: Job) -> str:
    return reverse("jobs:job_detail", args=[job.pk])
