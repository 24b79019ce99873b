"""Celery shells around the services of this app."""

from __future__ import annotations

from celery import shared_task

from customers.services import scoring


@shared_task(name="customers.score_all")
def score_all() -> None:
    """Nightly: score all customers by the rules."""
    scoring.score_all()
