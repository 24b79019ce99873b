"""Celery shells around the job services."""

from __future__ import annotations

from celery import shared_task

from jobs.cards import show_life
from jobs.services import dispatch as dispatching
from jobs.services import retention
from jobs.services.work import advance


@shared_task(name="jobs.work")
def work(job_id: int) -> None:
    """Do one piece of a job's work, and ask for the next."""
    if advance(job_id):
        dispatching.hint(job_id)


@shared_task(name="jobs.drop_expired")
def drop_expired() -> None:
    """Hourly: delete files that have expired, and rows of bulk changes that are no longer kept."""
    retention.drop_expired()


@shared_task(name="jobs.dispatch")
def dispatch() -> None:
    """Hint unfinished jobs again, and show that a worker is alive."""
    show_life()
    dispatching.dispatch()
