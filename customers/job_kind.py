"""Makes imports known to the jobs app."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from customers.services import import_work
from customers.services.imports import CHECK, CHECK_UNDO, INSPECT, KIND
from jobs.kinds import JobKind, register
from jobs.models import Job


def _page_url(job: Job) -> str:
    return reverse("customers:import_detail", args=[job.pk])


def register_kind() -> None:
    """Register the kind of job that this app runs."""
    register(
        JobKind(
            code=KIND,
            label=_("import"),
            page_url=_page_url,
            single={INSPECT: import_work.inspect, CHECK: import_work.check, CHECK_UNDO: import_work.check_undo},
            run_chunk=import_work.run_chunk,
            poison_chunk=import_work.poison_chunk,
            finish=import_work.finish,
        )
    )
