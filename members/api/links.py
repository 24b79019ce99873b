"""Addresses that an answer points to: only of what can be done with the job as it is, by whoever asks."""

from __future__ import annotations

from typing import Final

from django.urls import reverse
from rest_framework.request import Request

from access.models import Action, User
from access.scope import allowed
from jobs.models import Job, JobStatus
from jobs.services.steering import ACTIVE, WAITING
from members.services.batches import UNDOABLE

_NAME: Final = "api:provisioning_job_{}"


def links_of(job: Job, request: Request, user: User | None = None) -> dict[str, str]:
    """Addresses by what they do; without `user` only the job's own."""
    names = ["detail"] if user is None else ["detail", "rows", *_files(job, user), *_next_steps(job, user)]
    links = {name: request.build_absolute_uri(reverse(_NAME.format(name), args=[job.pk])) for name in names}
    return {"self" if name == "detail" else name: url for name, url in links.items()}


def _files(job: Job, user: User) -> list[str]:
    may_export = bool(job.fingerprint) and Job.objects.visible_to(user, Action.EXPORT).filter(pk=job.pk).exists()
    return ["errors_csv", "errors_xlsx"] if may_export else []


def _next_steps(job: Job, user: User) -> list[str]:
    if not allowed(user, "members", Action.CHANGE) or not Job.objects.visible_to(user, Action.CHANGE).filter(pk=job.pk).exists():
        return []
    status = job.status
    steps = {
        "approve": status == JobStatus.VALIDATED,
        "recheck": status == JobStatus.VALIDATED and not job.undo_of_id,
        "cancel": status in WAITING or status in ACTIVE,
        "pause": status in (JobStatus.APPROVED, JobStatus.RUNNING),
        "resume": status == JobStatus.PAUSED,
        "undo": status in UNDOABLE and not job.undo_of_id,
    }
    return [name for name, possible in steps.items() if possible]
