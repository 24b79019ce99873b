"""Celery shells around the services of to-dos and notices."""

from __future__ import annotations

from celery import shared_task

from workflow.figures import count_figures
from workflow.services import digests, notices


@shared_task(name="workflow.remind")
def remind() -> None:
    """Tell of to-dos that have become due."""
    notices.remind()


@shared_task(name="workflow.send_digests")
def send_digests() -> None:
    """Mail what happened to those whose hour has come."""
    digests.send_digests()


@shared_task(name="workflow.count_figures")
def count() -> None:
    """Count the figures of portfolios."""
    count_figures()


@shared_task(name="workflow.forget_old")
def forget_old() -> None:
    """Drop old notices and views."""
    notices.forget_old()
