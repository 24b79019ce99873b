"""What the home page shows to whoever looks after jobs: those that failed, and whether the workers are alive."""

from __future__ import annotations

import datetime
from typing import Any, Final

import redis
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from access.models import Action
from access.scope import scope_of
from jobs.models import Job, JobStatus

RECENT: Final = datetime.timedelta(days=7)
SHOWN: Final = 5
COUNTED: Final = 1_000
QUEUES: Final = ("default", "bulk")
ALIVE: Final = "jobs:alive"
"""Where the worker leaves a sign of life in the cache, each time the dispatcher's task runs."""
QUIET: Final = datetime.timedelta(seconds=60)
_ANSWER_SECONDS: Final = 1.0


def looks_after_jobs(user: Any) -> bool:
    """Whether `user` looks after everybody's jobs."""
    return scope_of(user).role_reach("jobs", Action.CHANGE).everything


def show_life() -> None:
    """Leave a sign of life: scheduler, messenger and worker have just worked together."""
    cache.set(ALIVE, timezone.now(), 24 * 3600)


def failed_jobs(request: HttpRequest) -> dict[str, Any]:
    """The jobs that failed in the last days, the latest first."""
    rows = Job.objects.visible_to(request.user).filter(status=JobStatus.FAILED, finished_at__gte=timezone.now() - RECENT)
    found = list(rows.order_by("-pk")[:COUNTED])
    address = f"{reverse('jobs:job_list')}?{urlencode({'status': JobStatus.FAILED.value})}"
    return {"jobs": found[:SHOWN], "count": len(found), "url": address}


def workers_card(_request: HttpRequest) -> dict[str, Any]:
    """When a worker last gave a sign of life, how long the queues are, and how many jobs wait or run."""
    alive = cache.get(ALIVE)
    is_quiet = alive is None or timezone.now() - alive > QUIET
    due = Job.objects.exclude(awaits="")[: COUNTED + 1].count()
    lines = [
        {"label": _("Last sign of life of a worker"), "moment": alive, "tone": "bad" if is_quiet else "ok"},
        {"label": _("Jobs that wait or run"), "count": due, "tone": "run" if due else "idle", "url": reverse("jobs:job_list")},
    ]
    for queue, length in _lengths().items():
        label = _("Messages in the queue %(queue)s") % {"queue": queue}
        lines.append({"label": label, "count": length, "tone": "bad" if length is None else "warn" if length > COUNTED else "ok"})
    return {"lines": lines}


def _lengths() -> dict[str, int | None]:
    """How many messages wait in each queue; None where the messenger does not answer."""
    client = redis.Redis.from_url(settings.CELERY_BROKER_URL, socket_connect_timeout=_ANSWER_SECONDS, socket_timeout=_ANSWER_SECONDS)
    try:
        pipeline = client.pipeline()
        for queue in QUEUES:
            pipeline.llen(queue)
        return dict(zip(QUEUES, pipeline.execute(), strict=True))
    except redis.RedisError:
        return dict.fromkeys(QUEUES)
    finally:
        client.close()
