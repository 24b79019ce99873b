"""What the search over everything finds of jobs."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse

from common.keys import key_in
from common.search import Found, Likelihood, Query, Result
from common.search.registry import COUNTED, NOTHING
from jobs.models import Job

LATEST: Final = 20_000
"""Titles are looked through in so many of the last jobs: nobody asks for the words of an older one, and its number still finds it."""
_FEWEST_CHARACTERS: Final = 2
_MOST_DIGITS: Final = 9


def could_be_job(query: Query) -> Likelihood:
    """`#12` is a job's number, 12 may be one; anything else may stand in a title."""
    if query.text.startswith("#"):
        return Likelihood.LIKELY
    if query.digits:
        return Likelihood.MAYBE if len(query.digits) <= _MOST_DIGITS else Likelihood.NO
    return Likelihood.NO if query.ending or len(query.text) < _FEWEST_CHARACTERS else Likelihood.MAYBE


def find_jobs(user: Any, query: Query, limit: int) -> Found:
    """Jobs by number, or by a part of the title or of the file's name; the latest first."""
    visible = Job.objects.visible_to(user).order_by("-pk").select_related("actor").only("title", "status", "actor__name")
    number = key_in(query.plain.removeprefix("#").strip())
    if number is not None:
        rows = list(visible.filter(pk=number))
    else:
        last = visible.values_list("pk", flat=True).first()
        holds = Q(title__icontains=query.text) | Q(source_name__icontains=query.text)
        rows = list(visible.filter(holds, pk__gt=last - LATEST)[: COUNTED + 1]) if last is not None else []
    if not rows:
        return NOTHING
    return Found(
        results=[_result(job) for job in rows[:limit]],
        count=min(len(rows), COUNTED),
        more=len(rows) > COUNTED,
        all_url=f"{reverse('jobs:job_list')}?{urlencode({'q': query.text})}",
        certain=query.text.startswith("#"),
    )


def _result(job: Job) -> Result:
    details = (str(job.get_status_display()), job.actor.name)
    url = reverse("jobs:job_detail", args=[job.pk])
    return Result(label=f"#{job.pk} {job.title}", url=url, details=details, resource=("api:job", job.pk))
