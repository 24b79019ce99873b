"""Makes provisioning known to the jobs app."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from jobs.kinds import JobKind, register
from jobs.models import Job
from members.services import batch_work
from members.services.batches import CHECK, CHECK_UNDO, INSPECT, KIND


def _page_url(job: Job) -> str:
    return reverse("members:batch_detail", args=[job.pk])


def register_kind() -> None:
    """Register the kind of job that this app runs."""
    register(
        JobKind(
            code=KIND,
            label=_("batch provisioning"),
            page_url=_page_url,
            single={INSPECT: batch_work.inspect, CHECK: batch_work.check, CHECK_UNDO: batch_work.check_undo_rows},
            run_chunk=batch_work.run_chunk,
            poison_chunk=batch_work.poison_chunk,
            finish=batch_work.finish,
        )
    )
