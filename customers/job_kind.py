"""Makes imports, large hand-overs and merges known to the jobs app."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from customers.services import hand_over_work, import_work, merging
from customers.services.imports import CHECK, CHECK_UNDO, INSPECT, KIND
from jobs.kinds import JobKind, register
from jobs.models import Job


def _page_url(job: Job) -> str:
    return reverse("customers:import_detail", args=[job.pk])


def _hand_over_url(job: Job) -> str:
    return reverse("customers:hand_over", args=[job.parameters["hand_over"]])


def _merge_url(job: Job) -> str:
    return reverse("customers:merge_detail", args=[job.pk])


def register_kind() -> None:
    """Register the kinds of jobs that this app runs."""
    register(
        JobKind(
            code=hand_over_work.KIND,
            label=_("hand-over"),
            page_url=_hand_over_url,
            single={hand_over_work.WORK: hand_over_work.run_job},
            failed=hand_over_work.end_failed,
        )
    )
    register(
        JobKind(
            code=merging.KIND,
            label=_("merge of customers"),
            page_url=_merge_url,
            single={merging.MERGE: merging.run_merge, merging.UNDO: merging.run_undo},
        )
    )
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
