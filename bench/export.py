"""A list of 100,000 rows taken out as a file, by the job that does so."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from typing import Any

from access.models import User
from bench.clock import figure, seconds
from bench.database import run
from common.lists.selection import Selection
from jobs.models import Job, JobStatus
from jobs.services.exports import ExportOrder, begin_export
from jobs.services.work import advance
from members.demo.loader import load_demo

EXPORT_FIGURES = ("export_csv_rows_per_second", "export_xlsx_rows_per_second")
ROWS = 100_000


def measure_export(*, full: bool) -> Iterator[dict[str, Any]]:  # noqa: ARG001  (the same at either size)
    """Rows a second of both forms, the job's beginning and its end included."""
    load_demo(seed=7, customers=ROWS, members=1_000)
    run("VACUUM ANALYZE customers_customer")
    actor = User.objects.filter(assignments__role__code="administrator").order_by("pk")[0]
    for form in ("csv", "xlsx"):
        order = ExportOrder(Selection("customers", everything=True), (), form)
        job = begin_export(order=order, actor=actor, token=f"bench-{form}", rows=ROWS)
        took = seconds(lambda job=job: advance(job.pk))  # type: ignore[misc]
        job = Job.objects.get(pk=job.pk)
        assert (job.status, job.applied) == (JobStatus.DONE, ROWS), (job.status, job.error)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        yield figure(f"export_{form}_rows_per_second", ROWS / took, "rows/s", size=ROWS, seconds=round(took, 1), peak_mb=round(peak))
